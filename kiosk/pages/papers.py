"""Scanned papers as pictures that a browser shows by itself."""

from __future__ import annotations

import io

from offline_queue.blobs import BlobStore
from offline_queue.entry import Attachment

JPEG, PDF = "image/jpeg", "application/pdf"
TYPES = {".jpg": JPEG, ".png": "image/png"}


def picture(blobs: BlobStore, paper: Attachment, page: int) -> tuple[bytes, str] | None:
    """One page, from 0, and its media type; None when there is no such page, or it is no picture.

    The kiosk makes its PDF files of one picture a page, which is taken out as it was put in. Raises `OutboxError`.
    """
    data = blobs.get(paper.sha256, paper.size)
    if paper.media_type == PDF:
        return _picture_in(data, page)
    return (data, JPEG) if page == 0 and paper.media_type == JPEG else None


def _picture_in(pdf: bytes, page: int) -> tuple[bytes, str] | None:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            pictures = list(document.pages[page].get_images().values())
            output = io.BytesIO()
            only = pictures[0] if len(pictures) == 1 else None
            suffix = pikepdf.PdfImage(only).extract_to(stream=output) if isinstance(only, pikepdf.Stream) else ""
    except (pikepdf.PdfError, pikepdf.models.image.UnsupportedImageTypeError, IndexError, ValueError):
        return None
    return (output.getvalue(), TYPES[suffix]) if suffix in TYPES else None
