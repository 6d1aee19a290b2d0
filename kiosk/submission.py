"""Submitting: committed to the outbox first, then the slip, then delivery (DESIGN 1.3)."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from devices.events import PaperLeft
from devices.interfaces import DocumentScanner, PaperSensor
from kiosk import forms, slips
from kiosk.catalogue import Procedure
from kiosk.clerk_events import DossierFailed, DossierStored
from kiosk.core import Parts
from kiosk.dossier import DOSSIER_CODE, SUPPLEMENT, payload, priced
from kiosk.errands import ChargeLine
from kiosk.errands import slips as errand_slips
from kiosk.errands.codes import SLIP
from kiosk.fees import charge_lines
from kiosk.forms import declaration
from kiosk.identity import Assurance
from kiosk.numbers import NumberVerbs
from kiosk.provisional import provisional_code
from kiosk.slips import Slip
from kiosk.state import Job, Page, Session, Step
from offline_queue.entry import Attachment, OutboxChanged, OutboxEntry
from offline_queue.store import OutboxFull


class SubmissionVerbs(NumberVerbs):
    """From the declaration to the rating."""

    def declare(self) -> None:
        """DECLARE: seal and commit the dossier; → COLLECT once it is durable."""
        session = self.session
        if self.state.step is not Step.DECLARE or session.submit is Job.RUNNING:
            return
        client_ref = session.client_ref or str(uuid.uuid4())
        declared_at = self.now()
        linked = session.ticket
        if linked is None and session.assurance is Assurance.DECLARED and session.procedure:
            ticket = self.issue(
                self.parts.hall.letter_for(session.procedure.field, session.procedure.series), client_ref
            )
            linked = self.view_of(ticket) if ticket else None
        self.change_session(
            submit=Job.RUNNING,
            submit_code="",
            client_ref=client_ref,
            provisional_code=provisional_code(client_ref),
            declared_at=declared_at,
            ticket=linked,
        )
        sealed = self.session
        self.parts.clerk.do(
            lambda: _commit(self.parts, sealed, declared_at), failed=DossierFailed(session.id, "dossier_not_stored")
        )

    def dossier_stored(self, event: DossierStored) -> None:
        """It cannot be lost any more: wake the sender, ask the citizen to take card and papers."""
        if reader := self.parts.text_reader:
            reader.read(event.client_ref)
        self.parts.sender.wake()
        self.change(outbox=self.parts.outbox.counts())  # it waits from now on, also while no attempt is made
        if self.is_current(event.session_id):
            self.change_session(Step.COLLECT, submit=Job.CONFIRMED)

    def dossier_failed(self, event: DossierFailed) -> None:
        """Nothing was promised: say why, keep all answers, let the citizen try again."""
        if self.is_current(event.session_id):
            self.change_session(submit=Job.FAILED, submit_code=event.code)

    def watch_papers(self) -> None:
        """COLLECT, once a second: does a paper still lie in the scanner, as far as it can tell?"""
        session, worker = self.state.session, self.parts.workers.get("document_scanner")
        if self.state.step is Step.COLLECT and session is not None and worker is not None:
            worker.submit("paper-left", session.id, partial(_look_for_paper, session_id=session.id))

    def paper_left(self, event: PaperLeft) -> None:
        """The screen reminds of it until it is taken."""
        if self.is_current(event.session_id) and self.session.paper_left is not event.left:
            self.change_session(paper_left=event.left)

    def collected(self) -> None:
        """COLLECT → SLIP: print the provisional slip."""
        session = self.session
        assert session.procedure is not None
        self.change_session(Step.SLIP, slip_print=Job.RUNNING, slip_code="")
        slip = slips.provisional_slip(
            centre=self.parts.config.site.name,
            code=session.provisional_code,
            qr=self.slip_qr(session.provisional_code),
            procedure=session.procedure,
            papers=forms.papers_of(session.case, session.answers),
            stored_at=session.declared_at or self.now(),
            declared=session.assurance is Assurance.DECLARED,
            scanned=[component_id for component_id, pages in session.papers.items() if pages],
            linked_number=session.ticket.number if session.ticket else "",
            counters=session.ticket.counters if session.ticket else (),
            hotline=self.parts.config.site.hotline,
            completes=session.answers[DOSSIER_CODE] if _completes(session) else "",
            language=self.state.language,
        )
        self.print_slip(f"slip:{session.id[:8]}", session.id, self.completed_slip(slip), awaited=True)

    def completed_slip(self, slip: Slip) -> Slip:
        """The slip of a dossier that was just handed in, with what it will cost."""
        lines = due_lines(self.session, self.session.declared_at or self.now())
        return errand_slips.with_fee_later(slip, lines, self.state.language) if lines else slip

    def slip_of_entry(self, entry: OutboxEntry) -> Slip | None:
        """The provisional slip of a stored dossier once more: the kiosk may have died before it was printed.

        None for a procedure that is no longer offered here. Once the province has accepted, the kiosk knows no more
        than the code: then the slip asks for the card at the counter, which is never wrong.
        """
        procedure = self.parts.catalogue.procedures.get(entry.procedure_code)
        if procedure is None:
            return None
        said = entry.payload
        number = said.get("linked_ticket") or ""
        case = next((case for case in procedure.cases if case.id == said.get("case")), None)
        answers = said.get("form", {}).get("answers", {})
        series = self.parts.hall.series.get(number[:1])
        return slips.provisional_slip(
            centre=self.parts.config.site.name,
            code=entry.provisional_code,
            qr=self.slip_qr(entry.provisional_code),
            procedure=procedure,
            papers=forms.papers_of(case, answers),
            stored_at=entry.created_at.astimezone(self.now().tzinfo),
            declared=said.get("identification", {}).get("assurance") != Assurance.VERIFIED,
            scanned=[paper.component for paper in entry.attachments],
            linked_number=number,
            counters=series.counters if series else (),
            hotline=self.parts.config.site.hotline,
            completes=answers.get(DOSSIER_CODE, ""),
            reprint=True,
        )

    def slip_qr(self, code: str) -> str:
        """The QR code of a slip, which leads to its dossier."""
        return f"{SLIP}{self.parts.config.site.agency_code}|{code}"

    def done_with_slip(self) -> None:
        """Personal data is cleared at once; only then the rating, in a session that knows nobody."""
        language = self.state.language
        self.wipe()
        self.change_session(Step.RATING)
        self.change(language=language)

    def outbox_changed(self, event: OutboxChanged) -> None:
        """Status bar, staff's list, and the official code while its owner still stands there."""
        values: dict[str, object] = {"outbox": event.counts, "outbox_trouble": event.trouble}
        if event.online is not None:
            values["online"] = event.online
        self.change(**values)
        session = self.state.session
        if session is not None and session.client_ref and session.client_ref == event.entry_id:
            entry = self.parts.outbox.get(event.entry_id)
            if entry and entry.receipt:
                self.change_session(receipt=entry.receipt)
        self.refresh_desk()
        if not event.counts.pending:
            self.parts.outbox.let_go()


