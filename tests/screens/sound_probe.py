"""A citizen who rings, a card that is forgotten, in a real window whose loudspeaker is a file. Answers in JSON."""

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
    """`{"silent", "bell", "desk", "loud", "taken", "left"}`: the loudest sample of 32,767 before, after somebody has
    rung, after staff have come, while the card lies there, once it is taken, and when its owner has gone without it."""
    from kiosk.needs import HELP_CALLED
    from kiosk.state import Session, Step
    from screens.launch import PORTRAIT
    from screens.robot import Robot

    answer: dict[str, Any] = {}

    def loudest(window: Any, robot: Any, state: Any) -> int:
        """Of what is heard from now on, with this state on the glass."""
        begun = heard.stat().st_size // 2 * 2 if heard.exists() else 0
        robot.on_main(lambda: window.show(state))
        time.sleep(SECONDS)
        samples = heard.read_bytes()[begun:] if heard.exists() else b""
        return max(map(abs, memoryview(samples[: len(samples) // 2 * 2]).cast("h")), default=0)

    def work(window: Any, _machine: Any) -> None:
        robot, kiosk = Robot(window), window.kiosk
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        kiosk.on_state = lambda _state: None  # what the machine itself reports does not end the scene
        taken = replace(kiosk.state, step=Step.COLLECT, session=Session("s", kiosk.now()))
        rung = replace(taken, outbox=replace(taken.outbox, notices=(HELP_CALLED,)))
        answer["silent"] = loudest(window, robot, taken)
        answer["bell"] = loudest(window, robot, rung)
        answer["desk"] = loudest(window, robot, replace(rung, step=Step.LOGIN, session=None))
        answer["loud"] = loudest(window, robot, replace(taken, card_present=True))
        answer["taken"] = loudest(window, robot, taken)
        answer["left"] = loudest(window, robot, replace(taken, step=Step.HOME, session=None, card_left=True))

    window_on(PORTRAIT, work)
    return answer


if __name__ == "__main__":
    print(json.dumps(probe(Path(sys.argv[1]))))
