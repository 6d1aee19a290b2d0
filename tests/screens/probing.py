"""Probes of the window: each is a process of its own, which needs no screen and answers in JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def run(probe: str, *arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """One run of `tests/screens/<probe>.py`, whatever has come of it; each is done once."""
    return run_with({}, probe, *arguments, seconds=seconds)


def run_with(
    environment: Mapping[str, str], probe: str, *arguments: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """A run with more in its environment. Raises `subprocess.TimeoutExpired`."""
    usual = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, "-m", f"tests.screens.{probe}", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**usual, **environment}, text=True, capture_output=True, timeout=seconds
    )


def answer_of(done: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    """What a run has seen; it must have come to its end without a surprise."""
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    return MappingProxyType(json.loads(done.stdout.splitlines()[-1]))


def answer(probe: str, *arguments: str, seconds: float) -> Mapping[str, Any]:
    """What the one run of a probe has seen."""
    return answer_of(run(probe, *arguments, seconds=seconds))
