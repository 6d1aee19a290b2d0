"""Several kiosks on one PostgreSQL server, which is stopped, frozen and started in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.hall import shared_store
from kiosk.hall.hall import parse_qr
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.tickets import TicketState
from tests.hall.house import AN, House, refused
from tests.hall.postgres import Server

PATIENCE = 20.0


@pytest.fixture
def first(server: Server, tmp_path: Path) -> Iterator[House]:
    """Kiosk k1, at whose counters numbers are called."""
    server.empty()
    house = House(server.url, tmp_path / "k1")
    yield house
    server.thaw()
    house.close()


@pytest.fixture
def second(server: Server, first: House, tmp_path: Path) -> Iterator[House]:
    """Kiosk k2 of the same hall."""
    house = House(server.url, tmp_path / "k2", kiosk_id="k2")
    yield house
    house.close()


def until(house: House, wanted: Callable[[], bool]) -> None:
    """Wait for a change of the hall that makes it so, as a page does."""
    changed = threading.Event()
    end = house.counters.subscribe(changed.set)
    for _ in range(100):
        if wanted():
            end()
            return
        assert changed.wait(PATIENCE)
        changed.clear()
    raise AssertionError("the hall has changed a hundred times, and never so")


def test_an_appointment_has_one_number_in_the_whole_hall(first: House, second: House) -> None:
    ticket = first.take(due_at=first.now, entry="LH-0001")
    until(second, lambda: second.hall.of_appointment("LH-0001", second.now) is not None)
    found = second.hall.of_appointment("LH-0001", second.now)
    assert found
    assert found.label == ticket.label
    assert second.hall.of_appointment("LH-0002", second.now) is None
    assert second.hall.of_appointment("LH-0001", second.now + timedelta(days=1)) is None
    first.open(1)
    assert first.called() == ticket.label
    until(second, lambda: second.hall.of_appointment("LH-0001", second.now) is None)


def away(house: House) -> bool:
    return house.counters.snapshot().stale


def here(house: House) -> bool:
    return not house.counters.snapshot().stale


def test_two_kiosks_give_one_row_of_numbers_and_hear_of_each_other(first: House, second: House) -> None:
    labels = [house.take().label for house in (first, second, first, second)]
    assert labels == ["A-001", "A-002", "A-003", "A-004"]
    first.open(1)
    assert first.called() == "A-001"
    until(second, lambda: bool(second.counters.snapshot().calls))
    until(second, lambda: second.hall.views(second.now)[0].waiting == 3)


def test_a_kiosk_with_the_id_of_another_one_is_kept_away_until_that_one_ends(
    server: Server, first: House, tmp_path: Path
) -> None:
    twin = House(server.url, tmp_path / "twin")
    assert away(twin)
    assert twin.store.trouble == "kiosk_id_twice"
    assert refused(twin.counters.open, 1, AN) == "hall_away"
    assert refused(twin.take) == "kiosk_id_twice"  # its spare numbers would be those of the other one
    assert twin.hall.views(twin.now)[0].closed_code == "kiosk_id_twice"
    assert here(first)
    assert first.take().label == "A-001"
    first.close()
    until(twin, lambda: here(twin))
    assert twin.store.trouble == ""
    assert twin.take().label == "A-002"
    twin.close()


def test_without_the_database_a_kiosk_gives_its_own_numbers_and_they_join_in_their_order(
    server: Server, first: House, second: House
) -> None:
    before = second.take()
    server.stop()
    until(second, lambda: away(second))
    until(first, lambda: away(first))
    seen = second.now
    first.now = second.now + timedelta(minutes=1)
    alone = [second.take(), second.take(priority="Trẻ em"), first.take()]
    assert [ticket.label for ticket in alone] == ["A-K2-001", "A-K2-002", "A-K1-001"]
    second.store.set_print(alone[0].id, TicketState.PRINT_FAILED, "paper_out")
    assert parse_qr(second.hall.qr_text(alone[0])).series == "A-K2"
    view = second.counters.snapshot()
    assert view.notices[0] == "hall_away"
    assert view.as_of <= seen
    assert view.age(second.now) > 0
    assert [waiting.label for waiting in view.waiting] == ["A-001", "A-K2-001", "A-K2-002"]
    assert second.hall.views(second.now)[0].waiting == 3
    assert refused(second.counters.open, 1, AN) == "hall_away"
    assert refused(second.store.pause, "A", AN) == "hall_away"
    server.start()
    until(second, lambda: here(second) and len(second.counters.snapshot().waiting) == 4)
    until(first, lambda: here(first) and len(first.counters.snapshot().waiting) == 4)
    after = first.take()
    assert (before.label, after.label) == ("A-001", "A-002")
    (failed,) = [one for one in second.store.of_day(second.now.date()) if one.label == "A-K2-001"]
    assert (failed.state, failed.print_code) == (TicketState.PRINT_FAILED, "paper_out")
    first.open(1)
    assert first.all_called() == ["A-K2-002", "A-001", "A-K2-001", "A-K1-001", "A-002"]


def test_numbers_given_alone_join_once_also_after_a_crash_between_the_two_commits(
    server: Server, first: House, second: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    until(second, lambda: away(second))
    ticket = second.take()
    second.close()
    server.start()
    joined_before = House(server.url, second.folder, kiosk_id="k2")
    joined_before.forget_joining()  # as if the power had gone after the first commit
    joined_before.close()
    again = House(server.url, second.folder, kiosk_id="k2")
    again.now = second.now
    until(again, lambda: len(again.counters.snapshot().waiting) == 1)
    labels = [one.label for one in again.store.of_day(ticket.day)]
    again.close()
    assert labels == ["A-K2-001"]


def test_a_kiosk_that_starts_without_the_database_gives_numbers_and_counts_on(server: Server, tmp_path: Path) -> None:
    server.empty()
    server.stop()
    house = House(server.url, tmp_path / "k1")
    assert house.take().label == "A-K1-001"
    house.close()
    house = House(server.url, tmp_path / "k1")
    assert house.take().label == "A-K1-002"
    assert [one.label for one in house.counters.snapshot().waiting] == ["A-K1-001", "A-K1-002"]
    server.start()
    until(house, lambda: here(house) and len(house.counters.snapshot().waiting) == 2)
    house.later(seconds=1)
    assert house.take().label == "A-001"
    house.close()


def test_a_kiosk_that_meets_its_own_old_line_goes_on_with_spare_numbers(
    server: Server, first: House, second: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = second.store
    assert isinstance(store, SharedStore)
    store._meet_twin("kiosk_id_twice")
    assert store.refusal == ""
    monkeypatch.setattr(shared_store, "TWIN_SECONDS", 0.0)
    assert store.refusal == "kiosk_id_twice"
    store._meet_twin("hall_away")
    assert store.refusal == ""


def test_what_was_never_read_is_not_invented(server: Server, tmp_path: Path) -> None:
    server.empty()
    server.stop()
    house = House(server.url, tmp_path / "k1")
    begun = house.now
    ticket = house.take()
    house.later(minutes=1)
    view = house.counters.snapshot()
    assert (view.stale, view.lines, view.as_of) == (True, (), begun)
    assert house.hall.ahead(ticket, house.now) is None
    assert [one.waiting for one in house.hall.views(house.now)] == [None, None]
    house.close()
    server.start()


def test_a_kiosk_that_starts_without_the_database_remembers_the_hall(
    server: Server, first: House, second: House, tmp_path: Path
) -> None:
    second.take()
    waits, mine = second.take(), first.take()
    first.open(1)
    first.counters.call_next(1, AN)
    until(second, lambda: [one.label for one in second.counters.snapshot().waiting] == [waits.label, mine.label])
    seen = second.counters.snapshot().as_of
    server.stop()
    until(second, lambda: away(second))
    second.close()
    again = House(server.url, second.folder, kiosk_id="k2")
    again.now = second.now + timedelta(minutes=10)
    view = again.counters.snapshot()
    assert view.stale
    assert view.as_of <= seen
    assert [one.label for one in view.waiting] == [waits.label, mine.label]
    assert [one.label for one in view.calls] == ["A-001"]
    assert view.lines[0].waiting == 2
    again.close()
    server.start()


def test_a_server_that_hangs_is_told_though_nobody_asks_it(server: Server, first: House) -> None:
    first.open(1)
    database, told = first.store.database, list[tuple[bool, str]]()
    end = database.subscribe(lambda: told.append((database.is_up, first.store.trouble)))
    time.sleep(2)  # the opening is read, then the line only listens
    server.freeze()
    until(first, lambda: away(first) and any(not up for up, _trouble in told))
    # the line itself did not know it yet when it was told: it still waited for an answer
    assert next(one for one in told if not one[0]) == (False, "")
    end()
    assert refused(first.counters.call_next, 1, AN) == "hall_away"
    server.thaw()
    until(first, lambda: here(first))


def test_a_server_that_does_not_answer_keeps_nobody_waiting(server: Server, first: House) -> None:
    first.take()
    server.freeze()
    ticket = first.take()
    assert ticket.label == "A-K1-001"
    assert away(first)
    assert refused(first.counters.open, 1, AN) == "hall_away"
    server.thaw()
    until(first, lambda: here(first) and len(first.counters.snapshot().waiting) == 2)
    first.open(1)
    assert first.all_called() == ["A-001", "A-K1-001"]  # the number that came too late is nobody's


def test_a_counter_of_a_stopped_server_goes_on_where_it_was(server: Server, first: House) -> None:
    first.open(1)
    ticket = first.take()
    first.counters.call_next(1, AN)
    server.stop()
    until(first, lambda: away(first))
    counter = first.counters.snapshot().counter(1)
    assert counter is not None
    assert counter.current is not None
    assert counter.current.label == ticket.label
    assert refused(first.counters.done, 1, AN) == "hall_away"
    server.start()
    until(first, lambda: here(first))
    assert first.counters.done(1, AN).label == ticket.label


def test_own_numbers_end_where_the_hall_would_have_ended(server: Server, tmp_path: Path) -> None:
    server.empty()
    house = House(server.url, tmp_path / "k1", daily_limit=3)
    house.take()
    server.stop()
    until(house, lambda: away(house))
    house.take()
    house.take()
    assert refused(house.take) == "series_full"
    server.start()
    house.close()


def test_a_day_that_begins_is_read_for_the_glass(first: House) -> None:
    first.take()
    first.later(days=2)
    until(first, lambda: first.counters.snapshot().lines[0].waiting == 0)
    assert first.now - timedelta(days=1) < first.counters.snapshot().as_of
