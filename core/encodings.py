"""From bytes to text: which encoding an uploaded file is in, said with the text. No database.

UTF-8 is certain. Everything else is recognised, and shown before anything is done with it; where
bytes could mean two texts, nobody guesses: whoever uploads says which encoding it is.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What people can choose, under the names that programs show when they save.
ENCODINGS = {
    "utf-8-sig": gettext_lazy("Unicode (UTF-8)"),
    "utf-16": gettext_lazy("Unicode (UTF-16)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "koi8_r": gettext_lazy("Cyrillic (KOI8-R)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1255": gettext_lazy("Hebrew (Windows-1255)"),
    "cp1256": gettext_lazy("Arabic (Windows-1256)"),
    "cp874": gettext_lazy("Thai (Windows-874)"),
    "gb18030": gettext_lazy("Simplified Chinese (GBK, GB 18030)"),
    "big5hkscs": gettext_lazy("Traditional Chinese (Big5)"),
    "cp932": gettext_lazy("Japanese (Shift_JIS)"),
    "euc_jp": gettext_lazy("Japanese (EUC)"),
    "cp949": gettext_lazy("Korean (EUC-KR)"),
    "mac_roman": gettext_lazy("Western European (Macintosh)"),
}
# Stands for what cannot be read.
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Tried in turn: in these, letters stand between plain ones; in the others, whole words are foreign.
_LATIN = ("cp1252", "cp1250", "cp1254", "mac_roman")
_FOREIGN = ("cp1251", "koi8_r", "cp1253", "gb18030", "big5", "cp932", "euc_jp", "cp949")
_RUN = re.compile(r"[^\x00-\x7f]+")
# Signs that names and sentences hold beside letters; and letters that are another alphabet's by
# far more often than Iceland's.
_SIGNS = re.compile("[€…‘’“”•–—™\xa0¡§©«®º»¿]")
_SIGNS_ALONE = frozenset("£°·´ª")
_RARE = frozenset("ÞþÐðÝý")
# A capital within a word.
_CASES = re.compile("aA|AAa")
# What no list of names holds: half-width Kana, drawn boxes, private signs, letters of two scripts.
_ODD = re.compile("[\uff61-\uff9f\u2500-\u259f\ue000-\uf8ff\ufffd]")
_MIXED = re.compile(
    "[\uac00-\ud7af][\u3040-\u30ff\u3400-\u9fff]|[\u3040-\u30ff\u3400-\u9fff][\uac00-\ud7af]"
    "|[\u0390\u03b0]|[\u3100-\u312f\u3400-\u9fff\uac00-\ud7af][a-z]|[a-z][\u3400-\u9fff\uac00-\ud7af]"
    "|[\u0370-\u05ff][\u0100-\u024f]|[\u0430-\u044f][\u0410-\u042f]|[\u03ac-\u03ce][\u0391-\u03ab]"
)
# How much worse than the best another reading has to be, of charset-normalizer's "mess".
_APART = 0.04
_SAMPLE = 20_000
_MOST = 0.9
_SHOWN = 3


class Undecoded(ValueError):
    """The bytes are no text, or could be several; `str()` is a sentence for the person."""


@dataclass(frozen=True)
class Decoded:
    """`encoding` is a key of ENCODINGS; `certain` when it needs nobody's look."""

    text: str
    encoding: str
    certain: bool = True


def decode(data: bytes, encoding: str = "") -> Decoded:
    """The text of a file, even when its lines differ (B6), or as `encoding` says.

    A line that cannot be read holds UNREADABLE. Raises Undecoded where the bytes are no text in
    this encoding, or where none of several readings is clearly the best.
    """
    if encoding:
        return Decoded(_strict(data, encoding), encoding)
    if _is_wide(data):
        return Decoded(_wide(data), "utf-16")
    try:
        return Decoded(data.decode("utf-8-sig"), "utf-8-sig")
    except UnicodeDecodeError:
        lines = data.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    # Joined from several programs: each line by itself.
    others = [line for line in lines if not _is_utf8(line)]
    best = _recognised(b"".join(others))
    text = "".join(line.decode("utf-8" if _is_utf8(line) else best, "replace") for line in lines)
    return Decoded(text, best, certain=False)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        wrong = _("This file is not %(encoding)s. Choose another encoding.")
        raise Undecoded(wrong % {"encoding": ENCODINGS[encoding]}) from error


