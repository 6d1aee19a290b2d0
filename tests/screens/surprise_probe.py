"""A surprise on the main thread, in an event and in a tick: what the kiosk still hears; answers in JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.screens.stage import window_on


def probe() -> dict[str, Any]:
    """What has become of the session, of the next event and of the clock."""
    answer: dict[str, Any] = {}
    window_on((540, 960), lambda window, machine: _surprise(window, machine, answer))
    return answer


def _surprise(window: Any, machine: Any, answer: dict[str, Any]) -> None:
    from kiosk.state import Step
    from screens.robot import Robot

    robot, kiosk = Robot(window), window.kiosk
    handle, tick = kiosk.handle, kiosk.tick
    heard: list[str] = []
    seconds: list[int] = []

    def handling(event: object) -> None:
        if event == "broken":
            raise ValueError("of somebody")
        heard.append(str(event)) if isinstance(event, str) else handle(event)

    def ticking() -> None:
        seconds.append(1)
        if len(seconds) == 1:
            raise ValueError("of somebody")
        tick()

    kiosk.handle = handling
    robot.on_main(lambda: kiosk.browse())
    answer["begun"] = robot.wait_step(Step.PROCEDURES).step
    for event in ("broken", "next"):
        machine.inbox.put(event)
    robot.wait_step(Step.HOME)
    robot.wait(lambda _s: bool(heard), "the next event")
    answer["heard"] = heard
    kiosk.tick = ticking
    answer["goes_on"] = robot.wait(lambda _s: len(seconds) > 2, "the seconds after the broken one").step
    robot.close()


if __name__ == "__main__":
    print(json.dumps(probe()))
