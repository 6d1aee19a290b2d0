"""A sheet of paper in a picture: its four corners, whether they can be true, and the sheet laid flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # height × width × RGB
Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]  # 4 × (x, y) in dots, clockwise from the top left

LOOK_LONG = 640  # dots: enough for a corner within a millimetre after the lines are fitted
MIN_AREA = 0.02  # of the picture: an ID card below a camera that sees A3 covers 0.037
MAX_AREA = 0.985  # more is the edge of the picture itself
MAX_ASPECT = 3.0
MAX_ANGLE_OFF = 30.0  # degrees from a right angle; a camera above a desk never sees more
MAX_SIDE_RATIO = 1.6  # opposite sides
CONTRAST = 14  # grey levels between the paper's edge and what is beside it; a frame printed on paper has none
RING = 7  # dots at LOOK_LONG: beyond the soft edge and the shadow of a curled sheet
SIDE_PART = (0.12, 0.88)  # of a side: corners may be folded
SIDE_POINTS = 40
SIDE_PROVEN = 0.8  # of a side's points
REACH_SHARE = 0.012  # of the long side: so far is a rough side off at most
EDGE = 3  # dots on each side of an edge that are compared
EPSILONS = (0.01, 0.02, 0.03, 0.05, 0.08)  # of the outline's length
MOST_SIDES = 8  # four corners, all folded
FOLDED = 1.1  # so much larger may a sheet be with its corners unfolded


class Corners(NamedTuple):
    """Four corners clockwise from the top left, each as (x, y) in shares of the picture's width and height."""

    top_left: tuple[float, float]
    top_right: tuple[float, float]
    bottom_right: tuple[float, float]
    bottom_left: tuple[float, float]

    def points(self, width: int, height: int) -> Points:
        """In dots of a picture of that size."""
        return np.array(self, np.float32) * np.array([width, height], np.float32)


