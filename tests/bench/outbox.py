"""Speed of promising: committing a dossier to the outbox, beside the same bytes in bare SQLite and a bare file."""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry
from offline_queue.store import Outbox

ROUNDS = 7
ADDS = 100  # a round
BODY = "x" * 2000
INSERT = "INSERT INTO entries VALUES (?, ?)"
SCANS = os.urandom(10 * 1024 * 1024)


def measure() -> dict[str, float]:
    """Adds a second (2 kB payload) and their ratio to a bare SQLite `synchronous=FULL` commit of the same bytes; the
    99th percentile of one add in milliseconds; 10 MB of scans beside a plain write and fsync. Medians of rounds that
    take turns."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_adds(Path(folder)), **_scans(Path(folder))}


def _adds(folder: Path) -> dict[str, float]:
    outbox, plain = Outbox(folder / "outbox.db", bytes(32)), sqlite3.connect(folder / "plain.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL").fetchall()
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE entries (id TEXT PRIMARY KEY, body TEXT)")
    sample = OutboxEntry("", "2.000635", datetime.now(UTC), payload={"answers": BODY})
    ours: list[float] = []
    theirs: list[float] = []
    each: list[float] = []
    for _ in range(ROUNDS):
        times = [_seconds(lambda: outbox.add(replace(sample, id=str(uuid.uuid4())))) for _ in range(ADDS)]
        each += times
        ours.append(ADDS / sum(times))
        theirs.append(
            ADDS / sum(_seconds(lambda: plain.execute(INSERT, (str(uuid.uuid4()), BODY))) for _ in range(ADDS))
        )
    outbox.close()
    plain.close()
    return {
        "adds_per_second": statistics.median(ours),
        "sqlite_commits_per_second": statistics.median(theirs),
        "add_ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "add_ms_p99": 1000 * statistics.quantiles(each, n=100)[98],
    }


def _scans(folder: Path) -> dict[str, float]:
    blobs = BlobStore(folder / "scans", bytes(32))
    sealed: list[float] = []
    plain: list[float] = []
    for _ in range(ROUNDS):
        sealed.append(_seconds(lambda: blobs.put(SCANS)))
        plain.append(_seconds(lambda: _write(folder / "plain.bin")))
        (folder / "plain.bin").unlink()
    return {
        "scan_10mb_ms": 1000 * statistics.median(sealed),
        "plain_10mb_ms": 1000 * statistics.median(plain),
        "scan_ratio": statistics.median(p / s for s, p in zip(sealed, plain, strict=True)),
    }


def _write(path: Path) -> None:
    with path.open("wb") as file:
        file.write(SCANS)
        file.flush()
        os.fsync(file.fileno())


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
