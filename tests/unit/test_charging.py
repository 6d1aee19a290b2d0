"""Never charged twice: the rules of payments against a real province, with everything lost that can be lost."""

from __future__ import annotations

import shutil
import tempfile
import unicodedata
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kiosk.config import PaymentTable
from kiosk.errands import Asked, ChargeLine, Paying
from kiosk.errands.charging import CODE_LATE, Ready, Withheld, asked_for, look, look_after, ready
from kiosk.errands.ledger import HALL_UNKNOWN, Charge, Ledger
from kiosk.errands.paying import can_ask_again
from kiosk.errands.vietqr import crc16, vietqr
from kiosk.sandbox.due import ZONE
from kiosk.sandbox.server import Province
from offline_queue.gateway import Payment, PaymentState, SubmitError
from offline_queue.http_gateway import HttpGateway

TABLE = PaymentTable(bank="970436", account="0123456789")
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=ZONE)
REF = "5f0c6c0e-0000-4000-8000-000000000001"
FEE = Paying(REF, "TAM-0000-0000", (ChargeLine("Lệ phí", 2, 8_000),))


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class OneCharge(RuleBasedStateMachine):
    """A citizen comes to the kiosk again and again; answers get lost, the kiosk restarts, codes expire."""

    province: ClassVar[Province]  # one for all lives: each has a dossier of its own
    gateway: ClassVar[HttpGateway]
    clock: ClassVar[Clock]
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.fee = replace(FEE, ref=str(uuid.uuid4()))
        self.ledger = Ledger(self.folder / "ledger.db")
        self.shown: dict[str, str] = {}  # payment → its code, as a citizen has photographed it
        self.paid: set[str] = set()

    @rule()
    def come_on_a_good_day(self) -> None:
        self._come("")

    @rule(fault=st.sampled_from(["lost-reply", "drop", "500", "garbage"]))
    def come_on_a_bad_day(self, fault: str) -> None:
        self._come(fault)

    def _come(self, fault: str) -> None:
        self.province.fault = fault
        try:
            answer = ready(self.gateway, self.ledger, TABLE, self.fee, ("H05.114", self.clock.now))
        except SubmitError:
            return
        finally:
            self.province.fault = ""
        assert isinstance(answer, Ready)
        if answer.payment.state is PaymentState.PAID:
            assert self.paid, "told paid without any money"
        if answer.qr:
            assert not self.paid, "a code is shown after the fee was paid"
            self.shown[answer.payment.payment_id] = answer.qr

    @rule()
    def pay_any_code_that_was_shown(self) -> None:
        """A careful citizen: pays once, with the newest photograph, while it is valid."""
        if self.paid or not self.shown:
            return
        newest = list(self.shown)[-1]
        known = self.gateway.payment(newest)
        if known is None or known.state is not PaymentState.WAITING:
            return
        self.province.people.bank = "pays_at_once"
        assert self.gateway.payment(newest)
        self.province.people.bank = "waits"
        self.paid.add(newest)

    @rule(minutes=st.sampled_from([1, 16]))
    def wait(self, minutes: int) -> None:
        self.clock.now += timedelta(minutes=minutes)

    @rule()
    def restart(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.db")

    @rule()
    def keep_house(self) -> None:
        look_after(self.gateway, self.ledger, self.clock)

    @invariant()
    def only_one_code_can_be_paid(self) -> None:
        states = [known.state for one in self.shown if (known := self.gateway.payment(one))]
        assert states.count(PaymentState.WAITING) + states.count(PaymentState.PAID) <= 1
        assert self.ledger.refunds() == ()


OneCharge.TestCase.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestOneCharge(OneCharge.TestCase):  # type: ignore[misc,valid-type]
    """Runs the machine against one province."""

    @classmethod
    def setUpClass(cls) -> None:
        OneCharge.folder, OneCharge.clock = Path(tempfile.mkdtemp()), Clock()
        OneCharge.province = Province(OneCharge.folder / "province", clock=OneCharge.clock)
        OneCharge.province.people.bank = "waits"
        OneCharge.province.people.forgetful = True
        OneCharge.gateway = HttpGateway(OneCharge.province.start(), "sandbox", timeout=(2.0, 2.0))

    @classmethod
    def tearDownClass(cls) -> None:
        OneCharge.gateway.close()
        OneCharge.province.stop()
        shutil.rmtree(OneCharge.folder, ignore_errors=True)


@dataclass
class Told:
    """A province that says what it is told to; only payments."""

    answer: Payment
    known: Payment | None = None  # where it says something else of those that it was asked for before

    def ask_payment(self, client_ref: str, amount_vnd: int, agency_code: str) -> Payment:
        return self.answer

    def payment(self, payment_id: str) -> Payment:
        return self.known or self.answer


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ({"asked": Asked.WAITING}, False),
        ({"asked": Asked.FAILED, "why": "province_unreachable"}, True),
        ({"asked": Asked.UNKNOWN, "why": HALL_UNKNOWN}, True),
        ({"asked": Asked.UNKNOWN, "why": CODE_LATE}, True),
        ({"asked": Asked.UNKNOWN, "why": "payment_code_wrong"}, False),
        ({"payment": Payment("P1", PaymentState.WAITING)}, False),
        ({"payment": Payment("P1", PaymentState.EXPIRED)}, True),
        ({"payment": Payment("P1", PaymentState.PAID)}, False),
    ],
)
def test_when_another_code_may_be_asked_for(now: dict[str, Any], again: bool) -> None:
    assert can_ask_again(replace(FEE, **now)) is again


