"""One text has many spellings: what a reader takes for the same has the same key here.

Needs neither Django nor a database, so that a row's key and what somebody looks for are made by the
same rules on every database.
"""

import re
import unicodedata

import idna

# Drawn as nothing although their category says letter, mark or symbol.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Chooses between drawings of one character, and is never typed.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# What turns text around or hides in it: bidi marks, zero-width spaces, soft hyphen, tags; and the
# marks of web.formats.in_zone(), which stand in no word of a person.
_HIDING = re.compile(
    "[\ue000\ue001\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2061-\u2069\ufeff\U000e0000-\U000e007f]"
)
_CODED_LABEL = re.compile(r"\bxn--[a-z0-9-]+", re.IGNORECASE)
# Letters with a stroke or joined from two: Unicode takes none of them apart.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ŋ": "n",
        "ĸ": "k",
    }
    | dict.fromkeys("‘’‚‛ʼʻ`´′", "'")
    | dict.fromkeys("“”„‟″«»", '"')
)


def is_invisible(char: str) -> bool:
    """Whether a reader sees nothing of it, not even its width: marks, joiners, control characters
    (which include line breaks), and what has no meaning."""
    return (
        unicodedata.category(char) in _UNSEEN
        or char in _BLANKS
        or _SELECTORS.match(char) is not None
    )


def visible(text: str) -> str:
    """`text` as it is seen: each white space is a blank, what is invisible goes."""
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if char.isspace() else char for char in text)
    return "".join(char for char in spaced if not is_invisible(char))


def one_line(text: str) -> str:
    """`text` on one line without control, bidi or invisible characters; joiners stay, which some
    scripts need inside words and our mails between words."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    visible = _HIDING.sub("", unicodedata.normalize("NFC", text))
    spaced = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in visible)
    return " ".join("".join(spaced).split())


def search_key(text: str) -> str:
    """Equal for spellings of one text: without case, accents, joiners and double blanks.

    Keys also sort as people look names up: Ann, Ärne, Bob. Idempotent. The key of a part of a text
    is part of the text's key, but for the blanks around it. Domains count as they are shown.
    """
    text = shown(text)
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split()).translate(_LETTERS)
    # Taking a letter apart may leave one that folds again.
    key = text
    while (again := _folded(key)) != key:
        key = again
    return key


def shown(address: str) -> str:
    """An address as people write it: the names in its domain in their own letters."""
    return _CODED_LABEL.sub(_in_letters, address) if "xn--" in address.lower() else address


def _in_letters(label: re.Match[str]) -> str:
    try:
        return idna.ulabel(label[0])
    except UnicodeError:
        return label[0]


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", visible(text).casefold())
    letters = "".join(char for char in apart if not _is_accent(char)).translate(_LETTERS)
    dashes = "".join("-" if unicodedata.category(c) == "Pd" else c for c in letters)
    return " ".join(visible(unicodedata.normalize("NFKC", dashes)).split())


def _is_accent(char: str) -> bool:
    """Marks on or below a letter. Those of class 7 to 9 part Kana and Indian letters from others,
    and vowel signs have no class: they stay."""
    place = unicodedata.combining(char)
    return place == 1 or place > 9
