"""VietQR payment codes, written and read: EMVCo merchant-presented QR with NAPAS' account 38 (DOMAIN 7)."""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NAPAS = "A000000727"
_DONG = "704"  # ISO 4217
_CHECKED = 8  # `63`, its length, and four digits of CRC at the end
_BANKS = Path(__file__).parents[2] / "assets" / "catalogue" / "banks.json"


class VietQrError(ValueError):
    """A text that is no VietQR, or a damaged one."""


@dataclass(frozen=True)
class VietQr:
    """What a payment code says: into which account, how much (whole đồng, None: the payer types it), and what for."""

    bank_bin: str
    account: str
    amount_vnd: int | None = None
    bill: str = ""
    purpose: str = ""
    service: str = "QRIBFTTA"
    dynamic: bool = True  # to be paid once; a static one again and again


def vietqr(
    bank_bin: str,
    account: str,
    amount_vnd: int | None = None,
    bill: str = "",
    purpose: str = "",
    service: str = "QRIBFTTA",
) -> str:
    """The text to show as a QR code; dynamic (to be paid once) when it carries an amount in whole đồng.

    `bill` (≤ 25) and `purpose` (≤ 26, both ASCII) appear on the payer's statement; `service` is QRIBFTTA for an
    account, QRIBFTTC for a card. Raises `ValueError` for what the format cannot hold.
    """
    # EMVCo allows a purpose of 25; official fee slips carry a dossier code of 26 and banks take it.
    for text, limit in ((bill, 25), (purpose, 26), (str(amount_vnd or ""), 13)):
        if len(text) > limit or not text.isascii():
            raise ValueError("a VietQR field is too long or not ASCII")
    beneficiary = _field("00", bank_bin) + _field("01", account)
    body = (
        _field("00", "01")
        + _field("01", "11" if amount_vnd is None else "12")
        + _field("38", _field("00", _NAPAS) + _field("01", beneficiary) + _field("02", service))
        + _field("53", _DONG)
        + ("" if amount_vnd is None else _field("54", str(amount_vnd)))
        + _field("58", "VN")
    )
    additional = (_field("01", bill) if bill else "") + (_field("08", purpose) if purpose else "")
    if additional:
        body += _field("62", additional)
    body += "6304"
    return body + f"{crc16(body.encode('ascii')):04X}"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF (EMVCo QR, 4.7.3)."""
    return binascii.crc_hqx(data, 0xFFFF)


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def parse_vietqr(text: str) -> VietQr:
    """Read a payment code; unknown fields are ignored. Raises `VietQrError`, also for a wrong CRC."""
    body, checked = text[:-_CHECKED], text[-_CHECKED:]
    if not text.isascii() or checked[:4] != "6304" or checked[4:].upper() != f"{crc16((body + '6304').encode()):04X}":
        raise VietQrError("no VietQR, or a damaged one")
    fields = _fields(body)
    if fields.get("00") != "01" or fields.get("53") != _DONG or fields.get("58") != "VN":
        raise VietQrError("no payment in Vietnam")
    account = _fields(fields.get("38", ""))
    if account.get("00") != _NAPAS:
        raise VietQrError("no account at NAPAS")
    beneficiary, more = _fields(account.get("01", "")), _fields(fields.get("62", ""))
    amount = fields.get("54", "")
    if not (beneficiary.get("00") and beneficiary.get("01")) or (amount and not amount.isdecimal()):
        raise VietQrError("an account or an amount that is none")
    return VietQr(
        beneficiary["00"],
        beneficiary["01"],
        int(amount) if amount else None,
        more.get("01", ""),
        more.get("08", ""),
        account.get("02", ""),
        fields.get("01") == "12",
    )


def bank_name(bank_bin: str) -> str:
    """The short name of a bank, such as `Vietcombank`; "" for one that is not known."""
    return _banks().get(bank_bin, "")


@cache
def _banks() -> dict[str, str]:
    rows = json.loads(_BANKS.read_text(encoding="utf-8"))["banks"]
    return {row["bin"]: row["short_name"] for row in rows if row["bin"] and not row["deprecated"]}


def _fields(text: str) -> dict[str, str]:
    """The fields of one level: tag (2 digits), length (2 digits), value."""
    found: dict[str, str] = {}
    while text:
        tag, length = text[:2], text[2:4]
        if not (tag.isdecimal() and length.isdecimal() and len(length) == 2) or len(text) < 4 + int(length):
            raise VietQrError("fields that do not fit")
        if tag in found:
            raise VietQrError("a field stands here twice")
        found[tag] = text[4 : 4 + int(length)]
        text = text[4 + int(length) :]
    return found
