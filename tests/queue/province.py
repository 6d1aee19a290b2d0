"""A province in a thread, over real HTTP, with faults on demand: it serves what the sender needs of the API."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "test-token"
RECEIPT: dict[str, Any] = {
    "code": "H05.114-261123-0001",
    "status": 1,
    "received_at": "2026-11-23T08:00:00+07:00",
    "due_at": None,
}

Fault = Callable[["Handler"], bool]
"""Does something to one request; True when the usual answer must not come after it."""


@dataclass
class Upload:
    """One file that is coming in."""

    length: int
    metadata: str
    data: bytearray = field(default_factory=bytearray)


class Province:
    """What the province knows, and what it was told to do wrong. `faults` by (method, first part of the path)."""

    def __init__(self) -> None:
        self.dossiers: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self.accepted: dict[str, int] = defaultdict(int)
        self.uploads: dict[str, Upload] = {}
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: dict[tuple[str, str], deque[Fault]] = defaultdict(deque)
        self.heartbeats: list[dict[str, Any]] = []
        self.ahead = timedelta()  # of its clock
        self.drop_patch_after = 0  # bytes of each PATCH that arrive before the line breaks; 0: it holds
        self._taking = threading.Lock()  # the same dossier may come again while the first request is dealt with
        self._server: ThreadingHTTPServer | None = None
        self._connections: set[socket.socket] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Province:
        """Answer on the same port as before."""
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.province = self  # type: ignore[attr-defined]
        self._server.daemon_threads = False
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse connections from here on."""
        if self._server is None:
            return
        self._server.shutdown()
        for connection in list(self._connections):
            hang_up(connection)
        self._server.server_close()
        self._thread.join()
        self._server = None

    def fault(self, method: str, path: str, *faults: Fault) -> None:
        """Do these to the next requests of this kind, one each."""
        self.faults[method, path].extend(faults)

    def submissions(self) -> int:
        """How often a dossier was posted."""
        return sum(1 for method, path in self.requests if (method, path) == ("POST", "/v1/dossiers"))


