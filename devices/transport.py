"""Bytes to and from a device: TCP, serial line, USB printer class. The only file that knows pyserial.

socket://HOST:PORT     serial:///dev/ttyS1?baud=115200     usblp:///dev/usb/lp0
"""

from __future__ import annotations

import os
import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from devices.errors import Timeout, Unavailable
from devices.traffic import TAPS, TappedLine

CONNECT_SECONDS = 2.0
WRITE_SECONDS = 10.0
PIECE = 4096  # the time limit of a write is for one piece: a whole ticket takes longer on a slow line
DEFAULT_BAUD = 9600
EMPTY_SECONDS = 0.005


class Transport(Protocol):
    """A line to one device. Every method raises `Unavailable` when the line is gone, `Timeout` when it is stuck."""

    def open(self) -> None:
        """Connect."""

    def close(self) -> None:
        """Disconnect; harmless when not open."""

    def write(self, data: bytes) -> None:
        """Hand over all bytes."""

    def read(self, count: int, timeout: float) -> bytes:
        """Up to `count` bytes that come within `timeout` seconds; b"" when none do."""


def check_url(url: str) -> str:
    """`url` if it names a transport. Raises ValueError with a plain sentence."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"«{url}»: the port is no number up to 65535") from None
    if parts.scheme == "socket":
        if not parts.hostname or not port:
            raise ValueError(f"«{url}» is no address such as socket://192.0.2.10:9100")
    elif parts.scheme in ("serial", "usblp"):
        if not parts.path.startswith("/"):
            raise ValueError(f"«{url}» names no device file such as {parts.scheme}:///dev/ttyS1")
        if not re.fullmatch("[1-9][0-9]*", _baud(parts.query)):
            raise ValueError(f"«{url}»: baud is no number")
    else:
        raise ValueError(f"«{url}» must begin with socket://, serial:// or usblp://")
    return url


def open_transport(url: str, device: str = "printer") -> Transport:
    """The transport for a checked URL, not connected yet; `device` is the kind that it leads to, for the traffic."""
    return TappedLine(_transport(url), TAPS[device])


def _transport(url: str) -> Transport:
    parts = urlsplit(check_url(url))
    if parts.scheme == "socket":
        return SocketTransport(parts.hostname or "", parts.port or 0)
    if parts.scheme == "serial":
        return SerialTransport(parts.path, int(_baud(parts.query)))
    return FileTransport(parts.path)


def _baud(query: str) -> str:
    return parse_qs(query, keep_blank_values=True).get("baud", [str(DEFAULT_BAUD)])[0]


def _pieces(data: bytes) -> Iterator[memoryview]:
    view = memoryview(data)
    return (view[start : start + PIECE] for start in range(0, len(data), PIECE))


class SocketTransport:
    """A network printer or a serial server."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect within two seconds."""
        self.close()
        try:
            self._socket = socket.create_connection(self._address, CONNECT_SECONDS)
            # a status question is three bytes: it must not wait for more
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # bytes that nobody takes must not come out of a printer that is plugged in again much later
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(WRITE_SECONDS * 1000))
        except OSError as error:
            raise Unavailable("device_unplugged", str(error.strerror or error)) from None

    def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def write(self, data: bytes) -> None:
        """Hand over all bytes."""
        line = self._line()
        try:
            line.settimeout(WRITE_SECONDS)
            for piece in _pieces(data):
                line.sendall(piece)
        except TimeoutError:
            raise Timeout("device_stuck", "write") from None
        except OSError as error:
            raise Unavailable("device_unplugged", str(error.strerror or error)) from None

    def read(self, count: int, timeout: float) -> bytes:
        """Up to `count` bytes."""
        line = self._line()
        try:
            line.settimeout(max(timeout, 0.0))
            data = line.recv(count)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise Unavailable("device_unplugged", str(error.strerror or error)) from None
        if not data:
            raise Unavailable("device_unplugged", "the other side has closed")
        return data

    def _line(self) -> socket.socket:
        if self._socket is None:
            raise Unavailable("device_unplugged", "not open")
        return self._socket


class SerialTransport:
    """A serial line or a USB-CDC device."""

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: Any = None

    def open(self) -> None:
        """Open the port for this program alone."""
        import serial

        self.close()
        try:
            self._port = serial.Serial(self._path, self._baud, timeout=0, write_timeout=WRITE_SECONDS, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise Unavailable("device_unplugged", str(error)) from None

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            with suppress(OSError):
                self._port.close()
            self._port = None

    def write(self, data: bytes) -> None:
        """Hand over all bytes, and wait until the line has taken them."""
        import serial

        port = self._open_port()
        try:
            for piece in _pieces(data):
                port.write(piece)
        except serial.SerialTimeoutException:
            raise Timeout("device_stuck", "write") from None
        # unplugging raises SerialException on read and write, but plain OSError elsewhere
        except (serial.SerialException, OSError) as error:
            raise Unavailable("device_unplugged", str(error)) from None

    def read(self, count: int, timeout: float) -> bytes:
        """Up to `count` bytes."""
        import serial

        port = self._open_port()
        try:
            ready, _, _ = select.select([port.fileno()], [], [], max(timeout, 0.0))
            return bytes(port.read(count)) if ready else b""
        except (serial.SerialException, OSError, ValueError, TypeError) as error:
            raise Unavailable("device_unplugged", str(error)) from None

    def _open_port(self) -> Any:
        if self._port is None:
            raise Unavailable("device_unplugged", "not open")
        return self._port


class FileTransport:
    """A printer behind the kernel's usblp driver, which answers status on the same file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1

    def open(self) -> None:
        """Open the device file."""
        self.close()
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise Unavailable("device_unplugged", error.strerror or "") from None

    def close(self) -> None:
        """Close the device file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def write(self, data: bytes) -> None:
        """Hand over all bytes in pieces; a printer that takes none for ten seconds is stuck."""
        rest = memoryview(data)
        end = time.monotonic() + WRITE_SECONDS
        while rest:
            if not self._ready(write=True, timeout=end - time.monotonic()):
                raise Timeout("device_stuck", "write")
            try:
                taken = os.write(self._file, rest[:PIECE])
            except BlockingIOError:
                continue
            except OSError as error:
                raise Unavailable("device_unplugged", error.strerror or "") from None
            rest = rest[taken:]
            end = time.monotonic() + WRITE_SECONDS

    def read(self, count: int, timeout: float) -> bytes:
        """Up to `count` bytes."""
        end = time.monotonic() + timeout
        while self._ready(write=False, timeout=end - time.monotonic()):
            if data := self._take(count):
                return data
            if time.monotonic() >= end:
                break
            time.sleep(EMPTY_SECONDS)  # some printers send empty packets: they are no answer
        return b""

    def _take(self, count: int) -> bytes:
        try:
            return os.read(self._file, count)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Unavailable("device_unplugged", error.strerror or "") from None

    def _ready(self, write: bool, timeout: float) -> bool:
        if self._file < 0:
            raise Unavailable("device_unplugged", "not open")
        poll = select.poll()
        poll.register(self._file, select.POLLOUT if write else select.POLLIN)
        try:
            events = [event for _, event in poll.poll(max(0.0, timeout) * 1000)]
        except OSError as error:
            raise Unavailable("device_unplugged", str(error)) from None
        if any(event & (select.POLLHUP | select.POLLNVAL) for event in events):
            raise Unavailable("device_unplugged", "hung up")  # a read would only be empty
        return bool(events)
