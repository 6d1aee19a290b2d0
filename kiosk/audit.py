"""The audit log: who did what when, one JSON object a line, each chained to the one before by its hash.

`chain` of a line is the SHA-256 of the chain before it and of its own content, so that no line can be changed, taken
out or put in between without every later one showing it. Cutting lines off the end cannot be seen from the file alone:
the last chain has to be written down elsewhere. Facts hold no personal data of citizens; officers are named.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

Fact = str | int | float | bool | None
START = "0" * 64
TAIL = 65536  # no line is longer


class AuditLog:
    """Appends to one file; the kiosk and its command line may write at the same time."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self._clock = clock

    def write(self, who: str, act: str, **facts: Fact) -> None:
        """Append one act; it is on the disk when this returns. Raises OSError, and then nothing was added.

        `act` is a stable word such as `series_paused`; `who` an officer's name or "kiosk".
        """
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            flock(file, LOCK_EX)
            end, chain = _whole_lines(file)
            content = {"at": self._clock().isoformat(), "who": who, "act": act, "facts": facts}
            record = {**content, "chain": _chained(chain, content)}
            line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
            if len(line) > TAIL:
                raise ValueError("these facts are too long for the audit log")
            try:
                if os.write(file, line) != len(line):
                    raise OSError(errno.ENOSPC, "no space left for the audit log")
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
        finally:
            os.close(file)


def told(path: Path, *words: str) -> Iterator[dict[str, Any]]:
    """The records, oldest first, in which any of these words stands, such as the id of a dossier."""
    wanted = [word.encode() for word in words if word]
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            if any(word in line for word in wanted) and (record := _record(line)):
                yield record


def verify(path: Path) -> int | None:
    """The number, from 1, of the first line that breaks the chain; None when all is whole or nothing is there.

    A last line without its end was torn by a power cut; the next write takes it away.
    """
    chain = START
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                record = _record(line)
                if record is None or record.pop("chain", None) != (chain := _chained(chain, record)):
                    return number
    except FileNotFoundError:
        return None
    return None


def _chained(before: str, content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{canonical}".encode()).hexdigest()


def _whole_lines(file: int) -> tuple[int, str]:
    """Where the last whole line ends, and its chain. A line that a power cut has torn was promised to nobody."""
    size = os.fstat(file).st_size
    start = max(0, size - 2 * TAIL)
    tail = os.pread(file, size - start, start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(file, start + len(whole))
    record = _record(whole.splitlines()[-1]) if whole else None
    return start + len(whole), str(record.get("chain", START)) if record else START


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
