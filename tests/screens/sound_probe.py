"""A card forgotten on the reader of a real window; run as a process whose loudspeaker is a file. Answers in JSON."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.screens.stage import window_on

SECONDS = 2.0


def probe(heard: Path) -> dict[str, Any]:
    """`{"silent", "loud"}`: the loudest sample of 32,767 before and while the card lies there."""
    from kiosk.state import Session, Step
    from screens.launch import PORTRAIT
    from screens.robot import Robot

    answer: dict[str, Any] = {}

    def loudest() -> int:
        samples = memoryview(heard.read_bytes()[: heard.stat().st_size // 2 * 2]).cast("h")
        return max(map(abs, samples), default=0)

    def work(window: Any, _machine: Any) -> None:
        robot, kiosk = Robot(window), window.kiosk
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        kiosk.on_state = lambda _state: None  # what the machine itself reports does not end the scene
        taken = replace(kiosk.state, step=Step.COLLECT, session=Session("s", kiosk.now()))
        robot.on_main(lambda: window.show(taken))
        time.sleep(SECONDS)
        answer["silent"] = loudest() if heard.exists() else 0
        robot.on_main(lambda: window.show(replace(taken, card_present=True)))
        time.sleep(SECONDS)
        answer["loud"] = loudest() if heard.exists() else 0

    window_on(PORTRAIT, work)
    return answer


if __name__ == "__main__":
    print(json.dumps(probe(Path(sys.argv[1]))))
