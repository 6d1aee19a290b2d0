"""One payment for each dossier: asked for, found again, checked; on the inquiries' thread.

Before another one is asked for, the province must have said that every earlier one can no longer be paid, whichever
kiosk of the hall has asked for it; a kiosk that cannot know what the others asked for asks for nothing. A code is
shown only when its CRC, its amount and the agency's account are right, while it can be paid and only once, and after
it was written down; only what was shown can be paid, so an answer that is lost, late or doubled costs nobody anything.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.config import Account
from kiosk.errands import ChargeLine, Paying
from kiosk.errands.ledger import HALL_UNKNOWN, Charge, Ledger
from kiosk.errands.vietqr import VietQrError, parse_vietqr, vietqr
from kiosk.hall.tickets import HallError
from kiosk.text import nfc
from offline_queue.gateway import Busy, Desk, Payment, PaymentState, SubmitError, Unauthorised

BILL, PURPOSE = 25, 25  # characters of a VietQR's fields
TO_ACCOUNT = "QRIBFTTA"  # and not to a card
CODE_LATE = "payment_code_late"  # another try may help
MOST_FAILED = 2  # answers in a row that do not come: citizens do not wait behind more of them
ASKED_LABEL = "Phí, lệ phí theo yêu cầu của tỉnh"
# 8000, 8.000, 1 500 000: one sign between the thousands
_AMOUNT = re.compile(
    r"(?<![\d.,/])(\d{1,3}(?:([.,\s])\d{3})(?:\2\d{3})*|\d+)\s*(?:đồng\b|đ\b|VND\b|VNĐ\b)", re.IGNORECASE
)
# words that make an amount a price for each, a bound or an end of a range: not what is to be paid
_NO_SUM = re.compile(
    r"\b(?:mỗi|từng|(?:một|1) (?:bản|trang|tờ|lần|người|trường hợp)|tối đa|tối thiểu|không quá|ít nhất|nhiều nhất"
    r"|khoảng|trở lên|trở xuống)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\d(?:\s*(?:đồng|đ|VND|VNĐ))?\s*(?:[-–—]|đến|tới)|[x×*]|\btừ|\bdưới|\btrên)\s*$", re.IGNORECASE
)
_BEHIND = re.compile(r"\s*(?:/|[x×*]\s*\d|[-–—]\s*\d|(?:đến|tới)\s+\d)", re.IGNORECASE)


class Withheld(Exception):
    """No code may be shown: `code` is a translated key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Ready:
    """A payment, and what is shown of it; `told_vnd` as in `Paying`."""

    payment: Payment
    lines: tuple[ChargeLine, ...]
    qr: str = ""
    told_vnd: int = 0


def asked_for(ask: str) -> tuple[ChargeLine, ...]:
    """The sum that the province's own words name, when they name exactly one amount, and not as a price or a bound."""
    ask = nfc(ask)
    found = list(_AMOUNT.finditer(ask))
    if _NO_SUM.search(ask) or any(_BEFORE.search(ask[: m.start()]) or _BEHIND.match(ask[m.end() :]) for m in found):
        return ()
    amounts = {int(re.sub(r"\D", "", amount[1])) for amount in found}
    return (ChargeLine(ASKED_LABEL, 1, amounts.pop()),) if len(amounts) == 1 else ()


def ready(
    province: Desk, ledger: Ledger, account: Account, paying: Paying, site: tuple[str, datetime]
) -> Ready | Withheld:
    """On the inquiries' thread: the one payment of this dossier, with a code that was checked."""
    try:
        told = ledger.fee(paying.ref)
        lines = paying.lines or told or paying.usual
        amount = sum(line.total_vnd for line in lines)
        if amount <= 0:
            return Withheld("payment_amount_unknown")
        payment = _payment(province, ledger, paying, amount, site)
        qr = _checked(payment, account, amount, paying.code, site[1]) if payment.state is PaymentState.WAITING else ""
    except Withheld as withheld:
        return withheld
    except sqlite3.Error:  # what cannot be written down is not asked for
        return Withheld("payment_not_kept")
    except HallError:  # nor what the other kiosks cannot be told
        return Withheld(HALL_UNKNOWN)
    return Ready(payment, lines, qr, sum(line.total_vnd for line in told))


def _payment(province: Desk, ledger: Ledger, paying: Paying, amount: int, site: tuple[str, datetime]) -> Payment:
    """The payment whose code was shown before, as long as it can be paid or is; else a new one. Raises `Withheld`."""
    agency, now = site
    with ledger.turn(paying, province) as turn:
        known = [(charge, _now(province, ledger, charge)) for charge in turn.charges]
        for state in (PaymentState.PAID, PaymentState.WAITING):
            found = {charge.amount_vnd: payment for charge, payment in known if payment.state is state}
            if amount in found:
                return found[amount]
            if found:  # the other one may still be paid, or has been: a person must look
                raise Withheld(f"payment_other_{state}")
        if turn.blind:
            raise Withheld(turn.blind)
        payment = province.ask_payment(paying.ref, amount, agency)
        if not turn.keep(Charge(payment.payment_id, paying.ref, paying.code, amount, payment.state, now)):
            raise Withheld("payment_code_wrong")
        return payment


def _now(province: Desk, ledger: Ledger, charge: Charge) -> Payment:
    """How a payment stands now; what was paid stays paid, and what the province has forgotten has expired."""
    if charge.state is PaymentState.PAID:
        return Payment(charge.payment_id, PaymentState.PAID)
    return look(province, ledger, Payment(charge.payment_id, PaymentState.EXPIRED))


def _checked(payment: Payment, account: Account, amount: int, code: str, now: datetime) -> str:
    """The code to show: the province's when everything in it is right, else our own where it has sent none.

    A static code could be paid again and again, and one to a card may lead to anybody.
    """
    if payment.expires_at and payment.expires_at <= now:
        raise Withheld(CODE_LATE)
    if not payment.vietqr:
        bill = "".join(c for c in payment.payment_id if c.isascii() and c.isalnum())[:BILL]
        return vietqr(account.bank, account.account, amount, bill, f"LE PHI {code}"[:PURPOSE])
    try:
        told = parse_vietqr(payment.vietqr)
    except VietQrError:
        raise Withheld("payment_code_wrong") from None
    right = (account.bank, account.account, amount, TO_ACCOUNT, True)
    if (told.bank_bin, told.account, told.amount_vnd, told.service, told.dynamic) != right:
        raise Withheld("payment_code_wrong")
    return payment.vietqr


def look(province: Desk, ledger: Ledger, payment: Payment) -> Payment:
    """What the bank has told the province by now; a payment that it has forgotten has expired."""
    known = province.payment(payment.payment_id) or replace(payment, state=PaymentState.EXPIRED)
    ledger.looked_at(known)
    return known


def look_after(province: Desk, ledger: Ledger, now: Callable[[], datetime]) -> None:
    """What nobody stands and waits for: late payments, and dossiers that were paid and then not accepted.

    One without an answer holds up no other. Raises `SubmitError` where the province rather than one answer is amiss;
    the rest waits for the next time.
    """
    failed = 0
    for charge in ledger.unsettled(now()):
        ledger.asked_about(charge)
        try:
            payment = _now(province, ledger, charge)
            if payment.state is PaymentState.PAID and (progress := province.progress(charge.name)):
                ledger.saw(progress, now(), charge.ref)
            failed = 0
        except SubmitError as error:
            failed += 1
            if failed == MOST_FAILED or isinstance(error, Busy | Unauthorised):
                raise
