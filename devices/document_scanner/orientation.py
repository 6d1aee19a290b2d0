"""Straight and upright: the angle of the lines of print, and whether they stand on their heads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

LOOK_LONG = 1170  # dots: A4 at 100 dpi shows lines well enough, and 0.1° is 1.4 dots over its width
MAX_POINTS = 30_000
MIN_POINTS = 400  # less ink makes no line
MAX_DEGREES = 12.0
STEPS = ((MAX_DEGREES, 0.5), (0.5, 0.1), (0.1, 0.02))  # (range, step) in degrees, each around the best of the last
CLEAR_PEAK = 1.6  # lines of print give 3 to 30, a photograph about 1.1
RIVAL_DEGREES = 2.5  # so far off, another angle that is as good means a pattern and no print
RIVAL_SHARE = 0.7
SIDEWAYS_RATIO = 2.0  # so much clearer than the level lines; a table has rules both ways
LOCAL_DOTS = 31  # the paper around a letter at LOOK_LONG
INK_LEVELS = 18
LINE_JOIN = 13  # dots between the words of a line
WORD_JOIN = 7  # dots between the letters of a word, less than between lines
LINE_SHAPE = 4  # a line of print is so much wider than high
LINE_HEIGHTS = (4, 60)  # dots at LOOK_LONG, x-height or capitals
REACH = 0.65  # of the height: so far do marks and descenders go without meeting the next line
ROW_OF_MARKS = 0.6  # lower than so much of the usual line: a row of marks or dots, no line
BODY = 0.4  # of the fullest row: less is ink that sticks out of the body of the letters
STICKS_OUT = 0.1
CLEAR_LINE = 0.15
MIN_LINES = 4
TURN_SHARE = 0.8  # of the lines that tell: when they disagree the page stays as it is
TELL_SHARE = 0.3  # of all lines: figures and capitals tell nothing, and what a few of them seem to tell is chance


class Lines(NamedTuple):
    """How many lines of print seem upright, how many upside down, and how many tell neither."""

    upright: int
    inverted: int
    silent: int


def small_ink(grey: Grey) -> Grey:
    """255 where there is ink, at `LOOK_LONG` dots for the long side; shadows and dark areas are none."""
    import cv2

    height, width = grey.shape
    scale = min(1.0, LOOK_LONG / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    look = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    ink = cv2.adaptiveThreshold(look, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, LOCAL_DOTS, INK_LEVELS)
    return np.asarray(ink, np.uint8)


def skew(ink: Grey) -> float:
    """Degrees by which the lines of print must be turned counter-clockwise to be level; 0.0 when there are none.

    Projection profile: level lines make the steepest steps from row to row. Right within 0.1°.
    """
    points = _points(ink)
    if len(points) < MIN_POINTS:
        return 0.0
    best, clear = _peak(points, 0.0, *STEPS[0])
    if clear < CLEAR_PEAK:
        return 0.0
    for reach, step in STEPS[1:]:
        best, _ = _peak(points, best, reach, step)
    return best if abs(best) < MAX_DEGREES else 0.0


def is_sideways(ink: Grey) -> bool:
    """Whether the lines of print run from top to bottom; False when they do not tell clearly."""
    points = _points(ink)
    if len(points) < MIN_POINTS:
        return False
    _, level = _peak(points, 0.0, *STEPS[0])
    _, upright = _peak(points[:, ::-1], 0.0, *STEPS[0])
    if upright < max(CLEAR_PEAK, SIDEWAYS_RATIO * level):
        return False
    # the same words in every line make columns as clear as lines; but letters of a line stand closer than lines do
    words = [len(_line_boxes(side, WORD_JOIN)) for side in (ink, np.ascontiguousarray(ink.T))]
    return words[1] >= max(MIN_LINES, SIDEWAYS_RATIO * words[0])


def is_upside_down(ink: Grey) -> bool:
    """Whether the lines of a level page stand on their heads; False when they do not tell clearly."""
    lines = count_lines(ink)
    told = lines.upright + lines.inverted
    return told >= max(MIN_LINES, TELL_SHARE * sum(lines)) and lines.inverted >= TURN_SHARE * told


def count_lines(ink: Grey) -> Lines:
    """Vietnamese has more ink above its small letters (marks, ascenders, capitals) than below (descenders, dots)."""
    lines = _line_boxes(ink, LINE_JOIN)
    if not lines:
        return Lines(0, 0, 0)
    usual = float(np.median(np.repeat([box[3] for box in lines], [box[2] for box in lines])))
    leans = [_lean(ink, box, usual) for box in lines if box[3] >= usual * ROW_OF_MARKS]
    upright, inverted = sum(lean > CLEAR_LINE for lean in leans), sum(lean < -CLEAR_LINE for lean in leans)
    return Lines(upright, inverted, len(leans) - upright - inverted)


def _line_boxes(ink: Grey, join: int) -> list[npt.NDArray[np.int32]]:
    """x, y, width, height of what is as wide as a line is when gaps of `join` dots are closed."""
    import cv2

    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, join), np.uint8))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    low, high = LINE_HEIGHTS
    return [box for box in boxes[1:count] if box[2] >= LINE_SHAPE * box[3] and low <= box[3] <= high]


def _lean(ink: Grey, box: npt.NDArray[np.int32], usual: float) -> float:
    """From −1 (all ink that sticks out of the line's body is below it) to 1 (all is above)."""
    x, y, width, height = (int(value) for value in box[:4])
    edge = round(usual)
    top = max(0, y - edge)
    rows = np.count_nonzero(ink[top : y + height + edge, x : x + width], axis=1)
    heart = y - top + int(np.argmax(rows[y - top : y - top + height]))
    thin = np.flatnonzero(rows < rows[heart] * BODY)
    first = int(thin[thin < heart].max(initial=-1)) + 1
    last = int(thin[thin > heart].min(initial=len(rows)))
    reach = max(2, round((last - first) * REACH))
    above = int(rows[max(0, first - reach) : first].sum())
    below = int(rows[last : last + reach].sum())
    sticks_out = (above + below) > STICKS_OUT * int(rows[first:last].sum())
    return (above - below) / (above + below) if sticks_out else 0.0


def _points(ink: Grey) -> Points:
    """Where the ink is, as (x, y) around the middle; every n-th point is enough."""
    y, x = np.nonzero(ink)
    every = max(1, len(x) // MAX_POINTS)
    points = np.column_stack((x[::every], y[::every])).astype(np.float32)
    # anywhere within their dot: on whole dots every angle near 0 would fall into the same rows as 0 itself
    points += np.random.default_rng(0).random(points.shape, np.float32)
    return np.asarray(points - np.array(ink.shape[::-1], np.float32) / 2, np.float32)


def _peak(points: Points, middle: float, reach: float, step: float) -> tuple[float, float]:
    """The angle of the steepest profile, and how far it stands above the usual one: 1 when there are two such."""
    angles = np.arange(middle - reach, middle + reach + step / 2, step)
    scores = np.array([_steepness(points, angle) for angle in angles])
    best = int(np.argmax(scores))
    rival = float(scores[np.abs(angles - angles[best]) > RIVAL_DEGREES].max(initial=0.0))
    clear = float(scores[best]) / max(1.0, float(np.median(scores)))
    return float(angles[best]), clear if rival < RIVAL_SHARE * scores[best] else 1.0


def _steepness(points: Points, degrees: float) -> float:
    turn = np.radians(degrees)
    across = points @ np.array([-np.sin(turn), np.cos(turn)], np.float32)
    rows = np.pad(np.bincount((across - across.min()).astype(np.int32)), 2)
    # over two rows: whether the dots of an edge fall into one row or share two is chance
    return float(np.square(rows[2:] - rows[:-2]).sum())
