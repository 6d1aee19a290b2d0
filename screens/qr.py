"""A QR code on the glass."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image


@lru_cache(maxsize=4)
def qr_picture(text: str) -> Image.Image | None:
    """A public address as a QR code; None for no text. Never for what belongs to a person: it is remembered."""
    if not text:
        return None
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
    code.add_data(text)
    code.make(fit=True)
    return code.make_image().get_image().convert("L")
