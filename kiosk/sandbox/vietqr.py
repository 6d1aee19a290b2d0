"""Text of a VietQR payment code: EMVCo merchant-presented QR with NAPAS' account 38 (DOMAIN 7)."""

from __future__ import annotations

import binascii

_NAPAS = "A000000727"
_DONG = "704"  # ISO 4217


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
