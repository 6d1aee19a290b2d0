"""A sheet on a desk below a camera: dark, wooden or light, with shadows and noise; the same in every run."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from devices.document_scanner.sheet import Corners, Picture, Points

VIEW = (1920, 1440)
DESKS = ("mat", "wood", "light")


class Shot(NamedTuple):
    """What the camera saw, and where the corners of the sheet really are, in dots."""

    picture: Picture
    corners: Points

    def off(self, found: Corners | None) -> float:
        """How far the worst corner is off, in dots; infinite when nothing was found."""
        if found is None:
            return float("inf")
        height, width = self.picture.shape[:2]
        return float(np.linalg.norm(found.points(width, height) - self.corners, axis=1).max())


def desk(kind: str, rng: np.random.Generator, view: tuple[int, int] = VIEW) -> Picture:
    """A surface without paper."""
    width, height = view
    base = {"mat": (38, 36, 35), "wood": (150, 105, 65), "light": (205, 200, 192)}[kind]
    surface = np.full((height, width, 3), base, np.float32)
    if kind == "wood":
        rings = np.sin(np.linspace(0, 90, height) + rng.uniform(0, 6))[:, None].astype(np.float32) * 14
        grain = cv2.GaussianBlur(40 * rng.standard_normal((height, width), np.float32), (0, 0), sigmaX=40, sigmaY=1)
        surface += (rings + grain * 3)[:, :, None]
    return np.clip(surface, 0, 255).astype(np.uint8)


def lay(paper: Image.Image, kind: str, seed: int, share: float = 0.82, view: tuple[int, int] = VIEW) -> Shot:
    """`paper` on a desk, its height about `share` of the view, turned and aslant a little, with shadow and noise."""
    rng = np.random.default_rng(seed)
    width, height = view
    sheet = np.asarray(paper.convert("RGB"))
    tall = height * share
    wide = tall * sheet.shape[1] / sheet.shape[0]
    half = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]], np.float32) / 2
    angle = np.radians(rng.uniform(-4, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    corners = half @ turn.T + np.array([width / 2, height / 2]) + rng.uniform(-0.02, 0.02, (4, 2)) * tall
    corners = corners.astype(np.float32)
    edge = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * np.array(sheet.shape[1::-1], np.float32)
    move = cv2.getPerspectiveTransform(edge, corners)
    above = cv2.warpPerspective(sheet, move, view, flags=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.warpPerspective(np.ones(sheet.shape[:2], np.float32), move, view)[:, :, None]
    shadow = cv2.GaussianBlur(np.roll(mask[:, :, 0], (6, 8), (0, 1)), (0, 0), 7)[:, :, None]
    scene = desk(kind, rng, view) * (1 - 0.35 * shadow) * (1 - mask) + above * 0.9 * mask
    scene *= np.linspace(1, rng.uniform(0.7, 0.95), width, dtype=np.float32)[None, :, None]
    scene += 4 * rng.standard_normal(scene.shape, np.float32)
    return Shot(np.clip(scene, 0, 255).astype(np.uint8), corners)
