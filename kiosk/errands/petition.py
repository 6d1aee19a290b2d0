"""A suggestion, a complaint or praise for the centre, with or without a name: through the outbox like a dossier.

Its shape within the province's API: procedure code of `[feedback]`, case = kind, form `feedback` with its text. A
`Dossier` must have a submitter: nobody is the number of twelve zeros, and a name only when one was given.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from kiosk import telephone
from kiosk.clerk_events import DossierFailed
from kiosk.core import Parts
from kiosk.dossier import NOTICE_VERSION
from kiosk.errands import Petition
from kiosk.errands import slips as errand_slips
from kiosk.forms import Question, QuestionType, clean
from kiosk.forms.checks import check_answer
from kiosk.provisional import provisional_code
from kiosk.state import Job, Step
from kiosk.submission import SubmissionVerbs
from kiosk.text import nfc
from offline_queue.entry import OutboxEntry
from offline_queue.store import OutboxFull

FORM, VERSION = "feedback", "2026-11-26"
KINDS = ("suggestion", "complaint", "praise")
NOBODY, NO_NAME = "000000000000", "Không nêu tên"
LONGEST, LONGEST_NAME, LONGEST_PHONE = 2000, 100, telephone.LONGEST_TYPED
SHORTEST = 5  # characters that can mean something
TEXT = Question(id="text", type=QuestionType.TEXT, label="", max_length=LONGEST)  # judged as those of a form are
NAME = Question(id="name", type=QuestionType.NAME, label="", max_length=LONGEST_NAME)
PHONE = Question(id="phone", type=QuestionType.PHONE, label="", required=False, max_length=LONGEST_PHONE)


@dataclass(frozen=True)
class PetitionStored:
    """Event: it is committed to the outbox."""

    session_id: str


class PetitionVerbs(SubmissionVerbs):
    """The step of suggestions."""

    def give_feedback(self) -> None:
        """HOME → PETITION, where the site takes them."""
        if self.parts.config.feedback is not None:
            self.change_session(Step.PETITION, petition=Petition(), submit=Job.NONE, errors={}, priority="")

    def tell_petition(self, **values: Any) -> None:
        """PETITION: what was typed or chosen (members of `Petition`); an error goes as soon as its field changes."""
        petition = self.session.petition
        if self.state.step is not Step.PETITION or petition is None or self.session.submit is not Job.NONE:
            return
        errors = {key: code for key, code in self.session.errors.items() if key not in values}
        for key, room in (("text", LONGEST), ("name", LONGEST_NAME), ("phone", LONGEST_PHONE)):
            if len(values.get(key, "")) > room:
                values[key] = nfc(values[key])[:room]
                errors[key] = "field_full"
        self.change_session(petition=replace(petition, **values), errors=errors)

    def send_petition(self) -> None:
        """PETITION: commit it; the province gets it when it can be reached."""
        session, petition, table = self.session, self.session.petition, self.parts.config.feedback
        if self.state.step is not Step.PETITION or petition is None or table is None or session.submit is Job.RUNNING:
            return
        petition = _cleaned(petition)
        if errors := _errors(petition, self.now().date()):
            self.change_session(errors=errors)
            return
        client_ref = session.client_ref or str(uuid.uuid4())
        self.change_session(
            submit=Job.RUNNING, submit_code="", client_ref=client_ref, provisional_code=provisional_code(client_ref)
        )
        parts, now, session_id = self.parts, self.now(), session.id
        entry = OutboxEntry(
            id=client_ref,
            procedure_code=table.procedure_code,
            created_at=now,
            provisional_code=provisional_code(client_ref),
            payload=payload(petition, client_ref, table.procedure_code, _kiosk(parts), now),
        )
        parts.clerk.do(
            lambda: _commit(parts, entry, session_id), failed=DossierFailed(session_id, "dossier_not_stored")
        )

    def petition_stored(self, event: PetitionStored) -> None:
        """It cannot be lost any more; what was written leaves the memory at once."""
        self.parts.sender.wake()
        self.change(outbox=self.parts.outbox.counts())
        if self.is_current(event.session_id):
            self.change_session(submit=Job.CONFIRMED, petition=Petition(), errors={})

    def print_petition_slip(self) -> None:
        """PETITION: the code on paper, for whoever wants to ask what became of it."""
        session = self.session
        if self.state.step is Step.PETITION and session.submit is Job.CONFIRMED:
            code = session.provisional_code
            slip = errand_slips.petition_slip(
                centre=self.parts.config.site.name,
                code=code,
                qr=self.slip_qr(code),
                at=self.now(),
                language=self.state.language,
            )
            self.print_slip(f"petition:{session.id[:8]}", "", slip)
            self.tell("petition_slip_printed")


def payload(
    petition: Petition, client_ref: str, procedure_code: str, kiosk: dict[str, str], at: datetime
) -> dict[str, Any]:
    """A petition as a `Dossier` of the province's API, without `attachments`."""
    phone = telephone.for_province(petition.phone)
    answers = {"kind": petition.kind, "text": petition.text}
    if petition.phone and not phone:
        answers["phone"] = petition.phone
    return {
        "client_ref": client_ref,
        "kiosk": kiosk,
        "procedure_code": procedure_code,
        "case": petition.kind,
        "form": {"id": FORM, "version": VERSION, "answers": answers},
        "submitter": {"id_number": NOBODY, "full_name": petition.name or NO_NAME, "phone": phone},
        "owner": None,
        "identification": {"method": "typed", "assurance": "declared"},
        "declaration_confirmed_at": at.isoformat(),
        "notice_version": NOTICE_VERSION,
        "consents": [],
        "result_delivery": None,
        "fee": None,
        "linked_ticket": None,
        "replaces": None,
        "created_at": at.isoformat(),
    }


def _kiosk(parts: Parts) -> dict[str, str]:
    return {"id": parts.config.site.kiosk_id, "agency_code": parts.config.site.agency_code}


def _commit(parts: Parts, entry: OutboxEntry, session_id: str) -> object:
    try:
        parts.outbox.add(entry)
    except OutboxFull as error:
        return DossierFailed(session_id, error.code)
    except (OSError, sqlite3.Error):
        return DossierFailed(session_id, "disk_full")
    return PetitionStored(session_id)


def _cleaned(petition: Petition) -> Petition:
    """As answers of a form are kept, the text in its lines; no name and no number where nobody wants to be named."""
    named = petition.named
    return replace(
        petition,
        text="\n".join(clean(TEXT, line) for line in petition.text.split("\n")).strip("\n"),
        name=clean(NAME, petition.name) if named else "",
        phone=clean(PHONE, petition.phone) if named else "",
    )


def _errors(petition: Petition, today: date) -> dict[str, str]:
    codes = {"text": check_answer(TEXT, petition.text.replace("\n", " "), today)}
    if codes["text"] == "required":
        codes["text"] = "petition_empty"
    elif not codes["text"] and len(petition.text) < SHORTEST:
        codes["text"] = "petition_short"
    if petition.named:
        codes["name"] = check_answer(NAME, petition.name, today)
        codes["phone"] = check_answer(PHONE, petition.phone, today)
    return {field: code for field, code in codes.items() if code}
