"""Whose money is given back, and how the kiosk hears of it: in turns, whatever one answer is like."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.errands.charging import look_after
from kiosk.errands.ledger import Charge, Ledger
from kiosk.sandbox.due import ZONE
from offline_queue.gateway import Busy, Payment, PaymentState, Progress, SubmitError, Unreachable

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=ZONE)
REF = "5f0c6c0e-0000-4000-8000-000000000001"


def test_paid_twice_or_for_nothing_is_given_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.db")
    for number in (1, 2):  # a bank that was late with an expired code
        ledger.keep(Charge(f"p{number}", REF, "TAM-1", 8_000, PaymentState.WAITING, NOW))
        ledger.looked_at(Payment(f"p{number}", PaymentState.PAID))
        ledger.looked_at(Payment(f"p{number}", PaymentState.EXPIRED))  # comes late: what is paid stays paid
    assert [charge.payment_id for charge in ledger.refunds()] == ["p1"]
    ledger.refunded("p1")
    assert ledger.refunds() == ()
    ledger.saw(Progress("H05.114-261126-0001", 3), NOW, REF)  # not accepted after all
    assert [charge.payment_id for charge in ledger.refunds()] == ["p2"]
    ledger.forget(NOW + timedelta(days=400), timedelta(days=90))
    assert [charge.payment_id for charge in ledger.refunds()] == ["p2"]  # until staff have settled it


def test_where_the_later_one_was_given_back_before_the_first_is_kept(tmp_path: Path) -> None:
    """As programs did until now."""
    ledger = Ledger(tmp_path / "l.db")
    for name in ("p1", "p2"):
        ledger.keep(Charge(name, REF, "TAM-1", 8_000, PaymentState.PAID, NOW))
    with sqlite3.connect(tmp_path / "l.db") as connection:
        connection.execute("UPDATE payment SET refund = 'done' WHERE payment_id = 'p2'")
    connection.close()
    assert ledger.refunds() == ()


@pytest.mark.parametrize("order", [("p1", "p2", "p3"), ("p3", "p2", "p1"), ("p2", "p3", "p1")])
def test_of_several_amounts_that_were_paid_what_was_asked_for_last_is_kept(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    ledger = Ledger(tmp_path / "l.db")
    for name, amount in (("p1", 16_000), ("p2", 20_000), ("p3", 16_000)):
        ledger.keep(Charge(name, REF, "TAM-1", amount, PaymentState.EXPIRED, NOW))
    given_back = []
    for name in order:
        ledger.looked_at(Payment(name, PaymentState.PAID))
        for charge in ledger.refunds():
            given_back.append((charge.payment_id, charge.amount_vnd))
            ledger.refunded(charge.payment_id)
    assert sorted(given_back) == [("p1", 16_000), ("p2", 20_000)]


@dataclass
class Officers:
    """A province whose dossiers stand as told here, with every question that it is asked."""

    status: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, SubmitError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def payment(self, payment_id: str) -> Payment:
        """None of them is paid any more."""
        return Payment(self._hear(payment_id), PaymentState.WAITING)

    def progress(self, code: str) -> Progress:
        return Progress(self._hear(code), self.status.get(code, 4))

    def _hear(self, name: str) -> str:
        self.asked.append(name)
        if name in self.troubles:
            raise self.troubles[name]
        return name


def paid(ledger: Ledger, number: int) -> list[str]:
    """So many dossiers of the province that were paid here two days ago; their codes."""
    codes = [f"H05.114-261124-{n:04d}" for n in range(number)]
    for n, code in enumerate(codes):
        asked_at = NOW - timedelta(days=2) + timedelta(minutes=n)
        ledger.keep(Charge(f"p{n}", code, code, 8_000, PaymentState.PAID, asked_at))
    return codes


def test_every_payment_has_its_turn_and_no_round_is_long(tmp_path: Path) -> None:
    ledger, province = Ledger(tmp_path / "l.db"), Officers()
    codes = paid(ledger, 25)
    province.status = {codes[-1]: 3, codes[1]: 9}
    for least in (20, 20, 20):
        province.asked.clear()
        look_after(province, ledger, lambda: NOW)  # type: ignore[arg-type]
        assert len(set(province.asked)) == len(province.asked) == least
    assert [charge.ref for charge in ledger.refunds()] == [codes[-1]]
    province.asked.clear()
    for _ in range(2):
        look_after(province, ledger, lambda: NOW)  # type: ignore[arg-type]
    assert set(province.asked) == set(codes) - set(province.status)  # what is done or given back is not asked about


def test_an_answer_that_cannot_be_used_holds_up_no_other(tmp_path: Path) -> None:
    ledger, province = Ledger(tmp_path / "l.db"), Officers()
    ledger.keep(Charge("bad", "RA", "RA", 8_000, PaymentState.WAITING, NOW))
    codes = paid(ledger, 3)
    province.status = {codes[0]: 3, codes[2]: 3}
    province.troubles = {name: Unreachable("HTTP 200 with another shape") for name in ("bad", codes[1])}
    look_after(province, ledger, lambda: NOW)  # type: ignore[arg-type]
    assert [charge.ref for charge in ledger.refunds()] == [codes[0], codes[2]]


@pytest.mark.parametrize(
    ("trouble", "rounds"), [(Unreachable("ReadTimeout"), "01 2301"), (Busy(60.0, "HTTP 503"), "0 1 2 30")]
)
def test_a_province_that_does_not_answer_is_left_alone_until_the_next_round(
    tmp_path: Path, trouble: SubmitError, rounds: str
) -> None:
    ledger, province = Ledger(tmp_path / "l.db"), Officers()
    codes = paid(ledger, 4)
    province.troubles = dict.fromkeys(codes[:3], trouble)
    for expected in rounds.split():
        province.asked.clear()
        with pytest.raises(SubmitError):
            look_after(province, ledger, lambda: NOW)  # type: ignore[arg-type]
        assert province.asked == [codes[int(number)] for number in expected]
