"""The filled form as a paper: every letter, PDF/A, tables, dates in words, and what happens to it later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import pypdfium2
import pytest

from devices.document_scanner.pdf import is_pdf_a
from kiosk import forms
from kiosk.catalogue import load_catalogue
from kiosk.config import ASSETS
from kiosk.forms import Form, Question, QuestionType, Rows, Section
from kiosk.forms.files import load_forms
from kiosk.forms.pdf import Filled, commune_of, date_in_words, filled_form

FORMS, OFFERED = load_forms(ASSETS / "forms"), load_catalogue(ASSETS / "catalogue")
AT = datetime.fromisoformat("2026-11-26T09:41:00+07:00")
EVERY_LETTER = "ăâđêôơư ĂÂĐÊÔƠƯ ằắẳẵặ ầấẩẫậ ềếểễệ ồốổỗộ ờớởỡợ ừứửữự ỳýỷỹỵ ỲÝỶỸỴ ẰẮẲẴẶ Ỵ"


def told(code: str, case_id: str, answers: dict[str, str]) -> Filled:
    procedure = OFFERED.procedures[code]
    form = FORMS[procedure.form_id]
    case = next(case for case in procedure.cases if case.id == case_id)
    said = forms.visible_answers(form, case_id, answers)
    return Filled(form, procedure, case, said, AT, "phường Võ Cường", "Nguyễn Thị Đào", "KM-TEST")


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "\n")


BIRTH = {
    "requester.full_name": "Nguyễn Thị Đào",
    "child.full_name": "Y Ơ Mơ Êban",
    "child.date_of_birth": "1990-02-14",
    "birth.place": EVERY_LETTER,
    "mother.address": "Tổ 1, Võ Cường, Bắc Ninh",  # as a card tells it
    "father_known.answer": "yes",
    "father.address": forms.FOLLOWS,
}


def test_every_letter_in_a_pdf_a_that_can_be_read() -> None:
    paper = filled_form(told("1.001193", "certificate", BIRTH))
    assert is_pdf_a(paper.pdf)
    text = text_of(paper.pdf)
    assert EVERY_LETTER in " ".join(text.split())
    for wanted in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "TỜ KHAI ĐĂNG KÝ KHAI SINH",
        "Kính gửi: Ủy ban nhân dân phường Võ Cường",
        "14/02/1990",
        "Ngày mười bốn, tháng hai, năm một nghìn chín trăm",
        "Phường Võ Cường, ngày 26 tháng 11 năm 2026",
        "Người khai",
        "(ký, ghi rõ họ tên)",
        "Nguyễn Thị Đào",
        "bản 01/07/2026 · KM-TEST",
    ):
        assert wanted in text, wanted
    official = "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh"
    assert " ".join(text.split()).count(official) == 2  # the father's follows the mother's
    with pypdfium2.PdfDocument(paper.pdf) as document:
        assert len(document) == paper.pages


def test_the_same_answers_make_the_same_file() -> None:
    first = told("1.001193", "certificate", BIRTH)
    assert filled_form(first) == filled_form(first)
    assert filled_form(first) != filled_form(replace(first, code="KM-OTHER"))


def test_the_persons_of_a_table_stand_below_each_other() -> None:
    members = {f"members.{n}.full_name": f"Người Thứ {n}" for n in range(1, 11)}
    paper = filled_form(told("1.004194", "own", {"together.answer": "yes", **members}))
    text = text_of(paper.pdf)
    places = [text.index(name + "\n") for name in members.values()]
    assert all(before < after for before, after in pairwise(places))
    assert text.count("Người cùng đăng ký") == 1
    assert "Mẫu CT01" in text
    assert "Kính gửi: Công an phường Võ Cường" in text
    assert paper.pages >= 1
    assert is_pdf_a(paper.pdf)


def test_a_long_form_breaks_between_its_lines() -> None:
    long = dict.fromkeys(("requester.address", "birth.place", "mother.address"), "Rất dài " * 24)
    paper = filled_form(told("1.001193", "certificate", BIRTH | long))
    assert paper.pages > 1
    assert "Trang 2 / 2" in text_of(paper.pdf)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("1990-02-14", "Ngày mười bốn, tháng hai, năm một nghìn chín trăm chín mươi"),
        ("2026-11-05", "Ngày năm, tháng mười một, năm hai nghìn không trăm hai mươi sáu"),
        ("2001-12-21", "Ngày hai mươi mốt, tháng mười hai, năm hai nghìn không trăm linh một"),
    ],
)
def test_a_date_in_words(day: str, words: str) -> None:
    assert date_in_words(date.fromisoformat(day)) == words


def test_the_commune_of_a_centre() -> None:
    assert commune_of("Trung tâm Phục vụ hành chính công phường Võ Cường") == "phường Võ Cường"
    assert commune_of("Trung tâm PVHCC xã Ea H'Leo") == "xã Ea H'Leo"
    assert commune_of("Trung tâm số 1") == "Trung tâm số 1"


IN_A_ROW = {  # a table of as many columns as it may have
    QuestionType.NAME: "Nguyễn Thị Khánh Huyền",
    QuestionType.DATE: "1990-02-14",
    QuestionType.ID_NUMBER: "001090000008",
    QuestionType.PHONE: "0912345678",
    QuestionType.TEXT: "Con của anh trai",
    QuestionType.TIME: "09:30",
    QuestionType.MONEY: "12000000",
    QuestionType.TAX_CODE: "0100109106",
    QuestionType.NUMBER: "1990",
}


def of_a_table(before: int) -> Filled:
    """A form with so many questions before a table of nine columns and two rows."""
    name = "Họ, chữ đệm và tên khai sinh"
    first = tuple(Question(id=f"s.q{n}", type=QuestionType.TEXT, label="Câu") for n in range(before))
    asked = tuple(Question(id=f"t.{kind}", type=kind, label=name) for kind in IN_A_ROW)
    sections = (
        Section(id="s", title="Phần đầu", questions=first),
        Section(id="t", title="Những người cùng đi", questions=asked, rows=Rows(label="Thêm")),
    )
    answers = {question.id: "đáp" for question in first}
    answers |= {f"t.{row}.{kind}": answer for row in (1, 2) for kind, answer in IN_A_ROW.items()}
    form = Form(id="x", version=date(2026, 7, 1), title="Tờ khai", sections=sections)
    return Filled(form, OFFERED.procedures["1.001193"], None, answers, AT)


def test_a_date_in_a_full_table_is_not_broken() -> None:
    text = text_of(filled_form(of_a_table(2)).pdf)
    for word in ("14/02/1990", "001090000008", "0912345678", "09:30", "0100109106", "Huyền"):
        assert text.count(word) == 2, word


def test_the_title_of_a_table_does_not_stand_alone() -> None:
    """Its names and the first line are on the same page."""
    for before in range(20, 36):
        with pypdfium2.PdfDocument(filled_form(of_a_table(before)).pdf) as document:
            pages = [page.get_textpage().get_text_range() for page in document]
        (page,) = (page for page in pages if "Những người cùng đi" in page)
        assert "001090000008" in page, before
