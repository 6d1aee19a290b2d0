"""Shows every scene in the real window and looks for what is wrong; run as a process of its own, answers in JSON."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.state import AppState
from tests.screens.stage import window_on

LANGUAGES = ("vi", "en")
FRAMES = 3  # heights follow texts, parents follow heights


def probe(size: tuple[int, int], look: str, out: Path | None, only: str) -> dict[str, Any]:
    """All scenes in a window of `size`; returns the names of the scenes that were seen, and the findings.

    `look` is a text size (0 to 3), and a c for high contrast.
    """
    answer: dict[str, Any] = {"scenes": [], "findings": []}
    window_on(size, lambda window, _machine: show_all(window, look, out, only, answer))
    return answer


def worn(state: AppState, look: str) -> AppState:
    """A state in a text size and a theme."""
    return replace(state, comfort=replace(state.comfort, text_size=int(look[0]), contrast="c" in look))


def rest(resting: bool) -> None:
    """No frame is drawn while the heights still change: nobody looks at those pixels."""
    from kivy.core.window import Window

    for event in ("on_draw", "on_flip"):
        if resting:
            setattr(Window, event, lambda *_: None)
        else:
            vars(Window).pop(event, None)


def show_all(window: Any, look_name: str, out: Path | None, only: str, answer: dict[str, Any]) -> None:
    """One scene after the other: show, let it be drawn, take a picture, look at it."""
    from kiosk.state import DESK_STEPS, Step
    from screens.robot import Robot
    from tests.screens.glass import Finding, has_help, look
    from tests.screens.scene import Scene
    from tests.screens.scenes import scenes, site_of

    without_help = (*DESK_STEPS, Step.OUT_OF_SERVICE)  # who stands there is staff, or nobody is served
    robot = Robot(window)
    robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
    kiosk = window.kiosk
    kiosk.on_state = lambda _state: None  # what the machine itself reports does not disturb the scenes
    site = site_of(kiosk)

    def show(scene: Scene) -> None:
        kiosk.touched()
        state = worn(scene.state, look_name)
        if window.manager.current == scene.step:  # a screen that comes anew forgets what was open on it
            window.show(replace(site.base, comfort=state.comfort))
        kiosk.state = state
        window.show(state)
        scene.act(window.manager.current_screen)

    for language in LANGUAGES:
        for scene in scenes(site, language):
            if not scene.name.startswith(only):
                continue
            robot.on_main(partial(rest, True))
            robot.on_main(partial(show, scene))
            for _ in range(FRAMES):
                robot.on_main(lambda: None)
            robot.on_main(partial(rest, False))
            robot.on_main(lambda: None)  # that frame has been drawn
            picture = robot.grab()
            if out:
                picture.save(out / f"{scene.name}-{language}-{look_name}.png", compress_level=1)
            about = {"step": scene.step.value, "scene": scene.name, "language": language}
            answer["scenes"].append(about)
            found = robot.on_main(partial(look, window.root, picture))
            if scene.step not in without_help and not robot.on_main(partial(has_help, window.root)):
                found.append(Finding("no help", type(window.manager.current_screen).__name__, "", "no bell"))
            answer["findings"] += [about | asdict(finding) for finding in found]
    robot.close()


def main() -> None:
    """`--size 1080x1920 [--look 3c] [--out DIR] [--only NAME]`; the last line of stdout is JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1080x1920")
    parser.add_argument("--look", default="0", help="text size 0 to 3, and c for high contrast")
    parser.add_argument("--out", type=Path, help="keep the pictures in this folder")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    width, _, height = options.size.partition("x")
    print(json.dumps(probe((int(width), int(height)), options.look, options.out, options.only), ensure_ascii=False))


if __name__ == "__main__":
    main()
