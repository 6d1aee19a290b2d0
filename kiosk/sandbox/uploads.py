"""Encrypted storage of tus uploads: tuspyserver speaks the protocol, this keeps the bytes and where they stopped.

tuspyserver's own local storage would write scans in the clear, so its contract `tuspyserver.storage.TusStorage` is met
here instead. A file is a row of sealed pieces, each `length (4 bytes) · nonce (12) · AES-GCM ciphertext`, bound
to its upload and its place; no byte of a scan is ever on the disk unencrypted, finished or not.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from kiosk.sandbox.store import Store

_PIECE = 256 * 1024
_NONCE = 12
_TAG = 16
_UID = re.compile(r"[0-9a-f]{32}")
_LOCK_SECONDS = 5


class EncryptedUploads:
    """Meets `TusStorage` by shape. All calls come from the server's one thread; writes are small and stay there."""

    def __init__(self, folder: Path, key: bytes, store: Store) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._folder = folder
        self._cipher = AESGCM(key)
        self._store = store
        self._waiting: dict[str, bytearray] = defaultdict(bytearray)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        folder.mkdir(mode=0o700, exist_ok=True)

    def __deepcopy__(self, memo: object) -> EncryptedUploads:
        """The router copies its options for each request; the storage in them is shared."""
        return self

    def content(self, uid: str) -> bytes | None:
        """The whole plain file; None when unknown or not finished. `InvalidTag` when somebody has changed it."""
        info = self._store.upload_info(uid)
        if info is None or not self._path(uid).is_file() or self._extent(uid)[0] != info.get("size"):
            return None
        with self._path(uid).open("rb") as file:
            return b"".join(self._open_pieces(uid, file))

    async def create(self, uid: str) -> None:
        """An empty upload; nothing happens to one that exists."""
        self._path(uid).touch(mode=0o600)

    async def exists(self, uid: str) -> bool:
        """Whether there is such an upload. Foreign ids, also with path parts in them, are unknown."""
        return _UID.fullmatch(uid) is not None and self._path(uid).is_file()

    async def size(self, uid: str) -> int:
        """Plain bytes on the disk: the `Upload-Offset`."""
        return self._extent(uid)[0] if await self.exists(uid) else 0

    async def append(self, uid: str, chunk: bytes) -> None:
        """Take the next bytes of a PATCH; sealed and written by the piece."""
        waiting = self._waiting[uid]
        waiting += chunk
        if len(waiting) >= _PIECE:
            self._write(uid)

    async def flush(self, uid: str) -> None:
        """Everything taken so far is on the disk."""
        self._write(uid)
        descriptor = os.open(self._path(uid), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    async def finalize(self, uid: str) -> None:
        """A finished upload needs nothing more: its pieces are sealed already."""
        self._locks.pop(uid, None)

    async def read(self, uid: str) -> bytes | None:
        """As `content`."""
        return self.content(uid)

    async def delete(self, uid: str) -> None:
        """Forget an upload."""
        self._waiting.pop(uid, None)
        self._path(uid).unlink(missing_ok=True)
        self._store.forget_upload(uid)

    async def read_info(self, uid: str) -> dict[str, Any] | None:
        """What the router keeps about an upload, with the offset that the disk really has.

        HEAD of tuspyserver 4.4 refuses uploads without `filename` and `filetype`, which are names of its own.
        """
        info = self._store.upload_info(uid)
        if info is None or not await self.exists(uid):
            return None
        metadata = info["metadata"]
        metadata.setdefault("filename", uid)
        metadata.setdefault("filetype", metadata.get("media_type", "application/octet-stream"))
        return {**info, "offset": await self.size(uid)}

    async def write_info(self, uid: str, data: dict[str, Any]) -> None:
        """Keep it, in the encrypted database: file names may be personal."""
        self._store.put_upload_info(uid, data)

    def location(self, uid: str) -> str:
        """Handle for tuspyserver, which opens it as a plain file when a POST has a body: it must not be openable."""
        return f"/dev/null/{uid}"

    @asynccontextmanager
    async def lock(self, uid: str) -> AsyncIterator[None]:
        """One writer at a time; `TimeoutError` (answered 503) when another goes on for too long."""
        lock = self._locks[uid]
        await asyncio.wait_for(lock.acquire(), _LOCK_SECONDS)
        try:
            self._waiting.pop(uid, None)
            yield
        finally:
            lock.release()

    def _path(self, uid: str) -> Path:
        return self._folder / uid

    def _write(self, uid: str) -> None:
        plain = bytes(self._waiting.pop(uid, b""))
        if not plain:
            return
        offset, end = self._extent(uid)
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, plain, _place(uid, offset))
        with self._path(uid).open("r+b") as file:
            file.truncate(end)
            file.seek(end)
            file.write(len(sealed).to_bytes(4, "big") + sealed)

    def _extent(self, uid: str) -> tuple[int, int]:
        """Plain bytes held, and where the last whole piece ends; a piece cut off by a crash does not count."""
        plain = end = 0
        total = self._path(uid).stat().st_size
        with self._path(uid).open("rb") as file:
            while len(head := file.read(4)) == 4:
                length = int.from_bytes(head, "big")
                if end + 4 + length > total:
                    break
                plain += length - _NONCE - _TAG
                end += 4 + length
                file.seek(end)
        return plain, end

    def _open_pieces(self, uid: str, file: BinaryIO) -> Iterator[bytes]:
        offset = 0
        while len(head := file.read(4)) == 4:
            sealed = file.read(int.from_bytes(head, "big"))
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(uid, offset))
            offset += len(plain)
            yield plain


def _place(uid: str, offset: int) -> bytes:
    return f"{uid}:{offset}".encode()
