"""The codes of slips: every official form, and what people make of them when they type."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given
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
        ("h15.1142611230042", "H15.114-261123-0042"),  # one reading has a day that was
        ("H051142611230042", "H05.114-261123-0042"),
        ("H15/50,05.13 / 26 10 08 – 0975", "H15.50.05.13-261008-0975"),
        ("3898h29,210519,oo13", "38.98.H29-210519-0013"),
        ("HI5 5O O5 I3 26IOO8 O975", "H15.50.05.13-261008-0975"),
        ("H15.5005.13-261008-0975", "H15.5005.13-261008-0975"),  # as it is written
        ("12,H05.114-261123-0042", "12.H05.114-261123-0042"),  # not the code that its end would be
        ("Mã hồ sơ: H05.114-261123-0042.", "H05.114-261123-0042"),
        ("tracuu.vn/H05.114-261123-0042", "H05.114-261123-0042"),
        ("H05.114-2611-230042", ""),  # a dash where none can be
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
    for typed in ("lh 0001", "LHOOO1", "lh/oo0i", "LH–OOOI", "LH , 0001"):
        assert parse_code(typed) == Code(CodeKind.APPOINTMENT, "LH-0001")
    assert parse_code("LHO-0001") == Code(CodeKind.APPOINTMENT, "LHO-0001")
    with pytest.raises(CodeError, match="code_mistyped"):
        parse_code(code[:-1] + ("0" if code[-1] != "0" else "1"))


@st.composite
def official(draw: st.DrawFn) -> str:
    agency = draw(st.sampled_from([OWN, "H15.50.05.13", "000.17.22.H56", "38.98.H29", "G09.20", "H01"]))
    day = draw(st.dates(date(2021, 1, 1), TODAY)).strftime(draw(st.sampled_from(["%y%m%d", "%Y%m%d"])))
    return f"{agency}-{day}-{draw(st.integers(0, 9_999_999)):0{draw(st.sampled_from([4, 7]))}d}"


SEPARATORS = ["-", " ", " - ", "–", "—", ".", "/", ",", " / ", ", "]


def mangled(code: str, data: st.DataObject, dots: list[str], dashes: list[str]) -> str:
    """A code as people type it: other separators, or none, letters for digits, any case."""
    drawn = {"-": data.draw(st.sampled_from(dashes)), ".": data.draw(st.sampled_from(dots))}
    typed = "".join(drawn.get(sign, sign) for sign in code)
    typed = re.sub("0", lambda _zero: data.draw(st.sampled_from("0oO")), typed)
    typed = re.sub("1", lambda _one: data.draw(st.sampled_from("1lI")), typed)
    return data.draw(st.sampled_from([typed, typed.lower(), typed.upper()]))


@given(official(), st.data())
def test_any_way_of_typing_names_the_same_dossier(code: str, data: st.DataObject) -> None:
    assert parse_code(mangled(code, data, SEPARATORS, SEPARATORS), OWN, TODAY).text == code


def parse(typed: str, agency: str = "") -> str:
    """The code that is meant, or what is said instead."""
    try:
        return parse_code(typed, agency, TODAY).text
    except CodeError as error:
        return error.code


@given(official(), st.data())
def test_what_is_left_out_is_known_again_or_asked_for(code: str, data: st.DataObject) -> None:
    read = parse(mangled(code, data, ["", "."], ["", " ", "-"]), OWN)
    assert read == code or (read == "code_two_readings" and not code.startswith(OWN))


@given(st.from_regex(r"[A-Z]{2,4}-[0-9]{4,8}", fullmatch=True), st.data())
def test_any_way_of_typing_names_the_same_appointment(code: str, data: st.DataObject) -> None:
    assume(not code.startswith("TAM"))
    letters, _, digits = code.partition("-")
    read = parse(letters + mangled(f"-{digits}", data, [""], SEPARATORS))
    as_provisional = len(letters + digits) == 8  # without its TAM
    assert read == code or (read == "code_two_readings" and as_provisional)


@given(official(), official())
def test_two_codes_that_look_the_same_are_never_taken_for_one_another(one: str, other: str) -> None:
    bare = re.sub("[.-]", "", one)
    assert parse(bare) in (one, "code_two_readings")
    if re.sub("[.-]", "", other) == bare and one != other:
        assert parse(bare) == "code_two_readings"


@pytest.mark.parametrize(
    "typed",
    [
        "H15500513-261008-0975",  # 50.05.13, 5005.13, 50.0513 or 500.513
        "0001722H56-210531-0001",
        "H01201010121234",  # of 2020 with six digits, or of 2010 with four
        "G09.20260609-0092637",  # the dot of the agency, or a dash
        "LHO0001",  # LHO-0001 or LH-00001
    ],
)
def test_two_readings_are_asked_for(typed: str) -> None:
    assert parse(typed) == "code_two_readings"


def test_a_lost_digit_is_no_other_code() -> None:
    assert parse("H05.114-26103-00042") == "code_unknown"
    assert parse("H05 114 26103 00042") == "code_unknown"


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
