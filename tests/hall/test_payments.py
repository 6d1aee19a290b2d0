"""Never charged twice, also by two kiosks of one hall: a real database between them, a real province before them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from kiosk.config import PaymentTable
from kiosk.errands import ChargeLine, Paying, hall_ledger
from kiosk.errands.charging import Ready, Withheld, look_after, ready
from kiosk.errands.hall_ledger import HallLedger
from kiosk.errands.ledger import Charge
from kiosk.hall.schema import PAYMENTS
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.tickets import HallError
from kiosk.provisional import provisional_code
from kiosk.sandbox.due import ZONE
from kiosk.sandbox.progress import known_code
from kiosk.sandbox.server import Province
from offline_queue.gateway import Payment, PaymentState
from offline_queue.http_gateway import HttpGateway
from tests.hall.house import refused
from tests.hall.postgres import Server
from tests.queue.kiosks import DECLARED
from tests.queue.people import entry

AGENCY = "H05.114"
TABLE = PaymentTable(bank="970436", account="0123456789")
FEE = (ChargeLine("Lệ phí", 2, 8_000),)
ELSEWHERE = Paying(known_code(AGENCY, 6), known_code(AGENCY, 6), FEE)  # a dossier that came by the portal
KEPT = timedelta(days=90)


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, 9, 0, tzinfo=ZONE)

    def __call__(self) -> datetime:
        return self.now


class Line(HttpGateway):
    """A line to the province, and what happens elsewhere just before a payment is asked for on it."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "sandbox", timeout=(2.0, 5.0))
        self.meanwhile: Callable[[], object] = lambda: None

    def ask_payment(self, client_ref: str, amount_vnd: int, agency_code: str) -> Payment:
        self.meanwhile()
        return super().ask_payment(client_ref, amount_vnd, agency_code)


class Kiosk:
    """One kiosk's share: its line to the hall and to the province, its ledger."""

    def __init__(self, name: str, server: Server, province: Province, folder: Path, clock: Clock) -> None:
        self.clock = clock
        (folder / name).mkdir(exist_ok=True)
        self.store = SharedStore(server.url, folder / name, name.upper(), name, clock)
        self.ledger = HallLedger(folder / name / "ledger.db", self.store, clock)
        self.line = Line(province.url)

    def close(self) -> None:
        """Switch it off."""
        self.line.close()
        self.store.close()

    def come(self, paying: Paying) -> Ready | Withheld:
        """Somebody wants to pay."""
        return ready(self.line, self.ledger, TABLE, paying, (AGENCY, self.clock()))

    def shown(self, paying: Paying) -> Payment:
        """What they are shown."""
        answer = self.come(paying)
        assert isinstance(answer, Ready), answer
        assert bool(answer.qr) is (answer.payment.state is PaymentState.WAITING)
        return answer.payment

    def hand_in(self) -> Paying:
        """A dossier is made here, and its fee is due at once."""
        ref = str(uuid.uuid4())
        return Paying(ref, provisional_code(ref), FEE, leads_on=True)

    def deliver(self, paying: Paying) -> Paying:
        """Send it: the province gives it its code, by which the other kiosks know it."""
        dossier = entry(entry_id=paying.ref)
        code = self.line.submit(replace(dossier, payload={**dossier.payload, **DECLARED}), lambda _: b"").code
        return Paying(code, code, FEE)

    def written(self) -> list[tuple[str, str]]:
        """Codes and states as all kiosks read them."""
        with self.store.database.read() as connection:
            rows = connection.execute(select(PAYMENTS.c.code, PAYMENTS.c.state).order_by(PAYMENTS.c.asked_at))
            return [(row.code, row.state) for row in rows]

    def until_written(self, number: int) -> None:
        """Wait until the hall's database knows as many payments."""
        self.until(lambda: len(self.written()) == number)

    def until(self, wanted: Callable[[], bool]) -> None:
        """Wait for what another thread writes, also for a database that is away."""
        for _ in range(400):
            with suppress(HallError):
                if wanted():
                    return
            time.sleep(0.05)
        raise AssertionError("never so")


