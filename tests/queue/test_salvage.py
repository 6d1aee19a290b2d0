"""A store on a failing disk: any page may be gone, and nothing that can still be read is lost."""

from __future__ import annotations

import os
import random
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from offline_queue import salvage
from offline_queue.entry import LOST, PAPERS_LOST, SALVAGED, EntryState, OutboxEntry, Problem, Receipt
from offline_queue.errors import KeyRefused, StoreFailed
from offline_queue.salvage import PAGE_BYTES
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
COUNT = 40


def fill(path: Path) -> dict[str, OutboxEntry]:
    """Entries of every state, some larger than a page; the file is checked once, as at each start."""
    outbox = Outbox(path, KEY)
    for number in range(COUNT):
        papers = [paper(f"{number:064x}", 10), paper(f"{number + 1000:064x}", 11)]
        outbox.add(entry(*papers, note="x" * (300 * (number % 40)), provisional_code=f"TAM-{number}"))
    entries = outbox.list()
    outbox.delivered(entries[0].id, Receipt("H05.114-261123-0001", 1, "2026-11-23T08:00:00Z"))
    outbox.reject(entries[1].id, [Problem("/submitter/full_name", "Thiếu dấu.")])
    stored = {one.id: full for one in outbox.list() if (full := outbox.get(one.id))}
    outbox.close()
    assert salvage.check(path, KEY, NOW) is None
    return stored


def spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE_BYTES)
        file.write(os.urandom(PAGE_BYTES))


def compare(path: Path, before: dict[str, OutboxEntry]) -> tuple[int, int, int]:
    """How many came over whole, as stubs, not at all; whatever came over is what was there."""
    outbox = Outbox(path, KEY)
    assert outbox.damage() == ()
    pending = outbox.counts().pending
    whole = stubs = gone = 0
    for one in before.values():
        now = outbox.get(one.id)
        if now is None:
            gone += 1
        elif now.last_error in (LOST, PAPERS_LOST):
            stubs += 1
            assert now.state is EntryState.REJECTED
            assert now.payload in ({}, one.payload)
            outbox.retry_now(one.id)  # nothing that is incomplete goes out
            assert outbox.counts().pending == pending
        else:
            whole += 1
            assert (now.payload, now.state, now.receipt, now.problems) == (
                one.payload,
                one.state,
                one.receipt,
                one.problems,
            )
            assert now.state is EntryState.DELIVERED or now.attachments == one.attachments
            assert now.unsure or now.state is not EntryState.PENDING
    assert set(outbox.notices()) == {SALVAGED}
    outbox.add(entry())
    outbox.close()
    return whole, stubs, gone


def test_whatever_page_is_bad_the_rest_comes_over(tmp_path: Path) -> None:
    original = tmp_path / "original" / "outbox.db"
    before = fill(original)
    pages = original.stat().st_size // PAGE_BYTES
    assert pages > 50
    results = []
    for page in range(pages):
        folder = tmp_path / str(page)
        shutil.copytree(original.parent, folder)
        path = folder / "outbox.db"
        spoil(path, page)
        spoilt = path.read_bytes()
        done = salvage.check(path, KEY, NOW)
        assert done is not None
        assert (done.aside / "outbox.db").read_bytes() == spoilt  # never thrown away
        whole, stubs, gone = compare(path, before)
        results.append((page, whole, stubs, gone))
        assert salvage.check(path, KEY, NOW) is None
        assert not list(folder.glob("*salvage*"))
        shutil.rmtree(folder)
    print("pages", pages, "worst", sorted(results, key=lambda r: r[1])[:5])
    assert results[0] == (0, COUNT, 0, 0)  # the copy of the first page
    whole_of_all = [whole for _, whole, _, _ in results]
    assert sorted(whole_of_all)[len(whole_of_all) // 2] >= COUNT - 2  # a usual page holds one dossier or two
    assert all(stubs + gone <= COUNT - whole for _, whole, stubs, gone in results)


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    before = fill(path)
    os.truncate(path, path.stat().st_size // 2 // PAGE_BYTES * PAGE_BYTES)
    assert salvage.check(path, KEY, NOW) is not None
    whole, _, _ = compare(path, before)
    assert whole >= COUNT // 4


def test_what_is_only_in_the_log_comes_over_too(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    before = fill(path)
    outbox = Outbox(path, KEY)
    one = entry(paper("ab" * 32, 3))
    outbox.add(one)
    killed = tmp_path / "killed"  # as the files lie after a power cut: the commit is in the log only
    killed.mkdir()
    for name in ("outbox.db", "outbox.db-wal", "outbox.db-first-page"):
        shutil.copy(tmp_path / name, killed / name)
    outbox.close()
    spoil(killed / "outbox.db", random.Random(1).randrange(10, 30))
    assert salvage.check(killed / "outbox.db", KEY, NOW) is not None
    again = Outbox(killed / "outbox.db", KEY)
    assert again.get(one.id) is not None
    again.close()
    assert compare(killed / "outbox.db", before)[0] >= COUNT - 10


def test_a_wrong_key_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    fill(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(KeyRefused) as refusal:
        salvage.check(path, bytes(32), NOW)
    assert refusal.value.code == "key_wrong"
    spoil(path, 0)
    before["outbox.db"] = path.read_bytes()
    with pytest.raises(KeyRefused):
        salvage.check(path, bytes(32), NOW)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_store_that_was_never_checked_and_does_not_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    fill(path)
    (tmp_path / "outbox.db-first-page").unlink()
    spoil(path, 0)
    with pytest.raises(KeyRefused):
        salvage.check(path, KEY, NOW)
    assert not (tmp_path / "damaged").exists()


def test_no_store_is_no_damage(tmp_path: Path) -> None:
    assert salvage.check(tmp_path / "outbox.db", KEY, NOW) is None
    assert not list(tmp_path.iterdir())


def test_a_page_that_goes_bad_while_the_kiosk_runs_is_told_and_nothing_wrong_leaves(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path, KEY)
    first = entry(note="x" * 20_000)
    outbox.add(first)
    outbox.close()
    refused = 0
    for page in range(1, path.stat().st_size // PAGE_BYTES):
        copy = tmp_path / f"{page}.db"
        shutil.copy(path, copy)
        spoil(copy, page)
        try:
            outbox = Outbox(copy, KEY)
        except StoreFailed:
            continue
        for read in (partial(outbox.get, first.id), partial(outbox.lease, NOW)):
            try:
                found = read()
            except StoreFailed as error:
                refused += 1
                told = error.code
            else:
                told = "store_damaged" if found is None else found.last_error or "as it was"
                assert found is None or found.last_error or found.payload == first.payload
            assert told in ("as it was", "store_damaged", LOST), page
        outbox.close()
    assert refused > 5


def test_a_payload_that_is_not_what_was_committed_waits_for_staff_and_blocks_nobody(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", KEY)
    first, second = entry(note="một"), entry()
    outbox.add(first)
    outbox.add(second)
    with outbox._database.writing() as connection:
        connection.execute("UPDATE entries SET payload = replace(payload, 'một', 'hai') WHERE id = ?", (first.id,))
    leased, spoilt = outbox.lease(NOW), outbox.get(first.id)
    assert leased is not None
    assert leased.id == second.id
    assert spoilt is not None
    assert (spoilt.state, spoilt.last_error, spoilt.payload) == (EntryState.REJECTED, LOST, {})
    outbox.close()
