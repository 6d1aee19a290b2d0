"""Speed of the hall: giving and calling numbers on a file and on a server, doubles, memory over a week.

Every rate stands beside a bare reference of the same run: writes that are synced one by one, and the smallest
transaction of the same server from the same eight processes. Median of some rounds with smallest and largest.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import text

from kiosk.hall.calling import CallingRules
from kiosk.hall.counters import Counters
from kiosk.hall.hall import Hall
from kiosk.hall.opening import OpeningHours
from kiosk.hall.tickets import HallError, Series
from tests.hall.house import AN, HOURS, House
from tests.hall.postgres import Server

ROUNDS, NUMBERS = 3, 200
CALLERS, PER_CALLER = 8, 100
WARM = 10  # times of each work before it is timed: a kiosk runs all day, with its statements compiled and prepared
WEEK, PER_DAY, _DAY = 7, 200, timedelta(days=1)
COUNTERS = tuple(range(1, CALLERS + 1))
SERIES = Series("A", "Khai sinh, kết hôn, hộ tịch", counters=COUNTERS)


class Desk(House):
    """A hall of one line and eight counters, that tells nobody what it does."""

    def __init__(self, location: str, folder: Path) -> None:
        super().__init__(location, folder, alone=True)
        self.hall = Hall(self.store, [SERIES], OpeningHours(HOURS), "H05.114", CallingRules())
        self.counters = Counters(self.hall, self.rules, lambda *_words, **_facts: None, lambda: self.now)

    def give(self) -> str:
        """One number."""
        return self.store.issue(SERIES, self.now.date(), self.now).label

    def call(self, counter: int) -> str:
        """Call one number, as the officer does: the one that is there is done by it."""
        try:
            call = self.counters.done_next(counter, AN)
        except HallError:  # nobody is there yet
            call = self.counters.call_next(counter, AN)
        assert call is not None
        return call.label

    def pair(self, counter: int) -> str:
        """Give one number and call one: two commits."""
        self.give()
        return self.call(counter)

    def bare(self, counter: int) -> str:
        """The smallest transaction that changes something."""
        with self.store.database._engine.begin() as connection:
            connection.execute(text("UPDATE bare SET value = value + 1 WHERE id = :id"), {"id": counter})
        return ""


def measure() -> dict[str, str | float]:
    """Rates in numbers a second, each with its bare reference; doubles; memory in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        file = [_file(root / f"{number}.db", root) for number in range(ROUNDS)]
        server = [*_servers(root)]
        return {**_spread("file", file), **_spread("server", server), **_week(root / "week.db", root)}


def _spread(name: str, rounds: list[dict[str, float]]) -> dict[str, str]:
    figures = {}
    for key in rounds[0]:
        values = [one[key] for one in rounds]
        figures[f"{name}_{key}"] = f"{statistics.median(values):.3g} [{min(values):.3g} … {max(values):.3g}]"
    return figures


def _rate(count: int, work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - begin)


def _file(path: Path, root: Path) -> dict[str, float]:
    """One kiosk on its own file."""
    desk = Desk(str(path), root / "k1")
    desk.open(1)
    synced = _rate(NUMBERS, lambda: _synced_write(root / "page"))
    given = _rate(NUMBERS, desk.give)
    called = _rate(NUMBERS, lambda: desk.call(1))
    pairs = _rate(NUMBERS, lambda: desk.pair(1))
    desk.close()
    return {
        "bare_synced_writes_per_second": synced,
        "issued_per_second": given,
        "called_per_second": called,
        "issued_and_called_per_second": pairs,
        "commits_to_bare": 2 * pairs / synced,
    }


def _synced_write(path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(bytes(4096))
        os.fdatasync(file.fileno())


def _servers(root: Path) -> Iterator[dict[str, float]]:
    server = Server(durable=True)
    try:
        for number in range(ROUNDS):
            server.empty()
            yield _server(server, root / f"server-{number}")
    finally:
        server.remove()


def _server(server: Server, folder: Path) -> dict[str, float]:
    """Eight processes, each a kiosk with one counter, all at once."""
    desk = Desk(server.url, folder)
    with desk.store.database._engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare (id int PRIMARY KEY, value int)"))
        connection.execute(text("INSERT INTO bare SELECT number, 0 FROM generate_series(1, 8) AS number"))
    desk.open(*COUNTERS)
    bare, _ = _together(server.url, folder, "bare")
    given, _ = _together(server.url, folder, "give")
    called, labels = _together(server.url, folder, "call")
    pairs, more = _together(server.url, folder, "pair")
    numbers = [one.number for one in desk.store.of_day(desk.now.date())]
    desk.close()
    return {
        "bare_commits_per_second": bare,
        "issued_per_second": given,
        "called_per_second": called,
        "issued_and_called_per_second": pairs,
        "commits_to_bare": 2 * pairs / bare,
        "given_twice": len(numbers) - len(set(numbers)),
        "called_twice": len(labels + more) - len(set(labels + more)),
        "given": len(numbers),
    }


def _together(url: str, folder: Path, work: str) -> tuple[float, list[str]]:
    """Eight processes do the same at once: how many a second, and the labels that they say."""
    command = [sys.executable, "-m", "tests.bench.hall", url, str(folder), work]
    running = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in COUNTERS
    ]
    for process in running:
        assert _out(process).readline() == "ready\n"
    begin = time.perf_counter()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    labels = [label for process in running for label in _out(process).readline().split()]
    seconds = time.perf_counter() - begin
    for process in running:
        process.communicate()
        assert process.returncode == 0
    return CALLERS * PER_CALLER / seconds, labels


def _out(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def caller(url: str, folder: str, work: str, counter: int) -> None:
    """One of the eight: says when it is ready, works, says what it has called."""
    desk = Desk(url, Path(folder))
    verbs: dict[str, Callable[[], str]] = {
        "bare": lambda: desk.bare(counter),
        "give": lambda: desk.give() and "",
        "call": lambda: desk.call(counter),
        "pair": lambda: desk.pair(counter),
    }
    before = [verbs[work]() for _ in range(WARM)]
    print("ready", flush=True)
    sys.stdin.readline()
    print(" ".join([*before, *(verbs[work]() for _ in range(PER_CALLER))]), flush=True)
    desk.close()


def _week(path: Path, root: Path) -> dict[str, float]:
    """A kiosk that is not switched off for a week: what its memory has grown by since the first day."""
    desk = Desk(str(path), root / "k1")
    grown = []
    for _ in range(WEEK):
        desk.open(1)
        for _ in range(PER_DAY):
            desk.later(seconds=20)
            desk.pair(1)
            desk.hall.views(desk.now)
            desk.counters.snapshot()
        grown.append(_memory_mb())
        desk.now = (desk.now + _DAY).replace(hour=8)
    desk.close()
    return {"week_memory_mb_first_day": grown[0], "week_memory_mb_grown": grown[-1] - grown[0]}


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    caller(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
