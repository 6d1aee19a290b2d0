"""Paying a fee by VietQR: confirmed only by the province; whose fee must be given back."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta

from kiosk.clerk_events import DossierStored
from kiosk.config import Account, OtherAccount
from kiosk.core import Parts
from kiosk.errands import Asked, Following, Paying
from kiosk.errands import slips as errand_slips
from kiosk.errands.charging import CODE_LATE, Ready, Withheld, asked_for, look, look_after, ready
from kiosk.errands.exemptions import Exemption, exemptions_for
from kiosk.errands.following import PAYMENT_DUE, FollowVerbs
from kiosk.errands.inquiries import Answered
from kiosk.errands.ledger import HALL_UNKNOWN, Charge
from kiosk.errands.vietqr import bank_name
from kiosk.fees import charge_lines
from kiosk.slips import Slip
from kiosk.state import Step
from kiosk.submission import SubmissionVerbs, due_lines
from offline_queue.entry import RETURNED as GIVEN_BACK
from offline_queue.entry import EntryState, OutboxChanged
from offline_queue.gateway import Payment, PaymentState

PAYMENT = "payment"
POLL_SECONDS = 2.0
HOUSEKEEPING_SECONDS = 300.0  # between two looks at what was asked for here and is not settled


@dataclass(frozen=True)
class RefundsRead:
    """Event: fees that staff must give back."""

    refunds: tuple[Charge, ...]


def can_ask_again(paying: Paying) -> bool:
    """Whether there may be a code now: the last one has expired, or it could not be known or asked whether there is."""
    if paying.payment is not None:
        return paying.payment.state is PaymentState.EXPIRED
    return paying.asked is Asked.FAILED or (paying.asked is Asked.UNKNOWN and paying.why in (HALL_UNKNOWN, CODE_LATE))


class PayVerbs(FollowVerbs, SubmissionVerbs):
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
        usual = charge_lines(procedure, {}, self.now().date()) if procedure else ()
        ref, code = entry.id if entry else following.code, procedure.code if procedure else ""
        self._begin_payment(Paying(ref, following.code, asked_for(progress.ask), procedure_code=code, usual=usual))

    def dossier_stored(self, event: DossierStored) -> None:
        """Where the site says so its fee is paid at once, before card and papers are taken."""
        super().dossier_stored(event)
        table, session = self.parts.config.payment, self.state.session
        if not self.is_current(event.session_id) or session is None:
            return
        lines = due_lines(session, self.now())
        if table and table.when == "submission" and sum(line.total_vnd for line in lines):
            code = session.procedure.code if session.procedure else ""
            case = session.case.id if session.case else ""
            ref, known_by = session.client_ref, session.provisional_code
            self._begin_payment(Paying(ref, known_by, lines, leads_on=True, procedure_code=code, case_id=case))

    def pay_again(self) -> None:
        """PAY: another code after the first has expired, or another try to reach the province."""
        paying = self.session.paying
        if self.state.step is Step.PAY and paying is not None and can_ask_again(paying):
            self._begin_payment(replace(paying, why="", payment=None, qr=""))

    def _begin_payment(self, paying: Paying) -> None:
        table = self.parts.config.payment
        assert table is not None
        procedure = self.parts.catalogue.procedures.get(paying.procedure_code)
        account = table.account_for(procedure.field if procedure else "")
        paying = replace(paying, asked=Asked.WAITING, bank=bank_name(account.bank), account=_account(account))
        self.change_session(Step.PAY, paying=paying)
        ledger, now = self.parts.ledger, self.now()
        agency = account.agency_code if isinstance(account, OtherAccount) else self.parts.config.site.agency_code
        self.ask(PAYMENT, lambda province: ready(province, ledger, account, paying, (agency, now)), self._payment_told)

    def _payment_told(self, event: Answered) -> None:
        paying = self.session.paying
        if paying is None:
            return
        match event.answer:
            case Ready(payment, lines, qr, told_vnd):
                paying = replace(paying, payment=payment, lines=lines, qr=qr, told_vnd=told_vnd)
                self.change_session(paying=replace(paying, asked=Asked.ANSWERED, why=""))
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
        self.ask(PAYMENT, lambda province: look(province, ledger, payment), self._payment_looked_at)

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
            self.touched()
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
        self.take_number(
            self.counter_of(session.following) if session.following else self.parts.hall.letter_for("", "")
        )

    def exemptions(self, paying: Paying) -> tuple[Exemption, ...]:
        """Who pays nothing or less of a fee."""
        return exemptions_for(self.parts.lookup.exemptions, paying.procedure_code, paying.case_id)

    def claim_exemption(self, exemption_id: str) -> None:
        """PAY: the citizen says that they pay nothing or less, "" takes it back; an officer looks at the proof."""
        paying = self.session.paying
        if self.state.step is not Step.PAY or paying is None:
            return
        known = {one.id for one in self.exemptions(paying)}
        if exemption_id in known | {""}:
            self.change_session(paying=replace(paying, exempt=exemption_id))

    def print_payment(self) -> None:
        """PAY: the code on paper, to be paid at home or by somebody else."""
        paying = self.session.paying
        if self.state.step is not Step.PAY or paying is None or not paying.qr or paying.exempt:
            return
        slip = errand_slips.payment_slip(
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

    def completed_slip(self, slip: Slip) -> Slip:
        """With the fee, where it was asked for on submission."""
        paying = self.session.paying
        if paying is None or not paying.leads_on or not paying.lines:
            return super().completed_slip(slip)
        paid = paying.payment is not None and paying.payment.state is PaymentState.PAID
        proof = next((one.proof for one in self.exemptions(paying) if one.id == paying.exempt), "")
        return errand_slips.with_fee(slip, paying.lines, paid, paying.qr, proof, self.state.language)

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
        keep = timedelta(days=self.parts.config.storage.keep_days)
        self.parts.clerk.do(lambda: ledger.forget(now(), keep), failed=None)
        self.parts.inquiries.ask("", "book", lambda province: look_after(province, ledger, now))
        self.read_refunds()


def _account(account: Account) -> str:
    """As the bank's app shows it."""
    return " · ".join(part for part in (account.account, account.holder) if part)


def _refunds(parts: Parts) -> RefundsRead:
    ended = parts.outbox.list(limit=1000, states=(EntryState.REJECTED, EntryState.CLOSED))
    for entry in ended:
        if entry.state is EntryState.REJECTED or entry.last_error == GIVEN_BACK:
            parts.ledger.rejected(entry.id)
    return RefundsRead(parts.ledger.refunds())
