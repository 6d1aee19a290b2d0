"""A TCP proxy between sender and province that breaks what passes through it: as scripted, or at random."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.queue.faults import FAULTS
from tests.queue.wire import LENGTH, Exchange, Gone, Line, Pace, kind_of


@dataclass
class Seen:
    """One request as it came out of the sender."""

    kind: str
    head: bytes = field(repr=False)
    body_bytes: int
    connection: int


class FaultProxy:
    """Listens on a loopback port, on its own thread, and passes on to `target` (host, port) what it does not break.

    `script` says what happens to the next requests of a kind; what is not scripted gets a random fault with
    probability `rate`, or that of its kind in `rates` where this is less, or passes. `stranger` is where redirects of
    the captive portal lead.
    """

    def __init__(
        self,
        target: tuple[str, int],
        rng: random.Random | None = None,
        rate: float = 0.0,
        weights: dict[str, float] | None = None,
        rates: dict[str, float] | None = None,
        pace: Pace | None = None,
        tls: ssl.SSLContext | None = None,
        stranger: str = "http://stranger.invalid/login",
    ) -> None:
        self.target = target
        self.rng = rng or random.Random()
        self.rate = rate
        self.weights = weights or {}
        self.rates = rates or {}
        self.pace = pace or Pace()
        self.tls = tls
        self.stranger = stranger
        self.cut_after = 0  # bytes of requests on one connection before it breaks; 0: never
        self.seen: list[Seen] = []
        self.did: Counter[tuple[str, str]] = Counter()  # (fault, kind)
        self.connections = 0
        self.carried = 0  # bytes of requests that went through to the province
        self.accepted = 0  # dossiers that the province answered with 201, whether or not the answer got through
        self.port = 0
        self._scripts: dict[str, deque[str]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._late: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._ear: socket.socket | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    # -- from the test's thread ----------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """What the sender is told to be the province."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> FaultProxy:
        """Listen."""
        self._thread.start()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # broken lines are what this is for
        self._do(self._listen())
        return self

    def stop(self) -> None:
        """Cut everything and end."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, kind: str, *faults: str) -> None:
        """These happen to the next requests of this kind, one each; "pass" is none."""
        assert set(faults) <= {*FAULTS, "pass"}
        self._scripts[kind].extend(faults)

    def unscripted(self) -> bool:
        """Whether everything scripted has happened."""
        return not any(self._scripts.values())

    def settle(self) -> None:
        """Wait until every request that lay about has reached the province."""

        async def wait() -> None:
            while self._late:
                await asyncio.gather(*self._late, return_exceptions=True)

        self._do(wait())

    def shut(self) -> None:
        """Refuse connections and cut those that are open, until `open`."""
        self._do(self._close())

    def open(self) -> None:
        """Listen again, on the same port."""
        self._do(self._listen())

    def faults(self) -> int:
        """How many requests were broken so far."""
        return sum(self.did.values())

    def kinds(self) -> list[str]:
        """The kinds of the requests so far, in order."""
        return [one.kind for one in self.seen]

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    # -- on the loop ---------------------------------------------------------------------------------------------
    async def _listen(self) -> None:
        if self._ear is not None:
            return
        ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: asyncio sets TCP_NODELAY
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("127.0.0.1", self.port))
        ear.listen(512)
        ear.setblocking(False)
        self.port = ear.getsockname()[1]
        self._ear = ear
        self._loop.add_reader(ear, self._accept, ear)

    def _accept(self, ear: socket.socket) -> None:
        try:
            connection, _ = ear.accept()
        except BlockingIOError:
            return
        connection.setblocking(False)
        task = self._loop.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refuse(self) -> None:
        if self._ear is not None:
            self._loop.remove_reader(self._ear)
            self._ear.close()
            self._ear = None

    async def _close(self) -> None:
        self._refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self) -> None:
        await self._close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await asyncio.sleep(0.02)  # connections end one turn after they were told to

    async def refuse_for(self, seconds: float) -> None:
        """Nobody listens for a while; lines that are open live on."""
        if self._ear is None:
            return
        self._refuse()

        async def come_back() -> None:
            await asyncio.sleep(seconds)
            await self._listen()

        self.later(come_back())

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it although the connection that asked for it is gone."""
        task = self._loop.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, connection, ssl=self.tls)
        except OSError:  # no agreement on TLS
            connection.close()
            return
        line = Line(self, reader, asyncio.StreamWriter(transport, protocol, reader, self._loop), self.connections)
        try:
            while await self._exchange(line):
                pass
        except (OSError, Gone, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            line.cut()
            line.cut_province()

    async def _exchange(self, line: Line) -> bool:
        head = await line.reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        one = Exchange(line, head, kind_of(head), int(found[1]) if found else 0)
        self.seen.append(Seen(one.kind, head, one.length, line.number))
        name = self._fault_for(one.kind)
        if name == "pass":
            return await one.pass_on()
        self.did[name, one.kind] += 1
        return await FAULTS[name](one)

    def _fault_for(self, kind: str) -> str:
        if self._scripts[kind]:
            return self._scripts[kind].popleft()
        if self.rng.random() < min(self.rate, self.rates.get(kind, 1.0)):
            names = list(FAULTS)
            return self.rng.choices(names, [self.weights.get(name, 1.0) for name in names])[0]
        return "pass"


@contextmanager
def between(target: tuple[str, int], **options: Any) -> Iterator[FaultProxy]:
    """A proxy for the length of a test."""
    proxy = FaultProxy(target, **options).start()
    try:
        yield proxy
    finally:
        proxy.stop()
