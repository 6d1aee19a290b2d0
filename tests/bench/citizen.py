"""The robot of the tour as a person with a pace: what they touch, read and lay down is counted in human seconds."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from kiosk.forms import Section
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from screens.dev_dock import FATHER, MOTHER
from screens.robot import Robot, Wanted
from screens.tour import Tour
from screens.tr import tr
from screens.window import KioskWindow

# seconds
TOUCH, KEY, READ, PAGE = 1.2, 0.8, 3.0, 10.0
CARD = 3.0  # taking a card out and laying it down, or taking it back: as much as reading a screen


class Finger(Robot):
    """Counts what each touch would have taken a person, and each new screen before its first touch."""

    def __init__(self, window: KioskWindow) -> None:
        super().__init__(window)
        self.human = 0.0
        self.hidden = 0.0  # of the machine's time: in which the hand is on its way anyway
        self.touch_seconds = TOUCH
        self._read: tuple[str, ...] = ()

    def tap(self, wanted: Wanted | str, what: str = "") -> None:
        """Read what is new, then touch."""
        self.read()
        super().tap(wanted, what)
        self.human += self.touch_seconds

    def touch(self, x: float, y: float) -> None:
        """What the machine does about it while the hand moves on is not waited for."""
        began = time.monotonic()
        super().touch(x, y)
        self.hidden += min(time.monotonic() - began, self.touch_seconds)

    def swipe(self, x: float, start: float, end: float) -> None:
        """A swipe takes as long as a touch."""
        began = time.monotonic()
        super().swipe(x, start, end)
        self.hidden += min(time.monotonic() - began, TOUCH)
        self.human += TOUCH

    def read(self) -> None:
        """Another step or another part of the form is a new screen."""
        session = self.state.session
        section = session.section.id if session and session.section and self.state.step is Step.FORM else ""
        if self._read != (self.state.step, section):
            self._read = (self.state.step, section)
            self.human += READ


class Citizen(Tour):
    """One person who knows what they came for, has their cards at hand and needs no help."""

    def __init__(self, machine: Machine, window: KioskWindow, out: Path) -> None:
        super().__init__(machine, out)
        self.window = window
        self.robot: Finger = Finger(window)
        self.robot.wait(lambda _s: len(window.screens) == len(Step), "all screens built")
        self._began = 0.0
        self.human_seconds = self.machine_seconds = 0.0  # of the last job

    def certified_copy(self) -> None:
        """Home → kind of paper, one more page, one more copy → what to hand over → the number, printed."""
        robot = self._begin_job("Sao y")
        robot.wait_step(Step.PREPARE)
        robot.tap(tr._("Học bạ, bảng điểm"))
        for counter in ("pages", "copies"):
            self._one_more(counter)
        self._main()
        robot.wait_step(Step.CHECKLIST)
        self._main()
        robot.wait_step(Step.TICKET)
        robot.wait(
            lambda s: bool(s.session and s.session.ticket and s.session.ticket.print is Job.CONFIRMED), "the number"
        )
        self._under_way()
        self._main()
        robot.wait_step(Step.HOME)

    def hand_in(self, tile: str, chip: bool) -> None:
        """Home → … → the slip, printed; then home again."""
        self._begin_job(tile)
        self._submit({}, chip)

    def _begin_job(self, tile: str) -> Finger:
        self.robot.wait_step(Step.HOME)
        self.robot.human = self.robot.hidden = 0.0
        self._began = time.monotonic()
        self.robot.tap(tr._(tile))
        return self.robot

    def _under_way(self) -> None:
        self.human_seconds = self.robot.human
        self.machine_seconds = time.monotonic() - self._began - self.robot.hidden

    def _one_more(self, counter: str) -> None:
        """The plus of a counter."""
        box = self.window.screens[Step.PREPARE].ids[counter]
        self.robot.tap(lambda w: w is box.children[0], f"more {counter}")

    # -- the tour, with a pace -----------------------------------------------------------------------------------
    def _choose(self) -> None:
        self.robot.wait_step(Step.BRING)
        self._choose_case()
        self._main()

    def _choose_case(self) -> None:
        """The first: one's own paper; a child with its certificate."""
        session = self.robot.state.session
        assert session is not None
        assert session.procedure is not None
        case = session.procedure.cases[0]
        if session.case is not case:
            self.robot.tap(tr._(case.title))
            self.robot.wait(lambda s: s.session is not None and s.session.case is case, "the chosen case")

    def _fill_section(self, section: Section) -> None:
        if section.person == "father":
            self._dock("QR thẻ của cha")
            self.robot.wait(lambda s: bool(s.session and s.session.scanned_person == section.id), "the father's card")
        super()._fill_section(section)

    def _touch_date(self) -> None:
        """A child born on the 5th of last month."""
        now = self.robot.state.now
        assert now is not None
        born = now.replace(day=1) - timedelta(days=27)
        decade = born.year // 10 * 10
        for text in (f"{decade} – {decade + 9}", str(born.year), tr._("Tháng {n}").format(n=born.month), "5"):
            self.robot.tap(text)

    def _key(self, name: str) -> None:
        self.robot.touch_seconds = KEY
        super()._key(name)
        self.robot.touch_seconds = TOUCH

    def _dock(self, text: str) -> None:
        """Hands instead of the drawer: a card or its code is laid down, or taken back."""
        scanner, reader = self.machine.devices["code_scanner"], self.machine.devices["card_reader"]
        hands: dict[str, Any] = {
            "QR thẻ của mẹ": lambda: scanner.present(MOTHER),
            "QR thẻ của cha": lambda: scanner.present(FATHER),
            "Thẻ của mẹ": lambda: reader.lay("genuine"),
            "Lấy thẻ": reader.remove,
        }
        self.robot.read()
        hands[text]()
        self.robot.human += CARD

    def _end(self, kept: dict[str, Any]) -> bool:
        robot = self.robot
        state = robot.wait_step(Step.SLIP)
        assert state.session is not None
        kept["id"] = state.session.client_ref
        robot.wait(lambda s: s.session is None or s.session.slip_print is Job.CONFIRMED, "the printed slip")
        robot.human += PAGE * sum(len(pages) for pages in state.session.papers.values())
        self._under_way()
        self._main()
        robot.wait_step(Step.RATING)
        robot.tap(tr._("Rất hài lòng"))
        self._main()
        robot.wait_step(Step.HOME)
        return True

    def _picture(self, step: Step) -> None:
        """Nobody takes pictures of it."""


def _number_printed(state: AppState) -> bool:
    ticket = state.session.ticket if state.session else None
    return ticket is not None and ticket.print is Job.CONFIRMED
