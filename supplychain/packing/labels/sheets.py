"""Where labels stand on the sheets: paper sizes and grids, in points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.pdf.canvas import A4, LETTER
from supplychain.vocabulary import ItemSheet, SheetSize

POINTS_PER_MM = 72 / 25.4
THERMAL = (288.0, 432.0)


@dataclass(frozen=True)
class Grid:
    """Equal labels in rows and columns, centred on the paper."""

    paper: tuple[float, float]
    columns: int
    rows: int
    width: float
    height: float
    gap: float = 0.0

    def places(self) -> Iterator[tuple[float, float]]:
        """Yield the lower left corner of each label, in reading order."""
        wide = self.columns * self.width + (self.columns - 1) * self.gap
        left = (self.paper[0] - wide) / 2
        top = (self.paper[1] + self.rows * self.height) / 2
        for row in range(self.rows):
            for column in range(self.columns):
                yield left + column * (self.width + self.gap), top - (row + 1) * self.height


def _split(paper: tuple[float, float], columns: int, rows: int) -> Grid:
    return Grid(paper, columns, rows, paper[0] / columns, paper[1] / rows)


def _sheet(columns: int, rows: int, width: float, height: float, gap: float = 0) -> Grid:
    """Lay out A4 label paper by the label's size in millimetres."""
    return Grid(
        A4, columns, rows, width * POINTS_PER_MM, height * POINTS_PER_MM, gap * POINTS_PER_MM
    )


# Two to a sheet: the paper lies on its side, so that both labels stand upright.
BOX_GRIDS: Mapping[SheetSize, Grid] = {
    SheetSize.LETTER_2: _split((LETTER[1], LETTER[0]), 2, 1),
    SheetSize.LETTER_4: _split(LETTER, 2, 2),
    SheetSize.LETTER_6: _split(LETTER, 2, 3),
    SheetSize.A4_2: _split((A4[1], A4[0]), 2, 1),
    SheetSize.A4_4: _split(A4, 2, 2),
    SheetSize.PLAIN_PAPER: Grid(LETTER, 1, 1, *THERMAL),
    SheetSize.THERMAL: _split(THERMAL, 1, 1),
}

ITEM_GRIDS: Mapping[ItemSheet, Grid] = {
    ItemSheet.A4_21: _sheet(3, 7, 63.5, 38.1, 2.5),
    ItemSheet.A4_24: _sheet(3, 8, 66, 33.9),
    ItemSheet.A4_24_64X33: _sheet(3, 8, 64.6, 33.8),
    ItemSheet.A4_24_66X35: _sheet(3, 8, 66, 35),
    ItemSheet.A4_24_70X36: _sheet(3, 8, 70, 36),
    ItemSheet.A4_24_70X37: _sheet(3, 8, 70, 37),
    ItemSheet.A4_24I: _sheet(3, 8, 63.5, 33.9, 2.5),
    ItemSheet.A4_27: _sheet(3, 9, 63.5, 29.6, 2.5),
    ItemSheet.A4_40: _sheet(4, 10, 52.5, 29.7),
    ItemSheet.A4_44: _sheet(4, 11, 48.5, 25.4),
    ItemSheet.LETTER_30: Grid(LETTER, 3, 10, 189.0, 72.0, 9.0),
}
