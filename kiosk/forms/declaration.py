"""The filled form (tờ khai) as one of a dossier's papers: drawn when it is committed, and anew when it is corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kiosk.correction import Declared
from kiosk.forms import REQUESTER, visible_answers
from kiosk.forms.pdf import Filled, commune_of, filled_form
from kiosk.state import Session
from offline_queue.blobs import BlobStore
from offline_queue.entry import DECLARATION, Attachment, OutboxEntry


def attach(blobs: BlobStore, told: Filled) -> Attachment:
    """Draw and keep it, encrypted. Raises OSError; takes a tenth of a second: never on the thread of the glass."""
    paper = filled_form(told)
    return Attachment(
        DECLARATION, told.form.title, blobs.put(paper.pdf), len(paper.pdf), "application/pdf", paper.pages
    )


def of_session(session: Session, centre: str, at: datetime) -> Filled:
    """What a citizen has declared at the kiosk."""
    assert session.form is not None
    assert session.procedure is not None
    case = session.case.id if session.case else ""
    answers = visible_answers(session.form, case, session.answers)
    known = session.citizen.full_name if session.citizen else ""
    return Filled(
        session.form,
        session.procedure,
        session.case,
        answers,
        at,
        commune_of(centre),
        answers.get(f"{REQUESTER}.full_name", known),
        session.provisional_code,
        session.proven is not None,
    )


def renewed(blobs: BlobStore, entry: OutboxEntry, known: Declared, centre: str, at: datetime) -> OutboxEntry:
    """A corrected entry with its declaration drawn anew; as it is where it has none. Raises OSError."""
    if not any(paper.component == DECLARATION for paper in entry.attachments):
        return entry
    said = entry.payload
    told = Filled(
        known.form,
        known.procedure,
        next((case for case in known.procedure.cases if case.id == known.case), None),
        said["form"]["answers"],
        at,
        commune_of(centre),
        said["submitter"]["full_name"],
        entry.provisional_code,
        said["identification"]["assurance"] == "verified",
    )
    papers = (paper if paper.component != DECLARATION else attach(blobs, told) for paper in entry.attachments)
    return replace(entry, attachments=tuple(papers))
