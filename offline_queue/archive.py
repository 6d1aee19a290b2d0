"""Moving a queue to another kiosk or to the province: one file that only the centre's private key opens.

    KIOSK-OUTBOX 1⏎   length ‖ sealed file key   length ‖ record   length ‖ record   …   length ‖ last record

The file key is sealed with HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) for the centre's public key. Each record
is AES-256-GCM under that key with its number as the nonce, so that none can be left out, repeated or exchanged; the
last one says so in its associated data, so that a cut file shows. An entry's record is followed by one for each scan.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from offline_queue.blobs import BlobStore
from offline_queue.entry import EXPORTED, Attachment, EntryState, OutboxEntry, Problem
from offline_queue.errors import ArchiveRefused
from offline_queue.files import OWNER_ONLY, sync_folder
from offline_queue.store import UNDELIVERED, Outbox

MAGIC = b"KIOSK-OUTBOX 1\n"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEY_BYTES, NONCE_BYTES, LENGTH_BYTES = 32, 12, 4
LONGEST_RECORD = 256 * 1024 * 1024  # bytes: far above any scan, far below what a length field can claim
MORE, LAST = b"more", b"last"
EVERYTHING = 1_000_000


@dataclass(frozen=True)
class Imported:
    """How many entries were `added`, and how many were `known` here already."""

    added: int
    known: int


def load_public_key(path: Path) -> X25519PublicKey:
    """The centre's public key (PEM, X25519). Raises `ArchiveRefused`, OSError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, X25519PublicKey):
        raise ArchiveRefused("archive_key_invalid", f"{path}: no X25519 public key in PEM")
    return key


def load_private_key(path: Path) -> X25519PrivateKey:
    """The centre's private key (PEM, X25519, without a passphrase). Raises `ArchiveRefused`, OSError."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise ArchiveRefused("archive_key_invalid", f"{path}: no X25519 private key in PEM")
    return key


def export(outbox: Outbox, blobs: BlobStore, path: Path, recipient: X25519PublicKey, move: bool = True) -> int:
    """Write all that is not delivered to a new file, oldest first, also what was moved before; how many entries.

    With `move` this kiosk no longer sends them by itself; they stay here, for staff to send after all if the file is
    lost. Without it the file is a backup, beside a running kiosk too: each dossier still has one effect, as another
    machine that imports it asks the province first.
    Raises `FileExistsError`, OSError, `BlobDamaged`: then nothing has changed and no file is left.
    """
    with blobs.hold():  # what is delivered meanwhile keeps its scans until the file is whole
        listed = outbox.list(EVERYTHING, (*UNDELIVERED, EntryState.CLOSED))
        here = [entry for entry in listed if entry.state is not EntryState.CLOSED or entry.last_error == EXPORTED]
        entries = sorted(here, key=lambda entry: entry.created_at)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        try:
            with os.fdopen(handle, "wb") as file:
                written = _write(file, outbox, blobs, entries, recipient)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    for entry in written if move else ():
        outbox.exported(entry.id)
    return len(written)


def import_(outbox: Outbox, blobs: BlobStore, path: Path, key: X25519PrivateKey) -> Imported:
    """Add the entries of a file, after all of it was found whole; those that are here already stay as they are.

    Each asks the province first whether it has arrived, since the other kiosk may have sent it. Raises
    `ArchiveRefused`, `OutboxConflict`, `OutboxFull`, OSError.
    """
    for _ in _read(path, key):
        pass
    added = known = 0
    for entry, scans in _read(path, key):
        if outbox.get(entry.id):
            known += 1
            continue
        with blobs.hold():
            for scan in scans:
                blobs.put(scan)
            outbox.add(replace(entry, attempts=max(entry.attempts, 1)))
        if entry.state is EntryState.REJECTED:
            outbox.reject(entry.id, entry.problems, entry.last_error)
        added += 1
    return Imported(added, known)


def _write(
    file: BinaryIO, outbox: Outbox, blobs: BlobStore, entries: list[OutboxEntry], recipient: X25519PublicKey
) -> list[OutboxEntry]:
    key = os.urandom(KEY_BYTES)
    cipher = AESGCM(key)
    number = 0

    def record(content: bytes, kind: bytes = MORE) -> None:
        nonlocal number
        _put(file, cipher.encrypt(number.to_bytes(NONCE_BYTES, "big"), content, kind))
        number += 1

    file.write(MAGIC)
    _put(file, SUITE.encrypt(key, recipient, MAGIC))
    written = []
    for listed in entries:
        entry = outbox.get(listed.id)
        if entry is None or entry.state is EntryState.DELIVERED:
            continue
        record(json.dumps(_as_json(entry), ensure_ascii=False).encode())
        for paper in entry.attachments:
            record(blobs.get(paper.sha256, paper.size))
        written.append(entry)
    record(json.dumps({"entries": len(written)}).encode(), LAST)
    return written


def _read(path: Path, key: X25519PrivateKey) -> Iterator[tuple[OutboxEntry, list[bytes]]]:
    """Entries with their scans. Raises `ArchiveRefused` where the file is not as it was written."""
    records = _records(path, key)
    count = 0
    for kind, content in records:
        if kind == LAST:
            if json.loads(content) != {"entries": count}:
                raise ArchiveRefused("archive_damaged", "another number of entries")
            return
        entry = _from_json(json.loads(content))
        yield entry, [next(records, (LAST, b""))[1] for _ in entry.attachments]
        count += 1  # noqa: SIM113  records of scans are taken in between
    raise ArchiveRefused("archive_damaged", "the end is missing")


def _records(path: Path, key: X25519PrivateKey) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ArchiveRefused("archive_foreign", str(path))
        try:
            cipher = AESGCM(SUITE.decrypt(_get(file), key, MAGIC))
        except (InvalidTag, ValueError):
            raise ArchiveRefused("archive_other_key", str(path)) from None
        for number in range(2**32):
            sealed, nonce = _get(file), number.to_bytes(NONCE_BYTES, "big")
            kind, content = next(_opened(cipher, nonce, sealed), (b"", b""))
            if not kind:
                raise ArchiveRefused("archive_damaged", f"record {number}")
            yield kind, content
            if kind == LAST:
                return


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes) -> Iterator[tuple[bytes, bytes]]:
    for kind in (MORE, LAST):
        try:
            yield kind, cipher.decrypt(nonce, sealed, kind)
        except InvalidTag:
            continue


def _put(file: BinaryIO, content: bytes) -> None:
    file.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)


def _get(file: BinaryIO) -> bytes:
    size = int.from_bytes(file.read(LENGTH_BYTES), "big")
    content = file.read(size) if 0 < size <= LONGEST_RECORD else b""
    if not content or len(content) != size:
        raise ArchiveRefused("archive_damaged", "it ends too early")
    return content


def _as_json(entry: OutboxEntry) -> dict[str, Any]:
    said = asdict(replace(entry, payload={}, receipt=None, next_attempt_at=None, changed_at=None))
    return {**said, "created_at": entry.created_at.isoformat(), "payload": dict(entry.payload)}


def _from_json(said: dict[str, Any]) -> OutboxEntry:
    return OutboxEntry(
        **{
            **said,
            "created_at": datetime.fromisoformat(said["created_at"]),
            "state": EntryState(said["state"]),
            "problems": tuple(Problem(**problem) for problem in said["problems"]),
            "attachments": tuple(Attachment(**paper) for paper in said["attachments"]),
        }
    )
