"""Wishes in a real window: by touch, as usual for the next one, over and over; and names on the keyboard."""

from __future__ import annotations

import gc
import json
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.comfort import Sheet
from kiosk.comfort.input_methods import InputMethod
from kiosk.state import Step
from tests.screens.stage import window_on

GLASS = (540, 960)
ROUNDS, BEFORE = 48, 16  # switches that are measured, and those that fill every cache once
NAMES = {
    InputMethod.LETTERS: ["Đ", "ă", "sac", "k", "space", "L", "ă", "k", "sac"],
    InputMethod.TELEX: [*"DDawsk", "space", *"Lawks"],
    InputMethod.VNI: [*"D9a8k1", "space", *"La8k1"],
}


class Probe:
    """One window, one thread."""

    def __init__(self, window: Any, answer: dict[str, Any]) -> None:
        from screens.robot import Robot

        self.window, self.kiosk, self.answer = window, window.kiosk, answer
        self.robot = Robot(window)
        self.robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")

    def do(self, act: Callable[[], object]) -> None:
        """On the main thread, and drawn."""
        self.robot.on_main(lambda: (act(), True))
        self.robot.settle()

    def by_touch(self) -> None:
        """Header, largest letters, high contrast, done; then the next person."""
        from screens import theme

        robot = self.robot
        usual = theme.BODY, theme.PAPER
        robot.tap(lambda w: getattr(w, "words", "") == "Cỡ chữ", "the button in the header")
        robot.wait(lambda s: s.sheet is Sheet.DISPLAY, "the sheet")
        robot.tap(lambda w: getattr(w, "size_dp", 0) == 58 and hasattr(w, "on_release"), "the largest letters")
        robot.tap("Chữ sáng trên nền đen, dễ nhìn hơn")
        robot.wait(lambda s: s.comfort.text_size == 3 and s.comfort.contrast, "the wishes")
        robot.tap("Xong")
        robot.wait(lambda s: not s.sheet, "the screen below")
        heading = robot.on_main(lambda: (theme.BODY, theme.PAPER))
        jobs = self.window.screens["home"].ids.jobs
        columns = [robot.on_main(lambda: jobs.cols)]
        self.do(partial(self.kiosk.switch_language, "en"))
        self.answer["columns"] = [*columns, robot.on_main(lambda: jobs.cols)]
        self.answer["worn"] = heading[0] > usual[0] and heading[1] != usual[1]
        self.do(self.kiosk.browse)
        self.do(self.kiosk.finish)
        self.answer["usual_again"] = robot.on_main(lambda: (theme.BODY, theme.PAPER)) == usual

    def low(self) -> None:
        """Whoever sits has a way down that is within reach, before anything else is."""
        from kivy.metrics import dp

        from screens.theme import REACH_HEIGHT

        robot = self.robot
        tile = robot.on_main(lambda: self.window.screens["home"].ids.low)
        top = robot.on_main(lambda: tile.to_window(tile.x, tile.top)[1])
        robot.tap("Nút thấp")
        state = robot.wait(lambda s: s.sheet is Sheet.DISPLAY, "the sheet")
        self.answer["low"] = [top <= dp(REACH_HEIGHT), state.comfort.reach, robot.on_main(lambda: tile.shown)]
        self.do(self.kiosk.as_usual)
        self.do(self.kiosk.close_sheet)

    def names(self) -> None:
        """«Đắk Lắk» with the keys of each method, on the rating's keyboard."""
        from screens.keyboard import keyboard

        self.do(lambda: self.kiosk.change_session(Step.RATING))
        screen = self.window.screens["rating"]
        self.do(lambda: (screen._choose(4), screen.write()))
        board, typed = self.robot.on_main(lambda: keyboard("letters")), self.answer.setdefault("typed", {})
        for method, keys in NAMES.items():
            self.do(partial(self.kiosk.adjust, typing=method))
            for key in keys:
                self.robot.on_main(partial(press, board, key))
            typed[method.value] = screen.words
            self.robot.on_main(lambda: press(board, "clear"))
        self.do(lambda: press(board, "done"))
        self.do(self.kiosk.finish)

    def switches(self) -> None:
        """Every look over and over: nothing is built anew, nothing is kept."""
        from screens import theme
        from screens.memory import give_back

        def switch(number: int) -> None:
            self.kiosk.adjust(text_size=number % 4, contrast=bool(number % 8 // 4), reach=bool(number % 16 // 8))

        def watchers() -> int:
            return sum(len(group) for group in theme.T._watchers.values())

        def switched(rounds: int) -> tuple[int, int]:
            for number in range(rounds):
                self.robot.on_main(partial(switch, number))
                self.robot.on_main(lambda: None)  # drawn
            self.robot.on_main(gc.collect)
            self.robot.on_main(give_back)
            return resident(), self.robot.on_main(watchers)

        before, after = switched(BEFORE), switched(ROUNDS)
        self.answer |= {"grown": after[0] - before[0], "watchers": [before[1], after[1]], "resident": after[0]}
        self.do(self.kiosk.as_usual)


def press(board: Any, name: str) -> bool:
    """One key by its name or letter; a capital by way of the shift key."""
    keys = [key for row in board.children for key in row.children]
    capital = name.isalpha() and len(name) == 1 and name.isupper()
    if capital != board.shift and len(name) == 1 and name.isalpha():
        next(key for key in keys if key.name == "shift").dispatch("on_press")
    next(key for key in keys if name in (key.name, key.text)).dispatch("on_press")
    return True


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def probe() -> dict[str, Any]:
    """What was seen."""
    answer: dict[str, Any] = {}

    def work(window: Any, _machine: Any) -> None:
        one = Probe(window, answer)
        one.by_touch()
        one.low()
        one.names()
        one.switches()
        one.robot.close()

    window_on(GLASS, work)
    return answer


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    print(json.dumps(probe(), ensure_ascii=False))
