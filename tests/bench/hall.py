"""Speed of giving numbers: commits on the disk, eight threads, eight processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import Series

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SERIES = Series("A", "Khai sinh, kết hôn, hộ tịch")
ALONE, IN_ALL, PER_PROCESS = 200, 400, 50
ISSUE_MANY = """
import sys
from datetime import UTC, datetime
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import Series
now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
store = TicketStore(sys.argv[1])
for _ in range(int(sys.argv[2])):
    store.issue(Series("A", ""), now.date(), now)
"""


def measure() -> dict[str, float]:
    """Milliseconds for one number (median and 99th percentile), numbers a second from 8 threads and 8 processes,
    numbers given twice by 8 processes; a bare fsync of one page beside them, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        return {
            "fsync_ms_p50": _fsync_ms(root / "page"),
            **_alone(root / "alone.db"),
            "threads_per_second": _threads(root / "threads.db"),
            **_processes(root / "processes.db"),
        }


def _fsync_ms(path: Path) -> float:
    seconds = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            begin = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds) * 1000


def _alone(path: Path) -> dict[str, float]:
    store = TicketStore(path)
    seconds = []
    for _ in range(ALONE):
        begin = time.perf_counter()
        store.issue(SERIES, NOW.date(), NOW)
        seconds.append(time.perf_counter() - begin)
    store.close()
    return {
        "issue_ms_p50": statistics.median(seconds) * 1000,
        "issue_ms_p99": statistics.quantiles(seconds, n=100)[98] * 1000,
    }


def _threads(path: Path) -> float:
    store = TicketStore(path)
    begin = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.issue(SERIES, NOW.date(), NOW), range(IN_ALL)))
    seconds = time.perf_counter() - begin
    store.close()
    return IN_ALL / seconds


def _processes(path: Path) -> dict[str, float]:
    begin = time.perf_counter()
    command = [sys.executable, "-c", ISSUE_MANY, str(path), str(PER_PROCESS)]
    running = [subprocess.Popen(command) for _ in range(8)]
    failed = sum(process.wait() != 0 for process in running)
    seconds = time.perf_counter() - begin
    store = TicketStore(path)
    numbers = [ticket.number for ticket in store.of_day(NOW.date())]
    store.close()
    return {
        "processes_per_second_with_start": len(numbers) / seconds,
        "processes_failed": failed,
        "processes_duplicates": len(numbers) - len(set(numbers)),
        "processes_missing": 8 * PER_PROCESS - len(numbers),
    }
