"""An empty PDF that comes out the same for the same drawing."""

from typing import BinaryIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

# Compressed pages need no second, textual coding: a fifth smaller and faster.
rl_config.useA85 = 0

LETTER = (612.0, 792.0)
A4 = (595.276, 841.89)


def new_document(out: BinaryIO, paper: tuple[float, float], title: str) -> Canvas:
    """Return an empty document on this paper, without any date or random id in it."""
    canvas = Canvas(out, pagesize=paper, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    return canvas
