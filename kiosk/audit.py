"""The audit log: who did what when, one JSON object a line, each chained to the one before.

`chain` of a line is an HMAC-SHA256 over the chain before it and its own content, under a key of the log's own: without
that key no line can be changed, taken out, put in or added so that the chain still holds. Lines that were cut off at
the end are missed by the seal beside the log, which tells how far it reached. A seal that is missing, or a log that is
shorter than its seal, leaves a break in the chain that no later line heals. What nothing on this machine can notice is
that all three files were put back to an earlier day: for that the last chain has to be written down elsewhere.

Facts hold no personal data of citizens; officers are named.
"""

from __future__ import annotations

import errno
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, NamedTuple

from offline_queue.errors import KeyRefused
from offline_queue.files import create_once
from offline_queue.key import load_or_create_key

Fact = str | int | float | bool | None
START, BROKEN = "0" * 64, "f" * 64  # the chain before the first line, and behind what was taken away
TAIL = 65536  # no line is longer
SEAL_BYTES = 256  # one sector of the disk: written whole or not at all


class _End(NamedTuple):
    """Where the log ends: its bytes and its last chain."""

    size: int
    chain: str


class AuditLog:
    """Appends to one file; the kiosk and its command line may write at the same time.

    `key_file` is made with the first line (0600), beside the log when it is not named.
    """

    def __init__(
        self, path: Path, key_file: Path | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = path
        self._key_file = key_file or path.with_suffix(".key")
        self._clock = clock

    def write(self, who: str, act: str, **facts: Fact) -> None:
        """Append one act; it is on the disk when this returns. Raises OSError, and then nothing was added.

        `act` is a stable word such as `series_paused`; `who` an officer's name or "kiosk".
        """
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            flock(file, LOCK_EX)
            key = self._begun()
            end = _last_whole_line(file)
            content = {"at": self._clock().isoformat(), "who": who, "act": act, "facts": facts}
            chain = _chained(key, self._before(key, end), content)
            line = _line({**content, "chain": chain})
            if len(line) > TAIL:
                raise ValueError("these facts are too long for the audit log")
            try:
                if os.write(file, line) != len(line):
                    raise OSError(errno.ENOSPC, "no space left for the audit log")
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end.size)
                raise
            with suppress(OSError):  # the line is there and proves itself; the seal comes after with the next one
                _seal(self.path, key, _End(end.size + len(line), chain))
        finally:
            os.close(file)

    def _begun(self) -> bytes:
        """The key; made with the first seal when there is none."""
        begun = self._key_file.exists()
        try:
            key = load_or_create_key(self._key_file, store_exists=begun)
        except KeyRefused as refused:
            raise OSError(errno.EACCES, refused.code) from None
        if not begun:
            create_once(_seal_of(self.path), _sealed(key, _End(0, START)))
        return key

    def _before(self, key: bytes, end: _End) -> str:
        sealed = _read_seal(self.path, key)
        return end.chain if sealed is not None and end.size >= sealed.size else BROKEN


def told(path: Path, *words: str) -> Iterator[dict[str, Any]]:
    """The records, oldest first, in which any of these words stands, such as the id of a dossier."""
    wanted = [word.encode() for word in words if word]
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            if any(word in line for word in wanted) and (record := _record(line)):
                yield record


def verify(path: Path, key_file: Path | None = None) -> int | None:
    """The number, from 1, of the first line that breaks the chain or is missing; None when all is whole.

    A last line without its end was torn by a power cut; the next write takes it away. Raises `KeyRefused`, OSError.
    """
    key_file = key_file or path.with_suffix(".key")
    if not key_file.exists():
        return 1 if path.exists() and path.stat().st_size else None  # nothing was begun here: no line may be there
    key, end, number = load_or_create_key(key_file, store_exists=True), _End(0, START), 0
    sealed = _read_seal(path, key)
    reached = sealed is not None and sealed == end
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            number += 1
            if (chain := _proven(key, end.chain, line)) is None:
                return number
            end = _End(end.size + len(line), chain)
            reached = reached or sealed == end
    return None if reached else number + 1


def last_chain(path: Path) -> str:
    """The chain of the last whole line, "" for none; a log that was put back to an earlier day has another one."""
    chain = ""
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and (record := _record(line)):
                chain = str(record.get("chain", ""))
    return chain


def _proven(key: bytes, before: str, line: bytes) -> str | None:
    """The chain of a line that is as it was written, to the byte; else None."""
    record = _record(line)
    if record is None or _line(record) != line:
        return None
    chain = str(record.pop("chain", ""))
    return chain if hmac.compare_digest(chain.encode(), _chained(key, before, record).encode()) else None


def _chained(key: bytes, before: str, content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, f"{before}\n{canonical}".encode(), "sha256").hex()


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _last_whole_line(file: int) -> _End:
    """The end of the last whole line. One that a power cut has torn was promised to nobody, and is taken away."""
    size = os.fstat(file).st_size
    start = max(0, size - 2 * TAIL)
    tail = os.pread(file, size - start, start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(file, start + len(whole))
    record = _record(whole.splitlines()[-1]) if whole else None
    return _End(start + len(whole), str(record.get("chain", START)) if record else START)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


# -- the seal --------------------------------------------------------------------------------------------------------
def _seal_of(path: Path) -> Path:
    return path.with_suffix(".seal")


def _sealed(key: bytes, end: _End) -> bytes:
    mac = hmac.digest(key, f"seal\n{end.size}\n{end.chain}".encode(), "sha256").hex()
    return f"{end.size} {end.chain} {mac}".encode().ljust(SEAL_BYTES - 1) + b"\n"


def _seal(path: Path, key: bytes, end: _End) -> None:
    """Note how far the log reaches. Not forced to the disk: after a power cut it may lag behind, never run ahead."""
    file = os.open(_seal_of(path), os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(file, _sealed(key, end), 0)
    finally:
        os.close(file)


def _read_seal(path: Path, key: bytes) -> _End | None:
    """How far the log reached; None for a seal that is missing or not ours."""
    try:
        written = _seal_of(path).read_bytes()
        size, chain, _ = written.split()
        end = _End(int(size), chain.decode("ascii"))
    except (OSError, ValueError):
        return None
    return end if hmac.compare_digest(written, _sealed(key, end)) else None
