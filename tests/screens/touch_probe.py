"""The technician's touch grid in a real window, with a finger that leaves two cells out; answers in JSON."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.screens.stage import window_on

DEAD = {(2, 1), (13, 7)}  # row, column from 0
QUIET_SECONDS = 2


def probe() -> dict[str, Any]:
    """What the touch test and the sound test have found: `{"touch": [verdict, figures], "sound": [verdict, code]}`."""
    from kiosk.state import Stage, Step
    from screens.launch import PORTRAIT

    answer: dict[str, Any] = {}

    def work(window: Any, _machine: Any) -> None:
        # both import Kivy, which must be prepared before
        from screens import diagnostics_touch
        from screens.robot import Robot

        diagnostics_touch.QUIET_SECONDS = QUIET_SECONDS
        robot, kiosk = Robot(window), window.kiosk
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        robot.on_main(lambda: (kiosk.open_door("technician"), kiosk.log_in(kiosk.state.staff.names[0], "8642")))
        robot.wait_step(Step.DIAGNOSTICS)
        robot.on_main(lambda: (kiosk.run_self_tests(["touch_grid", "sound"]), True))
        robot.wait(lambda s: s.diagnostics.stage is Stage.TOUCH, "the prompt")
        robot.settle()
        robot.tap("Bắt đầu")
        robot.wait(lambda _s: robot.sees(lambda w: hasattr(w, "dead")), "the grid")
        grid = robot.on_main(lambda: next(w for w in window.root.children if hasattr(w, "dead")))
        answer["cells"] = [grid.rows, grid.columns]
        robot.touch(20, 20)  # the first cell by the robot's own finger
        robot.on_main(lambda: finger(grid))
        robot.wait(lambda s: s.diagnostics.stage is not Stage.TOUCH, "the end of the test")
        touch = kiosk.state.diagnostics.last("touch_grid", "")
        answer["touch"] = [touch.verdict.value, dict(touch.figures)]
        answer["covered"] = robot.on_main(lambda: grid.parent is not None)
        time.sleep(0.5)
        sound = kiosk.state.diagnostics.last("sound", "")
        answer["sound"] = [sound.verdict.value, sound.code] if sound else [kiosk.state.diagnostics.stage.value, ""]
        robot.close()

    window_on(PORTRAIT, work)
    return answer


def finger(grid: Any) -> bool:
    """Lay a finger on each cell, through the window; the first row is drawn over without letting go."""
    from kivy.tests.common import UnitTestTouch

    def middle(row: int, column: int) -> tuple[float, float]:
        left, bottom, wide, high = grid._box(row, column)
        return left + wide / 2, bottom + high / 2

    drawn = UnitTestTouch(*middle(0, 1))
    drawn.touch_down()
    for column in range(2, grid.columns):
        drawn.touch_move(*middle(0, column))
    drawn.touch_up()
    for row in range(1, grid.rows):
        for column in range(grid.columns):
            if (row, column) not in DEAD:
                touch = UnitTestTouch(*middle(row, column))
                touch.touch_down()
                touch.touch_up()
    return True


if __name__ == "__main__":
    print(json.dumps(probe()))
