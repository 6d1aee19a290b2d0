"""Moving a queue: whole, once, only with the right key, and not at all when the file was touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue import archive
from offline_queue.blobs import BlobStore
from offline_queue.entry import EXPORTED, EntryState, Problem, Receipt
from offline_queue.errors import ArchiveRefused, BlobDamaged, OutboxError
from offline_queue.store import Outbox
from tests.queue.people import ID_NUMBER, KEY, NAME, entry, paper

CENTRE = X25519PrivateKey.generate()
SCAN = os.urandom(100_000)


@dataclass
class Kiosk:
    """The stores of one machine."""

    outbox: Outbox
    blobs: BlobStore
    folder: Path

    def submit(self, note: str, *scans: bytes) -> str:
        one = entry(*(paper(self.blobs.put(scan), len(scan)) for scan in scans), note=note)
        self.outbox.add(one)
        return one.id


def machine(folder: Path, key: bytes) -> Kiosk:
    folder.mkdir()
    return Kiosk(Outbox(folder / "outbox.db", key), BlobStore(folder / "scans", key), folder)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Kiosk]:
    made = machine(tmp_path / "old", KEY)
    yield made
    made.outbox.close()


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Kiosk]:
    made = machine(tmp_path / "new", bytes(reversed(KEY)))
    yield made
    made.outbox.close()


def test_a_queue_moves_whole_and_once(old: Kiosk, new: Kiosk, tmp_path: Path) -> None:
    file = tmp_path / "queue"
    ids = [old.submit("one", SCAN, b"x"), old.submit("two"), old.submit("three", SCAN), old.submit("four")]
    old.outbox.reject(ids[1], (Problem("/form", "Thiếu"),))
    old.outbox.delivered(ids[3], Receipt("H05.114-261123-0001", 1, "2026-11-23T08:00:00Z"))
    assert archive.export(old.outbox, old.blobs, file, CENTRE.public_key()) == 3
    assert archive.import_(new.outbox, new.blobs, file, CENTRE) == archive.Imported(3, 0)
    assert archive.import_(new.outbox, new.blobs, file, CENTRE) == archive.Imported(0, 3)
    for entry_id in ids[:3]:
        ours, theirs = old.outbox.get(entry_id), new.outbox.get(entry_id)
        assert ours is not None
        assert theirs is not None
        assert (ours.payload, ours.attachments, ours.created_at) == (
            theirs.payload,
            theirs.attachments,
            theirs.created_at,
        )
        assert theirs.attempts >= 1  # so that the province is asked first whether it has arrived
        for one in theirs.attachments:
            assert new.blobs.get(one.sha256, one.size) == old.blobs.get(one.sha256, one.size)
    states = [new.outbox.get(entry_id).state for entry_id in ids[:3]]  # type: ignore[union-attr]
    assert states == [EntryState.PENDING, EntryState.REJECTED, EntryState.PENDING]
    assert new.outbox.get(ids[3]) is None


def test_what_was_moved_is_sent_from_here_only_when_staff_say_so(old: Kiosk, tmp_path: Path) -> None:
    entry_id = old.submit("one", SCAN)
    archive.export(old.outbox, old.blobs, tmp_path / "queue", CENTRE.public_key())
    held = old.outbox.get(entry_id)
    assert held is not None
    assert (held.state, held.last_error) == (EntryState.CLOSED, EXPORTED)
    assert old.outbox.lease(held.created_at) is None
    old.outbox.retry_now(entry_id)
    leased = old.outbox.lease(held.created_at)
    assert leased is not None
    assert leased.id == entry_id
    assert leased.unsure  # the other machine may have sent it: the province is asked first


def test_nothing_personal_can_be_read_in_the_file(old: Kiosk, tmp_path: Path) -> None:
    old.submit("Võ Cường", NAME.encode() * 50)
    file = tmp_path / "queue"
    archive.export(old.outbox, old.blobs, file, CENTRE.public_key())
    content = file.read_bytes()
    assert not [word for word in (NAME, ID_NUMBER, "Võ Cường", "2.000635") if word.encode() in content]
    assert file.stat().st_mode & 0o077 == 0


def test_another_key_or_another_file(old: Kiosk, new: Kiosk, tmp_path: Path) -> None:
    file = tmp_path / "queue"
    old.submit("one")
    archive.export(old.outbox, old.blobs, file, CENTRE.public_key())
    with pytest.raises(ArchiveRefused, match="archive_other_key"):
        archive.import_(new.outbox, new.blobs, file, X25519PrivateKey.generate())
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ArchiveRefused, match="archive_foreign"):
        archive.import_(new.outbox, new.blobs, tmp_path / "text", CENTRE)
    assert new.outbox.counts().pending == 0


def test_a_cut_or_changed_file_gives_nothing(old: Kiosk, new: Kiosk, tmp_path: Path) -> None:
    file = tmp_path / "queue"
    for note in ("one", "two"):
        old.submit(note, b"scan" * 50)
    archive.export(old.outbox, old.blobs, file, CENTRE.public_key())
    whole = file.read_bytes()
    for size in range(0, len(whole), 37):
        file.write_bytes(whole[:size])
        with pytest.raises(ArchiveRefused):
            archive.import_(new.outbox, new.blobs, file, CENTRE)
    for place in range(0, len(whole), 29):
        file.write_bytes(whole[:place] + bytes((whole[place] ^ 1,)) + whole[place + 1 :])
        with pytest.raises(ArchiveRefused):
            archive.import_(new.outbox, new.blobs, file, CENTRE)
    assert new.outbox.list() == []


def test_an_export_that_fails_changes_nothing(old: Kiosk, tmp_path: Path) -> None:
    file = tmp_path / "queue"
    entry_id = old.submit("one", SCAN)
    file.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        archive.export(old.outbox, old.blobs, file, CENTRE.public_key())
    assert file.read_bytes() == b"mine"
    file.unlink()
    (blob,) = [path for path in (old.folder / "scans").iterdir() if path.name != "lock"]
    blob.write_bytes(b"damaged")
    with pytest.raises(BlobDamaged):
        archive.export(old.outbox, old.blobs, file, CENTRE.public_key())
    assert not file.exists()
    held = old.outbox.get(entry_id)
    assert held is not None
    assert held.state is EntryState.PENDING


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    kiosk = machine(tmp_path / "kiosk", KEY)
    for number in range(40):
        kiosk.submit(f"{number}" * 500)
    assert kiosk.outbox.damage() == ()
    kiosk.outbox.close()
    file = tmp_path / "kiosk" / "outbox.db"
    with file.open("r+b") as store:
        store.seek(file.stat().st_size // 4096 // 2 * 4096 + 100)
        store.write(b"\0" * 64)
    reopened = Outbox(file, KEY)
    try:
        assert reopened.damage()
    except OutboxError:
        pass  # it may not even open
    finally:
        reopened.close()
