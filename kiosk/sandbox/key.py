"""The key file of the embedded province's own data folder."""

from __future__ import annotations

import os
from pathlib import Path

_BYTES = 32


class KeyRefusedError(Exception):
    """The key does not fit the data beside it; nothing was opened or made. The text says what to mend."""


def load_or_create_key(key_file: Path, store_exists: bool) -> bytes:
    """32 random bytes from a 0600 file, made when there is neither key nor store. May raise `KeyRefusedError`."""
    if not key_file.exists():
        if store_exists:
            raise KeyRefusedError(f"{key_file} is missing beside existing data")
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_BYTES))
            file.flush()
            os.fsync(file.fileno())
    if key_file.stat().st_mode & 0o077:
        raise KeyRefusedError(f"{key_file} can be read by others; chmod 600 it")
    key = key_file.read_bytes()
    if len(key) != _BYTES:
        raise KeyRefusedError(f"{key_file} is not a key of {_BYTES} bytes")
    return key
