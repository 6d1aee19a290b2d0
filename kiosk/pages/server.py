"""Serves the pages on `hall.listen` beside the running kiosk; when that fails, citizens are served all the same."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11
import uvicorn
from cryptography import x509
from uvicorn.protocols.http.h11_impl import H11Protocol

from kiosk.config import is_loopback
from kiosk.pages.app import Threads, create_app
from kiosk.pages.desk import Desk
from kiosk.pages.feed import Feed
from kiosk.pages.security import Sessions
from kiosk.serving import bind, quiet, stop_accepting
from offline_queue.errors import OutboxError

log = logging.getLogger(__name__)
DOWN = "desk_page_down"  # the notice while the pages cannot be served
RETRY_SECONDS = 30.0
STOP_SECONDS = 10.0
HEAD_SECONDS = 10.0  # for the head of a request; a slower client is cut off
KEEP_ALIVE_SECONDS = 30
GONE_SECONDS = 30  # a reader that acknowledges nothing for so long is gone
MOST_CONNECTIONS = 250  # 20 counters and 5 boards, each browser with a stream and up to five other lines
MOST_LINES = 16  # of one address: two browsers; fewer than boards have streams, so nobody alone takes theirs
WORKERS, HALL_WORKERS = 2, 4
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where to serve. Without a certificate (PEM files) plain HTTP, which is for loopback only."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class PatientlyNot(H11Protocol):
    """A connection that must tell what it wants within `HEAD_SECONDS`: idle ones do not use up the server.

    Nor does one machine of the network with many: from `MOST_LINES` on its new ones are cut.
    """

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self.access_log = False  # whatever the loggers of this process are set to: addresses name dossiers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """The time begins."""
        super().connection_made(transport)
        # a stream sends little: a browser without power would hold its line for a quarter of an hour (RFC 5482)
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_SECONDS * 1000)
        if self._too_many():
            self.transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """A part of a head goes on with the time that it has."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more to watch."""
        self._stop_watching()
        super().connection_lost(exc)

    def _too_many(self) -> bool:
        """Whether this machine has lines enough; loopback may stand for many, behind a proxy."""
        if self.client is None or is_loopback(self.client[0]):
            return False
        lines = (one.client for one in self.connections if isinstance(one, H11Protocol) and one.client)
        return sum(address == self.client[0] for address, _port in lines) > MOST_LINES

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """Tells when it is up, and does `each_second` what is to be done now and then; `feed` ends before it."""

    def __init__(
        self, config: uvicorn.Config, up: threading.Event, feed: Feed, *each_second: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self._up = up
        self._feed = feed
        self._each_second = each_second

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        self._up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but idle lines are cut: an encrypted one would wait for its browser to say goodbye."""
        await stop_accepting(self.servers)
        self._feed.close()
        self._cut(idle=True)
        await super().shutdown(sockets)
        self._cut()
        await asyncio.sleep(0)  # the loop closes what was cut

    def _cut(self, idle: bool = False) -> None:
        for line in list(self.server_state.connections):
            if isinstance(line, H11Protocol) and not (idle and line.cycle and not line.cycle.response_complete):
                line.transport.abort()

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's, ten times a second."""
        if counter % 10 == 0:
            for work in self._each_second:
                work()
        return await super().on_tick(counter)


class DeskPages:
    """The pages in a thread of their own. What goes wrong is told to staff and tried again after `retry_seconds`."""

    def __init__(self, desk: Desk, address: Address, retry_seconds: float = RETRY_SECONDS) -> None:
        self.sessions = Sessions()
        self.up = threading.Event()  # set while pages are served
        self.url = ""  # once they are served
        self._desk = desk
        self._address = address
        self._retry_seconds = retry_seconds
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="pages", daemon=True)

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Close all lines."""
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; a broken PEM file a ValueError
                why = getattr(error, "strerror", "") or type(error).__name__
                log.error("pages: %s:%s: %s", self._address.host, self._address.port, why)
                self._notice(why)
            self.up.clear()
            self._stopping.wait(self._retry_seconds)

    def _serve(self) -> None:
        """Serve until `stop`. Raises `OSError` and `ValueError` for a port or a certificate that cannot be used."""
        address = self._address
        certificate = _Certificate(address)
        context = certificate.context
        bound = bind(address.host, address.port)
        port = bound.getsockname()[1]
        scheme = "https" if context else "http"
        hosts = set(_hosts(address, port, scheme))
        pages = ThreadPoolExecutor(WORKERS, thread_name_prefix="pages")
        hall = ThreadPoolExecutor(HALL_WORKERS, thread_name_prefix="hall")
        with bound, pages, hall:
            feed = Feed(self._desk.look, self._desk.counters, hall)
            app = create_app(self._desk, Threads(pages, hall), feed, self.sessions, hosts, secure=context is not None)
            config = quiet(
                app,
                http=PatientlyNot,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=16 * 1024,
                ssl_context_factory=(lambda *_: context) if context else None,
            )
            self._server = server = _Server(
                config, self.up, feed, self.sessions.sweep, lambda: certificate.renew(hosts, port)
            )
            if self._stopping.is_set():
                return
            name = f"[{address.host}]" if ":" in address.host else address.host
            self.url = f"{scheme}://{name}:{port}"
            self._end_notice()
            server.run(sockets=[bound])

    def _notice(self, why: str) -> None:
        try:
            self._desk.outbox.notice(DOWN, why)
            self._desk.wake()
        except OutboxError as trouble:
            log.error("pages: %s", trouble.code)

    def _end_notice(self) -> None:
        try:
            self._desk.outbox.end_notice(DOWN)
        except OutboxError as trouble:
            log.error("pages: %s", trouble.code)


class _Certificate:
    """TLS with the certificate of an address; `context` is None without one. Raises `OSError` and `ValueError`."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._stamp = self._written()
        self.context = self._load() if address.certificate else None

    def renew(self, hosts: set[str], port: int) -> None:
        """Serve new connections with a renewed certificate and its names, once certificate and key fit together."""
        try:
            stamp = self._written()
            if self.context is not None and stamp != self._stamp:
                self._load()  # half renewed: the old one serves until the other half is there
                self._load(self.context)
                hosts.update(_hosts(self._address, port, "https"))
                self._stamp = stamp
        except (OSError, ValueError):
            return

    def _load(self, into: ssl.SSLContext | None = None) -> ssl.SSLContext:
        context = into or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        assert self._address.certificate is not None
        # a key with a password is refused rather than asked about on a terminal
        context.load_cert_chain(self._address.certificate, self._address.key, password="")
        return context

    def _written(self) -> tuple[float, ...]:
        files = (self._address.certificate, self._address.key)
        return tuple(path.stat().st_mtime for path in files if path is not None)


def _hosts(address: Address, port: int, scheme: str) -> Iterator[str]:
    """What may stand in `Host`, in small letters: the address itself, loopback names, names of the certificate."""
    names = {address.host, "localhost", "127.0.0.1", "::1"} if is_loopback(address.host) else {address.host}
    if address.certificate is not None:
        names |= set(_names_of(address.certificate))
    for name in names:
        written = f"[{name}]" if ":" in name else name.casefold()
        yield f"{written}:{port}"
        if port == USUAL_PORTS[scheme]:
            yield written


def _names_of(certificate: Path) -> Iterator[str]:
    """DNS names and addresses of a certificate (RFC 5280, 4.2.1.6)."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from names.get_values_for_type(x509.DNSName)
    yield from (str(one) for one in names.get_values_for_type(x509.IPAddress))
