"""Scans on the disk: one encrypted file each, found by the hash of what is in it."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_queue.errors import BlobDamaged, StoreFailed
from offline_queue.files import make_folder, sync_folder, write_temporary
from offline_queue.key import derive

NONCE_BYTES = 12
LOCK_NAME = "lock"


class BlobStore:
    """Files sealed with AES-256-GCM (NIST SP 800-38D), the plain file's SHA-256 bound in as associated data.

    A file's name is an HMAC of that hash: names outlive deleted files in a file system's journal, and a plain hash
    would tell anyone who holds the same paper that this person's copy of it went through here.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._folder = folder
        self._cipher = AESGCM(derive(key, "content"))
        self._name_key = derive(key, "name")
        make_folder(folder)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep every deletion, also another process's, out until the block ends.

        Wrap `put` … `Outbox.add` in it: a file with the same content may be on its way out with another entry.
        Nothing may be deleted inside the block by the same thread.
        """
        with self._locked(fcntl.LOCK_SH):
            yield

    def put(self, data: bytes) -> str:
        """Write `data` durably; its SHA-256 (hex) is the key to it. Raises OSError (ENOSPC: the disk is full)."""
        digest = hashlib.sha256(data)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, data, digest.digest())
        with self.hold():
            temporary = write_temporary(self._folder, sealed)
            temporary.replace(self._path(digest.hexdigest()))
            sync_folder(self._folder)
        return digest.hexdigest()

    def get(self, sha256: str, size: int | None = None) -> bytes:
        """The plain file with this hash (and `size` bytes). Raises `BlobDamaged`, `StoreFailed`."""
        from cryptography.exceptions import InvalidTag

        try:
            sealed = self._path(sha256).read_bytes()
            data = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bytes.fromhex(sha256))
        except FileNotFoundError:
            raise BlobDamaged("missing") from None
        except (InvalidTag, ValueError):
            raise BlobDamaged("does not open") from None
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None
        if size is not None and len(data) != size:
            raise BlobDamaged("another size")
        return data

    def delete(self, sha256: str) -> None:
        """Remove a file; no error when it is gone."""
        self.discard([sha256], used=lambda _: False)

    def discard(self, hashes: Iterable[str], used: Callable[[str], bool]) -> None:
        """Remove those files that `used`, asked while nobody can add one, does not claim. Raises `StoreFailed`."""
        try:
            with self._locked(fcntl.LOCK_EX):
                for sha256 in hashes:
                    if not used(sha256):
                        self._path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None

    def sweep(self, keep: Callable[[], Collection[str]]) -> int:
        """Remove every file whose hash `keep()`, asked while nobody can add one, does not name; how many went."""
        with self._locked(fcntl.LOCK_EX):
            names = {self._path(sha256).name for sha256 in keep()} | {LOCK_NAME}
            orphans = [path for path in self._folder.iterdir() if path.name not in names]
            for path in orphans:
                path.unlink()
            return len(orphans)

    def _path(self, sha256: str) -> Path:
        return self._folder / hmac.digest(self._name_key, sha256.encode(), "sha256").hex()

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        # each holder opens the file anew: flock belongs to the open file, so threads are kept apart like processes
        with (self._folder / LOCK_NAME).open("a") as lock:
            fcntl.flock(lock, how)
            yield
