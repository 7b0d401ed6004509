"""Box labels as most tutorials make them: python-barcode draws pictures, reportlab places them."""

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def picture_labels(labels: Sequence[Any], out: BinaryIO) -> None:
    """One page a label: the words, and Code 128 of the box id as a picture; no QR code."""
    import barcode
    from barcode.writer import ImageWriter

    canvas = Canvas(out, pagesize=letter)
    for label in labels:
        lines = [label.shipment_name, *label.ship_from, label.center_code, *label.ship_to]
        lines.append(f"{label.number} of {label.total}")
        for place, text in enumerate(lines):
            canvas.drawString(40, 740 - 18 * place, text)
        picture = io.BytesIO()
        barcode.get("code128", label.box_id, writer=ImageWriter()).write(picture)
        canvas.drawImage(ImageReader(picture), 40, 400, width=400, height=120)
        canvas.showPage()
    canvas.save()
