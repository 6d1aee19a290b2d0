"""The key of everything that lies encrypted on this kiosk, and the subkeys made from it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from offline_queue.errors import KeyRefused
from offline_queue.files import create_once, make_folder

KEY_BYTES = 32


def load_or_create_key(key_file: Path, store_exists: bool) -> bytes:
    """The 32-byte key in `key_file` (hex, 0600), made only when there is neither key nor store. Raises `KeyRefused`.

    A key that is missing beside a store is never replaced: a new one would make all that waits unreadable for good.
    """
    try:
        if not key_file.exists():
            if store_exists:
                raise KeyRefused("key_missing", str(key_file))
            make_folder(key_file.parent)
            create_once(key_file, os.urandom(KEY_BYTES).hex().encode() + b"\n")
        return _load(key_file)
    except OSError as error:
        raise KeyRefused("key_inaccessible", f"{key_file}: {error.strerror}") from None


def derive(key: bytes, purpose: str) -> bytes:
    """A 32-byte subkey for one purpose: HKDF-SHA256 (RFC 5869), so that no two stores share a key."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"kiosk-mot-cua/1/{purpose}".encode()).derive(key)


def _load(key_file: Path) -> bytes:
    if stat.S_IMODE(key_file.stat().st_mode) & 0o077:
        raise KeyRefused("key_readable_by_others", str(key_file))
    try:
        key = bytes.fromhex(key_file.read_text("ascii").strip())
    except ValueError:
        raise KeyRefused("key_malformed", str(key_file)) from None
    if len(key) != KEY_BYTES:
        raise KeyRefused("key_malformed", str(key_file))
    return key
