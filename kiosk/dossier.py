"""The payload for the province: the `Dossier` of `assets/province-api.yaml`, without its attachments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from kiosk import telephone
from kiosk.catalogue import Procedure
from kiosk.fees import COPIES, fee_for
from kiosk.forms import REQUESTER, Form, holds, visible_answers
from kiosk.forms.rules import warned
from kiosk.identity import Assurance, Citizen, Method, sex_of
from kiosk.places import Address
from kiosk.state import CardReading, Session

SUPPLEMENT, DOSSIER_CODE = "supplement", "dossier.code"  # form of papers that complete a dossier, and its question
NOTICE_VERSION = "2026-01-01"  # of the notice on the use of personal data that screens/notice shows


def payload(session: Session, kiosk_id: str, agency_code: str, created_at: datetime) -> dict[str, Any]:
    """What is sent, from a session that has been declared. Times RFC 3339, dates ISO 8601, money whole đồng."""
    assert session.procedure is not None
    assert session.form is not None
    assert session.citizen is not None
    assert session.declared_at is not None
    case = session.case.id if session.case else ""
    answers = visible_answers(session.form, case, session.answers)
    number = answers.get(f"{REQUESTER}.id_number") or session.citizen.id_number
    same = number == session.citizen.id_number  # else the card is another person's: it proves and fills nothing
    known = session.citizen if same else Citizen(number, sex=sex_of(number))
    card = session.card if same else CardReading()
    notice_at = session.notice_accepted_at or session.declared_at
    today = created_at.date()
    return {
        "client_ref": session.client_ref,
        "kiosk": {"id": kiosk_id, "agency_code": agency_code},
        "procedure_code": session.procedure.code,
        "case": case or None,
        "form": {"id": session.form.id, "version": session.form.version.isoformat(), "answers": answers},
        "submitter": submitter(known, answers),
        "owner": owner(session.form, case, answers),
        "identification": {
            "method": (session.citizen.method if same else Method.TYPED).value,
            "assurance": (session.assurance if same else Assurance.DECLARED).value,
            "access": card.access,
            "trust": card.trust.value,
            "clone_check": card.clone_check.value,
        },
        "declaration_confirmed_at": session.declared_at.isoformat(),
        "notice_version": NOTICE_VERSION,
        "consents": [{"purpose": purpose, "given_at": notice_at.isoformat()} for purpose in session.consents],
        "result_delivery": {"method": "counter", "address": None},
        "fee": fee(priced(session.procedure, session.form, case, answers, today), answers, today),
        "linked_ticket": session.ticket.number if session.ticket else None,
        "replaces": None,
        "created_at": created_at.isoformat(),
    }


def priced(procedure: Procedure, form: Form | None, case: str, answers: Mapping[str, str], on: date) -> Procedure:
    """The procedure with the fee that these answers cost: the province decides where a warning ends the site's rule."""
    fee = procedure.fee
    if form is None or fee is None or not fee.unless or warned(form, case, answers, on).isdisjoint(fee.unless):
        return procedure
    return procedure.model_copy(update={"fee": fee.model_copy(update={"amount_vnd": None, "province": True})})


def fee(procedure: Procedure, answers: Mapping[str, str], on: date) -> dict[str, Any] | None:
    """What these answers cost on a day, and how it is paid; None where the province decides."""
    copies = answers.get(COPIES, "1")
    amount = fee_for(procedure, int(copies) if copies.isdecimal() else 1, on)
    return None if amount is None else {"amount_vnd": amount, "method": "counter" if amount else "none"}


def owner(form: Form, case: str, answers: Mapping[str, str]) -> dict[str, Any] | None:
    """The `Person` or `Organisation` whose matter it is; None where that is the submitter."""
    whose = next((one for one in form.owners if holds(one.when, case, answers)), None)
    if whose is None:
        return None

    def said(key: str) -> str | None:
        return answers.get(f"{whose.section}.{key}") or None

    if whose.kind == "organisation":
        return {"name": said("name"), "tax_code": said("tax_code"), "address": said("address")}
    number = said("id_number")
    return {
        "id_number": number,
        "full_name": said("full_name"),
        "date_of_birth": said("date_of_birth"),
        "sex": said("sex") or (sex_of(number) if number else None),
        "address": said("address"),
        "commune_code": commune_code(said("address")),
        "phone": telephone.for_province(said("phone")),
    }


def commune_code(address: str | None) -> str | None:
    """The commune that an address names."""
    return (Address.read(address).commune or None) if address else None


def submitter(citizen: Citizen, answers: Mapping[str, str]) -> dict[str, Any]:
    """The `Person` who submits: what was answered, else what is known of `citizen`."""

    def said(key: str) -> str | None:
        return answers.get(f"{REQUESTER}.{key}") or None

    born = citizen.date_of_birth.isoformat() if citizen.date_of_birth else None
    return {
        "id_number": citizen.id_number,
        "full_name": said("full_name") or citizen.full_name,
        "date_of_birth": said("date_of_birth") or born,
        "sex": said("sex") or citizen.sex or None,
        "address": said("address") or citizen.address or None,
        "commune_code": said("commune") or commune_code(said("address") or citizen.address),
        "phone": telephone.for_province(said("phone")),
    }
