"""Scans on the disk: one encrypted file each, found by the hash of what is in it."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_queue.errors import BlobDamaged, StoreFailed
from offline_queue.files import make_folder, sync_folder, write_temporary
from offline_queue.key import derive

NONCE_BYTES, BLOCK_BYTES = 12, 16
PIECE_BYTES = 512 * 1024
LOCK_NAME = "lock"


class BlobStore:
    """Files sealed with AES-256-GCM (NIST SP 800-38D): nonce ‖ ciphertext ‖ tag; opened, each must have its SHA-256.

    A file's name is an HMAC of that hash: names outlive deleted files in a file system's journal, and a plain hash
    would tell anyone who holds the same paper that this person's copy of it went through here.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = derive(key, "content")
        self._name_key = derive(key, "name")
        try:
            make_folder(folder)
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None

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
        digest = hashlib.sha256()
        hashing = threading.Thread(target=digest.update, args=(data,))  # as long as the encryption and the disk take
        hashing.start()
        try:
            with self.hold():
                temporary = write_temporary(self._folder, self._sealed(data))
                hashing.join()
                temporary.replace(self._path(digest.hexdigest()))
                sync_folder(self._folder)
        finally:
            hashing.join()
        return digest.hexdigest()

    def _sealed(self, data: bytes) -> Iterator[bytes | memoryview]:
        """In pieces that stay in the processor's cache: a whole copy of 10 MB costs as much as encrypting it."""
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES256
        from cryptography.hazmat.primitives.ciphers.modes import GCM

        nonce = os.urandom(NONCE_BYTES)
        cipher = Cipher(AES256(self._key), GCM(nonce)).encryptor()
        yield nonce
        plain, piece = memoryview(data), memoryview(bytearray(PIECE_BYTES + BLOCK_BYTES))
        for start in range(0, len(data), PIECE_BYTES):
            yield piece[: cipher.update_into(plain[start : start + PIECE_BYTES], piece)]  # used before the next comes
        cipher.finalize()
        yield cipher.tag

    def get(self, sha256: str, size: int | None = None) -> bytes:
        """The plain file with this hash (and `size` bytes). Raises `BlobDamaged`, `StoreFailed`."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            sealed = memoryview(self._path(sha256).read_bytes())
            data = AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except FileNotFoundError:
            raise BlobDamaged("missing") from None
        except (InvalidTag, ValueError):
            raise BlobDamaged("does not open") from None
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None
        if hashlib.sha256(data).hexdigest() != sha256 or len(data) != (len(data) if size is None else size):
            raise BlobDamaged("another file")
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
        """Remove every file whose hash `keep()`, asked while nobody can add one, does not name; how many went.

        Raises `StoreFailed`.
        """
        try:
            with self._locked(fcntl.LOCK_EX):
                names = {self._path(sha256).name for sha256 in keep()} | {LOCK_NAME}
                orphans = [path for path in self._folder.iterdir() if path.name not in names]
                for path in orphans:
                    path.unlink()
        except OSError as error:
            raise StoreFailed("store_failed", error.strerror or "") from None
        return len(orphans)

    def _path(self, sha256: str) -> Path:
        return self._folder / hmac.digest(self._name_key, sha256.encode(), "sha256").hex()

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        # each holder opens the file anew: flock belongs to the open file, so threads are kept apart like processes
        with (self._folder / LOCK_NAME).open("a") as lock:
            fcntl.flock(lock, how)
            yield
