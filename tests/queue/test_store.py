"""The outbox on the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue.entry import EntryState, Limits, OutboxCounts, Problem, Receipt, Room
from offline_queue.errors import KeyRefused, OutboxConflict, StoreFailed
from offline_queue.store import Outbox
from tests.queue.people import ID_NUMBER, KEY, NAME, entry, paper

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
RECEIPT = Receipt("H05.114-261123-0001", 1, "2026-11-23T08:00:00+07:00", None)
SHA, OTHER_SHA = "aa" * 32, "bb" * 32


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    store = Outbox(tmp_path / "outbox.db", KEY)
    yield store
    store.close()


def test_an_entry_comes_back_as_it_was_added_also_after_a_restart(outbox: Outbox, tmp_path: Path) -> None:
    added = entry(paper(SHA, 10), paper(OTHER_SHA, 20), provisional_code="7KM2-P9")
    outbox.add(added)
    assert outbox.get(added.id) == added
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", KEY)
    assert again.get(added.id) == added
    assert again.counts() == OutboxCounts(pending=1, oldest_pending=added.created_at)
    again.close()


def test_the_same_again_is_no_second_entry_and_another_one_is_refused(outbox: Outbox) -> None:
    first = entry(paper(SHA, 10))
    outbox.add(first)
    outbox.add(first)
    assert outbox.counts().pending == 1
    for other in (
        replace(first, payload={**first.payload, "case": "other"}),
        replace(first, attachments=()),
        replace(first, procedure_code="1.004873"),
    ):
        with pytest.raises(OutboxConflict):
            outbox.add(other)
    outbox.delivered(first.id, RECEIPT)
    outbox.add(first)
    assert outbox.counts() == OutboxCounts(delivered=1)


def test_oldest_first_and_a_stuck_one_steps_aside(outbox: Outbox) -> None:
    entries = [entry() for _ in range(3)]
    for one in entries:
        outbox.add(one)
    stuck = outbox.lease(NOW)
    assert stuck is not None
    assert (stuck.id, stuck.state, stuck.attempts) == (entries[0].id, EntryState.SENDING, 1)
    outbox.retry_at(stuck.id, NOW + timedelta(seconds=60), "province_unreachable")
    waiting = outbox.get(stuck.id)
    assert waiting is not None
    assert (waiting.state, waiting.next_attempt_at) == (EntryState.PENDING, NOW + timedelta(seconds=60))
    leased = [outbox.lease(NOW), outbox.lease(NOW)]
    assert [one and one.id for one in leased] == [entries[1].id, entries[2].id]
    assert outbox.lease(NOW) is None
    later = outbox.lease(NOW + timedelta(seconds=61))
    assert later is not None
    assert (later.id, later.attempts, later.last_error) == (stuck.id, 2, "province_unreachable")


def test_a_lease_ends_by_itself_and_can_be_renewed(outbox: Outbox) -> None:
    outbox.add(entry())
    leased = outbox.lease(NOW, lease_seconds=120)
    assert leased is not None
    assert outbox.seconds_until_due(NOW) == 120
    assert outbox.lease(NOW + timedelta(seconds=119)) is None
    outbox.renew(leased.id, NOW + timedelta(seconds=300))
    assert outbox.lease(NOW + timedelta(seconds=121)) is None
    again = outbox.lease(NOW + timedelta(seconds=301))
    assert again is not None
    assert again.attempts == 2


def test_a_clock_set_back_by_a_year_strands_nothing(outbox: Outbox) -> None:
    first, second = entry(), entry()
    outbox.add(first)
    outbox.add(second)
    future = NOW + timedelta(days=365)
    assert outbox.lease(future) is not None
    outbox.lease(future)
    outbox.retry_at(second.id, future + timedelta(minutes=5), "province_unreachable")
    assert outbox.seconds_until_due(NOW) == 0
    assert {one.id for one in (outbox.lease(NOW), outbox.lease(NOW)) if one} == {first.id, second.id}


def test_leases_of_the_dead_come_back_at_once_those_of_the_living_do_not(outbox: Outbox, tmp_path: Path) -> None:
    outbox.add(entry())
    assert outbox.lease(NOW) is not None
    other = Outbox(tmp_path / "outbox.db", KEY)
    with other.sending():
        assert other.lease(NOW) is not None
        with outbox.sending():
            assert outbox.lease(NOW) is None
    other.close()


def test_after_delivery_a_stub_can_be_looked_up_and_the_rest_is_gone(outbox: Outbox) -> None:
    one = entry(paper(SHA, 10), paper(OTHER_SHA, 10), paper(SHA, 10), provisional_code="7KM2-P9")
    two = entry(paper(OTHER_SHA, 10))
    outbox.add(one)
    outbox.add(two)
    outbox.uploads[one.id, SHA] = "http://127.0.0.1/v1/files/1"
    assert outbox.find_by_code("7KM2-P9") == one
    assert outbox.delivered(one.id, RECEIPT) == (SHA,)
    assert outbox.delivered(one.id, replace(RECEIPT, code="another")) == ()
    stub = outbox.find_by_code(RECEIPT.code)
    assert stub is not None
    assert (stub.id, stub.state, stub.receipt) == (one.id, EntryState.DELIVERED, RECEIPT)
    assert (dict(stub.payload), stub.attachments) == ({}, ())
    assert outbox.find_by_code("7KM2-P9") == stub
    assert outbox.find_by_code("") is None
    assert outbox.find_by_code("unknown") is None
    assert outbox.blob_ids() == {OTHER_SHA}
    assert outbox.uses_blob(OTHER_SHA)
    assert not outbox.uses_blob(SHA)
    assert dict(outbox.uploads) == {}


def test_a_rejected_entry_keeps_everything_and_can_be_sent_again(outbox: Outbox) -> None:
    one = entry(paper(SHA, 10))
    outbox.add(one)
    outbox.lease(NOW)
    problems = (Problem("/submitter/phone", "thiếu số điện thoại"),)
    outbox.reject(one.id, problems)
    rejected = outbox.get(one.id)
    assert rejected is not None
    assert (rejected.state, rejected.problems, rejected.last_error) == (
        EntryState.REJECTED,
        problems,
        "province_rejected",
    )
    assert (rejected.payload, rejected.attachments) == (one.payload, one.attachments)
    assert problems[0].message not in repr(rejected)
    assert outbox.counts() == OutboxCounts(rejected=1)
    assert outbox.lease(NOW) is None
    outbox.retry_now(one.id)
    again = outbox.lease(NOW)
    assert again is not None
    assert (again.id, again.problems) == (one.id, ())


def test_a_late_sender_undoes_nothing(outbox: Outbox) -> None:
    one = entry()
    outbox.add(one)
    outbox.lease(NOW)
    outbox.delivered(one.id, RECEIPT)
    outbox.retry_at(one.id, NOW, "province_unreachable")
    outbox.reject(one.id, ())
    outbox.renew(one.id, NOW)
    outbox.retry_now(one.id)
    assert outbox.counts() == OutboxCounts(delivered=1)
    assert outbox.lease(NOW) is None


def test_staff_see_rejected_ones_first_then_what_waits_then_the_newest_delivered(outbox: Outbox) -> None:
    entries = [entry() for _ in range(6)]
    for one in entries:
        outbox.add(one)
    for one in entries[:2]:
        outbox.delivered(one.id, RECEIPT)
    outbox.reject(entries[4].id, ())
    order = [entries[i].id for i in (4, 2, 3, 5, 1, 0)]
    assert [one.id for one in outbox.list()] == order
    assert [one.id for one in outbox.list(limit=3)] == order[:3]
    assert [one.id for one in outbox.list(states=[EntryState.PENDING])] == order[1:4]
    assert all(not one.payload for one in outbox.list())


def test_the_alarm_and_the_upload_addresses_outlive_a_restart(outbox: Outbox, tmp_path: Path) -> None:
    outbox.notice("province_unauthorised")
    outbox.uploads["entry", SHA] = "one"
    outbox.uploads["entry", SHA] = "two"
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", KEY)
    assert again.counts().alarm
    assert again.uploads["entry", SHA] == "two"
    assert again.uploads.get(("entry", OTHER_SHA)) is None
    del again.uploads["entry", SHA]
    with pytest.raises(KeyError):
        del again.uploads["entry", SHA]
    again.end_notice("province_unauthorised")
    assert not again.counts().alarm
    again.close()


def test_a_store_is_never_opened_with_another_key_nor_replaced(outbox: Outbox, tmp_path: Path) -> None:
    outbox.add(entry())
    outbox.close()
    path = tmp_path / "outbox.db"
    before = path.read_bytes()
    with pytest.raises(KeyRefused) as refusal:
        Outbox(path, bytes(32))
    assert refusal.value.code == "key_wrong"
    assert path.read_bytes() == before
    path.write_bytes(b"SQLite format 3\0" + bytes(4080))
    with pytest.raises(KeyRefused):
        Outbox(path, KEY)


def test_a_store_of_a_newer_version_is_left_alone(outbox: Outbox, tmp_path: Path) -> None:
    with outbox._database.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    outbox.close()
    with pytest.raises(StoreFailed) as failure:
        Outbox(tmp_path / "outbox.db", KEY)
    assert failure.value.code == "store_too_new"


def test_nothing_on_the_disk_can_be_read_by_others(outbox: Outbox, tmp_path: Path) -> None:
    outbox.add(entry(note="địa chỉ nhà"))
    assert not repr(outbox.list()[0]).count(NAME)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert NAME.encode() not in content
        assert ID_NUMBER.encode() not in content
        if file.name.startswith("outbox.db") and "senders" not in file.name:
            assert file.stat().st_mode & 0o077 == 0


def test_room_is_asked_for_before_a_citizen_begins_and_staff_are_warned(tmp_path: Path) -> None:
    much = 1 << 60
    for limits, room in (
        (Limits(min_free=1), Room.PLENTY),
        (Limits(min_free=1, warn_free=much), Room.LOW),
        (Limits(min_free=much, warn_free=much), Room.NONE),
        (Limits(max_waiting=6), Room.PLENTY),
        (Limits(max_waiting=5), Room.LOW),
        (Limits(max_waiting=4), Room.NONE),
    ):
        outbox = Outbox(tmp_path / "outbox.db", KEY, limits=limits)
        while outbox.counts().pending < 4:
            outbox.add(entry())
        assert outbox.room() is outbox.counts().room is room
        outbox.close()


def test_threads_add_and_lease_at_once(outbox: Outbox) -> None:
    """No entry is lost, none is leased twice."""
    entries = [entry() for _ in range(40)]
    leased: list[str] = []
    done = threading.Event()

    def lease() -> None:
        while not done.is_set() or outbox.seconds_until_due(NOW) == 0:
            if (one := outbox.lease(NOW)) is not None:
                leased.append(one.id)

    senders = [threading.Thread(target=lease) for _ in range(2)]
    for sender in senders:
        sender.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(outbox.add, entries))
    done.set()
    for sender in senders:
        sender.join()
    assert sorted(leased) == sorted(one.id for one in entries)


def test_a_correction_takes_the_place_of_the_rejected_one(outbox: Outbox) -> None:
    first = entry(paper(SHA, 3), provisional_code="TAM-1", note="thiếu dấu")
    outbox.add(first)
    outbox.lease(NOW)
    outbox.reject(first.id, [Problem("/submitter/full_name", "Họ tên thiếu dấu.")])
    second = entry(paper(SHA, 3), note="đủ dấu")
    assert outbox.replace(first.id, second)
    assert not outbox.replace(first.id, entry())
    old, new = outbox.get(first.id), outbox.get(second.id)
    assert old
    assert new
    assert (old.state, old.last_error, old.payload) == (EntryState.CLOSED, "entry_replaced", first.payload)
    assert (new.replaces, new.provisional_code) == (first.id, "TAM-1")
    assert outbox.find_by_code("TAM-1") == new
    outbox.retry_now(first.id)
    leased = outbox.lease(NOW)
    assert leased is not None
    assert leased.id == second.id
    assert outbox.lease(NOW) is None
    assert outbox.delivered(second.id, RECEIPT) == (SHA,)
    purged = outbox.get(first.id)
    assert purged is not None
    assert (purged.payload, purged.attachments, purged.state) == ({}, (), EntryState.CLOSED)


def test_what_goes_back_to_the_citizen_is_purged_and_its_stub_says_so(outbox: Outbox) -> None:
    one = entry(paper(SHA, 3), provisional_code="TAM-1")
    outbox.add(one)
    assert outbox.give_back(one.id) == ()  # only what the province has rejected
    outbox.lease(NOW)
    outbox.reject(one.id, [Problem("", "Cần bản gốc.")])
    assert outbox.give_back(one.id) == (SHA,)
    stub = outbox.find_by_code("TAM-1")
    assert stub is not None
    assert (stub.state, stub.last_error, stub.payload, stub.problems) == (EntryState.CLOSED, "entry_returned", {}, ())
    outbox.retry_now(one.id)
    assert outbox.lease(NOW) is None
    assert outbox.counts().rejected == 0


def test_stubs_go_when_they_are_old_and_nothing_else_does(tmp_path: Path) -> None:
    clock = [NOW]
    outbox = Outbox(tmp_path / "outbox.db", KEY, clock=lambda: clock[0])
    entries = [entry() for _ in range(4)]
    for one in entries:
        outbox.add(one)
    outbox.delivered(entries[0].id, RECEIPT)
    outbox.reject(entries[1].id, ())
    outbox.forget(NOW, timedelta(days=30))
    clock[0] -= timedelta(days=9999)  # ours: it does not count
    outbox.delivered(entries[2].id, RECEIPT)
    outbox.forget(NOW + timedelta(days=60), timedelta(days=30))
    assert [one.id for one in outbox.list()] == [entries[1].id, entries[3].id, entries[2].id]
    assert outbox.counts().delivered == 1
    outbox.close()


def test_an_attempt_that_certainly_failed_is_not_asked_for(outbox: Outbox, tmp_path: Path) -> None:
    one = entry()
    outbox.add(one)

    def leased() -> bool:
        found = outbox.lease(NOW)
        assert found is not None
        return found.unsure

    assert not leased()
    outbox.retry_at(one.id, None, "province_busy", unsure=False)
    assert not leased()
    outbox.retry_at(one.id, None, "province_unreachable")
    assert leased()
    outbox.retry_at(one.id, None, "province_busy", unsure=False)
    assert not leased()
    with outbox.sending():  # the sender died in the middle of an attempt
        assert leased()


def test_a_dossier_on_hold_waits_for_its_papers_but_not_for_ever(tmp_path: Path) -> None:
    now = [NOW]
    outbox = Outbox(tmp_path / "outbox.db", KEY, clock=lambda: now[0])
    held, later = entry(paper(SHA, 10)), entry(paper(OTHER_SHA, 20))
    outbox.add(held, hold_seconds=600)
    outbox.add(later, hold_seconds=600)
    assert outbox.lease(NOW + timedelta(seconds=599)) is None
    searchable = paper("cc" * 32, 30)
    assert outbox.exchange_papers(held.id, [searchable]) == (SHA,)
    leased = outbox.lease(NOW)
    assert leased
    assert (leased.id, leased.attachments, leased.last_error) == (held.id, (searchable,), "")
    assert outbox.exchange_papers(held.id, [paper(SHA, 10)]) is None  # the first bytes may be on their way
    outbox.delivered(held.id, RECEIPT)
    unread = outbox.lease(NOW + timedelta(seconds=600))
    assert unread
    assert (unread.id, unread.attachments) == (later.id, later.attachments)
    outbox.close()


def test_files_that_others_need_are_not_given_up(outbox: Outbox) -> None:
    first, second = entry(paper(SHA, 10)), entry(paper(SHA, 10))
    outbox.add(first)
    outbox.add(second)
    assert outbox.exchange_papers(first.id, [paper(OTHER_SHA, 20)]) == ()
    assert outbox.exchange_papers(second.id, [paper(SHA, 10)]) == ()
    assert outbox.exchange_papers("no-such-entry", []) is None
