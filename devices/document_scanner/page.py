"""From a raw picture to a page that can be kept: size checked before it is decoded, colour, 200 dpi, sharpness."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from devices.errors import NeedsAttention
from devices.interfaces import ScannedPage

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the size is checked here, with a sentence
Grey = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "TIFF", "PPM", "BMP")
DPI = 200
MAX_PIXELS = 40_000_000  # A4 at 200 dpi has 3.9 million, A3 at 400 dpi 31 million
A4_LONG_PIXELS = 2339  # 297 mm at 200 dpi
A4_LONG_INCHES = 297 / 25.4
MAX_SHAPE = 20  # long side : short side; a till receipt has 12
MAX_JPEG_BYTES = 600_000  # only photographs come near: text on A4 takes 200 kB at the first quality
JPEG_QUALITIES = (80, 65, 50, 35)
TILE = 128  # 16 mm at 200 dpi: three lines of text
INK = 60  # grey levels between paper and ink
BLURRED_BELOW = 25.0  # text at σ 1 has about 200, at σ 2 about 25, at σ 3 about 6; see DEVICES 5
BLANK_BELOW = 0.0004  # share of dark dots: 25 mm² of A4, less than a signature
DARK_BELOW = 90  # mean brightness of 255
MARGIN = 0.03  # the shadow along the edges is no ink


def warm_up() -> tuple[()]:
    """Import OpenCV now, on the scanner's thread, instead of at the first page; a job without events."""
    import cv2

    cv2.setNumThreads(1)  # the other core belongs to the glass
    return ()


def open_picture(data: bytes) -> Image.Image:
    """Decode a picture upright. Raises `NeedsAttention`: `page_unreadable` or `page_too_large`."""
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(picture)
        # a JPEG of many pixels is decoded at half or a quarter of its size: less memory, and enough for 200 dpi
        picture.draft("RGB", (A4_LONG_PIXELS, A4_LONG_PIXELS))
        picture.load()
        return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise NeedsAttention("page_too_large") from None
    # all that Pillow's decoders raise for broken files
    except (OSError, EOFError, SyntaxError, ValueError, OverflowError, LookupError, struct.error, zlib.error) as error:
        raise NeedsAttention("page_unreadable", type(error).__name__) from None


def check_page(picture: Image.Image, dpi: float = 0) -> ScannedPage:
    """The page as it is kept: colour JPEG, at most 200 dpi, with what is wrong with it.

    `dpi` is the resolution at which it was scanned; 0 when nobody knows it: then the picture is taken for an A4 page.
    Raises `NeedsAttention`: `page_unreadable` or `page_too_large`.
    """
    _check_size(picture)
    dpi = dpi or max(picture.size) / A4_LONG_INCHES
    colour = _colour(picture)
    if dpi > DPI:
        size = tuple(max(1, round(side * DPI / dpi)) for side in colour.size)
        colour = colour.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    kept = max(1, min(DPI, round(dpi)))
    grey = np.asarray(colour.convert("L"))
    sharp = sharpness(grey)
    problems = _problems(_inside(grey), sharp)
    return ScannedPage(_jpeg(colour, kept), colour.width, colour.height, kept, sharp, problems)


def sharpness(grey: Grey) -> float:
    """Variance of the Laplacian where there is ink, at 200 dpi or less; 0 for a page without ink.

    Only tiles with ink count: a sharp page with one line on it must not look blurred beside a full one.
    """
    import cv2

    longest = max(grey.shape)
    if longest > A4_LONG_PIXELS:
        scale = A4_LONG_PIXELS / longest
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    ink = np.ptp(_tiles(grey), axis=1) > INK
    return float(_tiles(edges)[ink].var()) if ink.any() else 0.0


def _tiles(picture: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """One row per tile of TILE × TILE dots; the rest at the right and at the bottom is left out."""
    height, width = picture.shape
    high, wide = min(TILE, height), min(TILE, width)
    rows, columns = height // high, width // wide
    whole = picture[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    return whole.swapaxes(1, 2).reshape(rows * columns, high * wide)


def _inside(grey: Grey) -> Grey:
    height, width = grey.shape
    top, left = int(height * MARGIN), int(width * MARGIN)
    return grey[top : height - top, left : width - left]


def _problems(grey: Grey, sharp: float) -> tuple[str, ...]:
    """At most one code: what a person must mend first."""
    import cv2

    # one histogram answers all: numpy's percentile would sort four million dots and stop all other threads meanwhile
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    shares = counts / max(1.0, float(counts.sum()))
    if float(shares @ np.arange(256)) < DARK_BELOW:
        return ("page_dark",)
    paper = int(np.searchsorted(np.cumsum(shares), 0.9))
    if float(shares[: max(0, paper - INK)].sum()) < BLANK_BELOW:
        return ("page_blank",)
    return ("page_blurred",) if sharp < BLURRED_BELOW else ()


def _check_size(picture: Image.Image) -> None:
    short, long = sorted(picture.size)
    if short * long > MAX_PIXELS:
        raise NeedsAttention("page_too_large", f"{picture.width} × {picture.height}")
    if short == 0 or long > MAX_SHAPE * short:
        raise NeedsAttention("page_unreadable", f"{picture.width} × {picture.height}")


def _colour(picture: Image.Image) -> Image.Image:
    """RGB on white paper; 16-bit greys are brought to 8 bits, which `convert` alone would clip."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")


def _jpeg(colour: Image.Image, dpi: int) -> bytes:
    for quality in JPEG_QUALITIES:
        output = io.BytesIO()
        colour.save(output, "JPEG", quality=quality, dpi=(dpi, dpi))
        if output.tell() <= MAX_JPEG_BYTES:
            break
    return output.getvalue()