def _look_for_paper(scanner: DocumentScanner, session_id: str) -> Iterator[object]:
    if isinstance(scanner, PaperSensor):
        yield PaperLeft("document_scanner", session_id, scanner.paper_left())


def _commit(parts: Parts, session: Session, declared_at: datetime) -> object:
    """On the clerk's thread: pages → one PDF/A a paper, answers → the declaration → one durable entry."""
    assert session.procedure is not None
    try:
        with parts.blobs.hold():  # a file with the same content may be on its way out with another dossier
            attachments = tuple(
                _attach(parts, component_id, _title(session, component_id), pages, declared_at)
                for component_id, pages in session.papers.items()
                if pages and _title(session, component_id)
            )
            filled = declaration.of_session(session, parts.config.site.name, declared_at)
            entry = OutboxEntry(
                id=session.client_ref,
                procedure_code=session.procedure.code,
                created_at=declared_at,
                provisional_code=session.provisional_code,
                attachments=(*attachments, *declaration.attach(parts.blobs, filled, parts.outbox.notice)),
                payload=_payload(parts, session, declared_at),
                replaces=session.answers[DOSSIER_CODE] if _completes(session) else "",
            )
            parts.ledger.keep_fee(entry.id, due_lines(session, declared_at), declared_at)
            parts.outbox.add(entry, parts.text_reader.hold_seconds(entry) if parts.text_reader else 0.0)
    except OutboxFull as error:
        return DossierFailed(session.id, error.code)
    except (OSError, sqlite3.Error):
        return DossierFailed(session.id, "disk_full")
    return DossierStored(session.id, session.client_ref)


def _payload(parts: Parts, session: Session, at: datetime) -> dict[str, Any]:
    body = payload(session, parts.config.site.kiosk_id, parts.config.site.agency_code, at)
    table = parts.config.payment
    if _completes(session):
        entry = session.following.entry if session.following else None
        return {**body, "fee": None, "replaces": entry.id if entry else None}
    if table and table.when == "submission" and body["fee"] and body["fee"]["amount_vnd"]:
        body["fee"]["method"] = "vietqr"  # found at the province by client_ref: it is asked for once this is stored
    return body


def due_lines(session: Session, at: datetime) -> tuple[ChargeLine, ...]:
    """What this dossier costs, as far as it is known; what completes another one costs nothing."""
    if session.procedure is None or _completes(session):
        return ()
    return charge_lines(priced_now(session, session.procedure, at), session.answers, at.date())


def priced_now(session: Session, procedure: Procedure, at: datetime) -> Procedure:
    """The procedure with the fee that holds for this session's answers."""
    case = session.case.id if session.case else ""
    return priced(procedure, session.form, case, session.answers, at.date())


def _completes(session: Session) -> bool:
    """Whether it brings the missing papers of another dossier."""
    return session.form is not None and session.form.id == SUPPLEMENT


def _title(session: Session, component_id: str) -> str:
    """The title of a paper that is asked for; "" for what was scanned for another case or another answer."""
    papers = forms.papers_of(session.case, session.answers)
    return next((paper.title for paper in papers if paper.id == component_id), "")


def _attach(parts: Parts, component_id: str, title: str, pages: tuple[Page, ...], at: datetime) -> Attachment:
    from devices.document_scanner.pdf import pdf_a

    pdf = pdf_a([parts.blobs.get(page.sha256) for page in pages], title, at)
    sha256 = parts.blobs.put(pdf)
    return Attachment(component_id, title, sha256, len(pdf), "application/pdf", len(pages))
