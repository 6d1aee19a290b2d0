"""Richer questions and rules between answers; tables, followers, versions: all of it data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kiosk import forms
from kiosk.config import ASSETS
from kiosk.forms import FOLLOWS, Form, Question, QuestionType, Section, clean
from kiosk.forms import filling as form_filling
from kiosk.forms import rules as form_rules
from kiosk.forms.checks import check_answer, check_section, warnings_of
from kiosk.forms.files import load_forms, read_files
from kiosk.identity import Citizen

TODAY = date(2026, 11, 26)
FORMS = load_forms(ASSETS / "forms")


def code(kind: str, value: str, **more: object) -> str:
    question = Question.model_validate({"id": "q", "type": kind, "label": "?", **more})
    return check_answer(question, value, TODAY)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("time", "0730", ""),
        ("time", "7h30", ""),
        ("time", "23:59", ""),
        ("time", "2400", "time_invalid"),
        ("time", "0760", "time_invalid"),
        ("time", "77", "time_invalid"),
        ("email", "mai.tran@example.vn", ""),
        ("email", "mai@example", "email_invalid"),
        ("email", "@gmail.com", "email_invalid"),
        ("email", "mai..tran@example.vn", "email_invalid"),
        ("email", "mai tran@example.vn", "email_invalid"),
        ("email", "đào@example.vn", "email_invalid"),
        ("money", "50.000.000", ""),
        ("money", "50,000,000 đồng", ""),
        ("money", "50 triệu", "money_invalid"),
        ("money", "1.5", "money_invalid"),  # of a million, or of a dong?
        ("money", "1.0000", "money_invalid"),
        ("money", "-5", "money_invalid"),
        ("tax_code", "0100109106", ""),
        ("tax_code", "0100109106-001", ""),
        ("tax_code", "0100109106001", ""),
        ("tax_code", "0100109107", "tax_code_check"),
        ("tax_code", "010010910", "tax_code_invalid"),
        ("tax_code", "01001o9106", "tax_code_invalid"),
        ("address", "Tổ 1, Võ Cường, Bắc Ninh", ""),
        ("address", "Tổ 1", "address_commune_missing"),
        ("address", ", Phường Võ Cường, Tỉnh Bắc Ninh", "address_line_missing"),
        ("address", "Tổ\u200b 1, Võ Cường, Bắc Ninh", "text_invalid"),
        ("address", "x" * 10_000, "too_long"),
        ("address", "", "required"),
    ],
)
def test_richer_answers(kind: str, value: str, wanted: str) -> None:
    assert code(kind, value) == wanted


def test_money_has_its_bounds_and_all_are_kept_in_one_form() -> None:
    assert code("money", "0", minimum=1) == code("money", "11", maximum=10) == "money_range"

    def kept(kind: QuestionType, value: str) -> str:
        return clean(Question(id="q", type=kind, label="?"), value)

    assert kept(QuestionType.MONEY, "50.000.000") == kept(QuestionType.MONEY, " 50 000 000 Đ") == "50000000"
    assert kept(QuestionType.TIME, "7.30") == "07:30"
    assert kept(QuestionType.TAX_CODE, "0100109106001") == "0100109106-001"
    assert kept(QuestionType.ADDRESS, " Tổ 1 ,  Võ Cường, Bắc Ninh") == "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh"
    money = Question(id="q", type=QuestionType.MONEY, label="?")
    assert forms.display_value(money, "1250000") == "1.250.000 đồng"


def errors(form_id: str, section_id: str, case: str = "", **answers: str) -> dict[str, str]:
    return check_section_of(form_id, section_id, case, {key.replace("__", "."): v for key, v in answers.items()})


def check_section_of(form_id: str, section_id: str, case: str, given: dict[str, str]) -> dict[str, str]:
    form = FORMS[form_id]
    section = next(one for one in forms.all_sections(form, given) if one.id == section_id)
    return {k: v for k, v in check_section(form, section, case, given, TODAY).items() if v != "required"}


def test_nobody_dies_before_birth_nor_registers_their_own_death() -> None:
    dates = {"deceased__date_of_birth": "1950-05-05", "death__date": "1950-05-04"}
    assert errors("death-registration", "death", "notice", **dates) == {"death.date": "death_before_birth"}
    wrong = {"deceased.date_of_birth": "death_before_birth"}
    assert errors("death-registration", "deceased", "notice", **dates) == wrong
    assert errors("death-registration", "death", "notice", **{**dates, "death__date": "1950-05-05"}) == {}
    own = {"requester__id_number": "027190012345", "deceased__id_number": "027190012345"}
    assert errors("death-registration", "deceased", **own) == {"deceased.id_number": "deceased_is_requester"}
    notice = {"death__date": "2026-11-20", "notice__date": "2026-11-19"}
    assert errors("death-registration", "notice", "notice", **notice) == {"notice.date": "notice_before_death"}
    assert errors("death-registration", "death", "long_ago", **notice) == {}  # that question is not asked then


@pytest.mark.parametrize(
    ("form_id", "question", "in_time", "late", "code"),
    [
        ("death-registration", "death.date", "2026-11-11", "2026-11-10", "death_late"),
        ("birth-registration", "child.date_of_birth", "2026-09-27", "2026-09-26", "birth_late"),
    ],
)
def test_what_is_late_is_told_and_no_obstacle(form_id: str, question: str, in_time: str, late: str, code: str) -> None:
    form = FORMS[form_id]
    section = next(one for one in form.sections if question in {asked.id for asked in one.questions})
    case = "notice" if form_id == "death-registration" else "certificate"
    for day, told in ((in_time, {}), (late, {question: code})):
        assert warnings_of(form, section, case, {question: day}, TODAY) == told
        assert question not in check_section(form, section, case, {question: day}, TODAY)


def test_of_a_death_long_ago_a_year_is_enough() -> None:
    form = FORMS["death-registration"]
    known = {
        "relation.kind": "child",
        "deceased.full_name": "Trần Văn Xưa",
        "deceased.birth_year": "1931",
        "deceased.sex": "male",
        "deceased.ethnic": "01",
        "deceased.address": "Tổ 1, Võ Cường, Bắc Ninh",
        "death.year": "1985",
        "death.place": "Tại nhà",
    }
    for section in forms.visible_sections(form, "long_ago", known):
        if section.id in ("deceased", "death"):
            assert check_section(form, section, "long_ago", known, TODAY) == {}
    assert "death.date" not in forms.visible_answers(form, "long_ago", known | {"death.date": "1985-01-01"})
    born_on = forms.visible_answers(form, "long_ago", known | {"deceased.date_of_birth": "1930-05-01"})
    assert born_on.get("deceased.date_of_birth") == "1930-05-01"
    assert "deceased.birth_year" not in born_on  # it could be another one
    death = next(one for one in form.sections if one.id == "death")
    assert check_section(form, death, "notice", known, TODAY) == {"death.date": "required"}
    for born in ({"deceased.birth_year": "1990"}, {"deceased.date_of_birth": "1988-09-05"}):
        found = check_section(form, death, "long_ago", known | born, TODAY)
        assert found == {"death.year": "death_year_before_birth"}  # no day is spoken of
    later = known | {"death.year": "2027"}
    assert check_section(form, death, "long_ago", later, TODAY) == {"death.year": "year_future"}


@pytest.mark.parametrize(
    ("form_id", "case", "question", "code"),
    [
        ("marital-status", "authorised", "subject.id_number", "subject_is_requester"),
        ("civil-status-extract", "authorised", "subject.id_number", "subject_is_requester"),
        ("residence-confirmation", "child", "subject.id_number", "subject_is_requester"),
        ("residence-confirmation", "self", "head.id_number", "head_is_requester"),
    ],
)
def test_nobody_is_another_person(form_id: str, case: str, question: str, code: str) -> None:
    own = {"requester.id_number": "027190012345", "head_known.answer": "no", question: "027190012345"}
    section = question.partition(".")[0]
    assert check_section_of(form_id, section, case, own)[question] == code
    assert question not in check_section_of(form_id, section, case, own | {question: "027190000008"})


@pytest.mark.parametrize("relation", ["mother", "father", "relative", "other"])
@pytest.mark.parametrize(("parent", "number"), [("mother", "027190012345"), ("father", "001090000008")])
def test_who_is_no_parent_is_not_named_as_one(parent: str, number: str, relation: str) -> None:
    own = {"requester.id_number": number, "father_known.answer": "yes", "relation.kind": relation}
    found = check_section_of("birth-registration", parent, "", own | {f"{parent}.id_number": number})
    told = found.get(f"{parent}.id_number") == "parent_is_requester"
    assert told is (relation in ("relative", "other"))


@pytest.mark.parametrize(
    ("number", "relation", "told"),
    [
        ("001090000008", "mother", "requester_sex"),
        ("027190012345", "father", "requester_sex"),
        ("027190012345", "mother", ""),
        ("001090000008", "father", ""),
        ("001090000008", "relative", ""),
        ("", "mother", ""),  # told beside the number
    ],
)
def test_a_man_is_told_at_the_choice_that_he_is_no_mother(number: str, relation: str, told: str) -> None:
    found = errors("birth-registration", "relation", requester__id_number=number, relation__kind=relation)
    assert found.get("relation.kind", "") == told


@pytest.mark.parametrize("form_id", ["birth-registration", "death-registration"])
def test_who_comes_for_somebody_else_is_told_beside_the_choice_what_they_need(form_id: str) -> None:
    question = next(q for one in FORMS[form_id].sections for q in one.questions if q.id == "relation.kind")
    assert "ủy quyền" in question.help
    assert "«Người khác»" in question.help  # it stands before the answers: it names which one


def test_a_case_that_says_which_extract_is_not_asked_once_more() -> None:
    form = FORMS["civil-status-extract"]
    for case, asked in (("self", True), ("authorised", True), ("deceased", False)):
        shown = {q.id for one in forms.visible_sections(form, case, {}) for q in forms.visible_questions(one, case, {})}
        assert ("extract.kind" in shown) is asked
        assert "copies" in shown


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.id)
def test_who_has_no_telephone_goes_on(form: forms.Form) -> None:
    asked = [q for one in form.sections for q in one.questions if q.type is forms.QuestionType.PHONE]
    assert asked
    assert not any(question.required for question in asked)


def test_who_is_married_needs_no_paper_to_marry() -> None:
    for state, purpose, told in (
        ("married", "marriage", "married_already"),
        ("married", "property", ""),
        ("never", "marriage", ""),
    ):
        found = errors("marital-status", "purpose", marital__state=state, purpose__kind=purpose)
        assert found.get("purpose.kind", "") == told


def test_whose_marital_status_it_is_stands_where_it_is_asked() -> None:
    form = FORMS["marital-status"]
    for section in form.sections:
        if section.id in ("origin", "marital"):
            assert "người được xác nhận" in section.title
            assert "Xin thay ai thì khai của người đó" in section.help
            assert not [q.id for q in section.questions if "bạn" in q.label + q.help]  # that would be another one


@pytest.mark.parametrize(("born", "told"), [("2008-11-27", "too_young_to_marry"), ("2008-11-26", "")])
def test_who_cannot_marry_yet_is_told_beside_the_day_of_birth_and_no_obstacle(born: str, told: str) -> None:
    form, given = FORMS["marital-status"], {"subject.date_of_birth": born}
    section = next(one for one in form.sections if one.id == "subject")
    warned = warnings_of(form, section, "authorised", given, TODAY)
    assert warned.get("subject.date_of_birth", "") == told
    assert "subject.date_of_birth" not in check_section(form, section, "authorised", given, TODAY)


def test_ages_and_lengths() -> None:
    born = {"requester__date_of_birth": "2008-11-27"}
    young = {"requester.date_of_birth": "business_owner_too_young"}
    assert errors("household-business", "requester", "individual", **born) == young
    assert errors("household-business", "requester", "individual", requester__date_of_birth="2008-11-26") == {}
    stay = {"stay__address": "Tổ 1, Võ Cường, Bắc Ninh", "stay__since": "2026-12-01"}
    assert errors("temporary-residence", "stay", **stay, stay__until="2028-12-02") == {"stay.until": "stay_too_long"}
    assert errors("temporary-residence", "stay", **stay, stay__until="2028-12-01") == {}
    assert form_rules.age(date(2008, 2, 29), date(2026, 2, 28)) == 17


def test_nobody_stands_in_a_table_twice_nor_beside_themselves() -> None:
    members = {f"members.{n}.full_name": "Trần Văn Mẫu" for n in (1, 2, 3)}
    first, second = "027088000003", "027190012345"
    answers = {"together.answer": "yes", "requester.id_number": second, "members.1.id_number": first, **members}

    def wrong(**numbers: str) -> dict[str, dict[str, str]]:
        given = answers | {key.replace("__", "."): value for key, value in numbers.items()}
        return {
            section: found
            for section in ("requester", "members.1", "members.2", "members.3")
            if (
                found := {k: v for k, v in errors("temporary-residence", section, "own", **given).items() if "id_" in k}
            )
        }

    assert wrong() == {}
    assert wrong(members__3__id_number=second) == {"members.3": {"members.3.id_number": "member_is_requester"}}
    twice = {"members.3": {"members.3.id_number": "person_twice"}}  # beside the one that came last
    assert wrong(members__3__id_number=first) == twice
    assert wrong(members__2__id_number="", members__3__id_number="") == {}
    alone = {"together.answer": "no", **{f"members.{n}.id_number": first for n in (1, 2)}}
    assert check_section_of("temporary-residence", "members.2", "own", alone) == {}  # nobody is asked


@pytest.mark.parametrize(
    ("code", "form_id", "table", "case"),
    [
        ("person_twice", "household-business", "family", "family"),
        ("person_twice", "stay-notice", "guests", "home"),
        ("person_twice", "residence-confirmation", "household", "self"),
    ],
)
def test_every_table_of_persons_names_each_once(code: str, form_id: str, table: str, case: str) -> None:
    numbers = {f"{table}.{n}.id_number": "027088000003" for n in (1, 2)}
    found = check_section_of(form_id, f"{table}.2", case, numbers | {"request.kind": "household"})
    assert found[f"{table}.2.id_number"] == code
    other = check_section_of(form_id, f"{table}.1", case, numbers | {"request.kind": "household"})
    assert f"{table}.1.id_number" not in other


def test_who_registers_a_business_is_no_partner_of_themselves() -> None:
    own = {"requester.id_number": "027190012345", "family.1.id_number": "027088000003"}
    number = "family.2.id_number"
    found = check_section_of("household-business", "family.2", "family", own | {number: "027190012345"})
    assert found == {number: "member_is_requester"}
    assert check_section_of("household-business", "family.2", "family", own | {number: "001190000007"}) == {}


def test_a_rule_of_a_table_is_about_one_row_at_a_time() -> None:
    table = {
        "id": "t",
        "title": "T",
        "rows": {"label": "L"},
        "questions": [
            {"id": "t.kind", "type": "choice", "label": "?", "choices": [{"value": "x", "label": "X"}]},
            {"id": "t.since", "type": "date", "label": "?"},
            {"id": "t.until", "type": "date", "label": "?"},
        ],
    }
    when = {"question": "t.kind", "values": ["x"]}
    rule = {"kind": "in_order", "questions": ["t.since", "t.until"], "error": "date_order", "when": when}
    form = Form.model_validate({"id": "f", "version": TODAY, "title": "T", "sections": [table], "rules": [rule]})
    warning = form.model_copy(update={"rules": (form.rules[0].model_copy(update={"warns": True}),)})
    days = {"t.1.since": "2026-02-02", "t.1.until": "2026-03-03", "t.2.since": "2026-03-04", "t.2.until": "2026-03-01"}
    answers = days | {"t.1.kind": "x", "t.2.kind": "x"}
    first, second = forms.all_sections(form, answers)
    assert check_section(form, first, "", answers, TODAY) == {}
    assert check_section(form, second, "", answers, TODAY) == {"t.2.until": "date_order"}
    assert warnings_of(warning, second, "", answers, TODAY) == {"t.2.until": "date_order"}
    assert "t.2.until" not in check_section(form, second, "", days, TODAY)  # the row's own condition


def test_an_address_follows_and_goes_on_to_follow() -> None:
    form = FORMS["birth-registration"]
    home = "Phường Võ Cường, Tỉnh Bắc Ninh"
    known = {"father_known.answer": "yes", "mother.address": f"Tổ 1, {home}", "father.address": FOLLOWS}
    assert forms.visible_answers(form, "", known)["father.address"] == f"Tổ 1, {home}"
    moved = {**known, "mother.address": f"Tổ 2, {home}"}
    assert forms.visible_answers(form, "", moved)["father.address"] == f"Tổ 2, {home}"
    own = {**known, "requester.address": f"Tổ 3, {home}", "mother.address": FOLLOWS}  # all in one house
    assert forms.visible_answers(form, "", own | {"relation.kind": "father"})["father.address"] == f"Tổ 3, {home}"
    assert "mother.address" not in forms.visible_answers(form, "", own | {"relation.kind": "other"})
    nowhere = {**known, "mother.address": ""}
    section = next(one for one in form.sections if one.id == "father")
    assert check_section(form, section, "", nowhere, TODAY)["father.address"] == "followed_missing"
    stay = FORMS["stay-notice"]
    hotel = {"lodging.address": "Tổ 3, Võ Cường, Bắc Ninh", "stay.address": FOLLOWS}
    assert forms.visible_answers(stay, "lodging", hotel)["stay.address"].startswith("Tổ 3, Phường")
    assert "stay.address" not in forms.visible_answers(stay, "home", hotel)  # there it cannot follow


TABLE: dict[str, Any] = {
    "id": "m",
    "title": "T",
    "rows": {"label": "Thêm", "minimum": 1, "maximum": 3},
    "questions": [
        {"id": "m.full_name", "type": "name", "label": "?", "fills": "full_name"},
        {"id": "m.kind", "type": "choice", "label": "?", "choices": [{"value": "x", "label": "X"}]},
        {"id": "m.more", "type": "text", "label": "?", "when": {"question": "m.kind", "values": ["x"]}},
    ],
}


def test_each_row_is_a_section_of_its_own() -> None:
    form = Form(id="f", version=TODAY, title="T", sections=(Section.model_validate(TABLE),))
    assert [s.id for s in forms.visible_sections(form, "", {})] == ["m.1"]
    answers: dict[str, str] = {"m.1.full_name": "An", "m.1.kind": "x", "m.1.more": "hơn"}
    row = forms.visible_sections(form, "", answers)[0]
    assert [q.id for q in forms.visible_questions(row, "", answers)] == ["m.1.full_name", "m.1.kind", "m.1.more"]
    for number in (2, 3):
        answers = forms.with_row(form, row, answers)
        answers[f"m.{number}.full_name"] = f"Người {'hai' if number == 2 else 'ba'}"
    assert forms.with_row(form, row, answers) == answers  # there is no room
    assert len(forms.visible_sections(form, "", answers)) == 3
    left = forms.without_row(form, row, answers)
    assert forms.visible_answers(form, "", left) == {"m.1.full_name": "Người hai", "m.2.full_name": "Người ba"}
    filled = form_filling.prefill(forms.visible_sections(form, "", left)[1], Citizen("027190012345", "Đào"), left)
    assert filled["m.2.full_name"] == "Đào"
    assert forms.row_count(form.sections[0], {"m.99.full_name": "An", "m.x.full_name": "An", "mm.9.a": ""}) == 3


PLAIN = """
id: f
version: {version}
title: {title}
sections:
  - id: s
    title: T
    questions:
      - {{id: requester.full_name, type: name, label: L}}
      - {{id: requester.id_number, type: id_number, label: L}}
