"""Two whole kiosks of one hall and a citizen who goes from the one to the other: one payment, whatever is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk import config as configuration
from kiosk.config import Config
from kiosk.config import Province as ProvinceTable
from kiosk.errands import Asked
from kiosk.sandbox.server import Province
from kiosk.state import Step
from kiosk.wiring import Machine
from offline_queue.gateway import PaymentState
from tests.flows.conftest import Player
from tests.flows.test_dossier import to_review
from tests.flows.test_following import AGENCY, look_up
from tests.flows.test_paying import DUE, open_fee, paying, settled, tick_until
from tests.hall.postgres import Server

ASK = "Nộp lệ phí 8.000 đồng."


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    """One that makes another payment each time it is asked, as the API allows."""
    province = Province(tmp_path / "province", AGENCY)
    province.people.bank, province.people.forgetful = "waits", True
    province.start()
    yield province
    province.stop()


@pytest.fixture
def players(server: Server, province: Province, tmp_path: Path) -> Iterator[tuple[Player, Player]]:
    """Two citizens, at k1 and k2."""
    server.empty()
    with ExitStack() as running:
        configs = [configured(name, server, province, tmp_path) for name in ("k1", "k2")]
        first, second = (Player(running.enter_context(Machine(config))) for config in configs)
        yield first, second
        server.thaw()


def configured(name: str, server: Server, province: Province, folder: Path) -> Config:
    """The embedded default as one of a hall, whose fees are paid on submission."""
    default = configuration.load(None)
    (folder / "token").write_text(province.token, encoding="utf-8")
    assert default.payment
    return default.model_copy(
        update={
            "site": default.site.model_copy(update={"kiosk_id": name}),
            "storage": default.storage.model_copy(update={"data_dir": folder / name}),
            "hall": default.hall.model_copy(update={"listen": "", "database": server.url}),
            "province": ProvinceTable(url=province.url, token_file=folder / "token"),
            "payment": default.payment.model_copy(update={"when": "submission"}),
        }
    )


def test_paid_at_the_second_kiosk_with_the_code_of_the_first(
    players: tuple[Player, Player], province: Province
) -> None:
    first, second = players
    there, here = open_fee(first), open_fee(second)
    assert (here.payment, here.qr) == (there.payment, there.qr)
    province.people.bank = "pays_at_once"
    tick_until(second, PaymentState.PAID)
    tick_until(first, PaymentState.PAID)
    second.kiosk.payment_done()
    first.kiosk.payment_done()


def test_a_fee_asked_for_on_submission_is_found_by_the_official_code(
    players: tuple[Player, Player], province: Province
) -> None:
    first, second = players
    to_review(first, "2.000635")
    first.kiosk.next()
    first.kiosk.declare()
    first.until(lambda s: s.step is Step.PAY, "the fee")
    there = paying(first.until(settled, "the code"))
    first.until(lambda s: s.outbox.pending == 0, "the delivery")
    (sent,) = first.machine.kiosk.parts.outbox.list()
    assert sent.receipt
    province.decide(sent.receipt.code, 6, "Yêu cầu nộp lệ phí", ASK)
    look_up(second, sent.receipt.code)
    second.kiosk.pay_fee()
    here = paying(second.until(settled, "the code"))
    assert here.payment
    assert (here.payment, here.qr) == (there.payment, there.qr)


def test_without_the_database_the_counter_takes_the_money(players: tuple[Player, Player], server: Server) -> None:
    first, second = players
    there = open_fee(first)
    server.stop()
    look_up(second, DUE)
    second.kiosk.pay_fee()
    here = paying(second.until(settled, "the refusal"))
    assert (here.asked, here.why, here.qr) == (Asked.UNKNOWN, "payment_hall_unknown", "")
    second.kiosk.pay_at_counter()
    second.at(Step.TICKET)
    second.kiosk.finish()
    assert there.payment
    first.kiosk.finish()
    again = open_fee(first)
    assert again.qr == there.qr
    look_up(second, DUE)
    second.kiosk.pay_fee()
    assert paying(second.until(settled, "the refusal")).why == "payment_hall_unknown"
    server.start()
    second.until(lambda _s: second.kiosk.parts.hall.store.trouble == "", "the hall's database")
    second.kiosk.pay_again()
    assert paying(second.until(settled, "the code")).qr == there.qr
