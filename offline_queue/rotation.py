"""A new key for all that lies encrypted: everything is sealed again, and one rename decides.

A key that was copied, or a technician who leaves, makes the old key worthless only if the data itself is sealed anew.
Until the new key file takes the place of the old one everything of the old key is untouched; from then on everything of
the new key is complete, and what a crash leaves undone is finished at the next start:

    key.next, outbox.db-next      not decided: both go away
              outbox.db-next      decided: it becomes outbox.db
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from offline_queue.blobs import BlobStore
from offline_queue.database import SCHEMA_VERSION, connect, damage
from offline_queue.errors import BlobDamaged, StoreFailed
from offline_queue.files import OWNER_ONLY, sync_folder, write_temporary
from offline_queue.key import KEY_BYTES, load_or_create_key
from offline_queue.store import Outbox

Derive = Callable[[bytes], bytes]
SIDE_FILES = ("-journal", "-wal", "-shm")


def unfinished(outbox_file: Path) -> bool:
    """Whether a rotation was interrupted: `finish` must come before anything else is opened."""
    return _next(outbox_file).exists()


def finish(outbox_file: Path, key_file: Path) -> None:
    """Bring an interrupted rotation to its end, forwards or backwards. Needs the store for itself. Raises OSError."""
    fresh = _next(outbox_file)
    if not fresh.exists():
        _next_key(key_file).unlink(missing_ok=True)
        return
    if _next_key(key_file).exists():
        _remove(fresh)  # before the key: a store without its key would count as decided
        sync_folder(fresh.parent)
        _next_key(key_file).unlink()
        sync_folder(key_file.parent)
        return
    for end in SIDE_FILES:
        outbox_file.with_name(outbox_file.name + end).unlink(missing_ok=True)  # of the old key
    fresh.replace(outbox_file)
    sync_folder(outbox_file.parent)


def rotate(outbox_file: Path, scans: Path, key_file: Path, outbox_key: Derive, scans_key: Derive) -> int:
    """Seal everything with a new key; how many scans. Needs the store for itself; afterwards the old key opens nothing.

    Raises `OutboxError`, OSError; then the old key is still the one.
    """
    finish(outbox_file, key_file)
    old, new = load_or_create_key(key_file, store_exists=True), os.urandom(KEY_BYTES)
    write_temporary(key_file.parent, [new.hex().encode() + b"\n"]).replace(_next_key(key_file))
    sync_folder(key_file.parent)
    try:
        count = _seal_scans(outbox_file, scans, (outbox_key(old), scans_key(old)), scans_key(new))
        _seal_store(outbox_file, outbox_key(old), outbox_key(new))
    except BaseException:
        finish(outbox_file, key_file)
        raise
    _next_key(key_file).replace(key_file)
    sync_folder(key_file.parent)
    finish(outbox_file, key_file)
    outbox = Outbox(outbox_file, outbox_key(new))
    BlobStore(scans, scans_key(new)).sweep(outbox.blob_ids)
    outbox.close()
    return count


def _seal_scans(outbox_file: Path, scans: Path, old: tuple[bytes, bytes], new: bytes) -> int:
    outbox = Outbox(outbox_file, old[0])
    source, target = BlobStore(scans, old[1]), BlobStore(scans, new)  # their names differ with the key
    count = 0
    try:
        for sha256 in outbox.blob_ids():
            try:
                target.put(source.get(sha256))
                count += 1
            except BlobDamaged:
                continue  # it goes to staff when its dossier is sent, as before
    finally:
        outbox.close()
    return count


def _seal_store(outbox_file: Path, old: bytes, new: bytes) -> None:
    fresh = _next(outbox_file)
    connection = connect(outbox_file, old)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        os.close(os.open(fresh, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        connection.execute(f"ATTACH DATABASE ? AS fresh KEY \"x'{new.hex()}'\"", (str(fresh),))
        connection.execute("PRAGMA fresh.synchronous = EXTRA")
        connection.execute("SELECT sqlcipher_export('fresh')").fetchall()
        connection.execute(f"PRAGMA fresh.user_version = {SCHEMA_VERSION}")
        connection.execute("DETACH DATABASE fresh")
    finally:
        connection.close()
    check = connect(fresh, new)
    try:
        if found := damage(check):
            raise StoreFailed("store_failed", found[0])
    finally:
        check.close()
    sync_folder(fresh.parent)


def _next(outbox_file: Path) -> Path:
    return outbox_file.with_name(f"{outbox_file.name}-next")


def _next_key(key_file: Path) -> Path:
    return key_file.with_name(f"{key_file.name}.next")


def _remove(path: Path) -> None:
    for end in ("", *SIDE_FILES):
        path.with_name(path.name + end).unlink(missing_ok=True)
