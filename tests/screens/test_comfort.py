"""Wishes and the keyboard in a real window."""

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
SECONDS = 170
LEAK = 4 * 1024 * 1024  # of 48 switches; 224 of them were seen to take nothing

pytestmark = pytest.mark.timeout(SECONDS + 10)


@cache
def probed() -> dict[str, Any]:
    """One run; it needs no screen."""
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, "-m", "tests.screens.comfort_probe"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_few_touches_make_it_easier_and_the_next_person_finds_it_as_usual() -> None:
    assert probed()["worn"]
    assert probed()["usual_again"]


def test_a_name_that_no_dictionary_knows_is_typed_in_every_way() -> None:
    assert probed()["typed"] == dict.fromkeys(["letters", "telex", "vni"], "Đắk Lắk")


def test_many_switches_leave_nothing_behind() -> None:
    before, after = probed()["watchers"]
    assert after <= before
    assert probed()["grown"] < LEAK
