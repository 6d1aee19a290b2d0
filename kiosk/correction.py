"""Correcting a rejected dossier with its citizen: what may change, what is checked, what is sent instead of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kiosk import dossier
from kiosk.catalogue import Catalogue, Procedure
from kiosk.dossier import SUPPLEMENT
from kiosk.forms import (
    REQUESTER,
    Form,
    Question,
    Section,
    all_sections,
    clean,
    visible_answers,
    visible_sections,
)
from kiosk.forms.checks import check_section
from kiosk.forms.filling import about_requester
from kiosk.identity import Assurance, Citizen, Method, sex_of
from offline_queue.entry import OutboxEntry

CARD_PROVES = ("full_name", "id_number", "date_of_birth", "sex")  # attributes of `Citizen` that a chip has verified
ANSWERS = "/form/answers/"


@dataclass(frozen=True)
class Declared:
    """What a dossier says, with its procedure and its form as they are asked today."""

    payload: Mapping[str, Any] = field(repr=False)
    procedure: Procedure
    form: Form
    case: str
    answers: Mapping[str, str] = field(repr=False)

    @property
    def verified(self) -> bool:
        """Whether a chip has proven who submitted it."""
        return bool(self.payload["identification"]["assurance"] == Assurance.VERIFIED)


@dataclass(frozen=True)
class Change:
    """One answer that is another one now; `question` is None when it is no longer asked for."""

    id: str
    question: Question | None
    before: str = field(repr=False)
    after: str = field(repr=False)


def declared(entry: OutboxEntry, catalogue: Catalogue, forms: Mapping[str, Form]) -> Declared | None:
    """What `entry` says; None when its answers are gone or its procedure is no longer offered here."""
    procedure = catalogue.procedures.get(entry.procedure_code)
    said = entry.payload.get("form", {})
    form = forms.get(said.get("id", ""))
    if procedure is None or form is None or "identification" not in entry.payload:
        return None
    answers = {str(key): str(value) for key, value in said.get("answers", {}).items()}
    return Declared(entry.payload, procedure, form, entry.payload.get("case") or "", answers)


def locked(known: Declared, answers: Mapping[str, str]) -> frozenset[str]:
    """The questions that a chip has answered: nobody changes them by hand."""
    if not known.verified:
        return frozenset()
    return frozenset(
        question.id
        for section in known.form.sections
        if about_requester(section, known.case, answers)
        for question in section.questions
        if question.fills in CARD_PROVES
    )


def merged(known: Declared, before: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """`before` with what was `said` (by question id), save what is locked; answers about the requester that are
    repeated elsewhere in the form go with them."""
    fixed = locked(known, before)
    questions = [question for section in all_sections(known.form, before) for question in section.questions]
    spoken = {q.id: clean(q, said[q.id]) for q in questions if q.id in said and q.id not in fixed}
    after = {**before, **spoken}
    for section in known.form.sections:
        if section.requester_when:
            after |= _repeated(section, known.case, before, after)
    return after


def _repeated(section: Section, case: str, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """What changes in a section that may be about the requester, the mother for one."""
    was, now = about_requester(section, case, before), about_requester(section, case, after)
    changes = {}
    for question in section.questions:
        twin = f"{REQUESTER}.{question.id.rpartition('.')[2]}"
        old, new = before.get(question.id, ""), after.get(question.id, "")
        follows = was and old == new and old == before.get(twin, "")
        if now and after.get(twin) and (not was or follows):
            changes[question.id] = after[twin]
        elif was and not now and old == new and question.fills:
            changes[question.id] = ""
    return changes


def errors(known: Declared, answers: Mapping[str, str], today: date) -> dict[str, str]:
    """Error codes by question id, as the kiosk itself checks: empty when all is well."""
    found: dict[str, str] = {}
    proven = locked(known, answers)
    for section in visible_sections(known.form, known.case, answers):
        found |= check_section(known.form, section, known.case, answers, today, proven)
    return found


def changes(known: Declared, answers: Mapping[str, str]) -> tuple[Change, ...]:
    """What is another answer now, in the order of the form."""
    after = visible_answers(known.form, known.case, answers)
    sections = all_sections(known.form, {**known.answers, **answers})
    by_id = {question.id: question for section in sections for question in section.questions}
    ids = [*by_id, *(key for key in known.answers if key not in by_id)]
    return tuple(
        Change(one, by_id.get(one), known.answers.get(one, ""), after.get(one, ""))
        for one in ids
        if known.answers.get(one, "") != after.get(one, "")
    )


def _fee(known: Declared, said: Mapping[str, str], on: date) -> dict[str, Any] | None:
    """What these answers cost, paid as before; papers that complete another dossier cost nothing."""
    fee = dossier.fee(dossier.priced(known.procedure, known.form, known.case, said, on), said, on)
    if known.form.id == SUPPLEMENT or fee is None:
        return None
    method = (known.payload.get("fee") or {}).get("method", "")
    return {**fee, "method": method} if fee["amount_vnd"] and method == "vietqr" else fee


def corrected(
    known: Declared, entry: OutboxEntry, answers: Mapping[str, str], client_ref: str, confirmed_at: datetime
) -> OutboxEntry:
    """The entry that replaces `entry`; `confirmed_at` is when the citizen has confirmed these answers."""
    said = visible_answers(known.form, known.case, answers)
    old = known.payload["submitter"]
    number = said.get(f"{REQUESTER}.id_number") or old["id_number"]
    same = number == old["id_number"]  # else the card that was read is another person's
    payload = {
        **known.payload,
        "client_ref": client_ref,
        "form": {"id": known.form.id, "version": known.form.version.isoformat(), "answers": said},
        "submitter": dossier.submitter(_person(old) if same else Citizen(number, sex=sex_of(number)), said),
        "owner": dossier.owner(known.form, known.case, said),
        "fee": _fee(known, said, entry.created_at.date()),
        "declaration_confirmed_at": confirmed_at.isoformat(),
        "replaces": entry.id,
        "created_at": confirmed_at.isoformat(),
    }
    if not same:
        payload["identification"] = {
            "method": Method.TYPED.value,
            "assurance": Assurance.DECLARED.value,
            "access": None,
            "trust": "not_checked",
            "clone_check": "not_checked",
        }
    return OutboxEntry(
        id=client_ref,
        procedure_code=entry.procedure_code,
        created_at=confirmed_at,
        provisional_code=entry.provisional_code,
        attachments=entry.attachments,
        payload=payload,
        replaces=entry.id,
    )


def place_of(pointer: str, known: Declared | None) -> str:
    """Where a reason of the province belongs: a question id, `paper:0` for a paper by its index, else ""."""
    if pointer.startswith(ANSWERS):
        return pointer[len(ANSWERS) :].split("/")[0].replace("~1", "/").replace("~0", "~")
    parts = pointer.strip("/").split("/")
    if parts[0] == "attachments" and len(parts) > 1 and parts[1].isascii() and parts[1].isdigit():
        return f"paper:{int(parts[1])}"
    if parts[0] == "submitter" and len(parts) == 2 and known is not None:
        one = f"{REQUESTER}.{'address' if parts[1] == 'commune_code' else parts[1]}"
        if any(question.id == one for section in known.form.sections for question in section.questions):
            return one
    return ""


def _person(submitter: Mapping[str, Any]) -> Citizen:
    born = submitter.get("date_of_birth")
    return Citizen(
        submitter["id_number"],
        submitter["full_name"],
        date.fromisoformat(born) if born else None,
        submitter.get("sex") or "",
        submitter.get("address") or "",
    )
