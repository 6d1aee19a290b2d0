"""From what a scanner or a camera sees to a page: cropped, level, upright, and told what is wrong with it."""

from __future__ import annotations

import functools
import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from devices.document_scanner.orientation import is_sideways, is_upside_down, skew, small_ink
from devices.document_scanner.page import check_page, page_of_photograph
from devices.document_scanner.quality import has_glare, is_bare
from devices.document_scanner.sheet import Picture, find_sheet
from devices.interfaces import ScannedPage
from tests.unit.desks import DESKS, Shot, lay
from tests.unit.paper import printed

A4_INCHES = 297 / 25.4
VIEW = (2048, 1536)
SHARE = 0.85


@functools.cache
def shot(desk: str, kind: str = "text", seed: int = 0) -> Shot:
    """An A4 sheet below a camera."""
    return lay(printed(kind, seed), desk, seed, SHARE, VIEW)


def photographed(picture: Picture) -> ScannedPage:
    """The page that becomes of a photograph in which the sheet is found."""
    corners = find_sheet(picture)
    assert corners is not None
    return page_of_photograph(picture, corners, VIEW[1] * SHARE / A4_INCHES)


def grey(page: ScannedPage) -> np.ndarray:
    """What was kept."""
    return np.asarray(Image.open(io.BytesIO(page.jpeg)).convert("L"))


def likeness(page: ScannedPage, paper: Image.Image) -> float:
    """Correlation of a kept page with the paper that lay there: 1 is the same."""
    size = (414, 585)
    kept = np.asarray(Image.open(io.BytesIO(page.jpeg)).convert("L").resize(size), np.float32)
    return float(np.corrcoef(kept.ravel(), np.asarray(paper.convert("L").resize(size), np.float32).ravel())[0, 1])


@pytest.mark.parametrize("desk", DESKS)
def test_a_sheet_on_a_desk_becomes_a_page(desk: str) -> None:
    page = photographed(shot(desk).picture)
    assert (page.width, page.height, page.dpi, page.problems) == (1654, 2339, 200, ())
    assert abs(skew(small_ink(grey(page)))) <= 0.2
    assert likeness(page, printed("text", 0)) > 0.75


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_sheet_that_lies_wrong_is_turned(quarters: int) -> None:
    page = photographed(np.ascontiguousarray(np.rot90(shot("mat").picture, quarters)))
    assert (page.width, page.height) == (1654, 2339)
    assert likeness(page, printed("text", 0)) > 0.75


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_scan_that_lies_wrong_is_turned_without_loss(quarters: int) -> None:
    paper = printed("form", 1)
    assert check_page(Image.fromarray(np.rot90(np.asarray(paper), quarters)), 200) == check_page(paper, 200)


@pytest.mark.parametrize("degrees", [-6.0, -1.3, 0.4, 2.5])
def test_a_skewed_scan_becomes_level(degrees: float) -> None:
    paper = printed("text", 2).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 249, 246))
    page = check_page(paper, 200)
    assert abs(skew(small_ink(grey(page)))) <= 0.1
    assert page.problems == ()


def test_a_page_keeps_its_size_when_it_is_turned_a_little() -> None:
    page = check_page(printed("text", 2).rotate(1.0, Image.Resampling.BICUBIC, fillcolor=(250, 249, 246)), 200)
    assert (page.width, page.height) == (1654, 2339)


@pytest.mark.parametrize("degrees", [5, -5])
def test_print_at_the_edge_is_not_turned_out_of_the_page(degrees: float) -> None:
    scan = printed("text", 2).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 249, 246))
    for corner in ((30, 30), (1574, 30), (30, 2259), (1574, 2259)):
        ImageDraw.Draw(scan).rectangle((*corner, corner[0] + 50, corner[1] + 50), fill=(200, 20, 20))
    red, green, _ = np.asarray(Image.open(io.BytesIO(check_page(scan, 200).jpeg))).astype(int).transpose(2, 0, 1)
    assert (red - green > 100).sum() == pytest.approx(4 * 51 * 51, rel=0.05)


