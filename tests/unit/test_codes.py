"""The codes of slips: every official form, and what people make of them when they type."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errands.codes import Code, CodeError, CodeKind, is_dossier_code, parse_code
from kiosk.provisional import provisional_code

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "codes.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 26)
OWN = "H05.114"


@pytest.mark.parametrize("case", VECTORS["dossier_code"]["cases"], ids=lambda case: case["code"])
def test_vectors(case: dict[str, str]) -> None:
    assert is_dossier_code(case["code"]) is bool(case["valid"])
    if case["valid"]:
        assert parse_code(case["code"], OWN, TODAY) == Code(CodeKind.DOSSIER, case["code"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("h05.114-261123-0042", "H05.114-261123-0042"),
        ("H05 114 261123 0042", "H05.114-261123-0042"),
        ("HO5.114 - 261123 - OO42", "H05.114-261123-0042"),
        ("h15.1142611230042", ""),  # where the agency ends cannot be told
        ("H051142611230042", "H05.114-261123-0042"),  # but that of this centre can
        ("h05114 2611230042", "H05.114-261123-0042"),
        ("H15.50.05.13 2610080975", "H15.50.05.13-261008-0975"),
        ("000.17.22.h56–210531–0001", "000.17.22.H56-210531-0001"),
        ("G09.20-20260609-0092637", "G09.20-20260609-0092637"),
        ("go9.2o 20260609 oo92637", "G09.20-20260609-0092637"),
        ("https://tracuu.example.vn/?ma=H05.114-261123-0042", "H05.114-261123-0042"),
        ("H05.114-271123-0042", ""),  # a year from now
        ("H64.001-260825-0007", ""),
        ("027190012345|123456789|Nguyễn Thị Đào|14021990|Nữ|Bắc Ninh|10092025", ""),
        ("9" * 10_000, ""),
        ("", ""),
    ],
)
def test_what_people_type(typed: str, meant: str) -> None:
    if meant:
        assert parse_code(typed, OWN, TODAY) == Code(CodeKind.DOSSIER, meant)
    else:
        with pytest.raises(CodeError):
            parse_code(typed, OWN, TODAY)


def test_slips_and_appointments() -> None:
    code = provisional_code("a dossier")
    assert parse_code(f"KM1|{OWN}|{code}") == Code(CodeKind.PROVISIONAL, code)
    assert parse_code(f"KM1|{OWN}|H05.114-261123-0042").kind is CodeKind.DOSSIER
    assert parse_code("lh 0001") == Code(CodeKind.APPOINTMENT, "LH-0001")
    with pytest.raises(CodeError, match="code_mistyped"):
        parse_code(code[:-1] + ("0" if code[-1] != "0" else "1"))


@st.composite
def official(draw: st.DrawFn) -> str:
    agency = draw(st.sampled_from([OWN, "H15.50.05.13", "000.17.22.H56", "38.98.H29", "G09.20", "H01"]))
    day = draw(st.dates(date(2021, 1, 1), TODAY)).strftime(draw(st.sampled_from(["%y%m%d", "%Y%m%d"])))
    return f"{agency}-{day}-{draw(st.integers(0, 9_999_999)):0{draw(st.sampled_from([4, 7]))}d}"


@given(official(), st.data())
def test_any_way_of_typing_names_the_same_dossier(code: str, data: st.DataObject) -> None:
    agency, day, sequence = code.split("-")
    dash = st.sampled_from(["-", " ", " - ", "–", "."])
    typed = agency + data.draw(dash) + day + data.draw(dash) + sequence
    typed = re.sub("0", lambda _zero: data.draw(st.sampled_from("0oO")), typed)
    typed = re.sub("1", lambda _one: data.draw(st.sampled_from("1lI")), typed)
    assert parse_code(typed.lower(), OWN, TODAY).text == code


@pytest.mark.parametrize("typed", ["38.98.H29-210202-3370o", "38.98.H29-210202-337OO", "38.98.h29 210202 3370O"])
def test_a_letter_at_its_end_cuts_no_code_short(typed: str) -> None:
    assert parse_code(typed, OWN, TODAY).text == "38.98.H29-210202-33700"  # not that of somebody else's dossier


@given(st.text(max_size=60))
def test_no_text_brings_it_down(text: str) -> None:
    try:
        code = parse_code(text, OWN, TODAY)
    except CodeError:
        return
    assert parse_code(code.text, OWN, TODAY) == code
