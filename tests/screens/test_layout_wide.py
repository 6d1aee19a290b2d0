"""Every screen, in both languages, on a wide glass; beside the upright ones, as each takes minutes."""

from __future__ import annotations

import pytest

from kiosk.state import Step
from tests.screens.layouts import LOOKS, SECONDS, WIDE, check

pytestmark = pytest.mark.timeout(SECONDS + 10)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("step", list(Step))
def test_a_screen_can_be_read_and_touched(step: Step, look: str) -> None:
    check(step, WIDE, look)
