"""`main.py run` with a citizen at the glass, until the power is cut: what is printed is one JSON object a line.

`--config FILE --name NAME`: fills half of a form by touches, says so, then waits for its end. Without a name: says what
stands on the glass once all is ready, and ends.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
import time
from pathlib import Path
from typing import Any

import main as command_line

PATIENCE, PAUSE = 60.0, 0.005  # seconds


def running_window() -> Any:
    """The kiosk's window, once `run` has opened it: Kivy may not be imported before."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        app = sys.modules.get("kivy.app")
        window = app.App.get_running_app() if app else None
        if window is not None and getattr(window, "shell", None) is not None:
            return window
        time.sleep(0.05)
    raise TimeoutError("no window")


def at_the_glass(name: str) -> None:
    """On a thread of its own, as the robot always is."""
    window = running_window()
    from kiosk.state import Step
    from screens.robot import Robot
    from tests.screens.typist import Typist

    robot = Robot(window, pause=PAUSE)
    state = robot.wait(lambda s: len(window.screens) == len(Step) and bool(s.series), "all screens")
    typist = Typist(robot)
    if not name:
        robot.settle()
        seen = [text for text in ("Theo dõi hồ sơ, lịch hẹn", "Góp ý") if typist.sees(text)]
        tell({"step": state.step, "nobody": state.session is None, "sees": seen, "findings": typist.findings()})
        robot.on_main(window.stop)
        return
    typist.to_form()
    typist.write(name)
    session = robot.state.session
    tell({"step": robot.state.step, "typed": session is not None and name in session.answers.values()})


def tell(answer: dict[str, Any]) -> None:
    """One line for whoever has started this."""
    print(json.dumps(answer, ensure_ascii=False), flush=True)


def main() -> int:
    """The kiosk as a site starts it; the citizen comes by themselves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--name", default="")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    threading.Thread(target=at_the_glass, args=(options.name,), daemon=True).start()
    return command_line.main(["run", "--config", str(options.config)])


if __name__ == "__main__":
    sys.exit(main())
