"""Speed of promising: committing a dossier to the outbox, beside the same bytes in bare SQLite, in queues that others
use (`persist-queue`, `huey`; neither encrypts) and in a bare file."""

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
from typing import Any

import sqlcipher3
from huey.storage import SqliteStorage
from persistqueue import SQLiteQueue

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry
from offline_queue.store import Outbox

ROUNDS = 7
ADDS = 100  # a round
BODY = "x" * 2000
INSERT = "INSERT INTO entries VALUES (?, ?)"
SCANS = os.urandom(10 * 1024 * 1024)


def measure() -> dict[str, float]:
    """Adds a second (2 kB payload) and their ratios to bare SQLite with and without SQLCipher, `synchronous=FULL`, and
    to the two queues; the 99th percentile of one add in milliseconds; 10 MB of scans beside a plain write and fsync.
    Medians of rounds that take turns."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_adds(Path(folder)), **_scans(Path(folder))}


def _adds(folder: Path) -> dict[str, float]:
    outbox = Outbox(folder / "outbox.db", bytes(32))
    sample = OutboxEntry("", "2.000635", datetime.now(UTC), payload={"answers": BODY})
    plain, sealed = (
        _bare(sqlite3.connect(folder / "plain.db", isolation_level=None)),
        _bare(_cipher(folder / "sealed.db")),
    )
    others = (
        SQLiteQueue(str(folder / "persist-queue"), auto_commit=True),
        SqliteStorage(filename=str(folder / "huey.db"), fsync=True),
    )
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: outbox.add(replace(sample, id=str(uuid.uuid4()))),
        "sqlite": lambda: plain.execute(INSERT, (str(uuid.uuid4()), BODY)),
        "sqlcipher": lambda: sealed.execute(INSERT, (str(uuid.uuid4()), BODY)),
        "persist_queue": lambda: others[0].put({"id": str(uuid.uuid4()), "answers": BODY}),
        "huey": lambda: others[1].enqueue(BODY.encode()),
    }
    times: dict[str, list[list[float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append([_seconds(way) for _ in range(ADDS)])
    rates = {name: [ADDS / sum(one) for one in rounds] for name, rounds in times.items()}
    for store in (outbox, plain, sealed, others[0], others[1]):
        store.close()
    answer = {f"{name}_adds_per_second": statistics.median(rate) for name, rate in rates.items()}
    for name in ("sqlite", "sqlcipher", "persist_queue", "huey"):
        ratios = [a / b for a, b in zip(rates["ours"], rates[name], strict=True)]
        answer[f"add_ratio_to_{name}"] = statistics.median(ratios)
    answer["add_ms_p99"] = 1000 * statistics.quantiles([t for one in times["ours"] for t in one], n=100)[98]
    return answer


def _bare(connection: Any) -> Any:
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entries (id TEXT PRIMARY KEY, body TEXT)")
    return connection


def _cipher(path: Path) -> Any:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{bytes(32).hex()}'\"")
    return connection


def _scans(folder: Path) -> dict[str, float]:
    blobs = BlobStore(folder / "scans", bytes(32))
    database = _bare(_cipher(folder / "scans.db"))  # the other way: in the same transaction as the entry
    database.execute("CREATE TABLE scans (id TEXT PRIMARY KEY, body BLOB)")
    rows: list[float] = []
    sealed: list[float] = []
    plain: list[float] = []
    for _ in range(ROUNDS):
        sealed.append(_seconds(lambda: blobs.put(SCANS)))
        rows.append(_seconds(lambda: database.execute("INSERT INTO scans VALUES (?, ?)", (str(uuid.uuid4()), SCANS))))
        plain.append(_seconds(lambda: _write(folder / "plain.bin")))
        (folder / "plain.bin").unlink()
    database.close()
    return {
        "scan_10mb_ms": 1000 * statistics.median(sealed),
        "scan_10mb_in_sqlcipher_ms": 1000 * statistics.median(rows),
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
