"""Numbers and printed QR codes of ID cards."""

from __future__ import annotations

import contextlib
import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.identity import (
    Citizen,
    IdentityError,
    Method,
    born_year,
    check_id_number,
    citizen_from_qr,
    mask,
    sex_of,
)

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8"))
CARD = VECTORS["cccd_qr"][0]["text"]
REFUSED = {
    "056285009876": "id_number_future",
    "003090123456": "id_number_province",
    "027190O12345": "id_number_letters",
    "123456789": "id_number_old",
}


def with_field(index: int, value: str) -> str:
    fields = CARD.split("|")
    fields[index] = value
    return "|".join(fields)


def code_of(text: str) -> str:
    with pytest.raises(IdentityError) as caught:
        citizen_from_qr(text)
    return caught.value.code


@pytest.mark.parametrize("row", VECTORS["cccd"], ids=lambda row: row["n"])
def test_number_vectors(row: dict[str, Any]) -> None:
    number = row["n"]
    if number in REFUSED:
        with pytest.raises(IdentityError) as caught:
            check_id_number(number)
        assert caught.value.code == REFUSED[number]
    else:
        assert row["valid"]
        assert check_id_number(number) == number
    if row["valid"]:
        assert born_year(number) == row["year"]
        assert sex_of(number) == {"Nam": "male", "Nữ": "female"}[row["sex"]]


def test_numbers_are_read_as_people_write_them() -> None:
    assert check_id_number(" 027 190 012 345 ") == check_id_number("027.190-012345") == "027190012345"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "id_number_length"),
        ("02719001234", "id_number_length"),
        ("0271900123456", "id_number_length"),
        ("0" * 10_000, "id_number_length"),
        ("٠٢٧١٩٠٠١٢٣٤٥", "id_number_letters"),
        ("02719001234²", "id_number_letters"),
        ("027999012345", "id_number_future"),
    ],
)
def test_what_is_no_number(text: str, code: str) -> None:
    with pytest.raises(IdentityError) as caught:
        check_id_number(text)
    assert caught.value.code == code
    assert len(text) < 5 or text not in str(caught.value)


def test_a_card() -> None:
    citizen = citizen_from_qr(CARD)
    assert citizen == Citizen(
        id_number="027190012345",
        full_name="Nguyễn Thị Đào",
        date_of_birth=date(1990, 2, 14),
        sex="female",
        address="Tổ 1, Võ Cường, Bắc Ninh",
        issued_on=date(2021, 5, 10),
        old_number="123456789",
        method=Method.QR,
    )


def test_a_name_is_kept_as_it_stands() -> None:
    citizen = citizen_from_qr(VECTORS["cccd_qr"][1]["text"])
    assert citizen.full_name == "Y Moan Êban"
    assert citizen.old_number == ""
    assert citizen_from_qr(with_field(2, "H'Hen Niê")).full_name == "H'Hen Niê"


def test_nfd_and_eight_fields_are_read() -> None:
    assert citizen_from_qr(unicodedata.normalize("NFD", CARD)) == citizen_from_qr(CARD)
    assert citizen_from_qr(CARD + "|more|and more\r\n") == citizen_from_qr(CARD)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "qr_not_id_card"),
        (VECTORS["cccd_qr"][2]["text"], "qr_not_id_card"),
        ("GD4012720512345|4e67757965|14/02/1990|2|4261|01/01/2025|31/12/2025|", "qr_not_id_card"),
        ("027190012345|4e67757965|14/02/1990|2|4261|01/01/2025|31/12/2025|", "qr_not_id_card"),
        (CARD.rsplit("|", 1)[0], "qr_truncated"),
        ("027190012345", "qr_truncated"),
        (with_field(2, ""), "qr_not_id_card"),
        (with_field(2, "Đào\x00"), "qr_not_id_card"),
        (with_field(2, "Đào\u202e"), "qr_not_id_card"),
        (with_field(5, "x" * 10_000), "qr_not_id_card"),
        ("|" * 10_000, "qr_not_id_card"),
        (with_field(3, "31021990"), "qr_bad_date"),
        (with_field(3, "14 2 1990"), "qr_bad_date"),
        (with_field(3, ""), "qr_bad_date"),
        (with_field(3, "14021090"), "qr_bad_date"),
        (with_field(3, "14029990"), "qr_bad_date"),
        (with_field(6, "32052021"), "qr_bad_date"),
        (with_field(6, "10052199"), "qr_bad_date"),
        (with_field(6, "13021990"), "qr_bad_date"),
        (with_field(3, "14021991"), "qr_bad_number"),
        (with_field(4, "Nam"), "qr_bad_number"),
        (with_field(0, "003190012345"), "id_number_province"),
    ],
)
def test_what_is_no_card(text: str, code: str) -> None:
    assert code_of(text) == code


@given(
    st.text() | st.lists(st.text(), min_size=6, max_size=9).map("|".join) | st.text().map(lambda t: with_field(2, t))
)
def test_any_code_is_a_person_or_a_refusal(text: str) -> None:
    with contextlib.suppress(IdentityError):
        assert citizen_from_qr(text).full_name


def test_nothing_of_a_person_is_told() -> None:
    citizen = citizen_from_qr(CARD)
    assert repr(citizen) == str(citizen) == "Citizen(…)"
    assert mask("027190012345") == "••••••••2345"
    assert mask("12") == "12"