@pytest.fixture
def clock() -> Clock:
    """The time of all."""
    return Clock()


@pytest.fixture
def province(tmp_path: Path, clock: Clock) -> Iterator[Province]:
    """One that makes another payment each time it is asked, as the API allows, and whose bank waits."""
    province = Province(tmp_path / "province", AGENCY, clock=clock)
    province.people.bank, province.people.forgetful = "waits", True
    province.start()
    yield province
    province.stop()


@pytest.fixture
def kiosks(server: Server, province: Province, tmp_path: Path, clock: Clock) -> Iterator[tuple[Kiosk, Kiosk]]:
    """Two of one hall."""
    server.empty()
    first, second = (Kiosk(name, server, province, tmp_path, clock) for name in ("k1", "k2"))
    yield first, second
    server.thaw()
    first.close()
    second.close()


def test_the_second_kiosk_shows_the_payment_of_the_first(kiosks: tuple[Kiosk, Kiosk]) -> None:
    first, second = kiosks
    answers = [kiosk.come(ELSEWHERE) for kiosk in (first, second, first)]
    assert isinstance(answers[0], Ready)
    assert answers == [answers[0]] * 3
    assert first.written() == [(ELSEWHERE.code, "waiting")]


def test_a_dossier_is_known_by_its_client_ref_here_and_by_its_official_code_there(
    kiosks: tuple[Kiosk, Kiosk],
) -> None:
    first, second = kiosks
    other = first.hand_in()  # another citizen's: it is not taken for this one
    first.shown(other)
    made = first.hand_in()
    payment = first.shown(made)
    told = first.deliver(made)
    assert second.shown(told) == payment
    first.ledger.exchange()  # which knows it by its provisional code alone
    assert second.written() == [(other.code, "waiting"), (told.code, "waiting")]  # found by name only once
    assert first.shown(replace(made, code=told.code, leads_on=False)) == payment


def test_what_was_asked_for_by_the_official_code_is_found_by_the_client_ref(kiosks: tuple[Kiosk, Kiosk]) -> None:
    first, second = kiosks
    made = first.hand_in()
    told = first.deliver(made)
    payment = second.shown(told)
    assert first.shown(replace(made, code=told.code, leads_on=False)) == payment
    assert first.ledger.charges(made.ref) == ()


def test_another_code_at_the_kiosk_that_made_it_is_asked_for_only_when_nobody_else_has(
    kiosks: tuple[Kiosk, Kiosk], clock: Clock
) -> None:
    first, second = kiosks
    made = first.hand_in()
    expired = first.shown(made)
    clock.now += timedelta(minutes=16)
    payment = second.shown(first.deliver(made))
    assert payment != expired
    assert first.shown(made) == payment  # it still stands there with the provisional code


def test_paid_at_one_is_paid_at_the_other(kiosks: tuple[Kiosk, Kiosk], province: Province) -> None:
    first, second = kiosks
    payment = first.shown(ELSEWHERE)
    province.people.bank = "pays_at_once"
    there = second.shown(ELSEWHERE)
    assert (there.payment_id, there.state) == (payment.payment_id, PaymentState.PAID)
    province.people.bank = "waits"
    assert first.shown(ELSEWHERE).state is PaymentState.PAID
    first.until(lambda: second.written() == [(ELSEWHERE.code, "paid")])


@pytest.mark.parametrize("known_as", ["official", "client_ref"])
def test_both_ask_in_the_same_second(kiosks: tuple[Kiosk, Kiosk], known_as: str) -> None:
    first, second = kiosks
    made = first.hand_in()
    told = first.deliver(made)
    here = told if known_as == "official" else replace(made, code=told.code, leads_on=False)
    both = threading.Barrier(2)

    def wait_for_the_other() -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    first.line.meanwhile = second.line.meanwhile = wait_for_the_other
    with ThreadPoolExecutor(2) as pool:
        shown = [one.result() for one in [pool.submit(first.shown, here), pool.submit(second.shown, told)]]
    assert shown[0] == shown[1]
    assert len(first.written()) == 1


