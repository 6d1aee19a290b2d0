"""Dirt on the picture of a blank sheet: specks and streaks, where they are and how large."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
CELL_MM = 0.5  # one tone mark of 12 points: what is smaller hides no letter
EDGE_MM = 6.0  # shadows of the sheet's own edges
DIRT_LEVELS = 40  # grey levels below the paper around it; JPEG and the texture of paper stay below 25
AROUND_CELLS = 32  # paper is judged within 16 mm: lamps and cameras do not light evenly
DARK_LEVEL = 150  # of 255: white paper that comes out darker needs another lamp or a clean one
WRITTEN_SHARE = 0.01  # of all cells: a page of text has more than 10 %, a dirty glass less than half of one
STREAK_MM = 30.0  # dust on a feeder's glass draws a line along the whole sheet
STREAK_RATIO = 8.0


@dataclass(frozen=True)
class Spot:
    """One piece of dirt: left upper corner on the sheet and extent, in mm."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    @property
    def size_mm(self) -> float:
        """Its longer side."""
        return max(self.width_mm, self.height_mm)

    @property
    def is_streak(self) -> bool:
        """Long and thin."""
        return self.size_mm >= STREAK_MM and self.size_mm >= STREAK_RATIO * min(self.width_mm, self.height_mm)

    def __str__(self) -> str:
        return f"x {self.x_mm:g} y {self.y_mm:g} ({self.width_mm:g}×{self.height_mm:g})"


@dataclass(frozen=True)
class Dirt:
    """What is on a sheet that should be blank; the largest first. `paper_level` is the brightness of the paper."""

    width_mm: float
    height_mm: float
    paper_level: int
    specks: tuple[Spot, ...] = ()
    streaks: tuple[Spot, ...] = ()
    written: bool = False  # so much that it is no blank sheet

    @property
    def dark(self) -> bool:
        """White paper does not come out white."""
        return self.paper_level < DARK_LEVEL


def find_dirt(grey: Grey, dpi: int) -> Dirt:
    """Look for what is darker than the paper around it; `grey` is height × width, 0 black to 255 white."""
    side = max(1, round(dpi * CELL_MM / 25.4))
    rows, columns = grey.shape[0] // side, grey.shape[1] // side
    size = round(grey.shape[1] / dpi * 25.4, 1), round(grey.shape[0] / dpi * 25.4, 1)
    edge = round(EDGE_MM / CELL_MM)
    if rows <= 4 * edge or columns <= 4 * edge:
        return Dirt(*size, paper_level=round(float(np.median(grey))) if grey.size else 0)
    cells = grey[: rows * side, : columns * side].reshape(rows, side, columns, side)
    darkest = cells.min(axis=(1, 3)).astype(np.int16)[edge:-edge, edge:-edge]
    paper = _around(np.median(cells.swapaxes(1, 2).reshape(rows, columns, -1), axis=2)[edge:-edge, edge:-edge])
    level = round(float(np.median(paper)))
    dirty = darkest < paper - DIRT_LEVELS
    if dirty.mean() > WRITTEN_SHARE:
        return Dirt(*size, level, written=True)
    spots = sorted(_spots(dirty, side / dpi * 25.4, edge), key=lambda spot: -spot.size_mm)
    streaks = tuple(spot for spot in spots if spot.is_streak)
    return Dirt(*size, level, tuple(spot for spot in spots if not spot.is_streak), streaks)


def _around(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For each cell the brightness of the paper in its tile: the level that a quarter of the tile exceeds."""
    paper = np.empty_like(levels)
    for top in range(0, levels.shape[0], AROUND_CELLS):
        for left in range(0, levels.shape[1], AROUND_CELLS):
            tile = np.s_[top : top + AROUND_CELLS, left : left + AROUND_CELLS]
            paper[tile] = np.percentile(levels[tile], 75)
    return paper


def _spots(dirty: npt.NDArray[np.bool_], cell_mm: float, edge: int) -> list[Spot]:
    """Dirty cells that touch are one spot; a gap of one cell within a streak is bridged."""
    left = {(int(y), int(x)) for y, x in np.argwhere(dirty)}
    spots = []
    while left:
        first = left.pop()
        waiting, cells = deque((first,)), [first]
        while waiting:
            y, x = waiting.popleft()
            near = {(y + dy, x + dx) for dy in (-2, -1, 0, 1, 2) for dx in (-2, -1, 0, 1, 2)} & left
            left -= near
            waiting.extend(near)
            cells.extend(near)
        ys, xs = [y for y, _ in cells], [x for _, x in cells]
        spots.append(
            Spot(
                round((min(xs) + edge) * cell_mm, 1),
                round((min(ys) + edge) * cell_mm, 1),
                round((max(xs) - min(xs) + 1) * cell_mm, 1),
                round((max(ys) - min(ys) + 1) * cell_mm, 1),
            )
        )
    return spots