def with_crc(code: str) -> str:
    """A code that was changed, with the checksum that fits."""
    return code[:-4] + f"{crc16(code[:-4].encode()):04X}"


@pytest.mark.parametrize(
    "code",
    [
        vietqr("970436", "0123456789", 15_000),
        vietqr("970436", "9999999999", 16_000),
        vietqr("970415", "0123456789", 16_000),
        vietqr("970436", "0123456789"),
        vietqr("970436", "0123456789", 16_000, service="QRIBFTTC"),
        with_crc(vietqr("970436", "0123456789", 16_000).replace("010212", "010211", 1)),
        vietqr("970436", "0123456789", 16_000)[:-1] + "0",
        "https://example.invalid/pay",
    ],
)
def test_a_wrong_code_is_not_shown(tmp_path: Path, code: str) -> None:
    told = Told(Payment("p1", PaymentState.WAITING, code))
    answer = ready(told, Ledger(tmp_path / "l.db"), TABLE, FEE, ("H05.114", NOW))  # type: ignore[arg-type]
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_code_wrong"


@pytest.mark.parametrize("code", ["", vietqr("970436", "0123456789", 16_000)])
def test_a_code_whose_time_is_over_is_not_shown(tmp_path: Path, code: str) -> None:
    for minutes, why in ((0, CODE_LATE), (1, "")):
        told = Told(Payment("p1", PaymentState.WAITING, code, NOW + timedelta(minutes=minutes)))
        answer = ready(told, Ledger(tmp_path / "l.db"), TABLE, FEE, ("H05.114", NOW))  # type: ignore[arg-type]
        assert (answer.code if isinstance(answer, Withheld) else "") == why


def test_the_payment_of_another_dossier_is_not_shown(tmp_path: Path) -> None:
    told, ledger = Told(Payment("p1", PaymentState.WAITING)), Ledger(tmp_path / "l.db")
    others = (replace(FEE, ref="other", code="TAM-0000-0001"), replace(FEE, lines=(ChargeLine("Lệ phí", 1, 9_000),)))
    assert isinstance(ready(told, ledger, TABLE, FEE, ("H05.114", NOW)), Ready)  # type: ignore[arg-type]
    for other in others:
        ledger.looked_at(Payment("p1", PaymentState.EXPIRED))
        told.known = Payment("p1", PaymentState.EXPIRED)
        answer = ready(told, ledger, TABLE, other, ("H05.114", NOW))  # type: ignore[arg-type]
        assert isinstance(answer, Withheld)
        assert answer.code == "payment_code_wrong"
    assert ledger.charges("other") == ()


def test_what_was_told_at_submission_holds_unless_the_province_names_another_amount(tmp_path: Path) -> None:
    told, ledger = Told(Payment("p1", PaymentState.WAITING)), Ledger(tmp_path / "l.db")
    ledger.keep_fee(REF, (ChargeLine("Lệ phí", 1, 7_000),), NOW)
    now_costs = (ChargeLine("Lệ phí", 1, 14_000),)
    for ref, named, amount, before in (
        (REF, (), 7_000, 7_000),
        (REF, asked_for("Nộp 9.000 đồng"), 9_000, 7_000),
        ("elsewhere", (), 14_000, 0),
    ):
        ledger.looked_at(Payment("p1", PaymentState.EXPIRED))
        told.answer = Payment(f"{ref}-{amount}", PaymentState.WAITING)
        told.known = Payment("p1", PaymentState.EXPIRED)
        paying = Paying(ref, "TAM-0000-0000", named, usual=now_costs)
        answer = ready(told, ledger, TABLE, paying, ("H05.114", NOW))  # type: ignore[arg-type]
        assert isinstance(answer, Ready)
        assert (sum(line.total_vnd for line in answer.lines), answer.told_vnd) == (amount, before)


def test_without_a_code_of_the_province_our_own_is_shown(tmp_path: Path) -> None:
    told = Told(Payment("p-1", PaymentState.WAITING))
    answer = ready(told, Ledger(tmp_path / "l.db"), TABLE, FEE, ("H05.114", NOW))  # type: ignore[arg-type]
    assert isinstance(answer, Ready)
    assert answer.qr == vietqr("970436", "0123456789", 16_000, "p1", "LE PHI TAM-0000-0000")


