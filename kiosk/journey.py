"""A dossier, step by step: what to bring → who you are → notice → form → papers → review → declare → slip → rating."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType

from kiosk import forms
from kiosk.browsing import BrowseVerbs
from kiosk.catalogue import Component, Procedure
from kiosk.forms import Section
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.identifying import IdentifyVerbs
from kiosk.identity import Method
from kiosk.scanning import ScanVerbs
from kiosk.state import CardReading, Job, Session, Step
from offline_queue.entry import Room

REVIEW_STEPS = 2  # check your answers, declare


class JourneyVerbs(BrowseVerbs, ScanVerbs, IdentifyVerbs):
    """Answering, checking."""

    # -- choosing ------------------------------------------------------------------------------------------------
    def choose_case(self, case_id: str) -> None:
        """Which papers are needed depends on it; what was scanned for another case is kept until the end."""
        case = next(c for c in self._procedure.cases if c.id == case_id)
        if case != self.session.case:  # a list that was printed is another one's
            self.change_session(case=case, slip_print=Job.NONE, slip_code="")

    def start_dossier(self) -> None:
        """BRING → IDENTIFY, if there is room to keep a dossier."""
        if self.session.case is None:
            return
        if trouble := self.state.outbox_trouble or ("disk_full" if self.parts.outbox.room() is Room.NONE else ""):
            self.tell(trouble)
            return
        self.change_session(Step.IDENTIFY, errors={}, slip_print=Job.NONE, slip_code="")

    def accept_notice(self, consents: tuple[str, ...]) -> None:
        """NOTICE → FORM; the person's own blocks are filled from the card."""
        session = self.session
        assert session.form is not None
        assert session.citizen is not None
        answers = form_filling.with_defaults(session.form, session.answers)
        once = session.filled_for != session.citizen.id_number  # what was put right since then stays
        if once and session.filled_for:
            answers = form_filling.without_own_words(session.form, answers)
        self.change_session(consents=consents, notice_accepted_at=self.now(), answers=MappingProxyType(answers))
        if once:
            self.fill_own_blocks()
        first = self._sections()[0]
        self._open_section(first)
        if once and session.citizen.method is Method.QR:
            self.change_session(scanned_person=first.id)

    # -- the form ------------------------------------------------------------------------------------------------
    def answer(self, question_id: str, value: str) -> None:
        """Keep an answer; an error next to its field goes as soon as it is put right."""
        session = self.session
        if session.section is None or question_id in self.locked():
            return
        question = next((q for q in session.section.questions if q.id == question_id), None)
        value = form_checks.kept(question, value) if question else value
        answers = MappingProxyType({**session.answers, question_id: value})
        errors = {key: code for key, code in session.errors.items() if key != question_id}
        if question and value:
            answers = MappingProxyType(form_filling.told_by_number(session.section, question, answers))
        was_wrong = question_id in session.errors
        typed = was_wrong and value != forms.FOLLOWS
        if question and typed and (code := form_checks.check_answer(question, value, self._today())):
            errors[question_id] = code
        self.change_session(answers=answers, errors=errors)

    def next(self) -> None:
        """Onward from the step on the glass; errors stay next to their fields."""
        match self.state.step:
            case Step.FORM:
                self._next_section()
            case Step.PAPERS:
                self._papers_done()
            case Step.SCAN:
                self.leave_scanner()
                self._go(Step.PAPERS)
            case Step.REVIEW:
                self._reviewed()
            case Step.PREPARE:
                self._prepared()

    def edit(self, section_id: str) -> None:
        """REVIEW → FORM; "next" comes back."""
        section = next((s for s in self._sections() if s.id == section_id), None)
        if section:
            self._open_section(section, editing=True)

    def edit_papers(self) -> None:
        """REVIEW → PAPERS; "next" comes back."""
        self._go(Step.PAPERS, editing=True)

    def _next_section(self) -> None:
        session = self.session
        assert session.section is not None
        if errors := self._section_errors(session.section):
            self.change_session(errors=errors)
            return
        assert session.form is not None
        assert session.citizen is not None
        answers = form_filling.repeat_own_block(
            session.form, session.section, self.case_id(), session.citizen, session.answers
        )
        self.change_session(answers=MappingProxyType(answers))
        sections = self._sections()
        index = sections.index(session.section) if session.section in sections else -1
        if session.editing:
            self._go(Step.REVIEW)
        elif index + 1 < len(sections):
            self._open_section(sections[index + 1])
        else:
            self._go(Step.PAPERS if self.papers_needed() else Step.REVIEW)

    def _reviewed(self) -> None:
        for section in self._sections():
            if errors := self._section_errors(section):
                self._open_section(section, editing=True)
                self.change_session(errors=errors)
                return
        if missing := self._missing_papers():
            self._go(Step.PAPERS, editing=True, errors={c.id: "paper_missing" for c in missing})
            return
        self._go(Step.DECLARE)

    def _prepared(self) -> None:
        if not self.session.preparation.kind:
            self.change_session(errors={"kind": "choice_missing"})
            return
        self._go(Step.CHECKLIST)

    # -- papers --------------------------------------------------------------------------------------------------
    def open_paper(self, component_id: str) -> None:
        """PAPERS → SCAN."""
        component = next(c for c in self.papers_needed() if c.id == component_id)
        self._go(Step.SCAN, component=component, scan=Job.NONE, scan_code="", live=None)
        if not self.session.papers.get(component_id):
            self.show_camera()

    def _papers_done(self) -> None:
        if missing := self._missing_papers():
            self.change_session(errors={c.id: "paper_missing" for c in missing})
            return
        self._go(Step.REVIEW)

    # -- back ----------------------------------------------------------------------------------------------------
    def previous_step(self) -> None:
        """One step back in a dossier; nothing typed or scanned is lost."""
        session = self.session
        before = {
            Step.CHECKLIST: Step.PREPARE,
            Step.IDENTIFY: Step.BRING,
            Step.CARD: Step.IDENTIFY,
            Step.NOTICE: Step.IDENTIFY,
            Step.SCAN: Step.PAPERS,
            Step.DECLARE: Step.REVIEW,
        }
        match self.state.step:
            case Step.BRING | Step.PREPARE:
                self.before_choice()
            case Step.FORM if session.editing:
                self._go(Step.REVIEW)
            case Step.FORM:
                sections = self._sections()
                index = sections.index(session.section) if session.section in sections else 0
                if index:
                    self._open_section(sections[index - 1])
                else:
                    self._go(Step.NOTICE)
            case Step.PAPERS if session.editing:
                self._go(Step.REVIEW)
            case Step.PAPERS:
                self._open_section(self._sections()[-1])
            case Step.REVIEW if self.papers_needed():
                self._go(Step.PAPERS)
            case Step.REVIEW:
                self._open_section(self._sections()[-1])
            case step if step in before:
                if step is Step.SCAN:
                    self.leave_scanner()
                self._go(before[step])

    # -- small helpers -------------------------------------------------------------------------------------------
    @property
    def _procedure(self) -> Procedure:
        assert self.session.procedure is not None
        return self.session.procedure

    def _today(self) -> date:
        return self.now().date()

    def _sections(self) -> tuple[Section, ...]:
        assert self.session.form is not None
        return forms.visible_sections(self.session.form, self.case_id(), self.session.answers)

    def _section_errors(self, section: Section) -> dict[str, str]:
        session: Session = self.session
        assert session.form is not None
        return form_checks.check_section(
            session.form, section, self.case_id(), session.answers, self._today(), self.locked()
        )

    def papers_needed(self) -> tuple[Component, ...]:
        """The papers to scan in this case, with these answers."""
        return forms.needed_papers(self.session.case, self.session.answers)

    def _missing_papers(self) -> list[Component]:
        return [c for c in self.papers_needed() if c.required and not self.session.papers.get(c.id)]

    def _open_section(self, section: Section, editing: bool = False) -> None:
        reading = self.session.person_card
        card = reading if reading.job is Job.RUNNING else CardReading()
        self._go(Step.FORM, section=section, editing=editing, scanned_person="", person_card=card, asked=0)

    def _go(self, step: Step, **values: object) -> None:
        """Go to a step and count it: sections, papers, review, declaration."""
        values = {"editing": False, "errors": {}} | values
        session = replace(self.session, **values)  # type: ignore[arg-type]
        if session.form is not None and step in (Step.FORM, Step.PAPERS, Step.SCAN, Step.REVIEW, Step.DECLARE):
            sections = self._sections()
            papers = 1 if self.papers_needed() else 0
            count = len(sections) + papers + REVIEW_STEPS
            number = {
                Step.FORM: 1 + (sections.index(session.section) if session.section in sections else 0),
                Step.PAPERS: len(sections) + 1,
                Step.SCAN: len(sections) + 1,
                Step.REVIEW: count - 1,
                Step.DECLARE: count,
            }[step]
            session = replace(session, step_number=number, step_count=count)
        self.change(session=session, step=step, toast="")
