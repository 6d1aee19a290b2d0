"""Probe of the live picture, a process of its own: how many pictures of a camera reach the glass, at what cost."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SECONDS, REFERENCE_SECONDS, SETTLE_SECONDS = 8.0, 4.0, 2.0
LARGE = (4000, 3000)  # twelve million dots
SHARE = 0.7
PROCEDURE = "2.000635"
MODULE = [sys.executable, "-m", "tests.bench.live_view"]
CAMERAS = ("simulated", "stream_12mp")


def measure() -> dict[str, str]:
    """Of each camera: pictures a second, work of the main thread between two turns, its pauses beside plain frames'."""
    answer = {}
    for name in CAMERAS:
        done = subprocess.run([*MODULE, name], cwd=ROOT, capture_output=True, text=True, check=True)
        seen = json.loads(done.stdout.splitlines()[-1])
        answer[f"live_{name}"] = (
            f"{seen['pictures_per_second']:.3g} pictures/s; the glass works {seen['work_ms']:.3g} ms at most, "
            f"pauses {seen['pause_ms']:.3g} ms (p99), with as many plain frames {seen['plain_pause_ms']:.3g} ms"
        )
    return answer


def serve() -> None:
    """The stream, in a process of its own as a camera is, until standard input ends."""
    import numpy as np

    from tests.contract.camera_stream import CameraStream
    from tests.unit.desks import lay
    from tests.unit.paper import printed

    stream = CameraStream()
    stream.scene = np.ascontiguousarray(lay(printed("text", 0), "mat", 0, SHARE, LARGE).picture[:, :, ::-1])
    print(stream.url, flush=True)
    sys.stdin.read()
    stream.unplug()


@contextmanager
def camera(name: str) -> Iterator[Mapping[str, Any]]:
    """The table of a camera."""
    if name == "simulated":
        yield {"driver": "simulated", "camera": True}
        return
    with subprocess.Popen([*MODULE, "serve"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as served:
        assert served.stdout
        yield {"driver": "camera", "source": served.stdout.readline().decode().strip()}
        served.communicate()


def watch(name: str) -> None:
    """Stand before the live picture; the last line of stdout is JSON."""
    from screens.launch import PORTRAIT
    from tests.screens.stage import window_on

    with camera(name) as table:
        window_on(
            PORTRAIT,
            lambda window, machine: print(json.dumps(stand(window, machine)), flush=True),
            devices={"document_scanner": table},
        )


def stand(window: Any, machine: Any) -> dict[str, float]:
    """With a sheet below the camera; then as many frames of the same screen without its picture."""
    from kivy.core.window import Window

    from kiosk.state import Step
    from screens.robot import Robot

    robot, kiosk = Robot(window), machine.kiosk
    robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
    robot.wait(lambda s: s.camera, "the camera")
    robot.on_main(lambda: (kiosk.browse(), kiosk.choose_procedure(PROCEDURE), kiosk.choose_case("authorised")))
    robot.on_main(lambda: kiosk.open_paper(kiosk.papers_needed()[0].id) or True)
    robot.wait(lambda _s: robot.on_main(lambda: window.screens["scan"].outlined), "the sheet")
    time.sleep(SETTLE_SECONDS)
    drawn: list[tuple[float, object]] = []

    def flipped(*_: object) -> None:
        session = kiosk.state.session
        picture = session.live.picture if session and session.live else None
        if picture is not None and (not drawn or drawn[-1][1] is not picture):
            drawn.append((time.perf_counter(), picture))

    robot.on_main(lambda: Window.bind(on_flip=flipped))
    work, pause = turns(robot, SECONDS)
    robot.on_main(lambda: Window.unbind(on_flip=flipped))
    rate = (len(drawn) - 1) / (drawn[-1][0] - drawn[0][0])
    robot.on_main(lambda: kiosk.hide_camera() or True)
    _, plain = turns(robot, REFERENCE_SECONDS, lambda: Window.canvas.ask_update(), 1 / rate)
    robot.close()
    return {"pictures_per_second": rate, "work_ms": work, "pause_ms": pause, "plain_pause_ms": plain}


def turns(robot: Any, seconds: float, act: Callable[[], object] = bool, every: float = 1.0) -> tuple[float, float]:
    """Most milliseconds of work of the main thread in one turn, and its pauses (p99); `act` is done every so often."""
    from kivy.clock import Clock

    seen: list[tuple[float, float]] = []

    def note(_dt: float) -> None:
        seen.append((time.perf_counter(), time.thread_time()))

    tick = robot.on_main(lambda: Clock.schedule_interval(note, 0))
    acting = robot.on_main(lambda: Clock.schedule_interval(lambda _dt: act(), every))
    time.sleep(seconds)
    robot.on_main(lambda: (tick.cancel(), acting.cancel()))
    walls = sorted(1000 * (b[0] - a[0]) for a, b in pairwise(seen))
    return max(1000 * (b[1] - a[1]) for a, b in pairwise(seen)), walls[int(0.99 * (len(walls) - 1))]


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    if sys.argv[1] == "serve":
        serve()
    else:
        watch(sys.argv[1])
