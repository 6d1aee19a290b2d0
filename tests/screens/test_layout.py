"""Every screen, in both languages, upright and wide: nothing clipped, too small, too close or too pale.

At half the dots of the glass (all sizes are dp), which takes a third of the time: the usual look, and the largest
letters with high contrast. `make torture` goes through the six looks in between, and the usual one at full size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kiosk.state import DESK_STEPS, Step
from tests.screens.probing import answer

UPRIGHT, WIDE = "540x960", "960x540"  # half the glass
CORNERS = [(size, look) for look in ("0", "3c") for size in (UPRIGHT, WIDE)]
BETWEEN = [(size, look) for look in ("0c", "1", "1c", "2", "2c", "3") for size in (UPRIGHT, WIDE)]
WHOLE = [("1080x1920", "0"), ("1920x1080", "0")]
SECONDS = 500

# (rule, part of the widget's name): why it may be so
ALLOWED = {
    ("small target", "DevDock"): "the dev dock is for developers, never on a kiosk",
    ("broken word", "LogRow"): "the path of a file may be longer than a line",
    ("shortened", "AnswerBox"): "an answer is edited in one line; it is read in full at the review",
}
NOT_LOW = (*DESK_STEPS, Step.OUT_OF_SERVICE)  # staff stand

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed(size: str, look: str, only: str = "") -> Mapping[str, Any]:
    """What one run of the probe found."""
    return answer("layout_probe", "--size", size, "--look", look, "--only", only, seconds=SECONDS)


def allowed(finding: dict[str, str]) -> bool:
    """Whether there is a reason for it."""
    return any(finding["rule"] == rule and part in finding["widget"] for rule, part in ALLOWED)


def wrong(answer: Mapping[str, Any], step: Step) -> str:
    """What is wrong on the scenes of a step, one line each."""
    found = [finding for finding in answer["findings"] if finding["step"] == step and not allowed(finding)]
    return "\n".join(" | ".join(f"{value}" for value in finding.values()) for finding in found)


@pytest.mark.parametrize(("size", "look"), CORNERS)
@pytest.mark.parametrize("step", list(Step))
def test_a_screen_can_be_read_and_touched(step: Step, size: str, look: str) -> None:
    answer = probed(size, look)
    shown = {scene["language"] for scene in answer["scenes"] if scene["step"] == step}
    assert shown == {"vi", "en"}
    low = {scene["language"] for scene in answer["scenes"] if (scene["step"], scene["scene"][:4]) == (step, "low-")}
    assert low == {"vi", "en"} or step in NOT_LOW
    told = wrong(answer, step)
    assert not told, f"\n{told}"


@pytest.mark.torture
@pytest.mark.parametrize(("size", "look"), [*BETWEEN, *WHOLE])
def test_every_other_look(size: str, look: str) -> None:
    answer = probed(size, look)
    told = "\n".join(filter(None, (wrong(answer, step) for step in Step)))
    assert not told, f"\n{told}"


@pytest.mark.parametrize("only", ["form-edit-birth", "prepare"])
def test_a_small_landscape_glass_is_still_usable(only: str) -> None:
    """Keys may be a little smaller there, but nothing lies on anything, and all can be read (DESIGN 8)."""
    answer = probed("1024x768", "2", only)
    assert answer["scenes"]
    told = [one for one in answer["findings"] if one["rule"] in ("overlap", "small text", "outside", "target outside")]
    assert not told
