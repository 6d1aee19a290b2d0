"""VietQR codes: exact to the vectors, written and read; damage is noticed."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errands.vietqr import VietQr, VietQrError, bank_name, crc16, parse_vietqr, vietqr

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "codes.json").read_text(encoding="utf-8"))
PLAIN = string.ascii_letters + string.digits + " -./"


@pytest.mark.parametrize("case", VECTORS["crc16_ccitt_false"])
def test_crc(case: dict[str, str]) -> None:
    assert f"{crc16(case['data'].encode()):04X}" == case["crc"]


@pytest.mark.parametrize("case", VECTORS["vietqr"], ids=lambda case: case["name"])
def test_vectors_both_ways(case: dict[str, Any]) -> None:
    args = dict(case["args"])
    made = VietQr(
        args["bin_"],
        args["acct"],
        args.get("amount"),
        args.get("bill", ""),
        args.get("purpose", ""),
        args.get("service", "QRIBFTTA"),
        dynamic="amount" in args,
    )
    text = vietqr(made.bank_bin, made.account, made.amount_vnd, made.bill, made.purpose, made.service)
    assert text == case["payload"]
    assert parse_vietqr(case["payload"]) == made


codes = st.builds(
    VietQr,
    st.text(string.digits, min_size=6, max_size=6),
    st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=19),
    st.none() | st.integers(1, 10**13 - 1),
    st.text(string.digits + string.ascii_uppercase, max_size=25),
    st.text(PLAIN, max_size=25),
)


@given(codes)
def test_what_is_written_is_read(code: VietQr) -> None:
    text = vietqr(code.bank_bin, code.account, code.amount_vnd, code.bill, code.purpose)
    assert parse_vietqr(text) == replace(code, dynamic=code.amount_vnd is not None)


@given(codes, st.data())
def test_one_changed_sign_is_noticed(code: VietQr, data: st.DataObject) -> None:
    text = vietqr(code.bank_bin, code.account, code.amount_vnd, code.bill, code.purpose)
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from([c for c in string.digits + string.ascii_uppercase if c != text[place].upper()]))
    with pytest.raises(VietQrError):
        parse_vietqr(text[:place] + sign + text[place + 1 :])


@given(st.text(max_size=200) | st.text(string.digits, max_size=60))
def test_no_text_brings_it_down(text: str) -> None:
    for given_text in (text, f"{text}6304{crc16((text + '6304').encode('utf-8', 'replace')):04X}"):
        try:
            parse_vietqr(given_text)
        except VietQrError:
            continue


@pytest.mark.parametrize("purpose", ["LỆ PHÍ", "X" * 27])
def test_what_it_cannot_hold_is_refused(purpose: str) -> None:
    with pytest.raises(ValueError, match="VietQR"):
        vietqr("970436", "0123456789", 1, purpose=purpose)


def test_banks_have_names() -> None:
    assert bank_name("970436") == "Vietcombank"
    assert bank_name("000000") == ""
