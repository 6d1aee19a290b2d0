"""Whoever touches twice where once is meant presses nothing unread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 150

pytestmark = pytest.mark.timeout(SECONDS + 10)


def test_the_second_touch_of_a_double_one_presses_nothing_that_has_just_appeared() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, "-m", "tests.screens.double_probe"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    after = {
        "card": ["notice", ""],
        "notice": ["form", ""],
        "finish": ["form", "leave"],  # asked, and neither answered nor put away
        "prepare": ["checklist", ""],
        "petition": ["petition", ""],  # the thanks, with the code
    }
    assert seen == {button: [what] * 3 for button, what in after.items()}
