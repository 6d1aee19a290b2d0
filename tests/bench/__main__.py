"""`make bench`: every figure beside its reference in the same run, or its target; medians with spread."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kiosk import wiping
from tests.bench import (
    chip,
    citizens,
    diagnose,
    drain,
    hall,
    outbox,
    pages,
    replug,
    scanners,
    search,
    stampede,
    targets,
    tickets,
)

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 3


def probe(*arguments: str) -> dict[str, Any]:
    """Run the window probe in a process of its own and return what it measured."""
    command = [sys.executable, "-m", "tests.bench.window", *arguments]
    environment = {**os.environ, **wiping.ENVIRONMENT}  # as main.py starts it
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def spread(values: list[float]) -> str:
    """Median with smallest and largest."""
    return f"{statistics.median(values):.3g} [{min(values):.3g} … {max(values):.3g}]"


def window() -> None:
    """First frame, idle CPU and memory beside a bare Kivy label app, one after the other in each round."""
    rounds = [(probe("bare"), probe("kiosk")) for _ in range(ROUNDS)]
    for key, unit in (("first_frame_seconds", "s"), ("idle_cpu_percent", "%"), ("rss_mb", "MB")):
        bare, ours = [r[0][key] for r in rounds], [r[1][key] for r in rounds]
        ratio = statistics.median(ours) / max(statistics.median(bare), 1e-9)
        print(f"window {key}: kiosk {spread(ours)} {unit}, bare Kivy {spread(bare)} {unit}, ratio {ratio:.2f}")
    for what in (probe("journeys", "--count", "300"), probe("stalls"), probe("chip"), probe("typing")):
        for key, value in what.items():
            print(targets.line(f"window {key}", value))


def show(name: str, measure: Callable[[], Mapping[str, Any]]) -> None:
    """Print what a bench measured."""
    for key, value in measure().items():
        print(targets.line(f"{name} {key}", value))


def main() -> None:
    """All benches."""
    show("tickets", tickets.measure)
    show("scanners", scanners.measure)
    show("replug", replug.measure)
    show("diagnose", diagnose.measure)
    show("chip", chip.measure)
    show("hall", hall.measure)
    show("pages", pages.measure)
    show("search", search.measure)
    show("outbox", outbox.measure)
    show("drain", drain.measure)
    show("stampede", stampede.measure)
    show("citizens", citizens.measure)
    window()


if __name__ == "__main__":
    main()
