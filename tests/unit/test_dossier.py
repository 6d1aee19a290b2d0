"""The payload for the province, from whole sessions of each form."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from devices.card_reader.emrtd.results import Access, CloneCheck, Trust
from kiosk import forms
from kiosk.catalogue import Case, Procedure, load_catalogue
from kiosk.config import ASSETS
from kiosk.dossier import fee, owner, payload, priced
from kiosk.dossier_schema import dossier_problems
from kiosk.forms import Question, QuestionType
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.forms.files import load_forms
from kiosk.identity import Citizen, Method, citizen_from_qr
from kiosk.state import CardReading, Session, TicketView
from screens import guide_words

HANOI = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=HANOI)
OFFERED = load_catalogue(ASSETS / "catalogue")
FORMS = load_forms(ASSETS / "forms")
CARD = citizen_from_qr("027190012345|123456789|Nguyễn Thị Đào|14021990|Nữ|Tổ 1, Võ Cường, Bắc Ninh|10092025")
ANSWERS = {
    QuestionType.NAME: "Trần Thị Mai",
    QuestionType.TEXT: "Tổ 1",
    QuestionType.PHONE: "0912 345 678",
    QuestionType.ID_NUMBER: "027190012345",
    QuestionType.NUMBER: "2",
    QuestionType.DATE: "1990-02-14",
    QuestionType.ETHNIC: "01",
    QuestionType.COMMUNE: "09190",
    QuestionType.ADDRESS: "Tổ 1, Võ Cường, Bắc Ninh",
    QuestionType.TIME: "07:30",
    QuestionType.EMAIL: "mai@example.vn",
    QuestionType.MONEY: "50000000",
    QuestionType.TAX_CODE: "0100109106",
}
CASES = [(code, case.id) for code, p in OFFERED.procedures.items() if p.online for case in p.cases]


def reply(question: Question) -> str:
    if question.id == "child.date_of_birth":
        return "2026-11-01"
    if question.type is QuestionType.ID_NUMBER and not question.id.startswith("requester."):
        return "001190000007"  # of another woman born in 1990
    if question.year:
        return "1990"  # that of all days
    if question.type is QuestionType.NUMBER and (question.minimum or 0) > 2:
        return str(question.minimum)
    return question.choices[-1].value if question.choices else ANSWERS[question.type]


def session_of(code: str, case_id: str, citizen: Citizen = CARD) -> Session:
    """A session in which every question was answered, the hidden ones too, and the card has filled its block."""
    procedure: Procedure = OFFERED.procedures[code]
    case: Case = next(case for case in procedure.cases if case.id == case_id)
    form = FORMS[procedure.form_id]
    answers = {q.id: reply(q) for section in forms.all_sections(form, {}) for q in section.questions}
    for section in form.sections[:2]:
        answers = form_filling.prefill(section, citizen, answers)
    return Session(
        id=str(uuid.uuid4()),
        started_at=NOW,
        procedure=procedure,
        case=case,
        form=form,
        citizen=citizen,
        answers=answers,
        consents=("survey",),
        notice_accepted_at=NOW,
        declared_at=NOW,
        client_ref=str(uuid.uuid4()),
    )


def sent(session: Session) -> dict[str, Any]:
    made = payload(session, "k1", "H05.114", NOW)
    assert json.loads(json.dumps(made)) == made
    assert dossier_problems(made, attachments=False) == ()
    return made


@pytest.mark.parametrize(("code", "case_id"), CASES)
def test_the_province_would_take_it(code: str, case_id: str) -> None:
    session = session_of(code, case_id)
    assert session.form
    for section in forms.visible_sections(session.form, case_id, session.answers):
        assert form_checks.check_section(session.form, section, case_id, session.answers, NOW.date()) == {}
    made = sent(session)
    assert made["procedure_code"] == code
    assert made["case"] == case_id
    assert made["form"]["version"] == "2026-07-01"
    assert made["submitter"]["full_name"] == "Nguyễn Thị Đào"
    assert made["submitter"]["id_number"] == "027190012345"
    assert made["submitter"]["date_of_birth"] == "1990-02-14"
    assert made["submitter"]["phone"] == made["form"]["answers"]["requester.phone"] == "0912345678"
    assert made["identification"]["method"] == "qr"
    assert made["identification"]["assurance"] == "declared"
    assert made["consents"] == [{"purpose": "survey", "given_at": "2026-11-23T10:00:00+07:00"}]
    assert made["created_at"] == "2026-11-23T10:00:00+07:00"


def test_whose_matter_it_is_where_that_is_not_the_submitter() -> None:
    assert sent(session_of("1.001612", "individual"))["owner"] is None
    person = sent(session_of("1.001612", "authorised"))
    assert person["owner"] == {
        "id_number": "001190000007",
        "full_name": "Trần Thị Mai",
        "date_of_birth": "1990-02-14",
        "sex": "female",
        "address": "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh",
        "commune_code": "09190",
        "phone": None,
    }
    assert person["submitter"]["full_name"] == "Nguyễn Thị Đào"
    hotel = sent(session_of("2.001159", "lodging"))
    assert hotel["owner"]["tax_code"] == "0100109106"
    assert sent(session_of("2.001159", "home"))["owner"] is None


def test_a_landline_stands_among_the_answers_alone() -> None:
    session = session_of("1.001612", "authorised")
    line = {"requester.phone": "024 3825 0000"}
    made = sent(replace(session, answers={**session.answers, **line}))
    assert (made["submitter"]["phone"], made["form"]["answers"]["requester.phone"]) == (None, "02438250000")
    form = session.form
    assert form
    (whose,) = form.owners
    for number, told in (("0912345678", "0912345678"), ("02438250000", None)):
        other = owner(form, "authorised", {**session.answers, f"{whose.section}.phone": number})
        assert other
        assert other["phone"] == told


def test_the_rows_of_a_table_and_what_follows_are_sent_whole() -> None:
    session = session_of("1.001612", "family")
    rows = {"family.2.full_name": "Trần An", "family.2.address": forms.FOLLOWS, "place.address": forms.FOLLOWS}
    answers = sent(replace(session, answers={**session.answers, **rows}))["form"]["answers"]
    assert answers["family.1.full_name"] == "Trần Thị Mai"
    assert answers["family.2.full_name"] == "Trần An"
    assert answers["family.2.address"] == answers["place.address"] == answers["requester.address"]
    assert answers["business.capital"] == "50000000"


def test_hidden_answers_are_not_in_it() -> None:
    session = session_of("1.004873", "first")
    session = replace(session, answers={**session.answers, "marital.state": "never"})
    answers = sent(session)["form"]["answers"]
    assert not [key for key in answers if key.startswith("subject.")]
    assert [key for key in answers if key.startswith("marital.")] == ["marital.state"]
    birth = session_of("1.001193", "certificate")
    birth = replace(birth, answers={**birth.answers, "father_known.answer": "no"})
    assert not [key for key in sent(birth)["form"]["answers"] if key.startswith("father.")]


def test_the_fee_of_the_copies() -> None:
    session = session_of("2.000635", "self")
    assert sent(session)["fee"] == {"amount_vnd": 16_000, "method": "counter"}
    assert sent(session_of("1.004873", "first"))["fee"] is None
    assert sent(session_of("1.001193", "witness"))["fee"] == {"amount_vnd": 0, "method": "none"}


def test_who_typed_only_a_number_is_named_by_the_answers() -> None:
    typed = Citizen("027190012345", method=Method.TYPED)
    made = sent(session_of("2.000635", "self", typed))
    assert made["submitter"]["full_name"] == "Trần Thị Mai"
    assert made["submitter"]["date_of_birth"] == "1990-02-14"
    assert made["submitter"]["sex"] == "female"
    assert made["identification"]["method"] == "typed"


def test_a_form_that_asks_less_is_completed_from_the_card() -> None:
    made = sent(session_of("1.001193", "certificate"))  # does not ask for the sex
    assert made["submitter"]["sex"] == "female"
    assert made["submitter"]["address"] == "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh"
    assert made["submitter"]["commune_code"] == "09190"


def test_a_card_proves_nothing_about_another_person() -> None:
    session = session_of("2.000635", "self", replace(CARD, method=Method.CHIP))
    read = CardReading(access=Access.PACE_CAN, trust=Trust.TRUSTED, clone_check=CloneCheck.GENUINE)
    session = replace(session, card=read)
    assert sent(session)["identification"]["method"] == "chip"
    assert sent(session)["identification"]["assurance"] == "verified"
    other = {
        "requester.id_number": "066301000017",
        "requester.full_name": "Y Moan Êban",
        "requester.date_of_birth": "2001-01-01",
    }
    made = sent(replace(session, answers={**session.answers, **other}))
    assert made["submitter"]["id_number"] == "066301000017"
    assert made["identification"]["method"] == "typed"
    assert made["identification"]["assurance"] == "declared"


def test_two_persons_are_never_mixed() -> None:
    session = session_of("1.001193", "certificate")  # does not ask for the sex: the card's would be another person's
    other = {"requester.id_number": "001088000001", "requester.full_name": "Trần Văn Bình", "requester.address": ""}
    submitter = sent(replace(session, answers={**session.answers, **other}))["submitter"]
    assert (submitter["id_number"], submitter["sex"], submitter["address"]) == ("001088000001", "male", None)


def test_a_linked_number() -> None:
    ticket = TicketView(1, "A-025", "Hộ tịch", (1, 2), NOW, 3)
    assert sent(session_of("2.000635", "self"))["linked_ticket"] is None
    assert sent(replace(session_of("2.000635", "self"), ticket=ticket))["linked_ticket"] == "A-025"


def test_a_session_tells_nothing_of_a_person() -> None:
    session = session_of("2.000635", "self")
    assert "Đào" not in repr(session)
    assert "027190012345" not in repr(session)
    assert date(1990, 2, 14).isoformat() not in repr(session)


@pytest.mark.parametrize(("born", "costs"), [("2026-11-01", {"amount_vnd": 0, "method": "none"}), ("2026-06-01", None)])
def test_of_a_late_birth_nobody_says_that_it_is_free(born: str, costs: dict[str, Any] | None) -> None:
    answers, today = {"child.date_of_birth": born}, NOW.date()
    birth = priced(OFFERED.procedures["1.001193"], FORMS["birth-registration"], "certificate", answers, today)
    assert fee(birth, answers, today) == costs
    assert guide_words.fee_online(birth, today)[0] == ("Miễn phí" if costs else "Do tỉnh quy định, hỏi tại quầy")
