"""An HTTP answer that must be there in time: between two bytes alone a time-out lets it drip for ever."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class TimedResponse(http.client.HTTPResponse):
    """Headers and body come within `longest` seconds from now, or a `TimeoutError` does."""

    def __init__(self, longest: float, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, longest))


class _TimedReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._sock = sock
        self._pause = sock.gettimeout() or seconds
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("endless answer")
        self._sock.settimeout(min(left, self._pause))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._pause)  # over a kept line the next request goes out with it

    def close(self) -> None:
        self._raw.close()
        super().close()