def test_nobody_waits_long_for_another_kiosk(kiosks: tuple[Kiosk, Kiosk], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = kiosks
    monkeypatch.setattr(hall_ledger, "TURN_SECONDS", 0.2)
    with first.ledger.turn(ELSEWHERE, first.line):
        answer = second.come(ELSEWHERE)
        assert isinstance(answer, Withheld)
        assert answer.code == "payment_hall_unknown"
        second.shown(second.hand_in())  # which nobody else can know
    second.shown(ELSEWHERE)


def test_nothing_new_while_the_database_is_away(kiosks: tuple[Kiosk, Kiosk], server: Server) -> None:
    first, second = kiosks
    payment = first.shown(ELSEWHERE)
    server.stop()
    answer = second.come(ELSEWHERE)
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_hall_unknown"
    assert second.ledger.charges(ELSEWHERE.ref) == ()
    assert first.shown(ELSEWHERE) == payment  # its own is the one payment
    server.start()
    first.until_written(1)
    second.until_written(1)
    assert second.shown(ELSEWHERE) == payment


def test_a_server_that_hangs_is_away_too(kiosks: tuple[Kiosk, Kiosk], server: Server) -> None:
    first, second = kiosks
    payment = first.shown(ELSEWHERE)
    server.freeze()
    answer = second.come(ELSEWHERE)
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_hall_unknown"
    assert first.shown(ELSEWHERE) == payment


def test_expired_and_blind_there_is_no_other_code(kiosks: tuple[Kiosk, Kiosk], server: Server, clock: Clock) -> None:
    first, _ = kiosks
    made = first.hand_in()
    first.shown(made)
    server.stop()
    clock.now += timedelta(minutes=16)
    answer = first.come(made)  # meanwhile it may have been asked for elsewhere
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_hall_unknown"


def test_a_fee_at_submission_waits_for_no_database_and_the_others_find_it_later(
    kiosks: tuple[Kiosk, Kiosk], server: Server
) -> None:
    first, second = kiosks
    server.stop()
    made = first.hand_in()
    payment = first.shown(made)
    server.start()
    second.until_written(1)
    assert second.shown(first.deliver(made)) == payment


def test_what_the_others_were_not_told_before_the_power_went_they_are_told_after_it(
    kiosks: tuple[Kiosk, Kiosk], server: Server, province: Province, tmp_path: Path, clock: Clock
) -> None:
    first, second = kiosks
    server.stop()
    made = first.hand_in()
    payment = first.shown(made)
    first.close()
    server.start()
    again = Kiosk("k1", server, province, tmp_path, clock)
    second.until_written(1)
    assert second.shown(again.deliver(made)) == payment
    again.close()


def test_what_the_others_cannot_be_told_is_not_shown(kiosks: tuple[Kiosk, Kiosk], server: Server) -> None:
    first, _ = kiosks
    first.line.meanwhile = server.stop
    answer = first.come(ELSEWHERE)
    assert isinstance(answer, Withheld)
    assert answer.code == "payment_hall_unknown"
    assert first.ledger.charges(ELSEWHERE.ref) == ()


def test_whoever_has_lost_the_line_has_lost_the_turn(kiosks: tuple[Kiosk, Kiosk], server: Server) -> None:
    first, second = kiosks
    with first.ledger.turn(ELSEWHERE, first.line) as turn:
        assert not turn.blind
        server.stop()
        server.start()
        second.until_written(0)
        payment = second.shown(ELSEWHERE)
        late = Charge("late", ELSEWHERE.ref, ELSEWHERE.code, 16_000, PaymentState.WAITING, first.clock())
        assert refused(turn.keep, late) == "hall_away"
    assert first.ledger.charges(ELSEWHERE.ref) == ()
    first.until_written(1)
    assert first.shown(ELSEWHERE) == payment


@pytest.mark.parametrize("lines", [FEE, (ChargeLine("Lệ phí", 1, 20_000),)])
def test_paid_twice_is_on_one_list_alone(
    kiosks: tuple[Kiosk, Kiosk], province: Province, clock: Clock, lines: tuple[ChargeLine, ...]
) -> None:
    first, second = kiosks
    made = first.hand_in()
    once = first.shown(made)
    clock.now += timedelta(minutes=16)
    second.shown(replace(first.deliver(made), lines=lines))
    province.people.bank = "pays_at_once"  # a bank that was late with an expired code
    for kiosk in (second, first):
        look_after(kiosk.line, kiosk.ledger, clock)
    for kiosk in (first, second, first, second):
        kiosk.ledger.exchange()
    assert second.ledger.refunds() == ()
    assert [(charge.payment_id, charge.amount_vnd) for charge in first.ledger.refunds()] == [(once.payment_id, 16_000)]
    first.ledger.refunded(once.payment_id)
    first.ledger.exchange()
    assert second.ledger.refunds() == first.ledger.refunds() == ()


def test_of_two_that_one_kiosk_asked_for_it_gives_back_one_whatever_its_clock_did(kiosks: tuple[Kiosk, Kiosk]) -> None:
    first, _ = kiosks
    for name, hours in (("p1", 2), ("p2", 1)):
        asked_at = first.clock() + timedelta(hours=hours)
        first.ledger.keep(Charge(name, ELSEWHERE.ref, ELSEWHERE.code, 16_000, PaymentState.WAITING, asked_at))
        first.ledger.looked_at(Payment(name, PaymentState.PAID))
    first.ledger.exchange()
    assert [charge.payment_id for charge in first.ledger.refunds()] == ["p1"]


def test_the_payment_that_another_kiosk_has_for_another_dossier_is_not_shown(kiosks: tuple[Kiosk, Kiosk]) -> None:
    first, second = kiosks
    charge = Charge("p1", "other", "H05.114-261126-0001", 16_000, PaymentState.WAITING, first.clock())
    with first.ledger.turn(ELSEWHERE, first.line) as turn:
        assert turn.keep(charge)
    again = replace(charge, ref=ELSEWHERE.ref, code=ELSEWHERE.code)
    with second.ledger.turn(ELSEWHERE, second.line) as turn:
        assert not turn.keep(again)
        assert turn.keep(replace(charge, ref="its-client-ref"))  # the same dossier by another name
    assert second.ledger.charges(ELSEWHERE.ref) == ()
    assert second.written() == [("H05.114-261126-0001", "waiting")]


def test_the_others_are_told_the_official_code_of_what_was_paid_and_that_it_stays_paid(
    kiosks: tuple[Kiosk, Kiosk], province: Province, clock: Clock
) -> None:
    first, second = kiosks
    made = first.hand_in()
    first.shown(made)
    told = first.deliver(made)
    with second.store.database.write() as connection:  # told by a thread that was faster than another
        connection.execute(update(PAYMENTS).values(state=PaymentState.PAID))
    first.ledger.exchange()
    assert second.written() == [(made.code, "paid")]
    province.people.bank = "pays_at_once"
    look_after(first.line, first.ledger, clock)
    first.ledger.exchange()
    assert second.written() == [(told.code, "paid")]


def test_not_accepted_is_on_the_list_of_the_kiosk_that_asked(
    kiosks: tuple[Kiosk, Kiosk], province: Province, clock: Clock
) -> None:
    first, second = kiosks
    told = first.deliver(first.hand_in())
    payment = second.shown(told)
    province.people.bank = "pays_at_once"
    assert first.shown(told).state is PaymentState.PAID
    province.decide(told.code, 3)
    for kiosk in kiosks:
        look_after(kiosk.line, kiosk.ledger, clock)
    assert first.ledger.refunds() == ()
    assert [charge.payment_id for charge in second.ledger.refunds()] == [payment.payment_id]


def test_old_payments_are_forgotten_by_all(kiosks: tuple[Kiosk, Kiosk], clock: Clock) -> None:
    first, second = kiosks
    first.shown(ELSEWHERE)
    clock.now += KEPT
    second.shown(replace(ELSEWHERE, ref=known_code(AGENCY, 5), code=known_code(AGENCY, 5)))
    second.ledger.forget(clock() + timedelta(days=1), KEPT)
    second.until_written(1)
    assert [code for code, _ in second.written()] == [known_code(AGENCY, 5)]
