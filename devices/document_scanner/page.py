"""From a raw picture to a page that can be kept: size checked before it is decoded, colour, 200 dpi, sharpness."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from devices.errors import NeedsAttention
from devices.interfaces import ScannedPage

DPI = 200
MAX_PIXELS = 40_000_000  # A4 at 200 dpi has 3.9 million, A3 at 400 dpi 31 million
A4_LONG_PIXELS = 2339  # 297 mm at 200 dpi
SHARPNESS_WIDTH = 800
BLURRED_BELOW = 25.0  # variance of the Laplacian: 77 sharp, 26 at σ 1, 8 at σ 2 (DEVICES 5)
BLANK_BELOW = 0.0015  # share of dark dots
DARK_BELOW = 90  # mean brightness of 255
JPEG_QUALITY = 75


def open_picture(data: bytes) -> Image.Image:
    """Decode a picture. Raises `NeedsAttention`: `page_unreadable` or `page_too_large`."""
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MAX_PIXELS:
            raise NeedsAttention("page_too_large", f"{picture.width} × {picture.height}")
        picture.load()
    except Image.DecompressionBombError:
        raise NeedsAttention("page_too_large") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NeedsAttention("page_unreadable", type(error).__name__) from None
    return picture


def check_page(picture: Image.Image) -> ScannedPage:
    """The page as it is kept: colour JPEG, at most A4 at 200 dpi, with what is wrong with it."""
    if picture.width * picture.height > MAX_PIXELS:
        raise NeedsAttention("page_too_large", f"{picture.width} × {picture.height}")
    colour = picture.convert("RGB")
    colour.thumbnail((A4_LONG_PIXELS, A4_LONG_PIXELS), Image.Resampling.LANCZOS)
    sharpness, dark_share, brightness = _measure(colour)
    problems = []
    if dark_share < BLANK_BELOW:
        problems.append("page_blank")
    elif sharpness < BLURRED_BELOW:
        problems.append("page_blurred")
    if brightness < DARK_BELOW:
        problems.append("page_dark")
    output = io.BytesIO()
    colour.save(output, "JPEG", quality=JPEG_QUALITY, dpi=(DPI, DPI))
    return ScannedPage(output.getvalue(), colour.width, colour.height, DPI, sharpness, tuple(problems))


def _measure(picture: Image.Image) -> tuple[float, float, float]:
    """Variance of the Laplacian at a fixed width, share of dark dots, mean brightness (0 … 255)."""
    import cv2

    grey = np.asarray(picture.convert("L"))
    height = max(1, round(grey.shape[0] * SHARPNESS_WIDTH / grey.shape[1]))
    small = cv2.resize(grey, (SHARPNESS_WIDTH, height), interpolation=cv2.INTER_AREA)
    paper = float(np.percentile(small, 90))
    return float(cv2.Laplacian(small, cv2.CV_64F).var()), float((small < paper - 60).mean()), float(small.mean())
