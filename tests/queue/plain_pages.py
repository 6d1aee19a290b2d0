"""The pages of a SQLCipher 4 store and of its log, decrypted byte by byte: free pages, gaps and old versions too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

PAGE, RESERVED, IV = 4096, 80, 16  # at each page's end: the IV, then its HMAC-SHA512
LOG_HEADER, FRAME_HEADER = 32, 24  # https://sqlite.org/fileformat2.html#walformat


def plain_pages(store: Path, key: bytes) -> list[bytes]:
    """All pages in the file, then all in its log, the valid ones and those of before."""
    log = store.with_name(f"{store.name}-wal")
    frames = log.read_bytes()[LOG_HEADER:] if log.exists() else b""
    size = FRAME_HEADER + PAGE
    encrypted = [*_cut(store.read_bytes(), PAGE), *(frame[FRAME_HEADER:] for frame in _cut(frames, size))]
    return [_decrypt(page, key) for page in encrypted]


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data) - size + 1, size))


def _decrypt(page: bytes, key: bytes) -> bytes:
    """The content of a page; of the first one, which begins with the salt in the clear, all but one block of it."""
    cipher = Cipher(AES256(key), CBC(page[PAGE - RESERVED : PAGE - RESERVED + IV])).decryptor()
    return cipher.update(page[: PAGE - RESERVED]) + cipher.finalize()
