"""A dossier, step by step: what to bring → who you are → notice → form → papers → review → declare → slip → rating."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from devices.errors import DeviceError
from devices.events import JobFailed, PageScanned, ScanFinished
from devices.interfaces import DocumentScanner
from kiosk import fees, forms
from kiosk.browsing import BrowseVerbs
from kiosk.catalogue import Component, Procedure
from kiosk.clerk_events import PageFailed, PageStored
from kiosk.forms import Section
from kiosk.identity import Method
from kiosk.preview import preview
from kiosk.state import Job, Page, Preparation, Session, Step
from offline_queue.entry import Room

MAX_PAGES = 40
REVIEW_STEPS = 2  # check your answers, declare


class JourneyVerbs(BrowseVerbs):
    """Answering, scanning, checking."""

    # -- choosing ------------------------------------------------------------------------------------------------
    def choose_case(self, case_id: str) -> None:
        """Which papers are needed depends on it; what was scanned for another case is kept until the end."""
        case = next(c for c in self._procedure.cases if c.id == case_id)
        self.change_session(case=case)

    def start_dossier(self) -> None:
        """BRING → IDENTIFY, if there is room to keep a dossier."""
        if self.session.case is None:
            return
        if trouble := self.state.outbox_trouble or ("disk_full" if self.parts.outbox.room() is Room.NONE else ""):
            self.tell(trouble)
            return
        self.change_session(Step.IDENTIFY, errors={}, slip_print=Job.NONE, slip_code="")

    def prepare(self, kind: str | None = None, pages: int | None = None, copies: int | None = None) -> None:
        """Kind of paper, pages and copies of a certified copy; the fee follows."""
        old = self.session.preparation
        pages, copies = pages or old.pages, copies or old.copies
        tariff = self._procedure.fee.tariff if self._procedure.fee else None
        fee = fees.fee_by_pages(tariff, pages, copies) if tariff else None
        errors = {} if kind else self.session.errors
        self.change_session(preparation=Preparation(kind or old.kind, pages, copies, fee), errors=errors)

    def accept_notice(self, consents: tuple[str, ...]) -> None:
        """NOTICE → FORM; the person's own blocks are filled from the card."""
        session = self.session
        assert session.form is not None
        assert session.citizen is not None
        answers = MappingProxyType(forms.with_defaults(session.form, session.answers))
        self.change_session(consents=consents, notice_accepted_at=self.now(), answers=answers)
        once = session.filled_for != session.citizen.id_number  # what was put right since then stays
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
        answers = MappingProxyType({**session.answers, question_id: value})
        errors = {key: code for key, code in session.errors.items() if key != question_id}
        question = next((q for q in session.section.questions if q.id == question_id), None)
        was_wrong = question_id in session.errors
        if question and was_wrong and (code := forms.check_answer(question, value, self._today())):
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
                self.cancel_scan()
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
        answers = forms.repeat_own_block(
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
        self._go(Step.SCAN, component=component, scan=Job.NONE, scan_code="")

    def scan_page(self) -> None:
        """Scan what lies in the scanner now, as the next pages of this paper."""
        self._scan("")

    def retake_page(self, index: int) -> None:
        """Scan again in the place of a page."""
        self._scan(str(index))

    def _scan(self, replacing: str) -> None:
        session = self.session
        worker = self.parts.workers.get("document_scanner")
        if session.component is None or session.scan is Job.RUNNING:
            return
        if worker is None:
            self.change_session(scan=Job.FAILED, scan_code="document_scanner_absent")
            return
        if not replacing and len(session.papers.get(session.component.id, ())) >= MAX_PAGES:
            self.change_session(scan=Job.FAILED, scan_code="too_many_pages")
            return
        job = f"scan:{uuid.uuid4().hex[:8]}:{session.component.id}:{replacing}"
        self.change_session(scan=Job.RUNNING, scan_code="", scan_job=job)
        worker.submit(job, session.id, lambda scanner: _scan_pages(scanner, job, session.id))

    def cancel_scan(self) -> None:
        """Stop waiting for the scanner; what still comes is dropped."""
        if self.session.scan is Job.RUNNING:
            self.change_session(scan=Job.NONE, scan_code="", scan_job="")

    def page_scanned(self, event: PageScanned) -> None:
        """A page has come: encrypt it and write it down before it is shown as kept."""
        if not self.is_current(event.session_id) or event.job != self.session.scan_job:
            return
        _, _, component_id, replacing = event.job.split(":")
        blobs, page = self.parts.blobs, event.page

        def store() -> object:
            try:
                stored = Page(blobs.put(page.jpeg), len(page.jpeg), preview(page))
            except OSError:
                return PageFailed(event.session_id, event.job, "disk_full")
            return PageStored(event.session_id, component_id, stored, int(replacing) if replacing else None)

        self.parts.clerk.do(store, failed=PageFailed(event.session_id, event.job, "page_not_stored"))

    def page_stored(self, event: PageStored) -> None:
        """The page lies encrypted on the disk: it belongs to the paper now."""
        if not self.is_current(event.session_id):
            self.parts.clerk.do(lambda: self._drop([event.page.sha256]), failed=None)
            return
        pages = list(self.session.papers.get(event.component_id, ()))
        dropped: list[str] = []
        if event.replacing is not None and event.replacing < len(pages):
            dropped.append(pages[event.replacing].sha256)
            pages[event.replacing] = event.page
        else:
            pages.append(event.page)
        self._set_pages(event.component_id, tuple(pages), dropped)

    def delete_page(self, index: int) -> None:
        """Take a page away."""
        component = self.session.component
        if component is None:
            return
        pages = list(self.session.papers.get(component.id, ()))
        if 0 <= index < len(pages):
            gone = pages.pop(index)
            self._set_pages(component.id, tuple(pages), [gone.sha256])

    def _set_pages(self, component_id: str, pages: tuple[Page, ...], dropped: list[str]) -> None:
        errors = {key: code for key, code in self.session.errors.items() if key != component_id}
        self.change_session(papers={**self.session.papers, component_id: pages}, errors=errors)
        kept = {page.sha256 for group in self.session.papers.values() for page in group}
        gone = [sha256 for sha256 in dropped if sha256 not in kept]
        if gone:
            self.parts.clerk.do(lambda: self._drop(gone), failed=None)

    def scan_finished(self, event: ScanFinished) -> None:
        """The scanner has given all its pages."""
        if self.is_current(event.session_id) and event.job == self.session.scan_job:
            self.last_touch = time.monotonic()  # the clock stood still while the page was scanned
            self.change_session(scan=Job.NONE, scan_code="")

    def scan_failed(self, event: JobFailed | PageFailed) -> None:
        """The scan or the writing of its page failed: say what to do."""
        if self.is_current(event.session_id) and event.job == self.session.scan_job:
            self.last_touch = time.monotonic()
            self.change_session(scan=Job.FAILED, scan_code=event.code, scan_job="")

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
                    self.cancel_scan()
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
        return forms.check_section(session.form, section, self.case_id(), session.answers, self._today())

    def papers_needed(self) -> tuple[Component, ...]:
        """The papers to scan in this case."""
        return forms.needed_papers(self.session.case.components) if self.session.case else ()

    def _missing_papers(self) -> list[Component]:
        return [c for c in self.papers_needed() if c.required and not self.session.papers.get(c.id)]

    def _open_section(self, section: Section, editing: bool = False) -> None:
        self._go(Step.FORM, section=section, editing=editing, scanned_person="")

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


def _scan_pages(scanner: DocumentScanner, job: str, session_id: str) -> Iterator[object]:
    try:
        for page in scanner.scan_pages():
            yield PageScanned("document_scanner", job, session_id, page)
    except DeviceError as error:
        yield JobFailed("document_scanner", job, session_id, error.code, error.detail)
        return
    yield ScanFinished("document_scanner", job, session_id)