def test_a_black_lid_around_a_small_paper_is_cut_away() -> None:
    glass = Image.new("RGB", (1654, 2339), (30, 30, 30))
    glass.paste(printed("text", 3, (1165, 1654)), (40, 50))
    page = check_page(glass, 200)
    assert page.width == pytest.approx(1165, abs=8)
    assert page.height == pytest.approx(1654, abs=8)
    assert page.dpi == 200


def test_a_card_below_the_camera_gets_the_size_of_a_card() -> None:
    card = printed("sparse", 1, (1011, 638))
    below = lay(card, "mat", 3, share=0.2, view=VIEW)
    corners = find_sheet(below.picture)
    assert corners is not None
    page = page_of_photograph(below.picture, corners, VIEW[1] * 0.2 / (53.98 / 25.4))
    assert (page.width, page.height) == (674, 425)  # ISO/IEC 7810 ID-1 at 200 dpi


def lamp(picture: Picture, at: tuple[float, float], size: float) -> Picture:
    """The light of a lamp, mirrored at a place given in shares."""
    height, width = picture.shape[:2]
    y, x = np.ogrid[:height, :width]
    far = ((x - at[0] * width) ** 2 + (y - at[1] * height) ** 2) / (size * height) ** 2
    return np.asarray(cv2.add(picture, np.repeat((400 * np.exp(-far)).clip(0, 255).astype(np.uint8)[:, :, None], 3, 2)))


def test_a_lamp_on_the_print_is_glare() -> None:
    assert photographed(lamp(shot("mat").picture, (0.5, 0.5), 0.08)).problems == ("page_glare",)


def test_a_lamp_beside_the_print_is_harmless() -> None:
    sparse = shot("mat", "sparse", 3)
    assert photographed(lamp(sparse.picture, (0.5, 0.8), 0.06)).problems == ()


def test_white_paper_of_a_flatbed_has_no_glare() -> None:
    white = Image.fromarray(np.where(np.asarray(printed("text", 1)) > 128, 255, 20).astype(np.uint8))
    assert check_page(white, 200).problems == ()
    assert not has_glare(np.asarray(printed("text", 1)))


def test_problems_of_a_photograph_have_codes() -> None:
    good = shot("mat").picture
    assert photographed(np.asarray(cv2.GaussianBlur(good, (0, 0), 4), np.uint8)).problems == ("page_blurred",)
    dim = (good * 0.4).astype(np.uint8)
    assert photographed(dim).problems == ("page_dark",)


def back(*drawn: str) -> Image.Image:
    """The other side of a paper: print shines through, and what was drawn on it."""
    page = Image.new("RGB", (1654, 2339), (246, 245, 240))
    front = printed("text", 5).transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(2))
    page = Image.blend(page, front, 0.1)
    pen = ImageDraw.Draw(page)
    if "pencil" in drawn:
        for line in range(4):
            pen.line((300, 300 + line * 60, 900, 310 + line * 60), fill=(192, 192, 192), width=6)
    if "stamp" in drawn:
        pen.ellipse((900, 1500, 1200, 1800), outline=(225, 120, 120), width=8)
    if "marker" in drawn:
        pen.rectangle((300, 600, 900, 640), fill=(250, 245, 110))
    if "signature" in drawn:
        pen.line([(500, 900), (560, 820), (600, 930), (700, 850), (820, 900)], fill=(40, 60, 160), width=5)
    return page


def test_a_blank_back_is_bare() -> None:
    assert is_bare(np.asarray(back()))
    assert is_bare(np.asarray(Image.new("RGB", (1654, 2339), "white")))
    assert is_bare(np.asarray(Image.new("RGB", (1654, 2339), (250, 225, 160))))  # yellow paper


@pytest.mark.parametrize("drawn", ["pencil", "stamp", "marker", "signature"])
def test_a_back_with_anything_on_it_is_kept(drawn: str) -> None:
    assert not is_bare(np.asarray(back(drawn)))


def test_figures_alone_are_left_as_they_lie() -> None:
    ink = small_ink(grey(check_page(printed("numbers", 1), 200)))
    assert not is_upside_down(ink)
    assert not is_sideways(ink)
