"""Somebody who fills a form by hand, in a kiosk that was started by its own command."""

from __future__ import annotations

from functools import partial

from kiosk.state import Step
from screens.robot import Robot, by_text
from screens.tour import Tour, is_box_of
from screens.tr import tr
from tests.screens.glass import look

NUMBER = "027190012345"


class Typist(Tour):
    """Has a number and a name, and no card."""

    def __init__(self, robot: Robot) -> None:
        self.robot, self.window = robot, robot.window

    def to_form(self) -> None:
        """Home → a procedure → the number, typed → the form."""
        robot = self.robot
        robot.tap(tr._("Bản sao khai sinh"))
        robot.wait_step(Step.BRING)
        session = robot.state.session
        assert session
        assert session.procedure
        robot.tap(tr._(session.procedure.cases[0].title))
        self._main()
        robot.wait_step(Step.IDENTIFY)
        robot.tap(tr._("Nhập số bằng tay"))
        self._type(NUMBER)
        for step in (Step.CARD, Step.NOTICE, Step.FORM):
            self._main()
            robot.wait_step(step)

    def write(self, name: str) -> None:
        """A name into the form; the next question is open when this ends."""
        box = partial(is_box_of, "requester.full_name")
        if not self.robot.has(lambda w: box(w) and w.editing):
            self.robot.tap(box, "the name")
        self._type(name)
        self._key("done")

    def sees(self, text: str) -> bool:
        """Whether a button of that Vietnamese text is on the glass."""
        return self.robot.sees(by_text(tr._(text)))

    def findings(self) -> list[str]:
        """What is wrong on the glass, the dev dock left out."""
        self.robot.settle()
        picture = self.robot.grab()
        found = self.robot.on_main(lambda: look(self.window.root, picture))
        return [f"{one.rule} {one.widget} {one.text}" for one in found if "Dock" not in one.widget]
