"""A new key: the old one opens nothing any more, and a crash at any instant leaves one key that opens everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from offline_queue import rotation
from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry, Problem, Receipt
from offline_queue.errors import KeyRefused
from offline_queue.key import derive, load_or_create_key
from offline_queue.store import Outbox
from tests.queue.people import entry, paper


def outbox_key(key: bytes) -> bytes:
    return derive(key, "outbox")


def scans_key(key: bytes) -> bytes:
    return derive(key, "scans")


class Folder:
    """The data folder of a kiosk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.key_file, self.outbox_file, self.scans = path / "key", path / "outbox.db", path / "scans"

    def open(self) -> tuple[Outbox, BlobStore]:
        key = load_or_create_key(self.key_file, store_exists=self.outbox_file.exists())
        return Outbox(self.outbox_file, outbox_key(key)), BlobStore(self.scans, scans_key(key))

    def rotate(self) -> int:
        return rotation.rotate(self.outbox_file, self.scans, self.key_file, outbox_key, scans_key)

    def content(self) -> dict[str, tuple[OutboxEntry, list[bytes]]]:
        outbox, blobs = self.open()
        found = {}
        for one in outbox.list():
            whole = outbox.get(one.id)
            assert whole is not None
            found[one.id] = whole, [blobs.get(a.sha256, a.size) for a in whole.attachments]
        assert outbox.damage() == ()
        counts = outbox.counts()
        assert counts.pending + counts.rejected + counts.delivered == len(found)
        outbox.add(entry())
        outbox.close()
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    outbox, blobs = made.open()
    entries = []
    for number in range(6):
        scan = f"page {number}".encode() * 500
        entries.append(entry(paper(blobs.put(scan), len(scan)), note="x" * 900 * number))
        outbox.add(entries[-1])
    blobs.discard(outbox.delivered(entries[0].id, Receipt("H05", 1, "2026-11-23T08:00:00Z")), outbox.uses_blob)
    outbox.reject(entries[1].id, [Problem("", "Thiếu dấu.")])
    outbox.notice("clock_wrong")
    outbox.close()
    return made


def test_all_is_there_under_the_new_key_and_nothing_under_the_old(folder: Folder, tmp_path: Path) -> None:
    old = folder.key_file.read_bytes()
    outbox, _ = folder.open()
    before = {one.id: outbox.get(one.id) for one in outbox.list()}
    outbox.close()
    names = {path.name for path in folder.scans.iterdir()}
    assert folder.rotate() == 5
    assert folder.key_file.read_bytes() != old
    assert folder.key_file.stat().st_mode & 0o077 == 0
    assert folder.outbox_file.stat().st_mode & 0o077 == 0
    assert {path.name for path in folder.scans.iterdir()} & names == {"lock"}
    assert {one: whole for one, (whole, _) in folder.content().items()} == before
    assert sorted(path.name for path in folder.path.iterdir() if "senders" not in path.name) == [
        "key",
        "outbox.db",
        "scans",
    ]
    stolen = tmp_path / "stolen"
    stolen.write_bytes(old)
    stolen.chmod(0o600)
    with pytest.raises(KeyRefused):
        Outbox(folder.outbox_file, outbox_key(load_or_create_key(stolen, store_exists=True)))


class PowerCut(Exception):
    """The machine stops here."""


STEPS: list[tuple[Any, str]] = [
    (Path, "replace"),
    (Path, "unlink"),
    (rotation, "sync_folder"),
    (rotation, "write_temporary"),
    (rotation, "connect"),
    (BlobStore, "put"),
    (BlobStore, "sweep"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_crash_at_any_step_leaves_one_key_that_opens_everything(
    owner: Any, name: str, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {one: list(scans) for one, (_, scans) in folder.content().items()}
    for nth in range(1, 100):
        copy = Folder(tmp_path / f"{nth}")
        shutil.copytree(folder.path, copy.path)
        with monkeypatch.context() as patch:
            crashed = cut_at(patch, owner, name, nth)
            with suppress(PowerCut):
                copy.rotate()
        if not crashed():
            break
        rotation.finish(copy.outbox_file, copy.key_file)
        after = copy.content()
        assert {one: after[one][1] for one in before} == before
        assert not (copy.path / "key.next").exists()
        assert not (copy.path / "outbox.db-next").exists()
    assert nth > 1


def cut_at(patch: pytest.MonkeyPatch, owner: Any, name: str, nth: int) -> Callable[[], bool]:
    """From the nth call on the machine is off: neither it nor anything after it happens."""
    calls = [0]
    original = getattr(owner, name)

    def cut(*values: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] >= nth:
            raise PowerCut
        return original(*values, **named)

    patch.setattr(owner, name, cut)
    patch.setattr(rotation, "finish", _off(rotation.finish, lambda: calls[0] >= nth))
    return lambda: calls[0] >= nth


def _off(work: Callable[..., None], is_off: Callable[[], bool]) -> Callable[..., None]:
    def maybe(*values: Any) -> None:
        if is_off():
            raise PowerCut
        work(*values)

    return maybe
