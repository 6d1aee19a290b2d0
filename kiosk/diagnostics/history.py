"""What the machine remembers of its devices: self-tests, changes of state, counters, who they are.

Files in `data_dir/diagnostics`.

Nothing of any citizen stands in them: kinds of devices, codes, times and figures, makers, models and serial numbers of
devices, and who has confirmed a self-test.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus
from kiosk.diagnostics.records import TestRecord

FOLDER = "diagnostics"
IDENTITY = ("maker", "model", "firmware", "serial")  # as `Identified` tells them
JOURNAL_BYTES = 256 * 1024  # about 1500 changes: a loose plug told once a minute for a day, an even one for years


@dataclass(frozen=True)
class Change:
    """A device was in this state from then on; no `detail`, which may quote what a device has sent."""

    at: datetime
    condition: Condition
    code: str = ""

    @property
    def status(self) -> DeviceStatus:
        """As the screens show it."""
        return DeviceStatus(self.condition, self.code)


class Journal:
    """A file of JSON lines that only grows, until its older half is dropped at `limit` bytes.

    A line that a power cut has torn is left out and overwritten; several processes may append at the same time.
    """

    def __init__(self, path: Path, limit: int = JOURNAL_BYTES) -> None:
        self.path = path
        self._limit = limit

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a record; it is on the disk when this returns. Raises OSError, and then nothing was added."""
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self.path) as file:
            whole = _whole(file)
            if len(whole) + len(line) > self._limit:
                _replace(self.path, _newer_half(whole) + line)
                return
            try:
                _write_all(file, line, at=len(whole))
                os.fsync(file)
            except OSError:
                os.ftruncate(file, len(whole))
                raise

    def records(self) -> Iterator[dict[str, Any]]:
        """Every record that can be read, oldest first; none when there is no file. Raises OSError."""
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        for line in lines:
            with suppress(ValueError):
                record = json.loads(line) if line.endswith(b"\n") else None
                if isinstance(record, dict):
                    yield record


class History:
    """The journals and counters of one machine."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._tests = Journal(self._folder / "tests.jsonl")
        self._counters = self._folder / "counters.json"
        self._identities = self._folder / "identities.json"

    def keep(self, record: TestRecord) -> None:
        """Write down a self-test. Raises OSError."""
        self._tests.append(record.to_json())

    def tests(self) -> tuple[TestRecord, ...]:
        """All self-tests that are kept, newest first. Raises OSError."""
        kept: list[TestRecord] = []
        for line in self._tests.records():
            with suppress(KeyError, TypeError, ValueError):
                kept.append(TestRecord.from_json(line))
        return tuple(reversed(kept))

    def changed(self, kind: str, change: Change) -> None:
        """Write down a change of a device. Raises OSError."""
        line = {"at": change.at.isoformat(), "condition": change.condition.value, "code": change.code}
        self._journal(kind).append(line)

    def changes(self, kind: str) -> tuple[Change, ...]:
        """What a device went through, newest first. Raises OSError."""
        kept: list[Change] = []
        for line in self._journal(kind).records():
            with suppress(KeyError, TypeError, ValueError):
                at = datetime.fromisoformat(line["at"])
                kept.append(Change(at, Condition(line["condition"]), str(line["code"])))
        return tuple(reversed(kept))

    def add(self, counted: Mapping[str, Mapping[str, int]]) -> None:
        """Add to the counters: kind of device → (jobs, pages, reads, faults, …) → how many more. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self._counters.with_suffix(".lock")):
            sums = {kind: Counter(values) for kind, values in self.counters().items()}
            for kind, values in counted.items():
                sums.setdefault(kind, Counter()).update(values)
            _replace(self._counters, json.dumps(sums).encode())

    def counters(self) -> dict[str, dict[str, int]]:
        """Kind of device → name → how many since the data folder is there; damaged ones begin again. Raises OSError."""
        told = _kept(self._counters)
        try:
            return {kind: {name: int(n) for name, n in told[kind].items()} for kind in DEVICE_KINDS if kind in told}
        except (ValueError, TypeError, AttributeError):
            return {}

    def identified(self, kind: str, where: str, told: Mapping[str, str], at: datetime) -> None:
        """A device at `where` has told of itself. Raises OSError.

        What it keeps silent about stays as it was told before. A name that differs, or another place, is another
        device: nothing older is true of it.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self._identities.with_suffix(".lock")):
            known = self.identities()
            names = {name: told[name] for name in IDENTITY if name in told}
            now: dict[str, Any] = {"since": at.isoformat(), "where": where, "told": names}
            before = known.get(kind)
            if before and before["where"] == where and _agree(before["told"], now["told"]):
                now |= {"since": before["since"], "told": before["told"] | now["told"]}
            if now["told"] and now != before:
                _replace(self._identities, json.dumps({**known, kind: now}, ensure_ascii=False).encode())

    def identity(self, kind: str, where: str) -> dict[str, str]:
        """What the device at `where` has told of itself, this time or at any time before; empty when it never has.

        It is as old as the last answer: a silent device that took its place is not told apart. Raises OSError.
        """
        known = self.identities().get(kind)
        return dict(known["told"]) if known and known["where"] == where else {}

    def identities(self) -> dict[str, dict[str, Any]]:
        """Kind of device → `since` when (ISO 8601) it is this one, `where`, what it has `told`. Raises OSError."""
        kept = _kept(self._identities)
        return {kind: kept[kind] for kind in DEVICE_KINDS if _is_sound(kept.get(kind))}

    def _journal(self, kind: str) -> Journal:
        return Journal(self._folder / f"{kind}.jsonl")


def _kept(path: Path) -> dict[str, Any]:
    """The object in a small file; empty when it is not there or damaged. Raises OSError."""
    try:
        told = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_sound(entry: Any) -> bool:
    """Whether it is an identity as `History.identified` writes it."""
    if not isinstance(entry, dict) or entry.keys() != {"since", "where", "told"} or not isinstance(entry["told"], dict):
        return False
    texts = (entry["since"], entry["where"], *entry["told"].values())
    return entry["told"].keys() <= set(IDENTITY) and all(isinstance(text, str) for text in texts)


def _agree(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return all(before.get(name, text) == text for name, text in now.items())


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, held by this process alone; opened again when another one has replaced it meanwhile."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            flock(file, LOCK_EX)
            if _same(file, path):
                yield file
                return
        finally:
            os.close(file)


def _same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _whole(file: int) -> bytes:
    data = os.pread(file, os.fstat(file).st_size, 0)
    return data[: data.rfind(b"\n") + 1]


def _newer_half(whole: bytes) -> bytes:
    return whole[whole.find(b"\n", len(whole) // 2) + 1 :]


def _write_all(file: int, data: bytes, at: int = 0) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written


def _replace(path: Path, data: bytes) -> None:
    """Put a new file in the place of the old one; after a power cut one of both is there, whole."""
    temporary = path.with_name(f".{path.name}.new")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write_all(file, data)
        os.fsync(file)
    finally:
        os.close(file)
    temporary.replace(path)
