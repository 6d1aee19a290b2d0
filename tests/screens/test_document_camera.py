"""The camera's live picture under a finger, in the real window, and what the glass says when the camera fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kiosk import i18n
from tests.screens.probing import answer

SECONDS = 120

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """One citizen, one stream; it needs no screen."""
    return answer("camera_probe", seconds=SECONDS)


def test_the_glass_shows_what_lies_below_the_camera() -> None:
    assert probed()["like_the_sheet"] > 0.9


def test_corners_go_with_the_finger_and_the_page_is_cut_there() -> None:
    answer = probed()
    assert answer["dragged"]["by_hand"]
    assert answer["dragged"]["upper_still"]
    assert answer["dragged"]["moved"] == pytest.approx([0.5, 0.5], abs=0.03)
    count, width, height = answer["half"]
    assert count == 1
    assert height / width == pytest.approx(297 / 210 / 2, abs=0.05)
    assert answer["whole"] == [1, 1654, 2339]


@pytest.mark.parametrize(
    ("fault", "code"), [("black", "camera_black"), ("unplugged", "device_unplugged"), ("hangs", "camera_silent")]
)
def test_a_camera_that_fails_is_told_and_comes_back(fault: str, code: str) -> None:
    said = probed()["faults"][fault]
    assert said == f"{i18n.error_text(code, 'vi')} {i18n.advice(code, 'vi')}"


def test_no_picture_of_a_paper_outlives_its_citizen() -> None:
    answer = probed()
    assert (answer["texture_before"], answer["texture_after"]) == (True, False)
