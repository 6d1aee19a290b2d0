"""Two touches where one is meant, on buttons behind which another appears; a process of its own, answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.screens.stage import window_on

SIZE = (540, 960)  # half the glass: all sizes are dp
GAPS = (0.06, 0.2, 0.4)  # seconds between the two touches


def probe() -> dict[str, Any]:
    """For each button what was on the glass after two touches, once for each gap."""
    answer: dict[str, Any] = {}
    window_on(SIZE, lambda window, _machine: Clumsy(window).try_all(answer))
    return answer


class Clumsy:
    """A finger that touches everything twice; the way to each button goes by verbs."""

    def __init__(self, window: Any) -> None:
        from kiosk.state import Step
        from screens.robot import Robot

        self.window, self.kiosk, self.robot = window, window.kiosk, Robot(window)
        self.robot.wait(lambda s: len(window.screens) == len(Step) and len(s.devices) > 3, "all screens and devices")

    def try_all(self, answer: dict[str, Any]) -> None:
        """Each way, with each gap."""
        for button, way, text in (
            ("card", self.to_card, "Không dùng chip, tiếp tục"),
            ("notice", self.to_notice, "Tôi đã đọc, tiếp tục"),
            ("finish", self.to_form, "Kết thúc"),
            ("prepare", self.to_prepare, "Tiếp tục"),
            ("petition", self.to_petition, "Gửi góp ý"),
        ):
            answer[button] = [self.twice(way, text, gap) for gap in GAPS]
        self.robot.close()

    def twice(self, way: Callable[[], object], text: str, gap: float) -> list[str]:
        """Step, sheet and errors after two touches of the button, and how many numbers were given."""
        robot = self.robot
        robot.on_main(lambda: (self.kiosk.finish(), way()))
        robot.settle()
        x, y = robot.find(lambda w: hasattr(w, "on_release") and getattr(w, "text", "") == text, text)
        robot.touch_twice(x, y, gap)
        state = robot.state
        errors = sorted(state.session.errors) if state.session else []
        return [state.step.value, state.sheet.value, *errors]

    def to_card(self) -> None:
        """A birth, by the typed number."""
        self.kiosk.browse()
        self.kiosk.choose_procedure("1.001193")
        self.kiosk.choose_case(self.kiosk.state.session.procedure.cases[0].id)
        self.kiosk.start_dossier()
        self.kiosk.type_id_number("027190012345")

    def to_notice(self) -> None:
        """On, without the chip."""
        self.to_card()
        self.kiosk.card_done()

    def to_form(self) -> None:
        """The first questions."""
        self.to_notice()
        self.kiosk.accept_notice(())

    def to_prepare(self) -> None:
        """A certified copy, its kind chosen."""
        self.kiosk.choose_procedure("2.000815", shortcut=True)
        self.kiosk.prepare(kind=self.kiosk.state.session.procedure.kinds[0])

    def to_petition(self) -> None:
        """Some words for the centre."""
        self.kiosk.give_feedback()
        self.kiosk.tell_petition(text="Ghế ngồi đợi ít quá.")


if __name__ == "__main__":
    print(json.dumps(probe(), ensure_ascii=False))
