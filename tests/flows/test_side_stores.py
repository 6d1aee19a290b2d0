"""A damaged file of the figures or of the payments keeps no kiosk from starting, and is never passed over silently."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from kiosk import i18n
from kiosk.builders import metrics_of
from kiosk.config import Config
from kiosk.errands import Asked
from kiosk.hall.tickets import HallError
from kiosk.needs import FIGURES_LOST, PAYMENTS_LOST, needs
from kiosk.stores import alone_with_outbox, open_stores
from kiosk.wiring import Machine
from offline_queue.errors import StoreFailed
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit
from tests.flows.test_numbers import log_in
from tests.flows.test_paying import open_fee


def used(config: Config) -> Path:
    """A kiosk that was in use: its data folder."""
    with Machine(config) as machine:
        assert machine.province
        machine.province.people.bank = "waits"
        player = Player(machine)
        submit(player, "2.000635")
        player.kiosk.finish()
        assert open_fee(player).qr
    return config.storage.data_dir


def spoil(path: Path) -> bytes:
    """Random bytes in the place of the file, as from a worn flash card."""
    noise = os.urandom(8192)
    path.write_bytes(noise)
    return noise


def told(player: Player, code: str) -> None:
    """Whoever tends the machine reads it, in both languages, until they have seen it."""
    assert code in [need.code for need in needs(player.state)]
    for language in ("vi", "en"):
        assert i18n.error_text(code, language) != code
        assert i18n.advice(code, language) != code
    log_in(player)
    player.kiosk.seen(code)
    assert code not in player.kiosk.parts.outbox.notices()


@pytest.mark.parametrize("spoilt", ["metrics.db", "metrics.key"])
def test_figures_that_cannot_be_read_are_set_aside(config: Config, spoilt: str) -> None:
    folder = used(config)
    figures = (folder / "metrics.db").read_bytes()
    if spoilt == "metrics.key":
        (folder / spoilt).unlink()
    else:
        figures = spoil(folder / spoilt)
        with pytest.raises(StoreFailed, match="figures_damaged"):  # the command line names the right file
            metrics_of(config)
    with Machine(config) as machine:
        player = Player(machine)
        player.drain(0.1)
        assert machine.kiosk.parts.outbox.list(10)  # the dossiers are all there
        (aside,) = (folder / "damaged").iterdir()
        assert (aside / "metrics.db").read_bytes() == figures
        told(player, FIGURES_LOST)
    with Machine(config) as machine:  # and the next start finds nothing to say
        assert FIGURES_LOST not in machine.kiosk.parts.outbox.notices()


@pytest.mark.parametrize("whole", [True, False])
def test_a_book_of_payments_that_cannot_be_read_costs_nobody_twice(config: Config, whole: bool) -> None:
    folder = used(config)
    ledger = folder / "ledger.db"
    if whole:
        kept = spoil(ledger)
    else:  # one page in the middle
        kept = ledger.read_bytes()
        kept = kept[:4096] + os.urandom(4096) + kept[8192:]
        ledger.write_bytes(kept)
    with Machine(config) as machine:
        assert machine.province
        player = Player(machine)
        player.drain(0.1)
        (aside,) = (folder / "damaged").iterdir()
        assert (aside / "ledger.db").read_bytes() == kept
        again = open_fee(player)  # its code of yesterday may still be paid
        assert (again.asked, again.why, again.qr) == (Asked.UNKNOWN, "payment_book_lost", "")
        player.kiosk.finish()
        told(player, PAYMENTS_LOST)
    assert "store_set_aside" in (folder / "audit.jsonl").read_text(encoding="utf-8")


def test_a_book_that_is_only_locked_is_left_where_it_is(config: Config) -> None:
    """What cannot be opened now is not damaged: the kiosk says so, and moves nothing."""
    ledger = used(config) / "ledger.db"
    ledger.rename(ledger.with_name("elsewhere"))
    ledger.mkdir()
    with pytest.raises(StoreFailed, match="payments_failed"), Machine(config):
        pass
    assert ledger.is_dir()
    ledger.rmdir()
    ledger.with_name("elsewhere").rename(ledger)
    with Machine(config) as machine, sqlite3.connect(ledger) as book:
        assert book.execute("SELECT count(*) FROM payment").fetchone() == (1,)
        assert machine.kiosk.parts.outbox.notices() == {}


def test_stores_that_cannot_all_be_opened_let_go_of_the_outbox(config: Config) -> None:
    used(config)
    spoil(config.storage.data_dir / "tickets.db")
    with pytest.raises(HallError):
        open_stores(config, "k1")
    with alone_with_outbox(config):  # nobody else holds it
        pass
