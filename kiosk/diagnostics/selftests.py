"""Self-tests of the machine and of its way to the province; those of the devices are in `selftests_devices.py`.

Each is a function that returns a `Finding` and raises nothing for what it looks for; `TESTS` lists all of both files.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from kiosk.diagnostics.records import TestRecord, Verdict
from offline_queue.errors import OutboxError
from offline_queue.store import Outbox

WRITE_BYTES = 256 * 1024  # a scanned page is about as large
WRITES = 7
SLOW_WRITE_MS = 250.0  # flash cards that wear out stall for longer; a sound one takes 5 to 50 ms
LOW_DISK_BYTES = 1024**3  # a busy month without the province: 20 dossiers a day, 2 MB each
HOT_CELSIUS = 85.0  # processors slow down from 90 to 100: a fan or a filter needs a hand before
LOW_MEMORY_MB = 300  # the longest scan and the text recognition beside it take 250 MB
THERMAL = Path("/sys/class/thermal")
MEMINFO = Path("/proc/meminfo")
MB = 1024 * 1024


@dataclass(frozen=True)
class SelfTest:
    """What can be tested: `device` is the kind whose driver it uses, "" for the machine and the province.

    A test that needs a `person` is not run by the command line.
    """

    name: str
    device: str = ""
    person: bool = False

    @property
    def key(self) -> str:
        """`device/name`, stable; what verbs and screens call it."""
        return f"{self.device}/{self.name}" if self.device else self.name


TESTS = (
    SelfTest("device_state", "printer"),
    SelfTest("device_state", "code_scanner"),
    SelfTest("device_state", "document_scanner"),
    SelfTest("device_state", "card_reader"),
    SelfTest("storage_write"),
    SelfTest("outbox_integrity"),
    SelfTest("disk_free"),
    SelfTest("memory"),
    SelfTest("temperature"),
    SelfTest("clock"),
    SelfTest("province_tls"),
    SelfTest("printer_ticket", "printer", person=True),
    SelfTest("code_read", "code_scanner", person=True),
    SelfTest("scan_blank", "document_scanner", person=True),
    SelfTest("card_chip", "card_reader", person=True),
    SelfTest("touch_grid", person=True),
    SelfTest("sound", person=True),
)
BY_KEY: Mapping[str, SelfTest] = MappingProxyType({test.key: test for test in TESTS})


@dataclass(frozen=True)
class Finding:
    """How a test ended: what becomes a `TestRecord` with its time."""

    verdict: Verdict
    code: str = ""
    figures: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))


def passed(code: str = "", /, **figures: float | str) -> Finding:
    """All is well; `code` is a hint that does not stop the machine."""
    return Finding(Verdict.PASS, code, MappingProxyType(figures))


def failed(code: str, /, **figures: float | str) -> Finding:
    """It needs a hand."""
    return Finding(Verdict.FAIL, code, MappingProxyType(figures))


def not_done(code: str, /, **figures: float | str) -> Finding:
    """Nothing was found out."""
    return Finding(Verdict.NOT_DONE, code, MappingProxyType(figures))


def timed(test: SelfTest, run: Callable[[], Finding], clock: Callable[[], datetime]) -> TestRecord:
    """Run a test and write down when it began and how long it took."""
    at, started = clock(), time.perf_counter()
    found = run()
    return record_of(test, found, at, time.perf_counter() - started)


def record_of(test: SelfTest, found: Finding, at: datetime, seconds: float, confirmed_by: str = "") -> TestRecord:
    """The record of a finding."""
    return TestRecord(
        test.name, found.verdict, at, round(seconds, 3), test.device, found.code, found.figures, confirmed_by
    )


def storage_write(folder: Path) -> Finding:
    """Write pages, force them to the disk and read them back, where the outbox lies; the median of several counts."""
    page = os.urandom(WRITE_BYTES)
    times = []
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".selftest-") as file:
            for _ in range(WRITES):
                started = time.perf_counter()
                file.seek(0)
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
                times.append((time.perf_counter() - started) * 1000)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # read from the disk, not from memory
            file.seek(0)
            same = file.read() == page
    except OSError as error:
        return failed("data_not_writable", reason=error.strerror or type(error).__name__)
    figures = {"median_ms": round(statistics.median(times), 1), "longest_ms": round(max(times), 1)}
    if not same:
        return failed("storage_corrupt", **figures)
    return passed(**figures) if figures["median_ms"] <= SLOW_WRITE_MS else failed("storage_slow", **figures)


def outbox_integrity(outbox: Outbox) -> Finding:
    """Whether every page of the outbox decrypts and its structure is whole."""
    try:
        damage = outbox.damage()
    except OutboxError as error:
        return failed(error.code)
    waiting = outbox.counts().pending
    return failed("outbox_damaged", problems=len(damage)) if damage else passed(pending=waiting)


def disk_free(folder: Path) -> Finding:
    """Room on the disk of the data folder."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return failed("data_not_writable", reason=error.strerror or type(error).__name__)
    figures = {"free_mb": usage.free // MB, "total_mb": usage.total // MB}
    return passed(**figures) if usage.free >= LOW_DISK_BYTES else failed("disk_low", **figures)


def temperature(root: Path = THERMAL) -> Finding:
    """The hottest sensor that the kernel knows; not done where it knows none."""
    found = {}
    for zone in sorted(root.glob("thermal_zone*")):
        try:
            kind, degrees = (zone / "type").read_text().strip(), int((zone / "temp").read_text()) / 1000
        except (OSError, ValueError):
            continue  # a sensor that sleeps answers with an error
        found[zone.name] = (degrees, kind)
    if not found:
        return not_done("no_sensor")
    hottest, kind = max(found.values())
    figures: dict[str, float | str] = {"celsius": round(hottest, 1), "sensor": kind}
    return passed(**figures) if hottest < HOT_CELSIUS else failed("too_hot", **figures)


def memory(source: Path = MEMINFO) -> Finding:
    """What programs can still get without the kernel taking it from others."""
    try:
        lines = dict(line.split(":", 1) for line in source.read_text().splitlines() if ":" in line)
        free, total = (int(lines[name].split()[0]) // 1024 for name in ("MemAvailable", "MemTotal"))
    except (OSError, KeyError, ValueError):
        return not_done("no_sensor")
    figures = {"available_mb": free, "total_mb": total}
    return passed(**figures) if free >= LOW_MEMORY_MB else failed("memory_low", **figures)
