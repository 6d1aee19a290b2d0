"""What is wrong with a page, as one code that a person can act on: darkness, nothing on it, glare, blur."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from devices.document_scanner.sheet import Grey, Picture

A4_LONG_PIXELS = 2339  # 297 mm at 200 dpi
TILE = 128  # 16 mm at 200 dpi: three lines of text
INK = 60  # grey levels between paper and ink
BLURRED_BELOW = 25.0  # text at σ 1 has about 200, at σ 2 about 25, at σ 3 about 6; see DEVICES 5
BLANK_BELOW = 0.0004  # share of dark dots: 25 mm² of A4, less than a signature
BARE_BELOW = BLANK_BELOW / 4
FAINT = 40  # grey levels: a pencil; the print of the other side shines through with 20 to 30
TINT = 50  # between the strongest and the weakest colour: a red stamp, blue ink
DARK_BELOW = 90  # mean brightness of 255
MARGIN = 0.03  # the shadow along the edges is no ink
LOOK_LONG = 800  # dots: 2.7 a millimetre of A4
BURNT = 250  # the weakest colour: the sensor's end
PAPER_BELOW = 238  # brighter paper hides glare, and has none: flatbeds and feeders
GLARE_SHARE = 0.0015  # of the page: a square centimetre of A4
GLARE_RING = 9  # dots at LOOK_LONG: what is beside glare
PRINT_IN_RING = 0.03  # share of ink beside it: less is an empty margin


def problems(picture: Picture, grey: Grey, sharp: float) -> tuple[str, ...]:
    """At most one code: what a person must mend first. `sharp` is the page's `sharpness`."""
    inside = _inside(grey)
    shares = _shares(inside)
    if float(shares @ np.arange(256)) < DARK_BELOW:
        return ("page_dark",)
    paper = _paper(shares)
    if float(shares[: max(0, paper - INK)].sum()) < BLANK_BELOW:
        return ("page_blank",)
    usual = int(np.searchsorted(np.cumsum(shares), 0.75))  # a lamp may light up a quarter of the page
    if usual < PAPER_BELOW and has_glare(picture):
        return ("page_glare",)
    return ("page_blurred",) if sharp < BLURRED_BELOW else ()


def view_problems(sheet: Picture) -> tuple[str, ...]:
    """At most one code for a sheet that still lies before a camera: too little light, or a lamp mirrored on it."""
    import cv2

    shares = _shares(_inside(np.asarray(cv2.cvtColor(sheet, cv2.COLOR_RGB2GRAY), np.uint8)))
    if float(shares @ np.arange(256)) < DARK_BELOW:
        return ("view_dark",)
    usual = int(np.searchsorted(np.cumsum(shares), 0.75))
    return ("view_glare",) if usual < PAPER_BELOW and has_glare(sheet) else ()


def sharpness(grey: Grey) -> float:
    """Variance of the Laplacian where there is ink, at 200 dpi or less; 0 for a page without ink.

    Only tiles with ink count: a sharp page with one line on it must not look blurred beside a full one.
    """
    import cv2

    grey = _reduced(grey, A4_LONG_PIXELS)
    height, width = grey.shape
    high, wide = min(TILE, height), min(TILE, width)
    whole = grey[: height // high * high, : width // wide * wide]
    tiles = whole.reshape(height // high, high, width // wide, wide)
    ink = tiles.max(axis=1).max(axis=2) - tiles.min(axis=1).min(axis=2) > INK
    if not ink.any():
        return 0.0
    mask = np.repeat(np.repeat(ink, high, axis=0), wide, axis=1).astype(np.uint8)
    edges = cv2.Laplacian(grey, cv2.CV_16S)[: whole.shape[0], : whole.shape[1]]
    return float(cv2.meanStdDev(edges, mask=mask)[1][0, 0] ** 2)


def has_glare(picture: Picture) -> bool:
    """Whether a lamp is mirrored on the print: a burnt spot of a square centimetre with ink beside it."""
    import cv2

    look = _reduced(picture, LOOK_LONG)
    red, green, blue = cv2.split(look)
    weakest = np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)
    burnt = cv2.morphologyEx((weakest >= BURNT).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(burnt)
    large = [number for number in range(1, count) if boxes[number, cv2.CC_STAT_AREA] >= GLARE_SHARE * burnt.size]
    if not large:
        return False
    dark = cv2.morphologyEx(weakest, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8)) > INK // 2
    around = np.ones((2 * GLARE_RING + 1, 2 * GLARE_RING + 1), np.uint8)
    for number in large:
        spot = (labels == number).astype(np.uint8)
        ring = (cv2.dilate(spot, around) > 0) & (spot == 0)
        if ring.any() and float(dark[ring].mean()) >= PRINT_IN_RING:
            return True
    return False


def is_bare(picture: Picture) -> bool:
    """Whether nothing at all is on this side: no pencil, no stamp; what shines through from the other side is none."""
    import cv2

    look = _inside(_reduced(picture, LOOK_LONG))
    grey = np.asarray(cv2.cvtColor(look, cv2.COLOR_RGB2GRAY), np.uint8)
    red, green, blue = cv2.split(look)
    tint = np.asarray(cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)), np.uint8)
    shares, tints = _shares(grey), _shares(tint)
    usual = int(np.searchsorted(np.cumsum(tints), 0.5))  # coloured paper
    return (
        float(shares[: max(0, _paper(shares) - FAINT)].sum()) < BARE_BELOW
        and float(tints[usual + TINT :].sum()) < BARE_BELOW
    )


def _shares(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """How much of a plane has each level."""
    import cv2

    # one histogram answers all: numpy's percentile would sort four million dots and stop all other threads meanwhile
    counts = cv2.calcHist([np.ascontiguousarray(plane)], [0], None, [256], [0, 256]).ravel()
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float32)


def _paper(shares: npt.NDArray[np.float32]) -> int:
    return int(np.searchsorted(np.cumsum(shares), 0.9))


def _inside(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = plane.shape[:2]
    top, left = int(height * MARGIN), int(width * MARGIN)
    return plane[top : height - top, left : width - left]


def _reduced(plane: npt.NDArray[np.uint8], long: int) -> npt.NDArray[np.uint8]:
    """At most `long` dots for the long side."""
    import cv2

    height, width = plane.shape[:2]
    scale = long / max(height, width)
    if scale >= 1:
        return plane
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
