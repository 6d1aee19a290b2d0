"""A small picture of a scanned page for the glass; the page itself lies encrypted on the disk only."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image

from devices.interfaces import ScannedPage

SIZE = (900, 1273)  # A4 at the size of the glass, in pixels
QUALITY = 80


def preview(page: ScannedPage) -> ScannedPage:
    """`page` with a JPEG of at most `SIZE`: memory holds no full scan, and the glass decodes it at once."""
    with Image.open(io.BytesIO(page.jpeg)) as picture:
        picture.draft("RGB", SIZE)
        picture.thumbnail(SIZE)
        output = io.BytesIO()
        picture.save(output, "JPEG", quality=QUALITY)
    return replace(page, jpeg=output.getvalue())
