"""The filled form (tờ khai) as one of a dossier's papers: drawn when it is committed, and anew when it is corrected."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kiosk.correction import Declared
from kiosk.forms import REQUESTER, visible_answers
from kiosk.forms.pdf import Filled, commune_of, filled_form
from kiosk.state import Session
from offline_queue.blobs import BlobStore
from offline_queue.entry import DECLARATION, Attachment, OutboxEntry

log = logging.getLogger(__name__)
NOT_DRAWN = "declaration_not_drawn"  # the notice that dossiers go without it


def attach(blobs: BlobStore, told: Filled, notice: Callable[[str, str], None]) -> tuple[Attachment, ...]:
    """Draw and keep it, encrypted. Raises OSError; takes a tenth of a second: never on the thread of the glass.

    A form that cannot be drawn is none of the citizen's faults: the dossier goes without it, all answers are in it as
    data, and staff are told which form it is.
    """
    try:
        paper = filled_form(told)
    except Exception as error:  # noqa: BLE001  whatever a site writes into a form, no dossier is lost by it
        log.error("forms: %s of %s is not drawn: %s", told.form.id, told.form.version, type(error).__name__)
        notice(NOT_DRAWN, f"{told.form.id} {told.form.version}")
        return ()
    sha256, size = blobs.put(paper.pdf), len(paper.pdf)
    return (Attachment(DECLARATION, told.form.title, sha256, size, "application/pdf", paper.pages),)


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


def renewed(
    blobs: BlobStore,
    entry: OutboxEntry,
    known: Declared,
    centre: str,
    at: datetime,
    notice: Callable[[str, str], None],
) -> OutboxEntry:
    """A corrected entry with its declaration drawn anew; as it is where it has none. Raises OSError.

    The old one goes in any case: it tells other answers.
    """
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
    scans = tuple(paper for paper in entry.attachments if paper.component != DECLARATION)
    return replace(entry, attachments=(*scans, *attach(blobs, told, notice)))