def _is_wide(data: bytes) -> bool:
    """Whether every other byte is zero, or a mark says so: UTF-16, as some programs write it."""
    start = data[:2000]
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return data.startswith(_WIDE_MARKS) or zeros > len(start) * 0.3


def _wide(data: bytes) -> str:
    start = data[:2000]
    bare = "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
    return _strict(data, "utf-16") if data.startswith(_WIDE_MARKS) else _bare(data, bare)


def _bare(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Undecoded(_("This file holds no text.")) from None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _recognised(data: bytes) -> str:
    """The encoding of bytes that are not UTF-8."""
    lines = data[:_SAMPLE].splitlines()
    latin = [name for name in _LATIN if _share(lines, name) >= _MOST]
    if latin[:1] == ["cp1252"] or len(latin) == 1:
        return latin[0]
    found = latin or _foreign(data[:_SAMPLE])
    readings = {_reading(data, name): name for name in reversed(found)}
    if len(readings) != 1:
        raise Undecoded(_unclear(dict(reversed(readings.items()))))
    return _known(found[0])


def _share(lines: list[bytes], encoding: str) -> float:
    """How many of the lines that this encoding can hold are words with single letters of it."""
    texts = [line.decode(encoding, "replace") for line in lines]
    held = [text for text in texts if UNREADABLE not in text]
    return sum(map(_is_latin, held)) / len(held) if len(held) * 2 >= len(texts) else 0


def _is_latin(text: str) -> bool:
    return all(map(_fits, _RUN.finditer(_SIGNS.sub(" ", text))))


def _fits(found: re.Match[str]) -> bool:
    """Whether a run of letters that are not plain stands as in a Latin word."""
    run, around = found[0], found.string[max(found.start() - 1, 0) : found.end() + 1]
    alone = not any(char.isalpha() for char in around.replace(run, "", 1))
    if set(run) <= _SIGNS_ALONE:
        return alone
    fits = len(run) <= 3 and run.isalpha() and not set(run) & _RARE
    return fits and (len(run) == 1 or not alone) and not _CASES.search(_cases(around))


def _cases(text: str) -> str:
    return "".join("a" if char.islower() else "A" if char.isupper() else "." for char in text)


def _foreign(data: bytes) -> list[str]:
    """Those that read it best, the best one first."""
    matches = [
        (match.chaos, match.encoding)
        for match in from_bytes(data, cp_isolation=list(_FOREIGN))
        if not _ODD.search(str(match)) and not _MIXED.search(str(match))
    ]
    least = min((chaos for chaos, _name in matches), default=0)
    return [name for chaos, name in matches if chaos <= least + _APART]


def _known(name: str) -> str:
    return {"big5": "big5hkscs"}.get(name, name)


def _reading(data: bytes, encoding: str) -> str:
    """The first words that are not plain, as this encoding reads them."""
    text = data[:_SAMPLE].decode(encoding, "replace")
    words = [word for word in re.split(r"[,;\t\r\n]", text) if not word.isascii()]
    return ", ".join(words[:_SHOWN])[:60]


def _unclear(readings: dict[str, str]) -> str:
    if not readings:
        return _("The encoding of this file is not known. Save it as UTF-8, or choose it.")
    shown = [
        _("“%(words)s” in %(encoding)s") % {"words": _seen(words), "encoding": ENCODINGS[_known(n)]}
        for words, n in readings.items()
    ]
    return _("This file can be read in several ways: %(readings)s. Choose its encoding.") % {
        "readings": "; ".join(shown[:_SHOWN])
    }


def _seen(words: str) -> str:
    return "".join(char for char in words if unicodedata.category(char)[0] != "C")
