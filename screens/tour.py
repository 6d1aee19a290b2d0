"""The tour: a number and two dossiers, by code and by chip, with real touches in the real window; pictures of all."""

from __future__ import annotations

import json
import logging
import threading
import time
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from PIL import Image

from devices.interfaces import Condition
from kiosk import forms
from kiosk.catalogue import Component
from kiosk.forms import Question, QuestionType, Section
from kiosk.state import AppState, Job, Step
from kiosk.text import TONES
from kiosk.wiring import Machine
from offline_queue.entry import EntryState
from screens.dev_dock import FATHER, MOTHER, DevDock
from screens.keyboard import Key, keyboard
from screens.robot import Robot, RobotLost, by_text
from screens.tr import tr
from screens.window import KioskWindow

log = logging.getLogger(__name__)
ACCEPT_SECONDS = 30  # DESIGN 6: exit 0 only if the province has accepted within 30 s
PROCEDURE, LOOKED_FOR = "2.000635", "trích lục"
TYPED_NUMBER = MOTHER.split("|")[0]
# whatever the card does not tell is asked about her husband
CHOSEN = ("spouse",)
FILLS = {
    QuestionType.NAME: "Trần Văn Bình",
    QuestionType.TEXT: "Tổ 1",
    QuestionType.PHONE: "0912345678",
    QuestionType.ID_NUMBER: FATHER.split("|")[0],
    QuestionType.NUMBER: "2015",
}
PLACES = {QuestionType.ETHNIC: "tày", QuestionType.COMMUNE: "vo cuong"}


