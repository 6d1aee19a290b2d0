"""Stores of every earlier version, as the code of their time left them, opened by today's.

`tests/data/outbox-vN/` was written by the code of version N, through its own methods: one dossier that could not be
sent yet, one whose sender died, one delivered, one rejected, one untouched; the alarm raised.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue import database
from offline_queue.entry import EntryState, Problem, Receipt
from offline_queue.errors import StoreFailed
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, payload

DATA = Path(__file__).parent.parent / "data"
EARLIER = [f"outbox-v{version}" for version in range(1, database.SCHEMA_VERSION)]
IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 6)]
RECEIPT = Receipt("H05.114-261123-0003", 1, "2026-11-23T09:00:00+07:00", "2026-11-26T17:00:00+07:00")


@pytest.mark.parametrize("name", EARLIER)
def test_all_of_an_earlier_store_is_there(name: str, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    shutil.copy(DATA / name / "outbox.db", path)
    outbox = Outbox(path, KEY)
    found = [outbox.get(entry_id) for entry_id in IDS]
    late, leased, delivered, rejected, untouched = found
    assert late
    assert leased
    assert delivered
    assert rejected
    assert untouched
    states = [one.state.value for one in (late, leased, delivered, rejected, untouched)]
    assert states == ["pending", "sending", "delivered", "rejected", "pending"]
    assert (late.last_error, late.attempts, late.unsure) == ("province_unreachable", 1, True)
    assert late.next_attempt_at == datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
    assert (untouched.attempts, untouched.unsure) == (0, False)
    assert delivered.receipt == RECEIPT
    assert delivered.payload == {}
    assert delivered.changed_at is not None
    assert rejected.problems == (Problem("/submitter/full_name", "Họ tên thiếu dấu."),)
    for number, one in ((1, late), (2, leased), (4, rejected), (5, untouched)):
        assert one.payload == payload(one.id, f"note {number}")
        assert [paper.sha256 for paper in one.attachments] == ["ab" * 32]
    counts = outbox.counts()
    assert (counts.pending, counts.rejected, counts.delivered, counts.alarm) == (3, 1, 1, True)
    assert outbox.uploads[IDS[1], "ab" * 32] == "http://x/2"
    assert outbox.find_by_code("H05.114-261123-0003") == delivered
    assert outbox.find_by_code("TAM-4") == rejected
    assert outbox.damage() == ()
    outbox.close()


@pytest.mark.parametrize("name", EARLIER)
def test_an_earlier_store_goes_on_as_one_of_today(name: str, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    shutil.copy(DATA / name / "outbox.db", path)
    outbox = Outbox(path, KEY)
    outbox.add(entry())
    assert outbox.replace(IDS[3], entry(entry_id="00000000-0000-4000-8000-00000000000f"))
    now, seen = datetime(2026, 11, 24, tzinfo=UTC), set()
    while one := outbox.lease(now):
        seen.add(one.id)
        outbox.delivered(one.id, RECEIPT)
    assert len(seen) == 5
    keep = timedelta(days=90)
    assert outbox.forget(now, keep) == outbox.forget(now + keep, keep) == ()
    assert outbox.counts().delivered > 0
    assert outbox.forget(now + 2 * keep, keep) == ()
    counts = outbox.counts()
    assert (counts.pending, counts.rejected, counts.delivered) == (0, 0, 0)
    assert outbox.blob_ids() == frozenset()
    outbox.close()


def test_a_new_store_and_a_migrated_one_have_the_same_tables(tmp_path: Path) -> None:
    def tables(path: Path) -> list[tuple[str, str]]:
        store = database.Database(path, KEY)
        rows = store.query("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        store.close()
        return [(name, " ".join(sql.replace('"', "").split())) for name, sql in rows]

    new = tables(tmp_path / "new.db")
    for name in EARLIER:
        shutil.copy(DATA / name / "outbox.db", tmp_path / name)
        assert tables(tmp_path / name) == new


@pytest.mark.parametrize("name", EARLIER)
def test_a_step_that_fails_leaves_the_earlier_store(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, steps)
    last = steps / f"to_{database.SCHEMA_VERSION}.sql"
    last.write_text(last.read_text("utf-8") + "INSERT INTO nowhere VALUES (1);\n", "utf-8")
    path = tmp_path / "outbox.db"
    shutil.copy(DATA / name / "outbox.db", path)
    with monkeypatch.context() as broken:
        broken.setattr(database, "MIGRATIONS", steps)
        with pytest.raises(StoreFailed):
            Outbox(path, KEY)
    outbox = Outbox(path, KEY)
    assert {one.id: one.state for one in outbox.list()}[IDS[3]] is EntryState.REJECTED
    assert outbox.counts().pending == 3
    outbox.close()
