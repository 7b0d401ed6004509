"""A plain document: headings, facts and paragraphs that run over as many pages as they need."""

from collections.abc import Iterable
from typing import BinaryIO

from core.pdf.canvas import A4, new_document
from core.pdf.text import BOLD, REGULAR, draw, wrap

MARGIN = 56.0
TERM = 120.0
LEADING = 1.35


class Letter:
    """Writes from top to bottom; `close` finishes the last page."""

    def __init__(self, out: BinaryIO, title: str, *, footer: str = "") -> None:
        self._canvas = new_document(out, A4, title)
        self._footer, self._page = footer, 0
        self._width = A4[0] - 2 * MARGIN
        self._top()

    def heading(self, text: str, size: float = 12.0) -> None:
        """A line that stays with what follows it."""
        self._room(size * LEADING * 4)
        self._y -= size * 0.7
        self.paragraph(text, size=size, font=BOLD)
        self._y -= size * 0.2

    def paragraph(
        self, text: str, *, size: float = 9.5, font: str = REGULAR, indent: float = 0.0
    ) -> None:
        for line in wrap(text, self._width - indent, size, font):
            self._line(line, MARGIN + indent, self._width - indent, size, font)

    def facts(self, pairs: Iterable[tuple[str, str]], *, indent: float = 0.0) -> None:
        size, left = 9.5, MARGIN + indent
        wide = self._width - indent - TERM
        for term, value in pairs:
            for place, line in enumerate(wrap(value, wide, size, REGULAR) or [""]):
                self._room(size * LEADING)
                self._y -= size * LEADING
                if not place:
                    draw(self._canvas, term, left, self._y, TERM - 8, size, BOLD)
                draw(self._canvas, line, left + TERM, self._y, wide, size)

    def gap(self, height: float = 6.0) -> None:
        self._y -= height

    def close(self) -> None:
        self._foot()
        self._canvas.save()

    def _line(self, line: str, x: float, width: float, size: float, font: str) -> None:
        self._room(size * LEADING)
        self._y -= size * LEADING
        draw(self._canvas, line, x, self._y, width, size, font)

    def _room(self, height: float) -> None:
        if self._y - height < MARGIN:
            self._foot()
            self._canvas.showPage()
            self._top()

    def _top(self) -> None:
        self._page += 1
        self._y = A4[1] - MARGIN

    def _foot(self) -> None:
        text = f"{self._footer} · page {self._page}" if self._footer else f"Page {self._page}"
        draw(self._canvas, text, MARGIN, MARGIN / 2, self._width, 7.5)
