"""What may be wrong with a screen, and what is: shared by the tests of layouts, which run beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.state import DESK_STEPS, Step
from tests.screens.probing import answer

UPRIGHT, WIDE = "540x960", "960x540"  # half the glass: all sizes are dp
LOOKS = ("0", "3c")  # the usual one, and the largest letters with high contrast
SECONDS = 500

# (rule, part of the widget's name): why it may be so
ALLOWED = {
    ("small target", "DevDock"): "the dev dock is for developers, never on a kiosk",
    ("broken word", "LogRow"): "the path of a file may be longer than a line",
    ("shortened", "AnswerBox"): "an answer is edited in one line; it is read in full at the review",
}
NOT_LOW = (*DESK_STEPS, Step.OUT_OF_SERVICE)  # staff stand


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


def check(step: Step, size: str, look: str) -> None:
    """A step is shown in both languages, standing and sitting, and nothing is wrong with it."""
    answer = probed(size, look)
    shown = {scene["language"] for scene in answer["scenes"] if scene["step"] == step}
    assert shown == {"vi", "en"}
    low = {scene["language"] for scene in answer["scenes"] if (scene["step"], scene["scene"][:4]) == (step, "low-")}
    assert low == {"vi", "en"} or step in NOT_LOW
    told = wrong(answer, step)
    assert not told, f"\n{told}"
