"""From a raw picture to a page that is kept: cropped, level, upright, 200 dpi, colour, and what is wrong with it."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps

from devices.document_scanner.orientation import LOOK_LONG, is_sideways, is_upside_down, skew, small_ink
from devices.document_scanner.quality import A4_LONG_PIXELS, problems, sharpness
from devices.document_scanner.sheet import WHOLE, Corners, Grey, Picture, Points, find_sheet, flatten, side_lengths
from devices.errors import NeedsAttention
from devices.interfaces import ScannedPage

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the size is checked here, with a sentence

FORMATS = ("JPEG", "PNG", "TIFF", "PPM", "BMP")
DPI = 200
MAX_PIXELS = 40_000_000  # A4 at 200 dpi has 3.9 million, A3 at 400 dpi 31 million
A4_LONG_INCHES = 297 / 25.4
MAX_SHAPE = 20  # long side : short side; a till receipt has 12
MAX_JPEG_BYTES = 600_000  # only photographs come near: text on A4 takes 200 kB at the first quality
JPEG_QUALITIES = (80, 65, 50, 35)
LEVEL = 0.1  # degrees: less is as good as level, and every turn softens the print
SHADOW = 0.01  # of the long side: the shadow of the lid and of the paper's edge is no print
SHEET_SIZES = ((210.0, 297.0), (148.0, 210.0), (297.0, 420.0), (53.98, 85.6))  # mm: A4, A5, A3 (ISO 216), ID-1
SIZE_SLACK = 0.08  # a sheet is measured so well by a camera above it


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

    `dpi` is the resolution at which it was scanned; 0 when nobody knows it: then the sheet is taken for A4. What lies
    beside the sheet is cut away when it can be told from it; the lines of print become level and upright.
    Raises `NeedsAttention`: `page_unreadable` or `page_too_large`.
    """
    _check_size(picture)
    colour = np.asarray(_colour(picture), np.uint8)
    height, width = colour.shape[:2]
    corners = find_sheet(colour)
    points = (corners or WHOLE).points(width, height)
    across, down = side_lengths(points)
    dpi = dpi or max(across, down) / A4_LONG_INCHES
    scale = min(1.0, DPI / dpi)
    if corners is None and scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        colour = np.asarray(Image.fromarray(colour).resize(size, Image.Resampling.LANCZOS))
        points = WHOLE.points(*size)
    size = (max(1, round(across * scale)), max(1, round(down * scale)))
    return _page(colour, points, size, max(1, min(DPI, round(dpi))), cropped=corners is not None)


def page_of_photograph(photograph: Picture, corners: Corners, view_dpi: float) -> ScannedPage:
    """The sheet between `corners` (RGB, `view_dpi` dots an inch where the paper lies) as a page of 200 dpi.

    A sheet that measures about as much as A4, A5, A3 or an ID card gets that size.
    """
    points = corners.points(photograph.shape[1], photograph.shape[0])
    across, down = (max(1.0, side) / view_dpi * 25.4 for side in side_lengths(points))
    size = _sheet_size(across, down)
    dots = (max(1, round(size[0] / 25.4 * DPI)), max(1, round(size[1] / 25.4 * DPI)))
    return _page(photograph, points, dots, DPI, cropped=True)


def _sheet_size(across: float, down: float) -> tuple[float, float]:
    """The known size nearest to a measured one, in millimetres; the measured one when none is near."""
    short, long = sorted((across, down))
    off, known = min((max(abs(s / short - 1), abs(g / long - 1)), (s, g)) for s, g in SHEET_SIZES)
    if off > SIZE_SLACK:
        return across, down
    return known if across <= down else known[::-1]


def _page(picture: Picture, points: Points, size: tuple[int, int], dpi: int, cropped: bool) -> ScannedPage:
    flat = _straight(picture, points, size, cropped)
    grey = _grey(flat)
    sharp = sharpness(grey)
    return ScannedPage(_jpeg(flat, dpi), flat.shape[1], flat.shape[0], dpi, sharp, problems(flat, grey, sharp))


def _straight(picture: Picture, points: Points, size: tuple[int, int], cropped: bool) -> Picture:
    """The sheet cut out, level and upright, in one step: each further one would soften the print.

    A sheet that was not cut out keeps all of its picture, on a little more paper.
    """
    scale = min(1.0, LOOK_LONG / max(size))
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    look = _grey(flatten(picture, points, small) if cropped else picture)
    ink, quarters = small_ink(look), 0
    if is_sideways(ink):
        ink, quarters = np.ascontiguousarray(np.rot90(ink)), 1
    turn = skew(ink)
    turn = turn if abs(turn) >= LEVEL else 0.0
    if is_upside_down(_turned(ink, turn)):
        quarters += 2
    if not cropped and not turn:
        return np.ascontiguousarray(np.rot90(picture, quarters))
    points, size = np.roll(points, -quarters, axis=0), size[::-1] if quarters % 2 else size
    return flatten(picture, points, size, turn, size if cropped else _room(ink, size, turn))


def _turned(ink: Grey, degrees: float) -> Grey:
    import cv2

    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(ink, turn, (width, height)), np.uint8) if degrees else ink


def _room(ink: Grey, size: tuple[int, int], degrees: float) -> tuple[int, int]:
    """What a page takes when it is turned: its own size, or more when print would run over the edge."""
    import cv2

    (width, height), (high, wide) = size, ink.shape
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    margin = round(max(high, wide) * SHADOW)
    y, x = np.nonzero(ink[margin : high - margin, margin : wide - margin])
    points = np.column_stack((x + margin, y + margin)) @ turn[:, :2].T + turn[:, 2]
    if (points >= 0).all() and (points < (wide, high)).all():
        return size
    cosine, sine = abs(np.cos(np.radians(degrees))), abs(np.sin(np.radians(degrees)))
    return round(width * cosine + height * sine), round(width * sine + height * cosine)


def _grey(picture: Picture) -> Grey:
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


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


def _jpeg(picture: Picture, dpi: int) -> bytes:
    colour = Image.fromarray(picture)
    for quality in JPEG_QUALITIES:
        output = io.BytesIO()
        colour.save(output, "JPEG", quality=quality, dpi=(dpi, dpi))
        if output.tell() <= MAX_JPEG_BYTES:
            break
    return output.getvalue()
