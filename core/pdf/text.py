"""Text on paper, cut where it does not fit, in fonts that are embedded in the document.

DejaVu Sans Condensed draws Latin, Greek and Cyrillic, Droid Sans Fallback Chinese, Japanese and
Korean. What is written from right to left or joins its letters needs more than a font: whoever
prints what must be read asks `unprintable` first.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).parent / "fonts"
REGULAR = "PartnerHub-Regular"
BOLD = "PartnerHub-Bold"
ASIAN = "PartnerHub-Asian"
_FILES = {
    REGULAR: "DejaVuSansCondensed.ttf",
    BOLD: "DejaVuSansCondensed-Bold.ttf",
    ASIAN: "DroidSansFallback.ttf",
}
# How Unicode's names of letters begin in the scripts that can be printed.
_SCRIPTS = re.compile(
    "LATIN|CYRILLIC|GREEK|CJK|IDEOGRAPHIC|HIRAGANA|KATAKANA|HANGUL|BOPOMOFO|HALFWIDTH|FULLWIDTH|"
    "FEMININE|MASCULINE|MODIFIER|DOUBLE-STRUCK|SCRIPT|PLANCK|OHM|KELVIN|ANGSTROM|MICRO|COMBINING|"
    "VERTICAL|SUPERSCRIPT|SUBSCRIPT"
)
_MISSING = "□"
_ELLIPSIS = "…"


def one_line(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    shown = (" " if unicodedata.category(char)[0] in "CZ" else char for char in composed)
    return " ".join("".join(shown).split())


def unprintable(text: str) -> str:
    """The first character that cannot be printed as it is read, "" when all can: Latin, Cyrillic,
    Greek, Han, Kana and Hangul are, with digits and signs."""
    if text.isascii():
        return ""
    return next((char for char in one_line(text) if not _is_printable(char)), "")


def _is_printable(char: str) -> bool:
    if unicodedata.category(char)[0] in "LM":
        known = _SCRIPTS.match(unicodedata.name(char, "")) is not None
    else:
        known = unicodedata.bidirectional(char) not in ("R", "AL", "AN")
    return known and any(ord(char) in _covered(font) for font in (REGULAR, ASIAN))


def draw(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    width: float,
    size: float,
    font: str = REGULAR,
    centered: bool = False,
) -> None:
    runs = fit(text, width, size, font)
    if centered:
        x += (width - sum(_width(part, name, size) for name, part in runs)) / 2
    for name, part in runs:
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += _width(part, name, size)


def draw_lines(
    canvas: Canvas, lines: tuple[str, ...], x: float, top: float, width: float, height: float
) -> None:
    """Draw lines below each other, as large as the height allows, 9 points at most."""
    shown = [line for line in map(one_line, lines) if line]
    if not shown:
        return
    size = min(9.0, height / len(shown) / 1.2)
    for place, line in enumerate(shown, start=1):
        draw(canvas, line, x, top - place * size * 1.2 + size * 0.2, width, size)


@lru_cache(maxsize=2000)
def fit(text: str, width: float, size: float, font: str) -> tuple[tuple[str, str], ...]:
    """Return (font, part) runs of one line, cut with an ellipsis where it is too wide."""
    line = one_line(text)
    runs = _runs(line, font)
    if _total(runs, size) <= width:
        return runs
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if _total(_runs(line[:middle].rstrip() + _ELLIPSIS, font), size) <= width:
            low = middle
        else:
            high = middle - 1
    return _runs(line[:low].rstrip() + _ELLIPSIS, font)


def wrap(text: str, width: float, size: float, font: str = REGULAR) -> list[str]:
    """Return the text in lines that fit the width, broken at blanks; a longer word is broken."""
    lines: list[str] = []
    line = ""
    for word in one_line(text).split(" "):
        longer = f"{line} {word}".strip()
        if _total(_runs(longer, font), size) <= width:
            line = longer
            continue
        lines += [line] if line else []
        *pieces, line = _broken(word, width, size, font)
        lines += pieces
    return [*lines, line] if line else lines


def _broken(word: str, width: float, size: float, font: str) -> list[str]:
    pieces, piece = [], ""
    for char in word:
        if piece and _total(_runs(piece + char, font), size) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]


def _runs(line: str, font: str) -> tuple[tuple[str, str], ...]:
    covered = _covered(font)
    if all(ord(char) in covered for char in line):
        return ((font, line),) if line else ()
    named = [_drawable(char, font, covered) for char in line]
    return tuple(
        (name, "".join(char for _, char in group))
        for name, group in groupby(named, key=lambda pair: pair[0])
    )


def _drawable(char: str, font: str, covered: frozenset[int]) -> tuple[str, str]:
    if ord(char) in covered:
        return font, char
    if ord(char) in _covered(ASIAN):
        return ASIAN, char
    return font, _MISSING


def _width(part: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(part, font, size))


def _total(runs: tuple[tuple[str, str], ...], size: float) -> float:
    return sum(_width(part, name, size) for name, part in runs)


@cache
def _covered(font: str) -> frozenset[int]:
    """Register an embedded font and return the characters it can draw."""
    loaded = TTFont(font, str(FONTS / _FILES[font]))
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)
