"""A store that a site has kept: written by the version before counters called numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import TicketKind, TicketState
from tests.hall.house import MONDAY, House

OLD = Path(__file__).parent / "tickets-v0.db"


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """A copy of it."""
    return str(shutil.copy(OLD, tmp_path / "tickets.db"))


def test_a_kept_store_is_brought_up_to_date_and_loses_nothing(kept: str, tmp_path: Path) -> None:
    house = House(kept, tmp_path / "k1")
    tickets = house.store.of_day(house.now.date())
    assert [(one.label, one.state, one.line, one.kind) for one in tickets] == [
        ("A-001", TicketState.DONE, "A", TicketKind.ORDINARY),
        ("A-002", TicketState.PRINT_FAILED, "A", TicketKind.ORDINARY),
        ("A-003", TicketState.ISSUED, "A", TicketKind.PRIORITY),
        ("A-004", TicketState.ISSUED, "A", TicketKind.ORDINARY),
        ("B-001", TicketState.ISSUED, "B", TicketKind.ORDINARY),
    ]
    assert all(one.place_at == one.issued_at for one in tickets)
    assert (tickets[1].print_code, tickets[1].reprints) == ("paper_out", 1)
    assert house.store.paused() == {"C"}
    house.later(minutes=10)
    assert house.take().label == "A-005"
    house.open(1)
    assert house.all_called() == ["A-003", "A-002", "A-004", "A-005"]
    house.close()


def test_it_is_brought_up_to_date_once(kept: str) -> None:
    TicketStore(kept).close()
    again = TicketStore(kept)
    assert len(again.of_day(MONDAY.date())) == 5
    again.close()
