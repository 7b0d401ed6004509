"""Characters that look like other characters, and the scripts they belong to."""

import unicodedata

# Letters drawn (nearly) like a Latin lower-case letter, by the letter they resemble.
_LOOKALIKES = {
    "a": "аαɑ",
    "b": "ЬьвβƄ",
    "c": "сϲᴄ",
    "d": "ԁɗ",
    "e": "еєεҽ",
    "f": "ғϝ",
    "g": "ɡɢց",
    "h": "һнհ",
    "i": "іιɩıӏ",
    "j": "јϳ",
    "k": "кκᴋ",
    "m": "мᴍ",
    "n": "пηռո",
    "o": "оοσօᴏ",
    "p": "рρ",
    "q": "ԛգ",
    "r": "гᴦ",
    "s": "ѕꜱ",
    "t": "тτᴛ",
    "u": "υսᴜ",
    "v": "νѵᴠ",
    "w": "ѡωԝᴡ",
    "x": "хχ",
    "y": "уүγ",
    "z": "ᴢ",
}
# Drawn alike inside Latin too. "i" joins them because a capital I is drawn like a small l.
_WITHIN_LATIN = {"0": "o", "1": "l", "|": "l", "i": "l", "5": "s"}

_TO_LATIN = {ord(odd): latin for latin, odds in _LOOKALIKES.items() for odd in odds}
_FOLD = _TO_LATIN | {ord(odd): latin for odd, latin in _WITHIN_LATIN.items()}


def to_latin(text: str) -> str:
    """Return the text with each foreign look-alike of a Latin letter replaced by that letter."""
    return text.translate(_TO_LATIN)


def fold(text: str) -> str:
    """Return the text with everything that is drawn alike made equal (for comparing only)."""
    latin = to_latin(text)
    return latin.translate(_FOLD).replace("rn", "m").replace("vv", "w")


def script_of(char: str) -> str:
    """Return the script of a letter, such as "LATIN" or "CYRILLIC"; "" for anything else."""
    if not char.isalpha():
        return ""
    name = unicodedata.name(char, "")
    if name.startswith(("CJK ", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "BOPOMOFO")):
        return "CJK"
    return name.removeprefix("MODIFIER LETTER ").split(" ")[0]
