"""Scans on the disk."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from offline_queue.blobs import BlobStore
from offline_queue.errors import BlobDamaged
from tests.queue.people import KEY, NAME

PAGE = NAME.encode() * 100


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "scans", KEY)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "scans").iterdir() if path.name != "lock"]


def test_what_was_put_comes_back_and_the_disk_tells_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    sha256 = blobs.put(PAGE)
    assert sha256 == hashlib.sha256(PAGE).hexdigest()
    assert blobs.get(sha256, len(PAGE)) == PAGE
    assert blobs.put(PAGE) == sha256
    (file,) = files(tmp_path)
    assert NAME.encode() not in file.read_bytes()
    assert sha256 not in file.name
    assert file.stat().st_mode & 0o077 == 0


def test_another_key_missing_or_damaged_files_do_not_open(blobs: BlobStore, tmp_path: Path) -> None:
    sha256 = blobs.put(PAGE)
    with pytest.raises(BlobDamaged):
        BlobStore(tmp_path / "scans", bytes(32)).get(sha256)
    with pytest.raises(BlobDamaged):
        blobs.get(sha256, len(PAGE) + 1)
    with pytest.raises(BlobDamaged):
        blobs.get("00" * 32)
    (file,) = files(tmp_path)
    other = blobs.put(b"another page")
    (second,) = set(files(tmp_path)) - {file}
    second.write_bytes(file.read_bytes())
    with pytest.raises(BlobDamaged):  # a file under another's name: the hash is bound in
        blobs.get(other)
    sealed = bytearray(file.read_bytes())
    for damaged in (bytes(sealed[:40]), b"", bytes([sealed[0] ^ 1]) + bytes(sealed[1:])):
        file.write_bytes(damaged)
        with pytest.raises(BlobDamaged):
            blobs.get(sha256)


def test_orphans_are_swept_and_nothing_else(blobs: BlobStore, tmp_path: Path) -> None:
    kept, orphan = blobs.put(PAGE), blobs.put(b"orphan")
    (tmp_path / "scans" / ".half.part").write_bytes(b"half")
    assert blobs.sweep(lambda: {kept}) == 2
    assert blobs.get(kept) == PAGE
    with pytest.raises(BlobDamaged):
        blobs.get(orphan)
    blobs.delete(kept)
    blobs.delete(kept)
    assert files(tmp_path) == []


def test_nothing_is_deleted_between_put_and_add(blobs: BlobStore) -> None:
    """An entry is purged while another process adds one with the very same scan."""
    used: set[str] = set()
    sha256 = blobs.put(PAGE)
    deleting = threading.Thread(target=lambda: blobs.discard([sha256], used=lambda one: one in used))
    with blobs.hold():
        blobs.put(PAGE)
        deleting.start()
        deleting.join(0.1)
        assert deleting.is_alive()
        used.add(sha256)
    deleting.join()
    assert blobs.get(sha256) == PAGE
