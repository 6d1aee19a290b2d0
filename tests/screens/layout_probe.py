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

from PIL import Image

from kiosk.state import AppState
from tests.screens.scene import Scene
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


class Show:
    """Shows one scene after the other in one look."""

    def __init__(self, window: Any, look: str) -> None:
        from kiosk.state import Step
        from screens.robot import Robot
        from tests.screens.scenes import site_of

        self.window, self.look, self.robot = window, look, Robot(window)
        self.robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        window.kiosk.on_state = lambda _state: None  # what the machine itself reports does not disturb the scenes
        self.site = site_of(window.kiosk)

    def picture(self, scene: Scene) -> Image.Image:
        """What the glass shows once nothing moves any more."""
        self.robot.on_main(partial(_rest, True))
        self.robot.on_main(partial(self._show, scene))
        for _ in range(FRAMES):
            self.robot.on_main(lambda: None)
        self.robot.on_main(partial(_rest, False))
        self.robot.on_main(lambda: None)  # that frame has been drawn
        return self.robot.grab()

    def _show(self, scene: Scene) -> None:
        window, kiosk = self.window, self.window.kiosk
        kiosk.touched()
        state = worn(scene.state, self.look)
        if window.manager.current == scene.step:  # a screen that comes anew forgets what was open on it
            window.show(replace(self.site.base, comfort=state.comfort))
        kiosk.state = state
        window.show(state)
        scene.act(window.manager.current_screen)

    def words(self) -> list[str]:
        """What can be read, wherever it has to be scrolled to."""
        from kivy.uix.label import Label

        from screens.widgets import Icon
        from tests.screens.glass import seen

        labels = (one.widget for one in self.robot.on_main(lambda: seen(self.window.root)))
        return [one.text for one in labels if isinstance(one, Label) and not isinstance(one, Icon) and one.text.strip()]

    def findings(self, scene: Scene, picture: Image.Image) -> list[Any]:
        """What is wrong with it."""
        from kiosk.state import DESK_STEPS, Step
        from tests.screens.glass import Finding, has_help, look

        found = self.robot.on_main(partial(look, self.window.root, picture))
        without_help = (*DESK_STEPS, Step.OUT_OF_SERVICE)  # who stands there is staff, or nobody is served
        if scene.step not in without_help and not self.robot.on_main(partial(has_help, self.window.root)):
            found.append(Finding("no help", type(self.window.manager.current_screen).__name__, "", "no bell"))
        return found


def _rest(resting: bool) -> None:
    """No frame is drawn while the heights still change: nobody looks at those pixels."""
    from kivy.core.window import Window

    for event in ("on_draw", "on_flip"):
        if resting:
            setattr(Window, event, lambda *_: None)
        else:
            vars(Window).pop(event, None)


def show_all(window: Any, look: str, out: Path | None, only: str, answer: dict[str, Any]) -> None:
    """One scene after the other: show, let it be drawn, take a picture, look at it, read it."""
    from tests.screens.scenes import scenes

    show = Show(window, look)
    for language in LANGUAGES:
        for scene in scenes(show.site, language):
            if not scene.name.startswith(only):
                continue
            picture = show.picture(scene)
            if out:
                picture.save(out / f"{scene.name}-{language}-{look}.png", compress_level=1)
            about = {"step": scene.step.value, "scene": scene.name, "language": language}
            answer["scenes"].append({**about, "words": show.words()})
            answer["findings"] += [about | asdict(finding) for finding in show.findings(scene, picture)]
    show.robot.close()


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