def hang_up(connection: socket.socket) -> None:
    """Break a connection under whoever reads it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def running() -> Iterator[Province]:
    """A province for the length of a test."""
    province = Province().start()
    try:
        yield province
    finally:
        province.stop()


def answer(status: int, body: object = None, **headers: str) -> Fault:
    """Answer this instead: `body` as JSON, or as it is when it is bytes."""

    def act(handler: Handler) -> bool:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if data and "content-type" not in {name.lower() for name in named}:
            named["Content-Type"] = "text/html" if data.startswith(b"<") else "application/json"
        handler.reply(status, data, named)
        return True

    return act


def drop(handler: Handler) -> bool:
    """Hang up without an answer, before anything is done."""
    hang_up(handler.connection)
    return True


def lose_reply(handler: Handler) -> bool:
    """Do what was asked, then hang up instead of answering."""
    handler.mute = True
    return False


def drip(head: bytes, rest: bytes) -> Fault:
    """Answer with `head` at once, then with the `rest` byte by byte."""

    def act(handler: Handler) -> bool:
        handler.close_connection = True
        handler.wfile.write(head)
        for number in range(len(rest)):
            handler.wfile.write(rest[number : number + 1])
            time.sleep(0.02)
        return True

    return act


class Server(ThreadingHTTPServer):
    """Says nothing of lines that break: they are meant to."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a broken line pass; anything else is a fault of the test."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    mute = False

    @property
    def province(self) -> Province:
        return self.server.province  # type: ignore[attr-defined, no-any-return]

    def setup(self) -> None:
        super().setup()
        self.province._connections.add(self.connection)

    def finish(self) -> None:
        self.province._connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            self.wfile.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Say nothing."""

    def reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        if self.mute:
            self.mute = False
            self.close_connection = True
            hang_up(self.connection)
            return
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply_json(self, status: int, body: object) -> None:
        kind = "application/json" if status < 400 else "application/problem+json"
        self.reply(status, json.dumps(body).encode(), {"Content-Type": kind})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _handle(self) -> None:
        path = urlsplit(self.path).path
        kind = "/".join(path.split("/")[:3])
        self.province.requests.append((self.command, path))
        self.province.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.close_connection = False
        faults = self.province.faults[self.command, kind]
        if self.command == "PATCH" and self.province.drop_patch_after and not faults:
            self._patch_on_a_broken_line(path)
            return
        fault = faults.popleft() if faults else None
        if fault is not None and fault is drop:
            self.close_connection = True
            drop(self)
            return
        body = self._body()
        if len(body) < int(self.headers.get("Content-Length", 0)) and self.command != "PATCH":
            self.close_connection = True  # whoever sent it died
            return
        if fault is not None and fault(self):
            return
        if kind != "/v1/health" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.reply_json(401, {"title": "token"})
            return
        {
            ("GET", "/v1/health"): self._health,
            ("POST", "/v1/kiosks"): self._beat,
            ("POST", "/v1/files"): self._create,
            ("HEAD", "/v1/files"): self._head,
            ("PATCH", "/v1/files"): self._patch,
            ("POST", "/v1/dossiers"): self._take,
            ("GET", "/v1/dossiers"): self._find,
        }[self.command, kind](path, body)

    do_GET = do_POST = do_HEAD = do_PATCH = _handle  # noqa: N815  the library's names

    def _health(self, path: str, body: bytes) -> None:
        self.reply_json(200, {"status": "ok", "time": (datetime.now(UTC) + self.province.ahead).isoformat()})

    def _beat(self, path: str, body: bytes) -> None:
        self.province.heartbeats.append({"path": path, **json.loads(body)})
        self.reply(204)

    def _create(self, path: str, body: bytes) -> None:
        name = uuid.uuid4().hex
        self.province.uploads[name] = Upload(int(self.headers["Upload-Length"]), self.headers["Upload-Metadata"])
        self.reply(201, headers={"Location": f"/v1/files/{name}", "Tus-Resumable": "1.0.0"})

    def _head(self, path: str, body: bytes) -> None:
        upload = self.province.uploads.get(path.rsplit("/", 1)[1])
        if upload is None:
            self.reply(404)
            return
        self.reply(200, headers={"Upload-Offset": str(len(upload.data)), "Upload-Length": str(upload.length)})

    def _patch(self, path: str, body: bytes) -> None:
        upload = self.province.uploads.get(path.rsplit("/", 1)[1])
        if upload is None:
            self.reply(404)
        elif int(self.headers["Upload-Offset"]) != len(upload.data):
            self.reply(409)
        else:
            upload.data += body
            self.reply(204, headers={"Upload-Offset": str(len(upload.data))})

    def _patch_on_a_broken_line(self, path: str) -> None:
        upload = self.province.uploads[path.rsplit("/", 1)[1]]
        length = int(self.headers["Content-Length"])
        if length <= self.province.drop_patch_after:
            self._patch(path, self._body())
            return
        upload.data += self.rfile.read(self.province.drop_patch_after)
        self.close_connection = True
        drop(self)

    def _take(self, path: str, body: bytes) -> None:
        with self.province._taking:
            self._take_one(body)

    def _take_one(self, body: bytes) -> None:
        key, dossier = self.headers["Idempotency-Key"], json.loads(body)
        known = self.province.dossiers.get(key)
        if known is not None and known["body"] != dossier:
            self.reply_json(409, {"title": "another body"})
            return
        if known is None:
            for paper in dossier["attachments"]:
                data = self.province.uploads[paper["file_url"].rsplit("/", 1)[1]].data
                assert hashlib.sha256(data).hexdigest() == paper["sha256"]
            code = f"H05.114-261123-{len(self.province.dossiers) + 1:04}"
            known = self.province.dossiers[key] = {"body": dossier, "receipt": {**RECEIPT, "code": code}}
            self.province.order.append(key)
            self.province.accepted[key] += 1
            self.reply_json(201, known["receipt"])
            return
        self.reply_json(200, known["receipt"])

    def _find(self, path: str, body: bytes) -> None:
        wanted = parse_qs(urlsplit(self.path).query).get("client_ref", [path.rsplit("/", 1)[1]])[0]
        known = self.province.dossiers.get(wanted)
        if known is None:
            self.reply_json(404, {"title": "not here"})
        else:
            self.reply_json(200, known["receipt"])
