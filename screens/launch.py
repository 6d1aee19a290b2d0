"""Starting the window: size, density, virtual screen; the verbs `run` and `tour`."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk import scenario
from kiosk.config import Config
from kiosk.stores import Refused
from kiosk.wiring import Machine
from screens.memory import share_heaps

PORTRAIT = (1080, 1920)
DESIGN_WIDTH = 1080  # the size at which 1 dp is 1 pixel
DESIGN_SHORT_HEIGHT = 1080
LOG_BYTES = 5_000_000
SWITCH_SECONDS = 0.0005  # while a slip is drawn on its thread the glass gets the interpreter back ten times sooner


def prepare_kivy(size: tuple[int, int], full_screen: bool = False, density: float | None = None) -> None:
    """Set Kivy up before it is imported: it reads its environment and configuration once, at import."""
    scale = density or min(1.0, min(size) / DESIGN_WIDTH)
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    os.environ["KIVY_METRICS_DENSITY"] = f"{scale:.3f}"
    sys.setswitchinterval(SWITCH_SECONDS)
    share_heaps()
    from kivy.config import Config as KivyConfig

    for option, value in {
        "width": size[0],
        "height": size[1],
        "resizable": 0,
        "borderless": int(full_screen),
        "fullscreen": "auto" if full_screen else 0,
        "show_cursor": int(not full_screen),
        "multisamples": 0,  # the glass has no diagonals; software GL pays for every sample
        "maxfps": 120,  # a touch is looked at within 8 ms
    }.items():
        KivyConfig.set("graphics", option, str(value))
    KivyConfig.set("kivy", "exit_on_escape", "0")
    KivyConfig.set("kivy", "log_level", "warning")
    KivyConfig.set("input", "mouse", "mouse,disable_multitouch")


def window_size() -> tuple[int, int]:
    """`KIOSK_SIZE` such as 1920x1080, else portrait."""
    text = os.environ.get("KIOSK_SIZE", "")
    width, _, height = text.partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else PORTRAIT


def log_to_file(config: Config) -> None:
    """Logs go beside the data, rotated; nothing personal is in them."""
    from logging.handlers import RotatingFileHandler

    folder = config.storage.data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "kiosk.log", maxBytes=LOG_BYTES, backupCount=5, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    for console in root.handlers:
        console.setLevel(logging.WARNING)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("kivy", "uvicorn", "PIL", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def screen(size: tuple[int, int]) -> Iterator[bool]:
    """A screen to draw on: the one that is there, else a virtual one for the time of the block (yields True)."""
    if os.environ.get("DISPLAY"):
        yield False
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise Refused("no_screen", "Xvfb")
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise Refused("no_screen", "Xvfb")
        os.environ["DISPLAY"] = f":{number}"
        yield True
    finally:
        os.environ.pop("DISPLAY", None)
        server.terminate()
        server.wait()


def run(options: argparse.Namespace, config: Config) -> int:
    """The kiosk, until its window is closed."""
    size = window_size()
    acts = scenario.load(options.scenario, config) if options.scenario else ()
    with screen(size), Machine(config) as machine, scenario.Scenario(acts, machine):
        log_to_file(config)
        prepare_kivy(size, options.full_screen)
        from screens.dev_dock import DevDock
        from screens.window import KioskWindow

        dock = (lambda: DevDock(machine)) if config.simulated else None
        window = KioskWindow(machine.kiosk, machine.inbox, dock)
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: window.stop())
        window.run()
    return 0


def tour(options: argparse.Namespace, config: Config) -> int:
    """A number and a dossier, with real touches; see `screens/tour.py`."""
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    if options.config is None:
        data = out / "data"
        shutil.rmtree(data, ignore_errors=True)  # the tour's own data of an earlier tour
        config = config.model_copy(update={"storage": config.storage.model_copy(update={"data_dir": data.resolve()})})
    size = window_size()
    with screen(size), Machine(config) as machine:
        log_to_file(config)
        prepare_kivy(size)
        from screens.tour import Tour

        accepted = Tour(machine, out).run()
    if not options.json:
        print(f"tour: {'accepted by the province' if accepted else 'not accepted yet'}; pictures in {out.resolve()}")
    else:
        print((out / "tour.json").read_text(encoding="utf-8"))
    sys.stdout.flush()
    return 0 if accepted else 1