"""


def test_the_newest_version_in_force_is_used(tmp_path: Path) -> None:
    day = [date(2026, 12, 31)]
    (tmp_path / "f.yaml").write_text(PLAIN.format(version="2026-07-01", title="Cũ"), encoding="utf-8")
    (tmp_path / "f.2027-01-01.yaml").write_text(PLAIN.format(version="2027-01-01", title="Mới"), encoding="utf-8")
    later = PLAIN.format(version="2027-06-01", title="Sau").replace("id: f\n", "id: g\n")
    (tmp_path / "g.yaml").write_text(later, encoding="utf-8")
    shelf = load_forms(tmp_path, lambda: day[0])
    assert (shelf["f"].title, list(shelf), len(shelf)) == ("Cũ", ["f"], 1)
    assert shelf.get("g") is None
    day[0] = date(2027, 1, 1)  # a kiosk runs over New Year
    assert shelf["f"].title == "Mới"
    assert {form.title for form in shelf.versions()} == {"Cũ", "Mới", "Sau"}
    (tmp_path / "f.2027-01-01.yaml").write_text("id: f\nversion: x\n", encoding="utf-8")
    problems = {file.name: file.problems for file in read_files(tmp_path) if file.problems}
    assert all(problem.startswith("f.2027-01-01.yaml: ") for problem in problems.pop("f.2027-01-01.yaml"))
    assert not problems  # the others can be used
