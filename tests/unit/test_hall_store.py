"""The ticket store: numbers are never given twice, whatever crashes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event

from kiosk.hall import calls, database
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import HallError, Series, Ticket, TicketState

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
A, B = Series("A", "Hộ tịch"), Series("B", "Chứng thực", daily_limit=2)
ISSUE = """
import sys
from datetime import datetime, timezone
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import Series
now = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)
store = TicketStore(sys.argv[1])
for _ in range(int(sys.argv[2])):
    print(store.issue(Series("A", ""), now.date(), now).label, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TicketStore]:
    store = TicketStore(tmp_path / "tickets.db", issuer="k1")
    yield store
    store.close()


def issue(store: TicketStore, series: Series = A, times: int = 1) -> list[Ticket]:
    return [store.issue(series, DAY, NOW) for _ in range(times)]


def code(caught: pytest.ExceptionInfo[HallError]) -> str:
    return caught.value.code


# -- numbers -----------------------------------------------------------------------------------------------------
def test_each_series_and_day_counts_from_1(store: TicketStore) -> None:
    labels = [store.issue(series, DAY, NOW).label for series in (A, A, B, A)]
    labels.append(store.issue(A, DAY + timedelta(days=1), NOW + timedelta(days=1)).label)
    assert labels == ["A-001", "A-002", "B-001", "A-003", "A-001"]


def test_a_ticket_comes_back_as_it_was_given(tmp_path: Path, store: TicketStore) -> None:
    ticket = store.issue(A, DAY, NOW, priority="Phụ nữ mang thai")
    other = TicketStore(tmp_path / "tickets.db")
    assert other.get(ticket.id) == ticket
    assert other.of_day(DAY) == (ticket,)
    assert ticket.issued_at.utcoffset() == timedelta(hours=7)
    assert other.get(99) is None
    other.close()


def test_a_naive_time_is_refused(store: TicketStore) -> None:
    with pytest.raises(Exception, match="time zone"):
        store.issue(A, DAY, NOW.replace(tzinfo=None))


def test_the_daily_limit_holds_and_starts_again(store: TicketStore) -> None:
    issue(store, B, 2)
    with pytest.raises(HallError) as caught:
        issue(store, B)
    assert code(caught) == "series_full"
    assert store.issue(B, DAY + timedelta(days=1), NOW + timedelta(days=1)).number == 1


def test_a_clock_that_jumps_back_over_midnight_is_refused(store: TicketStore) -> None:
    issue(store)
    with pytest.raises(HallError) as caught:
        store.issue(A, DAY - timedelta(days=1), NOW - timedelta(days=1))
    assert code(caught) == "clock_behind"
    with pytest.raises(HallError):
        store.issue(B, DAY - timedelta(days=1), NOW - timedelta(days=1))
    assert store.issue(A, DAY, NOW).number == 2


def test_tickets_of_a_clock_that_was_ahead_can_be_cancelled(store: TicketStore) -> None:
    store.issue(A, date(2037, 1, 1), NOW)
    with pytest.raises(HallError):
        issue(store)
    assert store.cancel_later(DAY) == 1
    assert issue(store)[0].number == 1


def test_8_threads_at_once_give_each_number_once(store: TicketStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: store.issue(A, DAY, NOW).number, range(80)))
    assert sorted(numbers) == list(range(1, 81))


