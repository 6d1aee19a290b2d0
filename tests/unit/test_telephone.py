"""Telephone numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import telephone

NUMBERS = st.from_regex(r"0[35789][0-9]{8}|02[0-9]{9}", fullmatch=True)


@given(NUMBERS, st.sampled_from(["0", "+84", "0084", "84", "+84 (0)", "+84-0"]), st.data())
def test_any_way_of_writing_is_the_same_number(number: str, front: str, data: st.DataObject) -> None:
    gap = st.sampled_from(["", "", " ", ".", "-", "–", "/", "\u00a0"])
    written = data.draw(gap).join([front, *(f"{data.draw(gap)}{digit}" for digit in number[1:])])
    assert telephone.national(f" {written} ") == number
    assert telephone.fault(number) == ""
    assert telephone.grouped(number).replace(" ", "") == number


def test_what_others_tell_is_a_number_or_nothing() -> None:
    told = ["+84 900 000 001", "024 3825 0000", "0912", "không có", "+44 20 7946 0000", "", None]
    assert [telephone.good(one) for one in told] == ["0900000001", "02438250000", "", "", "", "", ""]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("912345678", "phone_start"),
        ("091234567", "phone_short"),
        ("0", "phone_short"),
        ("09123456780", "phone_long"),
        ("024382500", "phone_line_length"),
        ("0411234567", "phone_prefix"),
        ("01234567890", "phone_prefix"),
        ("+12025550123", "phone_foreign"),
        ("0012025550123", "phone_foreign"),
        ("O912345678", "phone_letters"),
        ("0912 345 678 (mẹ)", "phone_letters"),
        ("+", "phone_letters"),
        ("", "phone_letters"),
    ],
)
def test_what_is_wrong_is_named(written: str, code: str) -> None:
    assert telephone.fault(telephone.national(written)) == code


def test_a_number_is_read_in_groups() -> None:
    numbers = ("0912345678", "02438250000", "02223825000", "0084912345678", "0222", "")
    shown = ["0912 345 678", "024 3825 0000", "0222 382 5000", "0084 912 345 678", "0222", ""]
    assert [telephone.grouped(number) for number in numbers] == shown


def test_what_the_province_cannot_hold_is_left_to_the_answers() -> None:
    assert telephone.for_province("0912345678") == "0912345678"
    assert telephone.for_province("02438250000") is None