WHOLE = Corners((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def find_sheet(picture: Picture) -> Corners | None:
    """The largest sheet that stands out from what is below it; None when there is none to be sure of."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, LOOK_LONG / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    every = max(1, int(0.5 / scale))  # averaging all dots of a large picture would cost more than all the rest
    look = np.asarray(cv2.resize(picture[::every, ::every].copy(), size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(look, cv2.COLOR_RGB2GRAY), (0, 0), 1.2), np.uint8)
    found = [
        (*_proof(grey, quad), float(cv2.contourArea(quad)), quad)
        for mask in _masks(look, grey)
        for quad in _quads(mask)
        if _can_be(quad, *size)
    ]
    sure = [(sides, area, quad) for contrast, sides, area, quad in found if contrast >= CONTRAST]
    if not sure:
        return None
    # a whole sheet before one that goes on beyond the picture, then the largest: what is printed may look like a sheet
    best = max(sure, key=lambda candidate: candidate[:2])[2]
    quad = _fitted(picture, (best + 0.5) / scale)
    return _corners(quad if _can_be(quad, width, height) else best / scale, width, height)


def can_be_sheet(corners: Corners, width: int, height: int) -> bool:
    """Whether four corners, found or dragged, can be those of a sheet: large enough, near right angles, so convex."""
    return _can_be(corners.points(width, height), width, height, MAX_AREA + 0.02)


def side_lengths(points: Points) -> tuple[float, float]:
    """Mean width and height of a sheet in dots of the picture."""
    sides = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def flatten(
    picture: Picture, corners: Points, size: tuple[int, int], turn: float = 0.0, canvas: tuple[int, int] | None = None
) -> Picture:
    """The sheet between `corners` as a picture of `size` (width, height), `turn` degrees counter-clockwise.

    `canvas` is the size of the picture around it, when it is another one; what is beside the sheet is white.
    """
    import cv2

    (width, height), (wide, high) = size, canvas or size
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    move = cv2.getPerspectiveTransform(corners, target)
    around = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1), [0, 0, 1]])
    around[:2, 2] += (wide - width) / 2, (high - height) / 2
    flat = cv2.warpPerspective(picture, around @ move, (wide, high), borderValue=(255,) * 3)
    return np.asarray(flat, np.uint8)


def order(points: npt.NDArray[np.generic]) -> Points:
    """Four points clockwise on the picture (y grows downwards), the top left one first."""
    middle = points.astype(np.float32) - points.mean(axis=0, dtype=np.float32)
    clockwise = points[np.argsort(np.arctan2(middle[:, 1], middle[:, 0]))].astype(np.float32)
    return np.roll(clockwise, -int(np.argmin(clockwise.sum(axis=1))), axis=0)


def _masks(look: Picture, grey: Grey) -> Iterator[Grey]:
    """Where paper may be: what is bright, what has little colour, and what lies between edges."""
    import cv2

    red, green, blue = cv2.split(look)
    bright = cv2.max(cv2.max(red, green), blue)
    colour = cv2.subtract(bright, cv2.min(cv2.min(red, green), blue))
    kernel = np.ones((5, 5), np.uint8)
    for plane, kind in ((bright, cv2.THRESH_BINARY), (grey, cv2.THRESH_BINARY), (colour, cv2.THRESH_BINARY_INV)):
        soft = cv2.GaussianBlur(plane, (0, 0), 1.5)
        _, mask = cv2.threshold(soft, 0, 255, kind | cv2.THRESH_OTSU)
        yield np.asarray(cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel))
    for low, high in ((20, 60), (50, 150)):
        yield np.asarray(cv2.dilate(cv2.Canny(grey, low, high), np.ones((3, 3), np.uint8)))


def _quads(mask: Grey) -> Iterator[Points]:
    """The outlines of a mask that have four corners, the largest first."""
    import cv2

    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    least = MIN_AREA * mask.size
    hulls = [cv2.convexHull(outline) for outline in outlines if len(outline) >= 4]
    for hull in sorted(hulls, key=cv2.contourArea, reverse=True)[:3]:
        area, length = cv2.contourArea(hull), cv2.arcLength(hull, True)
        for epsilon in EPSILONS if area >= least else ():
            outline = cv2.approxPolyDP(hull, epsilon * length, True)[:, 0].astype(np.float32)
            if 4 <= len(outline) <= MOST_SIDES:
                quad = _four_sided(outline)
                if cv2.contourArea(quad) <= area * FOLDED:
                    yield order(quad)
                    break


def _four_sided(outline: Points) -> Points:
    """The four longest sides of an outline, made longer until they meet: a folded corner is completed."""
    ends = np.roll(outline, -1, axis=0)
    longest = np.sort(np.argsort(np.linalg.norm(ends - outline, axis=1))[-4:])
    lines = [_line(np.stack((outline[side], ends[side]))) for side in longest]
    return _meets(lines, outline[longest])


def _fitted(picture: Picture, rough: Points) -> Points:
    """Corners where the lines through the sides meet: folded or rounded corners do not count.

    Each side is where the picture grows bright most steeply, within `REACH_SHARE` of the long side around `rough`.
    """
    reach = max(4, round(REACH_SHARE * max(picture.shape[:2])))
    steps = np.arange(-reach, reach + 1, dtype=np.float32)
    lines = []
    for start, end, inwards in _sides(rough):
        on_side = start + (end - start) * np.linspace(*SIDE_PART, SIDE_POINTS, dtype=np.float32)[:, None]
        across = on_side[:, None] + inwards * steps[None, :, None]
        levels = _levels(picture, across.reshape(-1, 2)).mean(axis=1).reshape(SIDE_POINTS, -1)
        soft = np.cumsum(levels, axis=1, dtype=np.float32)
        rise = (soft[:, 2 * EDGE :] - soft[:, EDGE:-EDGE]) - (soft[:, EDGE:-EDGE] - soft[:, : -2 * EDGE])
        at = steps[EDGE + np.argmax(rise, axis=1)] + 0.5
        lines.append(_line(on_side + inwards * at[:, None]))
    return _meets(lines, rough)


def _line(points: Points) -> tuple[float, float, float]:
    """a, b, c with a·x + b·y = c for most of the points."""
    import cv2

    vx, vy, x, y = cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return float(vy), float(-vx), float(vy * x - vx * y)


def _meets(lines: list[tuple[float, float, float]], rough: Points) -> Points:
    meets = []
    for (a, b, c), (d, e, f) in zip([lines[-1], *lines[:-1]], lines, strict=True):
        if abs(cross := a * e - b * d) < 0.1:
            return rough
        meets.append(((c * e - b * f) / cross, (a * f - c * d) / cross))
    return np.array(meets, np.float32)


def _sides(quad: Points) -> Iterator[tuple[Points, Points, Points]]:
    """Start, end, and the unit vector towards the inside, of each side."""
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        inwards = np.array([start[1] - end[1], end[0] - start[0]], np.float32)
        yield start, end, inwards / max(1.0, float(np.linalg.norm(inwards)))


def _can_be(quad: Points, width: int, height: int, most: float = MAX_AREA) -> bool:
    import cv2

    if not np.isfinite(quad).all():
        return False
    if not MIN_AREA <= cv2.contourArea(quad) / (width * height) <= most:
        return False
    sides = np.roll(quad, -1, axis=0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    across, down = side_lengths(quad)
    if max(across, down) > MAX_ASPECT * min(across, down):
        return False
    if max(lengths[0] / lengths[2], lengths[2] / lengths[0]) > MAX_SIDE_RATIO:
        return False
    if max(lengths[1] / lengths[3], lengths[3] / lengths[1]) > MAX_SIDE_RATIO:
        return False
    cosines = (sides * np.roll(sides, -1, axis=0)).sum(axis=1) / (lengths * np.roll(lengths, -1))
    return bool(np.abs(cosines).max() <= np.sin(np.radians(MAX_ANGLE_OFF)))


def _proof(grey: Grey, quad: Points) -> tuple[float, int]:
    """By how much the paper is brighter than what is beside it, at its weakest side, and how many sides prove it.

    0.0 when a side is not proven. A side at the picture's edge is no proof, and two are needed.
    """
    height, width = grey.shape
    contrasts = []
    for start, end, inwards in _sides(quad):
        on_side = start + (end - start) * np.linspace(*SIDE_PART, SIDE_POINTS, dtype=np.float32)[:, None]
        outside = on_side - inwards * RING
        inside_picture = ((outside >= 0) & (outside < (width, height))).all(axis=1)
        if inside_picture.mean() < 0.5:
            continue
        beside = _levels(grey, outside[inside_picture]).astype(np.int16)
        paper = _levels(grey, (on_side + inwards * RING)[inside_picture])
        if float((paper - beside >= CONTRAST).mean()) < SIDE_PROVEN:
            return 0.0, 0
        contrasts.append(float(np.median(paper - beside)))
    return (min(contrasts), len(contrasts)) if len(contrasts) >= 2 else (0.0, 0)


def _levels(picture: Picture, points: Points) -> Picture:
    x, y = np.clip(points, 0, (picture.shape[1] - 1, picture.shape[0] - 1)).astype(np.int32).T
    return np.asarray(picture[y, x], np.uint8)


def _corners(quad: Points, width: int, height: int) -> Corners:
    shares = np.clip(quad / np.array([width, height], np.float32), 0.0, 1.0)
    return Corners(*((float(x), float(y)) for x, y in shares))
