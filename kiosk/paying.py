"""Paying a fee by VietQR: confirmed only by the province, and never charged twice.

One payment for each dossier: it is written down before it is asked for, and before another one is asked for the
province must have said that the first can no longer be paid. A code is shown only when its CRC, its amount and the
agency's account are right; only what was shown can be paid, so a lost answer costs nobody anything.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk import slips
from kiosk.appointments import AppointmentVerbs
from kiosk.clerk_events import DossierStored
from kiosk.config import PaymentTable
from kiosk.core import Parts
from kiosk.errands import Asked, ChargeLine, Following, Paying
from kiosk.fees import charge_lines
from kiosk.following import PAYMENT_DUE
from kiosk.inquiries import Answered
from kiosk.ledger import Charge, Ledger
from kiosk.state import Step
from kiosk.submission import due_lines
from kiosk.vietqr import VietQrError, bank_name, parse_vietqr, vietqr
from offline_queue.entry import RETURNED as GIVEN_BACK
from offline_queue.entry import EntryState, OutboxChanged
from offline_queue.gateway import Desk, Payment, PaymentState

PAYMENT = "payment"
POLL_SECONDS = 2.0
HOUSEKEEPING_SECONDS = 300.0  # between two looks at what was asked for here and is not settled
BILL, PURPOSE = 25, 25  # characters of a VietQR's fields
ASKED_LABEL = "Phí, lệ phí theo yêu cầu của tỉnh"
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{3})+|\d+)\s*(?:đồng|đ\b|VND|VNĐ)", re.IGNORECASE)


class Withheld(Exception):
    """No code may be shown: `code` is a translated key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class RefundsRead:
    """Event: fees that staff must give back."""

    refunds: tuple[Charge, ...]


@dataclass(frozen=True)
class _Ready:
    """A payment, and what is shown of it."""

    payment: Payment
    lines: tuple[ChargeLine, ...]
    qr: str = ""