class Tour:
    """One tour of one machine; `run` returns whether the province has accepted the dossier."""

    def __init__(self, machine: Machine, out: Path) -> None:
        self.machine = machine
        self.out = out
        self.steps: list[dict[str, Any]] = []
        self.ticket: dict[str, Any] = {"number": None, "print": None}
        self.dossier: dict[str, Any] = {"id": None, "code": None}
        self.chip_dossier: dict[str, Any] = {"id": None, "code": None}
        self.accepted = False
        self.slips = 0
        self._started = time.monotonic()

    def run(self) -> bool:
        """Show the window, let the robot work, write `tour.json`."""
        dock = (lambda: DevDock(self.machine)) if self.machine.config.simulated else None
        self.window = KioskWindow(self.machine.kiosk, self.machine.inbox, dock, on_first_frame=self._begin)
        self.window.run()
        report = {
            "ticket": self.ticket,
            "dossier": self.dossier,
            "chip_dossier": self.chip_dossier,
            "steps": self.steps,
        }
        (self.out / "tour.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        return self.accepted

    def _begin(self) -> None:
        threading.Thread(target=self._work, name="robot", daemon=True).start()

    def _work(self) -> None:
        robot = self.robot = Robot(self.window)
        try:
            robot.wait(lambda s: len(self.window.screens) == len(Step), "all screens built")
            self._take_number()
            self.accepted = self._submit(self.dossier, chip=False)
            simulated = self.machine.config.devices.get("card_reader", {}).get("driver") == "simulated"
            if simulated and self.accepted:
                self.accepted = self._submit(self.chip_dossier, chip=True)
        except RobotLost as lost:
            log.error("tour: %s", lost)
            robot.picture(self.out / "lost.png")
        finally:
            robot.close()
            Clock.schedule_once(lambda _dt: self.window.stop(), 0)

    # -- the two jobs --------------------------------------------------------------------------------------------
    def _take_number(self) -> None:
        robot = self.robot
        state = robot.wait_step(Step.HOME)
        self._picture(state.step)
        series = next(s for s in state.series if not s.closed_code)
        robot.tap(tr._(series.title))
        state = robot.wait_step(Step.TICKET)
        assert state.session is not None
        assert state.session.ticket is not None
        self.ticket["number"] = state.session.ticket.number
        state = robot.wait(lambda s: _ticket_job(s) is not Job.RUNNING, "the printed ticket")
        self.ticket["print"] = _ticket_job(state).value
        self._picture(Step.TICKET)
        self._slip(state.session.ticket.picture if state.session and state.session.ticket else None)
        self._main()
        robot.wait_step(Step.HOME)

    def _submit(self, kept: dict[str, Any], chip: bool) -> bool:
        """A dossier, by the printed code alone or with the `chip`; whether the province has accepted it."""
        robot = self.robot
        self._choose()
        robot.wait_step(Step.IDENTIFY)
        self._picture(Step.IDENTIFY)
        self._identify()
        if self._has_reader():
            robot.wait_step(Step.CARD)
            self._picture(Step.CARD)
            self._read_chip() if chip else self._main()
        robot.wait_step(Step.NOTICE)
        self._picture(Step.NOTICE)
        self._main()
        self._fill_form()
        if self.robot.state.step is Step.PAPERS:
            self._scan_papers()
        robot.wait_step(Step.REVIEW)
        self._picture(Step.REVIEW)
        self._main()
        robot.wait_step(Step.DECLARE)
        robot.tap(lambda w: type(w).__name__ == "Option", "the declaration")
        self._picture(Step.DECLARE)
        self._main()
        robot.wait_step(Step.COLLECT)
        self._picture(Step.COLLECT)
        if chip:
            self._dock("Lấy thẻ")
            robot.wait(lambda s: not s.card_present, "the card in the citizen's hand")
        self._main()
        return self._end(kept)

    def _choose(self) -> None:
        """Home to the last step before the citizen is asked who they are."""
        robot = self.robot
        robot.tap(lambda w: type(w).__name__ == "SearchDoor", "the search")
        state = robot.wait_step(Step.PROCEDURES)
        self._type(LOOKED_FOR)
        robot.wait(lambda s: bool(s.results) and s.results[0].code == PROCEDURE, "the procedure that was looked for")
        self._picture(state.step)
        robot.tap(lambda w: type(w).__name__ == "RowTile" and w.key == PROCEDURE, "the procedure")
        robot.wait_step(Step.BRING)
        self._choose_case()
        self._picture(Step.BRING)
        self._main()

    def _end(self, kept: dict[str, Any]) -> bool:
        """The slip, the province's answer, the rating."""
        robot = self.robot
        state = robot.wait_step(Step.SLIP)
        assert state.session is not None
        kept["id"] = state.session.client_ref
        robot.wait(lambda s: s.session is None or s.session.slip_print is not Job.RUNNING, "the printed slip")
        self._slip(robot.state.session.slip_picture if robot.state.session else None)
        kept["code"] = self._wait_for_province(kept["id"])
        self._picture(Step.SLIP)
        self._main()
        robot.wait_step(Step.RATING)
        self._picture(Step.RATING)
        robot.tap(tr._("Rất hài lòng"))
        self._main()
        robot.wait_step(Step.HOME)
        return kept["code"] is not None

    # -- parts ---------------------------------------------------------------------------------------------------
    def _choose_case(self) -> None:
        """The case with a paper to scan where there is a scanner, else one without."""
        session = self.robot.state.session
        assert session is not None
        assert session.procedure is not None
        if session.case is not None and len(session.procedure.cases) == 1:
            return
        status = self.robot.state.devices.get("document_scanner")
        can_scan = status is not None and status.condition is Condition.READY
        cases = session.procedure.cases
        chosen = next((c for c in cases if bool(forms.needed_papers(c, {})) == can_scan), cases[0])
        self.robot.tap(tr._(chosen.title))
        self.robot.wait(lambda s: s.session is not None and s.session.case is chosen, "the chosen case")

    def _identify(self) -> None:
        """By the dev dock's QR code, touched; else the number is typed."""
        robot = self.robot
        if self.machine.config.devices.get("code_scanner", {}).get("driver") == "simulated":
            self._dock("QR thẻ của mẹ")
            return
        by_hand = by_text(tr._("Nhập số bằng tay"))
        if robot.sees(by_hand):  # where there is no scanner the pad is there at once
            robot.tap(by_hand, "typing by hand")
        self._type(TYPED_NUMBER)
        self._main()

    def _has_reader(self) -> bool:
        status = self.robot.state.devices.get("card_reader")
        return status is not None and status.condition is Condition.READY

    def _read_chip(self) -> None:
        """The dev dock's card: laid down, read, and what it tells is shown."""
        self._dock("Thẻ của mẹ")
        robot = self.robot
        robot.wait(lambda s: bool(s.session and s.session.card.citizen), "the fields of the chip")
        self._picture(Step.CARD)
        robot.wait(lambda s: bool(s.session and s.session.card.verified), "a genuine chip")
        self._picture(Step.CARD)
        self._main()

    def _dock(self, text: str) -> None:
        robot = self.robot
        robot.tap(lambda w: w is self._dock_widget().ids.handle.__self__, "the dev dock")
        robot.bring(by_text(tr._(text)))
        robot.tap(tr._(text))
        robot.tap(lambda w: w is self._dock_widget().ids.handle.__self__, "the dev dock")

    def _dock_widget(self) -> DevDock:
        return next(w for w in self.window.root.children if isinstance(w, DevDock))

    def _fill_form(self) -> None:
        robot = self.robot
        state = robot.wait_step(Step.FORM)
        while state.step is Step.FORM:
            section = state.session.section if state.session else None
            assert section is not None
            self._fill_section(section)
            self._picture(Step.FORM)
            self._main()
            state = robot.wait(partial(_moved_on, section), f"what comes after {section.id}")
            robot.settle()

    def _fill_section(self, section: Section) -> None:
        answered: set[str] = set()
        while question := self._open_question(section, answered):
            answered.add(question.id)
            self._answer(question)

    def _open_question(self, section: Section, answered: set[str]) -> Question | None:
        """The next question that must be answered and is not."""
        session = self.robot.state.session
        assert session is not None
        case = session.case.id if session.case else ""
        for question in forms.visible_questions(section, case, session.answers):
            if question.required and not session.answers.get(question.id) and question.id not in answered:
                return question
        return None

    def _answer(self, question: Question) -> None:
        """Answer one question by touching what a person would touch."""
        robot = self.robot
        if question.type is QuestionType.CHOICE:
            choice = next((c for c in question.choices if c.value in CHOSEN), question.choices[0])
            if not robot.has(by_text(tr._(choice.label))):  # a long list, which a touch opens
                robot.bring(partial(is_box_of, question.id))
                robot.tap(partial(is_box_of, question.id), question.id)
            robot.bring(by_text(tr._(choice.label)))
            robot.tap(tr._(choice.label))
            return
        box = partial(is_box_of, question.id)
        if not robot.has(lambda w: box(w) and w.editing):  # "done" goes on to the next one by itself
            robot.bring(box)
            robot.tap(box, question.id)
        match question.type:
            case QuestionType.DATE:
                self._touch_date()
            case QuestionType.ETHNIC | QuestionType.COMMUNE:
                self._type(PLACES[question.type])
                self._picture(Step.FORM)
                robot.tap(lambda w: type(w).__name__ == "PickRow", "the first match")
            case _:
                self._type(FILLS[question.type])
                self._picture(Step.FORM)
                robot.tap(lambda w: getattr(w, "name", "") == "done", "the key «Xong»")

    def _touch_date(self) -> None:
        for text in ("1980 – 1989", "1988", tr._("Tháng {n}").format(n=9), "5"):
            self.robot.tap(text)

    def _type(self, text: str) -> None:
        """Touch the keys of a text, marks and capitals as a person would."""
        for letter in text:
            parts = unicodedata.normalize("NFD", letter)
            tone = next((name for name, mark in TONES.items() if mark in parts), "")
            plain = unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES.values()))
            if plain.isalpha() and plain.isupper() != self.robot.on_main(lambda: keyboard("letters").shift):
                self._key("shift")
            self._key("space" if plain == " " else plain)
            if tone:
                self._key(tone)

    def _key(self, name: str) -> None:
        self.robot.tap(partial(_is_key, name), f"the key {name}")

    def _scan_papers(self) -> None:
        robot = self.robot
        self._picture(Step.PAPERS)
        for component in self._papers_to_scan():
            robot.tap(tr._(component.title))
            robot.wait_step(Step.SCAN)
            robot.tap(tr._("Quét trang"))
            robot.wait(partial(_has_page, component.id), "the scanned page")
            robot.wait(lambda s: bool(s.session and s.session.scan is not Job.RUNNING), "the end of the scan")
            self._picture(Step.SCAN)
            self._main()
            robot.wait_step(Step.PAPERS)
        self._main()

    def _papers_to_scan(self) -> list[Component]:
        return [paper for paper in self.machine.kiosk.papers_needed() if paper.required]

    def _main(self) -> None:
        self.robot.tap(lambda w: type(w).__name__ == "MainAction", "the main action")

    def _wait_for_province(self, client_ref: str) -> str | None:
        """The official code, None when the province has not accepted in time."""
        end = time.monotonic() + ACCEPT_SECONDS
        while time.monotonic() < end:
            entry = self.machine.kiosk.parts.outbox.get(client_ref)
            if entry is not None and entry.state is EntryState.DELIVERED and entry.receipt is not None:
                return entry.receipt.code
            time.sleep(0.2)
        return None

    # -- what is left behind -------------------------------------------------------------------------------------
    def _picture(self, step: Step) -> None:
        name = f"{len(self.steps) + 1:02d}-{step.value}.png"
        self.robot.picture(self.out / name)
        seconds = round(time.monotonic() - self._started, 2)
        self.steps.append({"screen": step.value, "seconds": seconds, "picture": name})

    def _slip(self, picture: Image.Image | None) -> None:
        """A printed slip, as it went to the printer."""
        if picture is not None:
            self.slips += 1
            picture.save(self.out / f"slip-{self.slips}.png")


def _is_key(name: str, widget: Any) -> bool:
    return isinstance(widget, Key) and name in (widget.name, widget.text)


def is_box_of(question_id: str, widget: Any) -> bool:
    """Whether it is the box in which a question is answered."""
    field = getattr(widget.parent, "field", None)
    return field is not None and hasattr(widget, "editing") and field.question.id == question_id


def _has_page(component_id: str, state: AppState) -> bool:
    return bool(state.session and state.session.papers.get(component_id))


def _ticket_job(state: AppState) -> Job:
    return state.session.ticket.print if state.session and state.session.ticket else Job.RUNNING


def _moved_on(last: Section, state: AppState) -> bool:
    return state.step is not Step.FORM or (state.session is not None and state.session.section is not last)