def test_8_processes_on_a_new_store_give_each_number_once(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    command = [sys.executable, "-c", ISSUE, str(path), "10"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    labels = [label for process in running for label in process.communicate()[0].split()]
    assert [process.returncode for process in running] == [0] * 8
    assert sorted(labels) == [f"A-{number:03d}" for number in range(1, 81)]


def test_opening_waits_for_another_process_that_is_just_making_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.0)  # as SQLite itself does when both turn WAL on
    other = sqlite3.connect(tmp_path / "tickets.db", check_same_thread=False, isolation_level=None)
    other.execute("CREATE TABLE made (here)")
    other.execute("BEGIN")
    other.execute("SELECT * FROM made").fetchall()  # WAL cannot be turned on while somebody reads
    release = threading.Timer(0.3, other.rollback)
    release.start()
    store = TicketStore(tmp_path / "tickets.db")
    release.join()
    other.close()
    assert issue(store)[0].number == 1
    store.close()


def test_what_was_told_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    command = [sys.executable, "-c", ISSUE, str(path), "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
        told += process.stdout.read().split("\n")[:-1]
    store = TicketStore(path)
    kept = {ticket.label for ticket in store.of_day(DAY)}
    assert set(told) <= kept
    assert store.issue(A, DAY, NOW).label not in kept
    store.close()


def test_every_commit_is_synced_and_the_table_itself_refuses_twins(tmp_path: Path, store: TicketStore) -> None:
    issue(store)
    with store.database._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    raw = sqlite3.connect(tmp_path / "tickets.db")
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(
            "INSERT INTO ticket (day, series, number, issued_at, issuer, state, priority, print_code, reprints) "
            "SELECT day, series, number, issued_at, issuer, state, priority, print_code, reprints FROM ticket"
        )
    raw.close()


# -- trouble with the disk ---------------------------------------------------------------------------------------
def test_a_full_disk_refuses_and_keeps_what_is_there(store: TicketStore) -> None:
    issue(store, times=3)
    event.listen(store.database._engine, "begin", _no_page_more)
    with pytest.raises(HallError) as caught:
        issue(store, times=2000)
    assert code(caught) == "disk_full"
    numbers = [ticket.number for ticket in store.of_day(DAY)]
    assert numbers[:3] == [1, 2, 3]
    event.remove(store.database._engine, "begin", _no_page_more)
    event.listen(store.database._engine, "begin", _room_again)
    assert store.issue(A, DAY, NOW).number == numbers[-1] + 1


def _no_page_more(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count=1")


def _room_again(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count=1000000")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tickets.db").write_bytes(b"no database" * 1000)
    with pytest.raises(HallError) as caught:
        TicketStore(tmp_path / "tickets.db")
    assert code(caught) == "hall_store"
    with pytest.raises(HallError) as caught:
        TicketStore(tmp_path / "none" / "tickets.db")
    assert code(caught) == "hall_store"


def test_a_url_is_taken_as_well(tmp_path: Path) -> None:
    by_url = TicketStore(f"sqlite:///{tmp_path}/tickets.db")
    issue(by_url)
    by_path = TicketStore(str(tmp_path / "tickets.db"))
    assert len(by_path.of_day(DAY)) == 1
    by_url.close()
    by_path.close()


# -- printing ----------------------------------------------------------------------------------------------------
def test_printing_ends_in_a_state_and_a_reprint_is_counted_with_its_reason(store: TicketStore) -> None:
    (ticket,) = issue(store)
    store.set_print(ticket.id, TicketState.PRINT_FAILED, "paper_out")
    (failed,) = store.of_day(DAY)
    assert (failed.state, failed.print_code) == (TicketState.PRINT_FAILED, "paper_out")
    again = store.reprint(ticket.id, "paper", "Nguyễn Thị Đào")
    assert (again.reprints, again.number) == (1, 1)
    store.set_print(ticket.id, TicketState.PRINTED)
    (printed,) = store.of_day(DAY)
    assert (printed.state, printed.print_code, printed.reprints) == (TicketState.PRINTED, "", 1)
    with store.database._engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT ticket, reason, officer FROM reprint").all()
    assert rows == [(ticket.id, "paper", "Nguyễn Thị Đào")]


def test_a_reprint_needs_a_reason_and_a_ticket(store: TicketStore) -> None:
    (ticket,) = issue(store)
    with pytest.raises(HallError) as caught:
        store.reprint(ticket.id, "  ", "An")
    assert code(caught) == "reason_missing"
    with pytest.raises(HallError) as caught:
        store.reprint(99, "paper", "An")
    assert code(caught) == "ticket_unknown"
    assert store.of_day(DAY)[0].reprints == 0


def test_a_called_ticket_stays_called_when_its_print_ends(store: TicketStore) -> None:
    (ticket,) = issue(store)
    with store.database.write() as connection:
        calls.move(connection, ticket, TicketState.CALLED, NOW)
    store.set_print(ticket.id, TicketState.PRINT_FAILED, "jam")
    (called,) = store.of_day(DAY)
    assert (called.state, called.print_code) == (TicketState.CALLED, "jam")


def test_reconciling_marks_what_a_crash_cut_off(tmp_path: Path, store: TicketStore) -> None:
    printed, own = issue(store, times=2)
    store.set_print(printed.id, TicketState.PRINTED)
    beside = TicketStore(tmp_path / "tickets.db")  # `main.py ticket` beside the kiosk: may be printing just now
    (others,) = issue(beside)
    beside.close()
    soon = NOW + timedelta(seconds=5)
    assert [ticket.id for ticket in store.reconcile(soon)] == [own.id]
    states = {ticket.id: (ticket.state, ticket.print_code) for ticket in store.of_day(DAY)}
    assert states[printed.id] == (TicketState.PRINTED, "")
    assert states[own.id] == (TicketState.PRINT_FAILED, "print_unknown")
    assert states[others.id] == (TicketState.ISSUED, "")
    assert [ticket.id for ticket in store.reconcile(NOW + timedelta(minutes=2))] == [others.id]
    assert store.reconcile(NOW + timedelta(minutes=2)) == ()


def test_reconciling_also_finds_tickets_of_a_clock_that_was_ahead(tmp_path: Path) -> None:
    store = TicketStore(tmp_path / "tickets.db")
    issue(store)
    assert len(store.reconcile(NOW - timedelta(hours=3))) == 1
    store.close()


def test_a_pause_survives_a_restart(tmp_path: Path, store: TicketStore) -> None:
    store.pause("A", "An")
    store.pause("A", "An")
    store.pause("B", "An")
    store.reopen("B", "Bình")
    store.reopen("C", "Bình")
    again = TicketStore(tmp_path / "tickets.db")
    assert again.paused() == {"A"}
    again.close()
