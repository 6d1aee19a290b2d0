"""Nothing of one citizen reaches the next: no widget that is alive, on the glass or not, knows anything of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


@cache
def probed() -> dict[str, Any]:
    """One citizen in the real window, twice; it needs no screen."""
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, "-m", "tests.screens.wipe_probe"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_probe_sees_what_widgets_know() -> None:
    answer = probed()
    assert set(answer["known_at_review"]) == {"number", "phone", "name", "place", "masked number"}
    assert answer["textures_at_review"] >= 2
    assert answer["slip_shown"]


def test_finish_leaves_nothing_in_any_widget() -> None:
    answer = probed()
    assert answer["after_finish"] == []
    assert answer["textures_after_finish"] == 0


def test_the_rating_knows_nobody() -> None:
    answer = probed()
    assert answer["at_rating"] == []
    assert not answer["code_at_rating"]
    assert answer["textures_at_rating"] == 0
