"""Every screen, in both languages, upright: nothing clipped, too small, too close or too pale.

At half the dots of the glass (all sizes are dp), which takes a third of the time: the usual look, and the largest
letters with high contrast. `make torture` goes through the six looks in between, and the usual one at full size.
"""

from __future__ import annotations

import pytest

from kiosk.state import Step
from tests.screens.layouts import LOOKS, SECONDS, UPRIGHT, WIDE, check, probed, wrong

BETWEEN = [(size, look) for look in ("0c", "1", "1c", "2", "2c", "3") for size in (UPRIGHT, WIDE)]
WHOLE = [("1080x1920", "0"), ("1920x1080", "0")]

pytestmark = pytest.mark.timeout(SECONDS + 10)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("step", list(Step))
def test_a_screen_can_be_read_and_touched(step: Step, look: str) -> None:
    check(step, UPRIGHT, look)


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