def test_what_cannot_be_written_down_is_not_shown(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.db")
    (tmp_path / "l.db").unlink()
    (tmp_path / "l.db").mkdir()
    answer = ready(Told(Payment("p1", PaymentState.WAITING)), ledger, TABLE, FEE, ("H05.114", NOW))  # type: ignore[arg-type]
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_not_kept"


def test_who_has_paid_both_amounts_is_told_so(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.db")
    for name, amount in (("p1", 12_000), ("p2", 16_000)):
        ledger.keep(Charge(name, REF, FEE.code, amount, PaymentState.PAID, NOW))
    told = Told(Payment("p3", PaymentState.WAITING))
    answer = ready(told, ledger, TABLE, FEE, ("H05.114", NOW))  # type: ignore[arg-type]
    assert isinstance(answer, Ready)
    assert answer.payment == Payment("p2", PaymentState.PAID)


def test_a_book_that_was_lost_asks_for_nothing_that_may_have_been_asked_for_before(tmp_path: Path) -> None:
    told, ledger = Told(Payment("p1", PaymentState.WAITING)), Ledger(tmp_path / "l.db")
    ledger.begin_anew(NOW)

    def code(fee: Paying) -> str:
        answer = ready(told, ledger, TABLE, fee, ("H05.114", NOW))  # type: ignore[arg-type]
        return answer.code if isinstance(answer, Withheld) else ""

    assert code(FEE) == "payment_book_lost"
    assert code(replace(FEE, ref="new", leads_on=True)) == ""  # handed in a moment ago
    ledger.keep_fee("later", FEE.lines, NOW + timedelta(hours=1))
    assert code(replace(FEE, ref="later")) == ""  # handed in since then
    ledger.forget(NOW + timedelta(hours=23), timedelta(days=90))
    assert code(FEE) == "payment_book_lost"
    ledger.forget(NOW + timedelta(hours=25), timedelta(days=90))  # no earlier code can be paid any more
    assert code(FEE) == ""


def test_the_last_look_counts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.db")
    ledger.keep(Charge("p1", REF, "TAM-1", 8_000, PaymentState.WAITING, NOW))
    known = look(Told(Payment("p1", PaymentState.PAID)), ledger, Payment("p1", PaymentState.WAITING))  # type: ignore[arg-type]
    assert known.state is PaymentState.PAID


@pytest.mark.parametrize(
    ("ask", "amount"),
    [
        ("Nộp lệ phí 16.000 đồng cho 2 bản", 16_000),
        ("Nộp 8000đ", 8_000),
        ("Nộp 1.250.000 VND trước 17:00 ngày 30/11/2026", 1_250_000),
        ("Nộp 8.000 đồng và 5.000 đồng", 0),  # which? a person must say
        ("Nộp lệ phí trước ngày 30/11", 0),
        ("nộp 1 500 000 đồng", 1_500_000),
        ("nộp 1\u00a0500\u00a0000 đồng", 1_500_000),
        ("Nộp 1,250,000 đ tại quầy 3", 1_250_000),
        ("Nộp trước 30/11 500 000 đồng", 500_000),
        ("Quầy 3 thu 150.000 đồng", 150_000),
        ("Nộp tại quầy 3 150.000 đồng", 150_000),
        (unicodedata.normalize("NFD", "Nộp 8.000 đồng"), 8_000),
        ("Nộp từ ngày 20/11 đến ngày 30/11, 8.000 đồng", 8_000),
        # a price for each, a bound, a range: nobody pays by that
        ("Nộp 8.000 đồng/bản, 3 bản", 0),
        (unicodedata.normalize("NFD", "Nộp 8.000 đồng mỗi bản"), 0),
        ("Nộp 8.000 đ / trang", 0),
        ("Mỗi bản nộp 8.000 đồng", 0),
        ("Một bản 8.000 đồng", 0),
        ("8.000 đồng cho 1 bản", 0),
        ("Nộp 8.000 đồng x 3 bản", 0),
        ("Nộp 3 × 8.000 đồng", 0),
        ("Nộp tối đa 200.000 đồng", 0),
        ("Nộp không quá 200.000 đồng", 0),
        ("Nộp từ 5.000 đến 8.000 đồng", 0),
        ("Nộp từ 5.000 đồng đến 8.000 đồng", 0),
        ("Nộp 5.000 - 8.000 đồng", 0),
        ("Nộp từ 8.000 đồng trở lên", 0),
        ("Nộp 8.000,50 đồng", 0),
        ("", 0),
    ],
)
def test_the_province_names_the_amount(ask: str, amount: int) -> None:
    assert sum(line.total_vnd for line in asked_for(ask)) == amount
