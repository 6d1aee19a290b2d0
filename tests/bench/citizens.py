"""Three citizens at a human pace, each with real touches in the real window: how long until their job is under way.

Nobody waits for the human part: it is counted (touches, keys, screens to read, pages, cards) and added to the time that
the machine takes when a robot does the same without a pause. What the machine does about a touch while a hand would
still move on is no waiting; all else, the robot's own looking for what to touch too, is put down to the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import wiping
from tests.screens.stage import window_on

if TYPE_CHECKING:  # Kivy must be prepared before it is imported
    from tests.bench.citizen import Citizen

ROOT = Path(__file__).parent.parent.parent
JOBS = ("certified_copy", "extract", "birth")


def measure() -> dict[str, Any]:
    """Seconds of each job: in all, of the person, of the machine."""
    command = [sys.executable, "-m", "tests.bench.citizens"]
    environment = {**os.environ, **wiping.ENVIRONMENT}  # as main.py starts it
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def probe() -> dict[str, Any]:
    """The jobs one after the other, in one window."""
    answer: dict[str, Any] = {}

    def work(window: Any, machine: Any) -> None:
        from tests.bench.citizen import Citizen

        with tempfile.TemporaryDirectory() as folder:
            citizen = Citizen(machine, window, Path(folder))
            for name, job in _jobs(citizen).items():
                job()
                answer[f"{name}_seconds"] = citizen.human_seconds + citizen.machine_seconds
                answer[f"{name}_human_seconds"] = citizen.human_seconds
                answer[f"{name}_machine_seconds"] = citizen.machine_seconds
            citizen.robot.close()

    from screens.launch import PORTRAIT

    window_on(PORTRAIT, work)
    if missing := [name for name in JOBS if f"{name}_seconds" not in answer]:
        raise SystemExit(f"lost on the way: {', '.join(missing)}")  # why stands above
    return answer


def _jobs(citizen: Citizen) -> dict[str, Callable[[], None]]:
    extract, birth = (partial(citizen.hand_in, tile, chip=True) for tile in ("Bản sao khai sinh", "Khai sinh"))
    return dict(zip(JOBS, (citizen.certified_copy, extract, birth), strict=True))


if __name__ == "__main__":
    print(json.dumps(probe()))
