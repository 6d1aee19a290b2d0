"""Dead zones of the glass are found by real touches, and a machine without a loudspeaker says so."""

from __future__ import annotations

import pytest

from tests.screens.probing import answer_of, run_with

SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def test_cells_that_feel_nothing_are_listed() -> None:
    answer = answer_of(run_with({"SDL_AUDIODRIVER": "alsa"}, "touch_probe", seconds=SECONDS))
    assert answer["cells"] == [14, 8]
    assert answer["touch"] == ["fail", {"cells": 112, "dead": 2, "places": "3-2, 14-8"}]
    assert answer["covered"] is False
    assert answer["sound"] == ["not_done", "no_loudspeaker"]
