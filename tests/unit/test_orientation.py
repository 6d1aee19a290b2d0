"""How a page lies: the angle of its lines, on its side, upside down."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest
from PIL import Image

from devices.document_scanner.orientation import Grey, count_lines, is_sideways, is_upside_down, skew, small_ink
from tests.unit.paper import printed

KINDS = ("text", "form", "table", "capitals", "sparse", "numbers")
LETTERS = ("text", "form", "sparse")


@functools.cache
def grey(kind: str, seed: int = 0) -> Grey:
    """A level, upright page."""
    return np.asarray(printed(kind, seed).convert("L"))


def turned(page: Grey, degrees: float) -> Grey:
    """Turned counter-clockwise on a light ground."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=245.0), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_skew_is_right_within_a_tenth_of_a_degree(kind: str) -> None:
    for seed, degrees in enumerate((0.0, 0.3, -0.45, -1.7, 4.2, -8.0)):
        assert skew(small_ink(turned(grey(kind, seed), degrees))) == pytest.approx(-degrees, abs=0.1), (kind, degrees)


def test_one_line_is_enough() -> None:
    page = np.full((2339, 1654), 250, np.uint8)
    page[300:360, :900] = grey("capitals")[200:260, :900]
    for degrees in (0.0, 1.5, -3.0):
        assert skew(small_ink(turned(page, degrees))) == pytest.approx(-degrees, abs=0.2)


def test_a_rule_alone_is_level() -> None:
    page = np.full((2339, 1654), 250, np.uint8)
    page[300:320, 200:1400] = 20
    assert skew(small_ink(page)) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_an_upright_page_is_never_turned(kind: str) -> None:
    for seed in range(4):
        ink = small_ink(grey(kind, seed))
        assert not is_upside_down(ink)
        assert not is_sideways(ink)


@pytest.mark.parametrize("kind", LETTERS)
def test_a_page_on_its_head_is_seen(kind: str) -> None:
    for seed in range(4):
        assert is_upside_down(small_ink(np.ascontiguousarray(grey(kind, seed)[::-1, ::-1])))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quarters", [1, 3])
def test_a_page_on_its_side_is_seen(kind: str, quarters: int) -> None:
    assert is_sideways(small_ink(np.ascontiguousarray(np.rot90(grey(kind), quarters))))


@pytest.mark.parametrize("kind", ["capitals", "numbers"])
def test_figures_and_capitals_tell_no_way_up(kind: str) -> None:
    for seed in range(4):
        for page in (grey(kind, seed), grey(kind, seed)[::-1, ::-1]):
            assert not is_upside_down(small_ink(np.ascontiguousarray(page)))


def test_an_empty_page_and_noise_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    noise = np.clip(rng.normal(200, 30, (2339, 1654)), 0, 255).astype(np.uint8)
    photograph = np.asarray(Image.effect_noise((1654, 2339), 90).resize((1654, 2339)).convert("L"))
    for page in (np.full((2339, 1654), 250, np.uint8), noise, cv2.GaussianBlur(photograph, (0, 0), 9)):
        ink = small_ink(np.asarray(page, np.uint8))
        assert (skew(ink), is_upside_down(ink), is_sideways(ink)) == (0.0, False, False)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (40, 40)])
def test_a_scrap_of_paper_stays_as_it_is(shape: tuple[int, int]) -> None:
    ink = small_ink(np.full(shape, 90, np.uint8))
    assert (skew(ink), is_upside_down(ink), is_sideways(ink)) == (0.0, False, False)
    assert sum(count_lines(ink)) == 0


def test_a_shadow_over_half_of_the_page_changes_nothing() -> None:
    page = turned(grey("text"), 1.2).astype(np.float32)
    page[:, :800] *= 0.5
    assert skew(small_ink(page.astype(np.uint8))) == pytest.approx(-1.2, abs=0.1)
