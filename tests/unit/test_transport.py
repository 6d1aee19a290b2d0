"""Lines to devices: real sockets, ptys and FIFOs."""

from __future__ import annotations

import os
import socket
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import transport
from devices.errors import Timeout, Unavailable
from devices.transport import Transport, check_url, open_transport

LONG = bytes(range(256)) * 200  # more than one piece, and more than a pty holds
PATIENCE = 10.0


class Peer:
    """The other end of a line."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.files: list[int] = []
        self.listener: socket.socket | None = None
        self.line: socket.socket | None = None
        if kind == "socket":
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"socket://127.0.0.1:{self.listener.getsockname()[1]}"
        else:
            self.files = list(os.openpty())
            tty.setraw(self.files[1])
            self.url = f"{kind}://{os.ttyname(self.files[1])}"

    def accept(self) -> None:
        if self.listener:
            if self.line:
                self.line.close()
            self.line, _ = self.listener.accept()

    def send(self, data: bytes) -> None:
        if self.line:
            self.line.sendall(data)
        else:
            os.write(self.files[0], data)

    def receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.line.recv(count) if self.line else os.read(self.files[0], count)
        return data

    def close(self) -> None:
        for one in (self.line, self.listener):
            if one:
                one.close()
        for file in self.files:
            os.close(file)
        self.line, self.listener, self.files = None, None, []


@pytest.fixture(params=["socket", "serial", "usblp"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    one = Peer(request.param)
    yield one
    one.close()


@pytest.fixture
def line(peer: Peer) -> Iterator[Transport]:
    one = open_transport(peer.url)
    one.open()
    peer.accept()
    yield one
    one.close()


def test_bytes_go_both_ways(peer: Peer, line: Transport) -> None:
    line.write(b"\x10\x04\x01")
    assert peer.receive(3) == b"\x10\x04\x01"
    peer.send(b"\x12\x13")
    assert line.read(1, PATIENCE) == b"\x12"
    assert line.read(100, PATIENCE) == b"\x13"


def test_nothing_is_no_error(line: Transport) -> None:
    assert line.read(1, 0.0) == b""
    assert line.read(1, 0.01) == b""
    assert line.read(1, -1.0) == b""


def test_a_long_job_arrives_whole(peer: Peer, line: Transport) -> None:
    writer = threading.Thread(target=line.write, args=(LONG,))
    writer.start()
    assert peer.receive(len(LONG)) == LONG
    writer.join(PATIENCE)
    assert not writer.is_alive()


def test_a_line_that_takes_nothing_is_stuck(line: Transport, monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.05)
    line.close()
    line.open()  # a serial line learns its time limit here
    peer.accept()
    with pytest.raises(Timeout) as caught:
        line.write(bytes(50_000_000))
    assert caught.value.code == "device_stuck"


def test_the_other_side_gone_is_unavailable(peer: Peer, line: Transport) -> None:
    peer.close()
    with pytest.raises(Unavailable) as caught:
        line.read(1, PATIENCE)
    assert caught.value.code == "device_unplugged"
    line.close()
    with pytest.raises(Unavailable):
        line.open()


def test_writing_to_a_side_that_is_gone_ends_in_unavailable(peer: Peer, line: Transport) -> None:
    peer.close()
    with pytest.raises(Unavailable) as caught:  # noqa: PT012  TCP learns it from the answer to the first bytes
        for _ in range(1000):
            line.write(LONG)
    assert caught.value.code == "device_unplugged"


def test_what_is_not_open_is_unavailable(peer: Peer) -> None:
    line = open_transport(peer.url)
    line.close()
    with pytest.raises(Unavailable):
        line.write(b"x")
    with pytest.raises(Unavailable):
        line.read(1, 0.0)


def test_a_serial_line_belongs_to_one_program() -> None:
    peer = Peer("serial")
    first, second = open_transport(peer.url), open_transport(peer.url)
    first.open()
    with pytest.raises(Unavailable):
        second.open()
    first.close()
    second.open()
    second.close()
    peer.close()


def test_a_fifo_takes_a_job(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lp0")
    line = open_transport(f"usblp://{tmp_path}/lp0")
    line.open()
    reader = os.open(tmp_path / "lp0", os.O_RDONLY | os.O_NONBLOCK)
    line.write(b"job")
    assert os.read(reader, 10) == b"job"
    line.close()
    os.close(reader)


@pytest.mark.parametrize(
    "url", ["socket://[::1]:9100", "socket://printer:9100", "serial:///dev/ttyS1?baud=115200", "usblp:///dev/usb/lp0"]
)
def test_good_addresses(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url", ["", "9100", "http://x:1", "socket://:9100", "socket://x", "socket://x:0", "serial://ttyS1", "usblp://"]
)
def test_bad_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="«"):
        check_url(url)


@pytest.mark.parametrize("url", ["serial:///dev/ttyS1?baud=", "serial:///dev/ttyS1?baud=0", "serial:///dev/x?baud=²"])
def test_bad_bauds(url: str) -> None:
    with pytest.raises(ValueError, match="baud"):
        check_url(url)
