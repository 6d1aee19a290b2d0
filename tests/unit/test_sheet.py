"""The sheet in a picture: found on three kinds of desk, not found where none is, laid flat."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import ImageDraw

from devices.document_scanner.sheet import (
    WHOLE,
    Corners,
    Picture,
    can_be_sheet,
    find_sheet,
    flatten,
    order,
    side_lengths,
)
from tests.unit.desks import DESKS, VIEW, desk, lay
from tests.unit.paper import printed

CLOSE = 3.0  # dots of 1920: half a millimetre on A4


@pytest.mark.parametrize("kind", DESKS)
@pytest.mark.parametrize("seed", range(5))
def test_a_sheet_on_a_desk_is_found(kind: str, seed: int) -> None:
    paper = printed(("text", "form", "table", "sparse", "capitals")[seed], seed)
    shot = lay(paper, kind, seed, share=(0.82, 0.5)[seed % 2])
    assert shot.off(find_sheet(shot.picture)) < CLOSE


@pytest.mark.parametrize(("seed", "kind", "drawn"), [(22, "table", 2), (39, "text", 1)])
def test_the_grain_of_the_wood_is_no_side(seed: int, kind: str, drawn: int) -> None:
    shot = lay(printed(kind, drawn), "wood", seed, share=0.5)
    assert shot.off(find_sheet(shot.picture)) < CLOSE


@pytest.mark.parametrize("kind", ["mat", "wood"])
def test_a_card_is_found(kind: str) -> None:
    shot = lay(printed("sparse", 1, (1011, 638)), kind, 3, share=0.2)
    assert shot.off(find_sheet(shot.picture)) < CLOSE


@pytest.mark.parametrize("kind", DESKS)
def test_an_empty_desk_holds_no_sheet(kind: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        empty = np.clip(desk(kind, rng) + rng.normal(0, 4, (VIEW[1], VIEW[0], 3)), 0, 255).astype(np.uint8)
        assert find_sheet(empty) is None


def test_a_frame_printed_on_the_paper_is_no_sheet() -> None:
    page = printed("text", 2)
    ImageDraw.Draw(page).rectangle((120, 150, 1530, 2200), outline=(140, 30, 30), width=12)
    assert find_sheet(np.asarray(page)) is None


def test_a_folded_corner_is_completed() -> None:
    shot = lay(printed("text", 1), "mat", 2)
    x, y = shot.corners[2]
    fold = np.array([[x - 70, y + 9], [x + 9, y - 70], [x + 9, y + 9]], np.int32)
    cv2.fillPoly(shot.picture, [fold], (38, 36, 35))
    assert shot.off(find_sheet(shot.picture)) < 2 * CLOSE


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3), (40, 40, 3)])
def test_a_tiny_picture_holds_no_sheet(shape: tuple[int, int, int]) -> None:
    assert find_sheet(np.full(shape, 128, np.uint8)) is None


def test_noise_holds_no_sheet() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (600, 800, 3), np.uint8)
    assert find_sheet(noise) is None


def test_a_flattened_sheet_is_the_paper_again() -> None:
    paper = printed("text", 4)
    shot = lay(paper, "mat", 4)
    flat = flatten(shot.picture, shot.corners, (827, 1169))
    wanted = np.asarray(paper.resize((827, 1169)).convert("L"), np.float32)
    got = flat.mean(axis=2, dtype=np.float32)
    assert np.corrcoef(wanted.ravel(), got.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("corners", "can_be"),
    [
        (WHOLE, True),
        (Corners((0.2, 0.1), (0.8, 0.12), (0.79, 0.9), (0.2, 0.9)), True),
        (Corners((0.2, 0.1), (0.2, 0.9), (0.8, 0.1), (0.8, 0.9)), False),  # crossed
        (Corners((0.2, 0.1), (0.8, 0.1), (0.3, 0.2), (0.2, 0.9)), False),  # one corner dented inwards
        (Corners((0.5, 0.5), (0.55, 0.5), (0.55, 0.55), (0.5, 0.55)), False),  # a stamp
        (Corners((0.1, 0.1), (0.9, 0.1), (0.9, 0.15), (0.1, 0.15)), False),  # a ruler
        (Corners((0.1, 0.1), (0.9, 0.1), (0.6, 0.9), (0.4, 0.9)), False),  # a wedge
        (Corners((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)), False),
        (Corners((float("nan"), 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), False),
    ],
)
def test_corners_are_checked(corners: Corners, can_be: bool) -> None:
    assert can_be_sheet(corners, 1654, 2339) is can_be


def test_corners_are_put_in_order() -> None:
    wanted = np.array([[10, 12], [90, 10], [92, 130], [8, 128]], np.float32)
    for turn in range(4):
        assert (order(np.roll(wanted, turn, axis=0)) == wanted).all()
    assert (order(wanted[::-1]) == wanted).all()
    assert side_lengths(wanted) == pytest.approx((82, 118), abs=1)


def test_a_turn_goes_counter_clockwise() -> None:
    picture: Picture = np.full((100, 100, 3), 255, np.uint8)
    picture[50, 60:] = 0  # a hand of a clock that points to three
    hand = flatten(picture, WHOLE.points(100, 100), (100, 100), turn=90)[:, :, 0] < 128
    assert hand[:40, 48:53].any()
    assert not hand[60:].any()
