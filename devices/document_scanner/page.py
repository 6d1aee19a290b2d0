"""From a raw picture to a page that can be kept: size checked before it is decoded, colour, 200 dpi, sharpness."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from devices.errors import NeedsAttention
from devices.interfaces import ScannedPage

DPI = 200
MAX_PIXELS = 40_000_000  # A4 at 200 dpi has 3.9 million, A3 at 400 dpi 31 million
A4_LONG_PIXELS = 2339  # 297 mm at 200 dpi
MAX_SHAPE = 20  # long side : short side; a till receipt has 12
SHARPNESS_WIDTH = 800
BLURRED_BELOW = 25.0  # variance of the Laplacian: 77 sharp, 26 at σ 1, 8 at σ 2 (DEVICES 5)
BLANK_BELOW = 0.0015  # share of dark dots
DARK_BELOW = 90  # mean brightness of 255
JPEG_QUALITY = 75


def open_picture(data: bytes) -> Image.Image:
    """Decode a picture. Raises `NeedsAttention`: `page_unreadable` or `page_too_large`."""
    try:
        picture = Image.open(io.BytesIO(data))
        _check_size(picture)
        picture.load()
    # Pillow warns before it refuses; a program that makes errors of warnings gets the first
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NeedsAttention("page_too_large") from None
    # what Pillow's decoders let through for broken data
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise NeedsAttention("page_unreadable", type(error).__name__) from None
    return picture


def check_page(picture: Image.Image, dpi: int = DPI) -> ScannedPage:
    """The page as it is kept: colour JPEG, at most 200 dpi and as long as A4, with what is wrong with it.

    `dpi` is that of `picture`. Raises `NeedsAttention`: `page_unreadable` or `page_too_large`.
    """
    _check_size(picture)
    scale = min(1.0, DPI / dpi, A4_LONG_PIXELS / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    colour = picture.convert("RGB")
    if size != picture.size:
        colour = colour.resize(size, Image.Resampling.LANCZOS)
    kept_dpi = round(dpi * scale)
    sharpness, dark_share, brightness = _measure(colour)
    output = io.BytesIO()
    colour.save(output, "JPEG", quality=JPEG_QUALITY, dpi=(kept_dpi, kept_dpi))
    problems = _problems(sharpness, dark_share, brightness)
    return ScannedPage(output.getvalue(), colour.width, colour.height, kept_dpi, sharpness, problems)


def _check_size(picture: Image.Image) -> None:
    short, long = sorted(picture.size)
    if short * long > MAX_PIXELS:
        raise NeedsAttention("page_too_large", f"{picture.width} × {picture.height}")
    if short == 0 or long > MAX_SHAPE * short:
        raise NeedsAttention("page_unreadable", f"{picture.width} × {picture.height}")


def _problems(sharpness: float, dark_share: float, brightness: float) -> tuple[str, ...]:
    """The one thing to put right first: a dark page looks blank and blurred too, a blank one blurred."""
    if brightness < DARK_BELOW:
        return ("page_dark",)
    if dark_share < BLANK_BELOW:
        return ("page_blank",)
    return ("page_blurred",) if sharpness < BLURRED_BELOW else ()


def _measure(picture: Image.Image) -> tuple[float, float, float]:
    """Variance of the Laplacian at a fixed width, share of dark dots, mean brightness (0 … 255)."""
    import cv2

    grey = np.asarray(picture.convert("L"))
    height = max(1, round(grey.shape[0] * SHARPNESS_WIDTH / grey.shape[1]))
    small = cv2.resize(grey, (SHARPNESS_WIDTH, height), interpolation=cv2.INTER_AREA)
    paper = float(np.percentile(small, 90))
    return float(cv2.Laplacian(small, cv2.CV_64F).var()), float((small < paper - 60).mean()), float(small.mean())
