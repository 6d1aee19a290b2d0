"""News for browsers that stay: the hall is read once after each change, and every open page gets its own HTML of it.

Server-sent events (HTML Living Standard, 9.2) over lines of their own: no worker's thread waits for a reader, one that
reads slowly misses what came meanwhile and gets the newest, and one that is gone is noticed by its next beat.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.hall.counters import Counters
from kiosk.hall.view import HallView
from kiosk.needs import Need, needs
from kiosk.state import AppState, StaffTicket, StaffView
from offline_queue.errors import surprise

log = logging.getLogger(__name__)
READ_SECONDS = 2.0  # also without a word of the store: waiting times grow, a bell rings, a database is lost
BEAT_SECONDS = 5.0  # a board that hears nothing for three of them says so
MOST_STREAMS = {"board": 20, "counter": 60}
PRINT_FAILED = "print_failed"


@dataclass(frozen=True)
class Picture:
    """The hall and what needs a hand at the kiosk, as they were at the aware time `at`."""

    hall: HallView
    needs: tuple[Need, ...]
    at: datetime


def picture(counters: Counters, glance: Callable[[], AppState], clock: Callable[[], datetime]) -> Picture:
    """Look now; any thread."""
    hall = counters.snapshot()
    failed = tuple(
        StaffTicket(one.ticket_id, one.label, one.state.value, one.since)
        for one in hall.waiting
        if one.state == PRINT_FAILED
    )
    return Picture(hall, needs(replace(glance(), staff=StaffView(tickets=failed))), clock())


class Feed:
    """The newest picture, read on a thread of `workers` while anybody looks. Belongs to the loop of the server."""

    def __init__(self, look: Callable[[], Picture], counters: Counters, workers: Executor) -> None:
        self._look = look
        self._counters = counters
        self._workers = workers
        self._changed = asyncio.Event()
        self._news = asyncio.Condition()
        self._open = dict.fromkeys(MOST_STREAMS, 0)
        self._reader: asyncio.Task[None] | None = None
        self.latest: Picture | None = None
        self._closed = False

    @property
    def alive(self) -> bool:
        """Whether the hall is being read; streams end when it no longer is, and their browsers come again."""
        return self._reader is not None and not self._reader.done()

    def close(self) -> None:
        """End all streams; on the loop's thread."""
        self._closed = True
        if self._reader is not None:
            self._reader.cancel()

    def full(self, kind: str) -> bool:
        """Whether no more streams of this kind are taken."""
        return self._closed or self._open[kind] >= MOST_STREAMS[kind]

    @asynccontextmanager
    async def looking(self, kind: str) -> AsyncIterator[None]:
        """Be one of those for whom the hall is read."""
        self._open[kind] += 1
        if not self.alive:
            self._reader = asyncio.ensure_future(self._read())
            self._reader.add_done_callback(_ended)
        try:
            yield
        finally:
            self._open[kind] -= 1
            if self._reader is not None and not any(self._open.values()):
                self._reader.cancel()
                self._reader, self.latest = None, None

    async def wait(self, known: Picture | None, seconds: float) -> Picture | None:
        """The newest picture, as soon as it is another than `known`, at the latest after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.latest is not known or not self.alive)
        except TimeoutError:
            pass
        return self.latest

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(self._changed.set)

        stop = self._counters.subscribe(wake)
        try:
            while True:
                self._changed.clear()
                found = await loop.run_in_executor(self._workers, self._look)
                if self.latest is None or _shown(found) != _shown(self.latest):
                    self.latest = found
                    await self._tell()
                try:
                    async with asyncio.timeout(READ_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            stop()
            loop.call_soon(lambda: asyncio.ensure_future(self._tell()))  # when this task is done

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _ended(reader: asyncio.Task[None]) -> None:
    if not reader.cancelled() and (error := reader.exception()) is not None:
        log.error("pages: the hall: %s", surprise(error))


def _shown(found: Picture) -> object:
    """What a page would show of it: minutes, not seconds."""
    hall = found.hall
    lines = tuple(replace(line, longest_wait_seconds=0) for line in hall.lines)
    whole = replace(hall, as_of=found.at.replace(second=0, microsecond=0), lines=lines)
    return whole, found.needs


def event(name: str, **data: object) -> bytes:
    """One event of a stream; its data is one JSON object."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