class PayVerbs(AppointmentVerbs):
    """The step of payment, and the list of refunds."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._polled_at = self._kept_at = 0.0

    # -- beginning -----------------------------------------------------------------------------------------------
    def can_pay(self, following: Following) -> bool:
        """Whether the fee that the province asks for can be paid here, as far as known before asking."""
        fresh = following.asked is Asked.ANSWERED and following.status == PAYMENT_DUE
        return fresh and self.parts.config.payment is not None

    def pay_fee(self) -> None:
        """LOOKUP → PAY: the province asks for a fee."""
        following = self.session.following
        if self.state.step is not Step.LOOKUP or following is None or not self.can_pay(following):
            return
        entry, progress = following.entry, following.progress
        assert progress is not None
        procedure = self.procedure_of(following)
        lines = _asked_for(progress.ask) or (charge_lines(procedure, {}, self.now().date()) if procedure else ())
        self._begin_payment(Paying(entry.id if entry else following.code, following.code, lines))

    def dossier_stored(self, event: DossierStored) -> None:
        """Where the site says so its fee is paid at once, before card and papers are taken."""
        super().dossier_stored(event)
        table, session = self.parts.config.payment, self.state.session
        if not self.is_current(event.session_id) or session is None:
            return
        lines = due_lines(session, self.now())
        if table and table.when == "submission" and sum(line.total_vnd for line in lines):
            self._begin_payment(Paying(session.client_ref, session.provisional_code, lines, leads_on=True))

    def pay_again(self) -> None:
        """PAY: another code after the first has expired, or another try to reach the province."""
        paying = self.session.paying
        if self.state.step is not Step.PAY or paying is None or paying.asked is Asked.WAITING:
            return
        if paying.payment is None or paying.payment.state is PaymentState.EXPIRED:
            self._begin_payment(replace(paying, why="", payment=None, qr=""))

    def _begin_payment(self, paying: Paying) -> None:
        table = self.parts.config.payment
        assert table is not None
        paying = replace(paying, asked=Asked.WAITING, bank=bank_name(table.bank), account=table.account)
        self.change_session(Step.PAY, paying=paying)
        ledger, agency = self.parts.ledger, self.parts.config.site.agency_code
        now = self.now()
        self.ask(PAYMENT, lambda province: _ready(province, ledger, table, paying, (agency, now)), self._payment_told)

    def _payment_told(self, event: Answered) -> None:
        paying = self.session.paying
        if paying is None:
            return
        match event.answer:
            case _Ready(payment, lines, qr):
                self.change_session(
                    paying=replace(paying, asked=Asked.ANSWERED, why="", payment=payment, lines=lines, qr=qr)
                )
                self._polled_at = time.monotonic()
                self._paid_now(payment)
            case Withheld() as withheld:
                self.change_session(paying=replace(paying, asked=Asked.UNKNOWN, why=withheld.code))
            case _:
                self.change_session(paying=replace(paying, asked=Asked.FAILED, why=event.code))

    # -- waiting for the bank ------------------------------------------------------------------------------------
    def watch_payment(self) -> None:
        """Once a second: ask the province whether the bank has confirmed; now and then, what else is not settled."""
        self._keep_book()
        paying = self.state.session.paying if self.state.session else None
        if self.state.step is not Step.PAY or paying is None or paying.payment is None:
            return
        payment, ledger = paying.payment, self.parts.ledger
        waits = payment.state is PaymentState.WAITING and not self.asking(PAYMENT)
        if not waits or time.monotonic() - self._polled_at < POLL_SECONDS:
            return
        self.ask(PAYMENT, lambda province: _look(province, ledger, paying.ref, payment), self._payment_looked_at)

    def _payment_looked_at(self, event: Answered) -> None:
        self._polled_at = time.monotonic()
        paying = self.session.paying
        if paying is None:
            return
        if not isinstance(event.answer, Payment):
            self.change_session(paying=replace(paying, why=event.code))  # the code stays: it may be paid meanwhile
            return
        self.change_session(paying=replace(paying, why="", payment=event.answer))
        self._paid_now(event.answer)

    def _paid_now(self, payment: Payment) -> None:
        if payment.state is PaymentState.PAID:
            self.last_touch = time.monotonic()
            self.audit("kiosk", "fee_paid")

    # -- going on ------------------------------------------------------------------------------------------------
    def payment_done(self) -> None:
        """PAY → COLLECT for a dossier that was just handed in, else back to where it stands now."""
        paying = self.session.paying
        if self.state.step is not Step.PAY or paying is None:
            return
        self.drop_question(PAYMENT)
        if paying.leads_on:
            self.change_session(Step.COLLECT)
            return
        self.change_session(Step.LOOKUP)
        self.look_again()

    def pay_at_counter(self) -> None:
        """PAY → TICKET, or on to the slip: somebody takes the money at the counter."""
        session, paying = self.session, self.session.paying
        if self.state.step is not Step.PAY or paying is None:
            return
        if paying.leads_on:
            self.payment_done()
            return
        self.drop_question(PAYMENT)
        procedure = self.procedure_of(session.following) if session.following else None
        field, series = (procedure.field, procedure.series) if procedure else ("", "")
        self.take_number(self.parts.hall.letter_for(field, series))

    def print_payment(self) -> None:
        """PAY: the code on paper, to be paid at home or by somebody else."""
        paying = self.session.paying
        if self.state.step is not Step.PAY or paying is None or not paying.qr:
            return
        slip = slips.payment_slip(
            centre=self.parts.config.site.name,
            code=paying.code,
            lines=paying.lines,
            qr=paying.qr,
            expires_at=paying.payment.expires_at if paying.payment else None,
            zone=self.now().tzinfo,
            language=self.state.language,
        )
        self.print_slip("payment", "", slip)
        self.tell("payment_slip_printed")

    # -- refunds -------------------------------------------------------------------------------------------------
    def outbox_changed(self, event: OutboxChanged) -> None:
        """A dossier was rejected: its fee, if it was paid here, is to be given back."""
        super().outbox_changed(event)
        if event.counts.rejected:
            self.read_refunds()

    def read_refunds(self) -> None:
        """Look for fees to give back, on the clerk's thread."""
        self.parts.clerk.do(lambda: _refunds(self.parts), failed=None)

    def refunds_read(self, event: RefundsRead) -> None:
        """For the staff's list."""
        self.change(refunds=event.refunds)

    def _keep_book(self) -> None:
        if time.monotonic() - self._kept_at < HOUSEKEEPING_SECONDS or self.parts.config.payment is None:
            return
        self._kept_at = time.monotonic()
        ledger, now = self.parts.ledger, self.now
        self.parts.inquiries.ask("", "book", lambda province: _look_after(province, ledger, now))
        self.read_refunds()


