"""Paying a fee: confirmed by the province only, once for each dossier, whatever is lost on the way."""

from __future__ import annotations

import time
from dataclasses import replace

from kiosk.config import Config, OtherAccount, PaymentTable
from kiosk.errands import Asked, Paying
from kiosk.sandbox.progress import known_code
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from offline_queue.gateway import PaymentState
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit, to_review
from tests.flows.test_following import AGENCY, look_up
from tests.flows.test_numbers import log_in

DUE = known_code(AGENCY, 6)


def paying(state: AppState) -> Paying:
    """The payment on the glass."""
    assert state.session is not None
    assert state.session.paying is not None
    return state.session.paying


def settled(state: AppState) -> bool:
    """Whether there is a payment, or a reason why not."""
    return paying(state).asked is not Asked.WAITING


def tick_until(player: Player, wanted: PaymentState) -> None:
    """Ask as the window does, once a second but faster, until the payment is so."""
    player.kiosk._polled_at = 0.0
    end = time.monotonic() + 20
    while time.monotonic() < end:
        player.kiosk.watch_payment()
        player.kiosk._polled_at = 0.0
        player.drain(0.05)
        payment = paying(player.state).payment
        if payment is not None and payment.state is wanted:
            return
    raise AssertionError(f"never {wanted}")


def pay(player: Player) -> None:
    """The citizen pays with the phone."""
    assert player.machine.province
    player.machine.province.people.bank = "pays_at_once"


def open_fee(player: Player) -> Paying:
    """To the code of the fee that the province asks for."""
    look_up(player, DUE)
    player.kiosk.pay_fee()
    player.at(Step.PAY)
    return paying(player.until(settled, "the payment code"))


def test_a_fee_is_paid_and_the_dossier_goes_on(player: Player) -> None:
    shown = open_fee(player)
    assert shown.amount_vnd == 16_000
    assert "540516000" in shown.qr
    assert (shown.bank, shown.account) == ("Vietcombank", "0123456789 · UBND PHUONG VO CUONG")
    pay(player)
    tick_until(player, PaymentState.PAID)
    player.kiosk.payment_done()
    player.at(Step.LOOKUP)
    state = player.until(lambda s: bool(s.session and s.session.following and s.session.following.status == 4), "next")
    assert state.session


def test_a_code_is_found_again_after_a_restart_and_never_asked_for_twice(config: Config) -> None:
    with Machine(config) as machine:
        assert machine.province
        machine.province.people.bank = "waits"
        first = open_fee(Player(machine))
    with Machine(config) as machine:
        assert machine.province
        machine.province.people.bank = "waits"
        again = open_fee(Player(machine))
        assert first.payment
        assert again.payment
        assert again.payment.payment_id == first.payment.payment_id
        assert again.qr == first.qr


def test_off_line_nothing_is_charged_and_the_counter_takes_the_money(player: Player) -> None:
    look_up(player, DUE)
    assert player.machine.province
    player.machine.province.fault = "refuse"
    player.kiosk.pay_fee()
    assert paying(player.until(settled, "no answer")).asked is Asked.FAILED
    assert paying(player.state).qr == ""
    player.kiosk.pay_at_counter()
    player.at(Step.TICKET)


def test_a_line_that_dies_while_the_code_is_shown_keeps_the_code(player: Player) -> None:
    assert player.machine.province
    player.machine.province.people.bank = "waits"
    shown = open_fee(player)
    player.machine.province.fault = "500"
    player.kiosk._polled_at = 0.0
    player.kiosk.watch_payment()
    state = player.until(lambda s: bool(paying(s).why), "the lost line")
    assert paying(state).qr == shown.qr
    player.machine.province.fault = ""
    player.machine.province.people.bank = "pays"


def test_a_code_for_another_account_is_not_shown(config: Config) -> None:
    table = PaymentTable(bank="970415", account="113366668888")
    with Machine(config.model_copy(update={"payment": table})) as machine:
        shown = open_fee(Player(machine))
        assert (shown.asked, shown.why, shown.qr) == (Asked.UNKNOWN, "payment_code_wrong", "")


def test_each_agency_has_its_own_account(config: Config) -> None:
    assert config.payment
    own = config.payment
    for fields, why in ((["Hộ tịch"], "payment_code_wrong"), (["Đất đai"], "")):
        other = OtherAccount(agency_code="G01.899", fields=tuple(fields), bank="970415", account="113366668888")
        with Machine(config.model_copy(update={"payment": own.model_copy(update={"others": (other,)})})) as machine:
            shown = open_fee(Player(machine))
            assert shown.account.startswith(other.account if why else own.account)
            assert (shown.why, bool(shown.qr)) == (why, not why)


def test_paid_on_submission_then_rejected_is_given_back_by_staff(config: Config) -> None:
    table = config.payment
    assert table
    with Machine(config.model_copy(update={"payment": table.model_copy(update={"when": "submission"})})) as machine:
        player = Player(machine)
        assert machine.province
        machine.province.fault = "reject"
        to_review(player, "2.000635")
        player.kiosk.next()
        player.kiosk.declare()
        player.until(lambda s: s.step is Step.PAY, "the fee")
        player.until(settled, "the code")
        pay(player)
        tick_until(player, PaymentState.PAID)
        player.kiosk.payment_done()
        player.at(Step.COLLECT)
        player.kiosk.collected()
        player.until(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the slip")
        player.until(lambda s: s.outbox.rejected == 1, "the rejection")
        player.kiosk.read_refunds()
        (charge,) = player.until(lambda s: bool(s.refunds), "the refund").refunds
        assert (charge.amount_vnd, charge.code.startswith("TAM-")) == (8_000, True)
        player.kiosk.finish()
        log_in(player, "staff")
        player.kiosk.refunded(charge.payment_id)
        player.until(lambda s: not s.refunds, "the end of it")


def test_what_was_told_at_submission_holds_when_the_catalogue_changes(player: Player) -> None:
    ref = submit(player, "1.004194")
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    entry = player.kiosk.parts.outbox.get(ref)
    assert entry
    assert entry.receipt
    player.kiosk.finish()
    assert player.machine.province
    player.machine.province.people.bank = "waits"
    parts = player.kiosk.parts
    procedure = parts.catalogue.procedures["1.004194"]
    assert procedure.fee
    dearer = procedure.model_copy(update={"fee": procedure.fee.model_copy(update={"amount_vnd": 14_000})})
    catalogue = replace(parts.catalogue, procedures={**parts.catalogue.procedures, dearer.code: dearer})
    player.kiosk.parts = replace(parts, lookup=replace(parts.lookup, catalogue=catalogue))
    player.machine.province.decide(entry.receipt.code, 6, "Yêu cầu nộp lệ phí", "Mời bạn nộp lệ phí.")
    look_up(player, entry.receipt.code)
    player.kiosk.pay_fee()
    shown = paying(player.until(settled, "the payment code"))
    assert (shown.amount_vnd, bool(shown.qr)) == (7_000, True)


def test_who_pays_nothing_proves_it_at_the_counter(player: Player) -> None:
    assert player.machine.province
    player.machine.province.people.bank = "waits"
    open_fee(player)
    player.kiosk.claim_exemption("nobody")
    assert paying(player.state).exempt == ""
    player.kiosk.claim_exemption("poor")
    assert paying(player.state).exempt == "poor"
    player.kiosk.print_payment()
    assert player.state.toast == ""  # what is claimed is not paid meanwhile
    player.kiosk.pay_at_counter()
    player.at(Step.TICKET)
