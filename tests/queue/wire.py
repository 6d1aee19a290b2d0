"""The two ends of a line that a fault has in its hands: one request of the sender, the reply of the province."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.queue.fault_proxy import FaultProxy

HEALTH, CREATE, HEAD, PATCH, POST, FIND, OTHER = "health", "create", "head", "patch", "post", "find", "other"
KINDS = (HEALTH, CREATE, HEAD, PATCH, POST, FIND)
LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)\s*?$")
PIECE = 16 * 1024
HOLD_SECONDS = 3.0  # a silent peer is kept at most so long: the sender has long given up


@dataclass
class Pace:
    """How slow the slow faults are, in seconds."""

    byte: float = 0.05  # between two bytes of a trickle
    delay: float = 0.3  # before a late reply
    late: float = 0.6  # how long a request lies about before the province gets it
    refuse: float = 0.05  # how long nobody listens
    busy: int = 1  # what a busy gateway asks for


class Gone(Exception):
    """One of the two ends is no longer there."""


class Line:
    """One connection of the sender, and the one to the province that belongs to it."""

    def __init__(
        self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writer = writer
        self.number = number
        self.carried = 0  # bytes of requests
        self.stale = b""  # a reply that comes again instead of the next one
        self._province: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def province(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection to the province, made when there is none."""
        if self._province is None or self._province[0].at_eof():
            self.cut_province()
            self._province = await asyncio.open_connection(*self.proxy.target)
        return self._province

    def cut(self, reset: bool = False) -> None:
        """End the sender's connection, with a FIN or with a RST."""
        hang_up(self.writer, reset)

    def cut_province(self) -> None:
        """End the connection to the province."""
        if self._province is not None:
            hang_up(self._province[1], reset=True)
            self._province = None


def hang_up(writer: asyncio.StreamWriter, reset: bool) -> None:
    """Close a connection: what was written is sent first, or with `reset` thrown away."""
    if reset:
        raw = writer.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()


@dataclass
class Exchange:
    """One request on its way, and the reply to it. Raises `Gone` when one of the two ends is not there."""

    line: Line
    head: bytes
    kind: str
    length: int
    left: int = -1  # bytes of the body that have not been read from the sender

    def __post_init__(self) -> None:
        self.left = self.length

    @property
    def pace(self) -> Pace:
        """How slow slow is."""
        return self.line.proxy.pace

    async def pass_on(self) -> bool:
        """As if this proxy were a wire."""
        reply = await self.ask()
        stale, self.line.stale = self.line.stale, b""
        await self.answer(stale or reply)
        return b"\r\nconnection: close" not in reply.partition(b"\r\n\r\n")[0].lower()

    async def swallow(self) -> bytes:
        """Read the body of the request."""
        return await self.line.reader.readexactly(self.left) if self.left else b""

    async def send(self, data: bytes) -> None:
        """To the province."""
        self.line.proxy.carried += len(data)
        _, writer = await self.line.province()
        writer.write(data)
        await writer.drain()

    async def ask(self) -> bytes:
        """The whole request to the province, as it comes in; the whole reply."""
        await self.carry(self.head)
        while self.left:
            piece = await self.line.reader.read(min(PIECE, self.left))
            if not piece:
                raise Gone
            self.left -= len(piece)
            await self.carry(piece)
        return await self.reply()

    async def carry(self, data: bytes) -> None:
        """Send, and break when the line has carried all that it can."""
        limit, self.line.carried = self.line.proxy.cut_after, self.line.carried + len(data)
        if limit and self.line.carried >= limit:
            await self.send(data[: len(data) - (self.line.carried - limit)])
            self.line.proxy.did["cut", self.kind] += 1
            self.line.cut(reset=True)
            await self.let_province_read()
            raise Gone
        await self.send(data)

    async def let_province_read(self) -> None:
        """End the request for the province with a FIN, so that it gets what was sent before."""
        reader, writer = await self.line.province()
        writer.write_eof()
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.5)

    async def reply(self) -> bytes:
        """The whole reply of the province."""
        reader, _ = await self.line.province()
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        found = LENGTH.search(head)
        bodiless = self.kind == HEAD or status in (204, 304)
        if bodiless or not found:
            body = b"" if bodiless or b"chunked" not in head.lower() else await reader.readuntil(b"\r\n0\r\n\r\n")
        else:
            body = await reader.readexactly(int(found[1]))
        if self.kind == POST and status == 201:
            self.line.proxy.accepted += 1
        return head + body

    async def deliver(self, request: bytes) -> None:
        """The whole request at once, over a connection that ends with it."""
        try:
            await self.send(request)
            await self.reply()
        finally:
            self.line.cut_province()

    async def answer(self, data: bytes) -> None:
        """To the sender."""
        self.line.writer.write(data)
        await self.line.writer.drain()

    async def until_it_hangs_up(self, seconds: float = HOLD_SECONDS) -> bool:
        """Wait for the sender to give up."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(seconds):
                while await self.line.reader.read(PIECE):
                    pass
        return False

    async def page(self, status: str, body: bytes, *headers: str) -> bool:
        """Answer this without asking the province."""
        await self.swallow()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        await self.answer("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if self.kind == HEAD else body))
        return True


def kind_of(head: bytes) -> str:
    """Which message of the API a request is."""
    method, path = head.split(b" ", 2)[:2]
    if path == b"/v1/health":
        return HEALTH
    if path.startswith(b"/v1/files"):
        return {b"POST": CREATE, b"HEAD": HEAD, b"PATCH": PATCH}.get(method, OTHER)
    if path.startswith(b"/v1/dossiers"):
        return POST if method == b"POST" else FIND if b"?client_ref=" in path else OTHER
    return OTHER
