"""Writing files so that they are whole and still there after a power cut."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

OWNER_ONLY = 0o600


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_temporary(folder: Path, parts: Iterable[bytes | memoryview]) -> Path:
    """Write `parts` durably under a new name in `folder`, for the owner only. Raises OSError, leaving nothing."""
    path = folder / f".{uuid.uuid4().hex}.part"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def create_once(path: Path, data: bytes) -> None:
    """Create `path` durably, whole or not at all; a file that another process has just made stays as it is."""
    temporary = write_temporary(path.parent, [data])
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()
        sync_folder(path.parent)