def _asked_for(ask: str) -> tuple[ChargeLine, ...]:
    """The amount that the province's own words name, when they name exactly one."""
    amounts = {int(re.sub(r"[.,]", "", amount)) for amount in _AMOUNT.findall(ask)}
    return (ChargeLine(ASKED_LABEL, 1, amounts.pop()),) if len(amounts) == 1 else ()


def _ready(
    province: Desk, ledger: Ledger, table: PaymentTable, paying: Paying, site: tuple[str, datetime]
) -> _Ready | Withheld:
    """On the inquiries' thread: the one payment of this dossier, with a code that was checked."""
    try:
        lines = paying.lines or ledger.fee(paying.ref)
        amount = sum(line.total_vnd for line in lines)
        if amount <= 0:
            return Withheld("payment_amount_unknown")
        payment = _payment(province, ledger, paying, amount, site)
        qr = _checked(payment, table, amount, paying.code) if payment.state is PaymentState.WAITING else ""
    except Withheld as withheld:
        return withheld
    except sqlite3.Error:  # what cannot be written down is not asked for
        return Withheld("payment_not_kept")
    return _Ready(payment, lines, qr)


def _payment(province: Desk, ledger: Ledger, paying: Paying, amount: int, site: tuple[str, datetime]) -> Payment:
    """The payment that was asked for before, as long as it can be paid or is; else a new one. Raises `Withheld`."""
    ref, (agency, now) = paying.ref, site
    charge = ledger.charge(ref)
    if charge and charge.payment_id:
        known = province.payment(charge.payment_id)
        if known is not None:
            ledger.answered(ref, known)
        if charge.state is PaymentState.PAID or (known and known.state is PaymentState.PAID):
            return known if known and known.state is PaymentState.PAID else _paid(charge)
        if known is not None and known.state is PaymentState.WAITING:
            if charge.amount_vnd != amount:
                raise Withheld("payment_other_amount")  # the first code can still be paid
            return known
    ledger.ask(ref, paying.code, amount, now)
    payment = province.ask_payment(ref, amount, agency)
    ledger.answered(ref, payment)
    return payment


def _paid(charge: Charge) -> Payment:
    return Payment(charge.payment_id, PaymentState.PAID)


def _checked(payment: Payment, table: PaymentTable, amount: int, code: str) -> str:
    """The code to show: the province's when everything in it is right, else our own where it has sent none."""
    if not payment.vietqr:
        bill = "".join(c for c in payment.payment_id if c.isascii() and c.isalnum())[:BILL]
        return vietqr(table.bank, table.account, amount, bill, f"LE PHI {code}"[:PURPOSE])
    try:
        told = parse_vietqr(payment.vietqr)
    except VietQrError:
        raise Withheld("payment_code_wrong") from None
    if (told.bank_bin, told.account, told.amount_vnd) != (table.bank, table.account, amount):
        raise Withheld("payment_code_wrong")
    return payment.vietqr


def _look(province: Desk, ledger: Ledger, ref: str, payment: Payment) -> Payment:
    known = province.payment(payment.payment_id) or replace(payment, state=PaymentState.EXPIRED)
    ledger.answered(ref, known)
    return known


def _look_after(province: Desk, ledger: Ledger, now: Callable[[], datetime]) -> None:
    """What nobody stands and waits for: late payments, and dossiers that were paid and then not accepted."""
    for charge in ledger.unsettled():
        if charge.state is PaymentState.WAITING and (known := province.payment(charge.payment_id)):
            ledger.answered(charge.ref, known)
        if charge.state is PaymentState.PAID and (progress := province.progress(charge.ref)):
            ledger.saw(progress, now(), charge.ref)


def _refunds(parts: Parts) -> RefundsRead:
    ended = parts.outbox.list(limit=1000, states=(EntryState.REJECTED, EntryState.CLOSED))
    for entry in ended:
        if entry.state is EntryState.REJECTED or entry.last_error == GIVEN_BACK:
            parts.ledger.rejected(entry.id)
    return RefundsRead(parts.ledger.refunds())
