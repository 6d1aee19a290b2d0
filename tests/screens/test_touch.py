"""Dead zones of the glass are found by real touches, and a machine without a loudspeaker says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def test_cells_that_feel_nothing_are_listed() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"} | {"SDL_AUDIODRIVER": "alsa"}
    command = [sys.executable, "-m", "tests.screens.touch_probe"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["cells"] == [14, 8]
    assert answer["touch"] == ["fail", {"cells": 112, "dead": 2, "places": "3-2, 14-8"}]
    assert answer["covered"] is False
    assert answer["sound"] == ["not_done", "no_loudspeaker"]
