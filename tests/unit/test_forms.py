"""E-forms: questions, rules, prefill."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from kiosk import forms
from kiosk.catalogue import Condition
from kiosk.config import ASSETS
from kiosk.forms import Choice, Form, Question, QuestionType, Section
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.forms.checks import check_answer
from kiosk.forms.files import load_forms
from kiosk.identity import Citizen, Method

TODAY = date(2026, 11, 23)
FORMS = load_forms(ASSETS / "forms")
CITIZEN = Citizen(
    "027190012345",
    "Nguyễn Thị Đào",
    date(1990, 2, 14),
    "female",
    "Tổ 1, Võ Cường, Bắc Ninh",
    date(2025, 9, 10),
    method=Method.QR,
)
LATE = Condition(question="case", values=("late",))


def asked(kind: QuestionType, **more: object) -> Question:
    return Question.model_validate({"id": "q", "type": kind, "label": "?", **more})


def code(kind: str, value: str, **more: object) -> str:
    return check_answer(asked(QuestionType(kind), **more), value, TODAY)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "Số 12/3, ngõ 5 – tổ 1 & 2 (cũ)"),
        ("name", "Nguyễn Thị Đào"),
        ("name", unicodedata.normalize("NFD", "Nguyễn Thị Đào")),
        ("name", "Y Moan Êban"),
        ("name", "H'Hen Niê"),
        ("name", "Ea H’Leo"),
        ("name", "Anne-Marie St. John"),
        ("name", "Y Ơ\u0306"),  # a letter of the Ê-đê that has no code point of its own
        ("name", "  Đào\u00a0Thị  "),
        ("date", "2026-11-23"),
        ("date", "2024-02-29"),
        ("id_number", "027190012345"),
        ("id_number", "027 190 012 345"),
        ("phone", "0912345678"),
        ("phone", "0912 345 678"),
        ("number", "7"),
        ("ethnic", "01"),
        ("commune", "09190"),
        ("name", "H'Ŭn Niê Kđăm Ĭ"),
    ],
)
def test_good_answers(kind: str, value: str) -> None:
    assert code(kind, value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("text", "", "required"),
        ("text", " \u00a0 ", "required"),
        ("text", "x" * 201, "too_long"),
        ("text", "x" * 10_000, "too_long"),
        ("name", "x" * 101, "too_long"),  # longer than the province takes
        ("text", "a\x00b", "text_invalid"),
        ("text", "a\nb", "text_invalid"),
        ("text", "nhà 😀", "text_invalid"),
        ("text", "1\ufe0f\u20e3", "text_invalid"),
        ("text", "❤\ufe0f", "text_invalid"),
        ("text", "a\u202eb", "text_invalid"),
        ("text", "a\u200fb", "text_invalid"),
        ("text", "a\u200bb", "text_invalid"),
        ("text", "\ufeffa", "text_invalid"),
        ("text", "a\u2028b", "text_invalid"),
        ("text", "\ue000", "text_invalid"),
        ("text", "Москва", "letters_foreign"),
        ("name", "阮氏桃", "letters_foreign"),
        ("name", "\u3164", "letters_foreign"),  # letters that nobody sees
        ("name", "\u115f\uffa0", "letters_foreign"),
        ("text", "Nguy\u034fễn", "letters_foreign"),
        ("name", "Đào 2", "name_invalid"),
        ("name", "---", "name_invalid"),
        ("name", "Đào @", "name_invalid"),
        ("name", "\u0301", "name_invalid"),
        ("date", "2026-02-31", "date_invalid"),
        ("date", "20260228", "date_invalid"),
        ("date", "2026-W07-3", "date_invalid"),
        ("date", "31/01/2026", "date_invalid"),
        ("date", "²²²²-01-01", "date_invalid"),
        ("date", "2026-11-24", "date_future"),
        ("date", "1899-12-31", "date_too_old"),
        ("id_number", "02719001234O", "id_number_letters"),
        ("id_number", "0271900", "id_number_length"),
        ("id_number", "123456789", "id_number_old"),
        ("id_number", "003190012345", "id_number_province"),
        ("id_number", "056285009876", "id_number_future"),
        ("phone", "1912345678", "phone_start"),
        ("phone", "091234567", "phone_short"),
        ("phone", "09123456789", "phone_long"),
        ("phone", "0243825000", "phone_line_length"),
        ("phone", "0123456789", "phone_prefix"),
        ("phone", "+1 202 555 0123", "phone_foreign"),
        ("phone", "09l2345678", "phone_letters"),
        ("phone", "٠٩١٢٣٤٥٦٧٨", "phone_letters"),
        ("number", "-1", "number_invalid"),
        ("number", "²", "number_invalid"),
        ("number", "1.5", "number_invalid"),
        ("ethnic", "99", "ethnic_unknown"),
        ("commune", "00000", "commune_unknown"),
        ("commune", "Võ Cường", "commune_unknown"),
    ],
)
def test_every_error(kind: str, value: str, wanted: str) -> None:
    assert code(kind, value) == wanted


def test_bounds_choices_and_what_may_be_empty_or_later() -> None:
    assert code("number", "0", minimum=1) == code("number", "21", maximum=20) == "number_range"
    assert code("number", "1", minimum=1) == code("number", "20", maximum=20) == ""
    assert code("number", "9" * 200) == ""
    choices = [{"value": "yes", "label": "Có"}]
    assert code("choice", "yes", choices=choices) == ""
    assert code("choice", "no", choices=choices) == "choice_invalid"
    assert code("name", "", required=False) == ""
    assert code("date", "2027-01-01", past=False) == ""


def test_every_error_has_its_sentence_in_both_languages() -> None:
    from kiosk.i18n import error_text

    simple = ("required", "too_long", "text_invalid", "choice_invalid", "year_future", "year_digits")
    for name in (*simple, "child_older_than_parent", "id_number_sex", "date_order"):
        assert error_text(name, "vi") != name
        assert error_text(name, "en") not in (name, error_text(name, "vi"))


def section_of(form_id: str, section_id: str) -> Section:
    return next(section for section in FORMS[form_id].sections if section.id == section_id)


def errors_of(form_id: str, section_id: str, case: str = "", **answers: str) -> dict[str, str]:
    given = {key.replace("__", "."): value for key, value in answers.items()}
    return form_checks.check_section(FORMS[form_id], section_of(form_id, section_id), case, given, TODAY)


def test_the_number_tells_year_and_sex() -> None:
    right = {
        "requester__full_name": "Nguyễn Thị Đào",
        "requester__id_number": "027190012345",
        "requester__date_of_birth": "1990-02-14",
        "requester__sex": "female",
    }
    assert errors_of("marital-status", "requester", **right) == {}
    wrong = right | {"requester__date_of_birth": "1991-02-14", "requester__sex": "male"}
    assert errors_of("marital-status", "requester", **wrong) == {
        "requester.date_of_birth": "id_number_birth_year",
        "requester.sex": "id_number_sex",
    }
    odd = right | {"requester__date_of_birth": "²²²²-01-01"}
    assert errors_of("marital-status", "requester", **odd) == {"requester.date_of_birth": "date_invalid"}
    no_number = right | {"requester__id_number": "", "requester__sex": "male"}
    assert errors_of("marital-status", "requester", **no_number) == {"requester.id_number": "required"}


def test_a_child_is_younger_than_its_parents() -> None:
    child = {"child__full_name": "Trần An", "child__sex": "male", "child__date_of_birth": "2000-01-01"}
    old = {"mother__date_of_birth": "1988-05-05"}
    young = {"mother__date_of_birth": "1988-12-31", "father__date_of_birth": "1999-01-01"}
    known = {"father_known__answer": "yes"}
    code = {"child.date_of_birth": "child_older_than_parent"}
    assert errors_of("birth-registration", "child", **child) == {}
    assert errors_of("birth-registration", "child", **child, **old) == {}
    assert errors_of("birth-registration", "child", **child, mother__date_of_birth="1990-02-14") == code
    assert errors_of("birth-registration", "child", **child, **young, **known) == code
    hidden = {"father_known__answer": "no"}  # the father's answers are still there, but are not asked for
    assert errors_of("birth-registration", "child", **child, **young, **hidden) == {}
    mother = errors_of("birth-registration", "mother", **child, mother__date_of_birth="1990-02-14")
    assert mother["mother.date_of_birth"] == "child_older_than_parent"


def test_conditions_show_and_hide() -> None:
    form = FORMS["marital-status"]
    section = section_of("marital-status", "marital")

    def shown(state: str) -> set[str]:
        return {q.id.removeprefix("marital.") for q in forms.visible_questions(section, "", {"marital.state": state})}

    assert shown("never") == {"state"}
    assert shown("divorced") == {"state", "paper", "paper_date", "court"}
    assert shown("widowed") == {"state", "death_paper", "death_office", "death_paper_date"}
    assert shown("married") == {"state", "spouse"}
    assert "subject" not in {s.id for s in forms.visible_sections(form, "first", {})}
    assert "subject" in {s.id for s in forms.visible_sections(form, "authorised", {})}


def test_for_a_marriage_one_certificate_is_issued() -> None:
    section = section_of("marital-status", "purpose")

    def shown(purpose: str) -> list[str]:
        return [q.id for q in forms.visible_questions(section, "", {"purpose.kind": purpose})]

    assert "copies" not in shown("marriage")
    assert "copies" in shown("property")
    assert "copies" in shown("other")


def test_a_stay_ends_after_it_began() -> None:
    def until(day: str, since: str = "2020-05-01") -> str:
        stay = {"origin__ethnic": "01", "origin__commune": "09190", "origin__since": since, "origin__until": day}
        return errors_of("marital-status", "origin", **stay).get("origin.until", "")

    assert until("2020-04-30") == "date_order"
    assert until("2020-05-01") == until("2021-01-01") == until("") == ""
    assert until("2020-04-30", since="") == ""
    assert until("2020-02-30") == "date_invalid"  # one error a field, that of the field itself first


def test_a_hidden_date_orders_nothing() -> None:
    days = [
        {"id": "a", "type": "date", "label": "?", "when": {"question": "case", "values": ["late"]}},
        {"id": "b", "type": "date", "label": "?", "not_before": "a"},
    ]
    section = Section.model_validate({"id": "s", "title": "T", "questions": days})
    form = Form(id="f", version=TODAY, title="T", sections=(section,))
    answers = {"a": "2020-02-02", "b": "2020-01-01"}
    assert form_checks.check_section(form, section, "late", answers, TODAY) == {"b": "date_order"}
    assert form_checks.check_section(form, section, "other", answers, TODAY) == {}


def test_a_year_has_four_digits_has_come_and_is_not_too_long_ago() -> None:
    assert code("number", "2026", year=True) == code("number", "2027") == code("number", "68") == ""
    assert code("number", "68", year=True, minimum=1900) == code("number", "196", year=True) == "year_digits"
    assert code("number", "1899", year=True, minimum=1900) == "date_too_old"
    assert code("number", "2027", year=True) == "year_future"
    answers = {"registered__commune": "09190", "registered__year": "2099", "copies": "1"}
    assert errors_of("civil-status-extract", "registered", **answers) == {"registered.year": "year_future"}


def test_a_date_knows_what_asks_for_its_year_alone() -> None:
    section = section_of("death-registration", "deceased")
    alone = {q.id: form_filling.year_alone(section, q) for q in section.questions if q.type is QuestionType.DATE}
    assert {key: year and year.id for key, year in alone.items()} == {"deceased.date_of_birth": "deceased.birth_year"}
    death = section_of("death-registration", "death")  # its year waits for the case, not for the day
    assert not any(form_filling.year_alone(death, question) for question in death.questions)


def test_both_parents_tell_their_ethnic_group() -> None:
    for parent in ("mother", "father"):
        assert [q.id for q in section_of("birth-registration", parent).questions if q.type is QuestionType.ETHNIC]


def test_hidden_answers_are_not_sent_and_the_others_in_their_kept_form() -> None:
    answers = {
        "marital.state": "never",
        "marital.court": "Tòa án Bắc Ninh",
        "subject.full_name": "Ai Đó",
        "requester.full_name": unicodedata.normalize("NFD", " Nguyễn  Thị\u00a0Đào "),
        "requester.id_number": "027 190 012 345",
        "requester.phone": "0912.345.678",
        "requester.address": "",
        "unknown": "x",
    }
    assert forms.visible_answers(FORMS["marital-status"], "first", answers) == {
        "marital.state": "never",
        "requester.full_name": "Nguyễn Thị Đào",
        "requester.id_number": "027190012345",
        "requester.phone": "0912345678",
    }


def test_a_section_whose_questions_are_all_hidden_is_no_step() -> None:
    question = Question(id="q", type=QuestionType.TEXT, label="?", when=LATE)
    form = Form(id="f", version=TODAY, title="t", sections=(Section(id="s", title="t", questions=(question,)),))
    assert forms.visible_sections(form, "early", {}) == ()
    assert forms.visible_sections(form, "late", {}) == form.sections


def test_a_card_fills_the_block_of_its_person() -> None:
    form = FORMS["birth-registration"]
    filled = form_filling.prefill(section_of(form.id, "mother"), CITIZEN, {"child.sex": "male"})
    assert filled == {
        "child.sex": "male",
        "mother.full_name": "Nguyễn Thị Đào",
        "mother.id_number": "027190012345",
        "mother.date_of_birth": "1990-02-14",
        "mother.address": "Tổ 1, Võ Cường, Bắc Ninh",
    }


@pytest.mark.parametrize(
    ("address", "issued_on", "sure"),
    [
        ("Tổ 1, Võ Cường, Bắc Ninh", date(2025, 9, 10), True),
        ("Tổ 1, Võ Cường, Bắc Ninh", date(2021, 5, 10), False),  # a district's name, as far as anybody knows
        ("Tổ 1, Nơi Không Có, Bắc Ninh", date(2025, 9, 10), False),
    ],
)
def test_what_a_card_answers_badly_can_be_corrected(address: str, issued_on: date, sure: bool) -> None:
    citizen = replace(CITIZEN, address=address, issued_on=issued_on)
    told = form_filling.told_by_card(FORMS["civil-status-extract"], "self", {}, citizen, TODAY)
    assert "requester.full_name" in told
    assert ("requester.address" in told) is sure


def test_a_number_alone_leaves_what_was_typed() -> None:
    form = FORMS["birth-registration"]
    section = section_of(form.id, "requester")
    typed = {"requester.full_name": "Nguyễn Thị Đào"}
    filled = form_filling.prefill(section, Citizen("027190012345"), typed)
    assert filled == typed | {"requester.id_number": "027190012345"}
    assert form_filling.prefill(section, Citizen("027190012345"), filled) == filled


def test_two_persons_are_never_mixed() -> None:
    form = FORMS["birth-registration"]
    section = section_of(form.id, "mother")
    first = form_filling.prefill(section, CITIZEN, {})
    second = form_filling.prefill(section, Citizen("066301000017", "Y Moan Êban"), first)
    assert second["mother.full_name"] == "Y Moan Êban"
    assert second["mother.address"] == second["mother.date_of_birth"] == ""


def test_defaults_do_not_replace_answers() -> None:
    form = FORMS["marital-status"]
    assert form_filling.with_defaults(form, {})["copies"] == "1"
    assert form_filling.with_defaults(form, {"copies": "3"})["copies"] == "3"
    assert form_filling.with_defaults(form, {"copies": ""})["copies"] == ""


def test_answers_as_a_person_reads_them() -> None:
    show = forms.display_value
    assert show(asked(QuestionType.DATE), "1990-02-14") == "14/02/1990"
    assert show(asked(QuestionType.DATE), "nonsense") == "nonsense"
    assert show(asked(QuestionType.ETHNIC), "01") == "Kinh"
    assert show(asked(QuestionType.ETHNIC), "99") == "99"
    assert show(asked(QuestionType.COMMUNE), "09190") == "Phường Võ Cường, Tỉnh Bắc Ninh"
    assert show(asked(QuestionType.COMMUNE), "") == ""
    assert show(asked(QuestionType.COMMUNE), "00000") == "00000"
    assert show(asked(QuestionType.CHOICE, choices=(Choice(value="a", label="Một"),)), "a") == "Một"
    assert show(asked(QuestionType.TEXT), "x") == "x"


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.id)
def test_every_block_of_a_person_is_filled_as_its_card_says(form: Form) -> None:
    for section in form.sections:
        fills = {q.id.rsplit(".")[-1]: q.fills for q in section.questions if q.fills}
        assert all(attribute == name for name, attribute in fills.items()), section.id
        assert not section.person or {"full_name", "id_number"} <= set(fills)
        for question in section.questions:
            if not question.fills:
                continue
            value = form_filling.prefill(section, replace(CITIZEN, ethnic="01", phone="0912345678"), {})[question.id]
            assert check_answer(question, value, TODAY) == ""


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.id)
def test_where_somebody_lives_is_told_with_its_commune(form: Form) -> None:
    questions = [q for section in form.sections for q in section.questions if q.id.endswith(".address")]
    assert {q.type for q in questions} <= {QuestionType.ADDRESS}
    old = "Số 5 Hàng Bài, Quận Hoàn Kiếm, Hà Nội"  # a card from before July 2025: which commune is it today?
    for question in questions:
        assert check_answer(question, old, TODAY) == "address_commune_missing"
