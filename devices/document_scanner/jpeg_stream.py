"""A camera that sends MJPEG over HTTP: each picture stays a JPEG until it is looked at, and only the newest one waits.

FFmpeg, with which OpenCV reads streams, decodes every picture, also those that nobody asks for: twelve million dots
twenty times a second are a whole core, and what is shown lags behind.
"""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, parse_headers
from typing import BinaryIO
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from PIL import Image

from devices.document_scanner.page import MAX_PIXELS
from devices.errors import Unavailable
from devices.frames import LOST_FRAMES, STREAM_SECONDS, Camera, Picture

Jpeg = npt.NDArray[np.uint8]  # its bytes in one row
MAX_BYTES = 32 * 1024 * 1024  # of one picture
LINE_BYTES = 65_536
BEGIN, END = b"\xff\xd8", b"\xff\xd9"
PADDING = 1024  # some cameras fill up their last block


class JpegCamera(Camera):
    """As `Camera`, but the `picture` of a frame is a `Jpeg`, for `decode`."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._line: socket.socket | None = None

    def close(self) -> None:
        """Let go of the stream, also while its server is silent."""
        self._stopping.set()
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
        super().close()

    def _pictures(self, _stopping: threading.Event) -> Iterator[Jpeg]:
        address = urlsplit(self._source)
        connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=STREAM_SECONDS)
        try:
            connection.connect()
            self._line = connection.sock
            connection.request("GET", f"{address.path or '/'}?{address.query}".rstrip("?"))
            with connection.getresponse() as response:
                boundary = (response.headers.get_boundary() or "").strip("-").encode()
                if response.status != 200 or not boundary:
                    raise Unavailable("device_unplugged", f"no MJPEG stream, status {response.status}")
                yield from _whole_ones(_parts(response, boundary))
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable("device_unplugged", type(error).__name__) from None
        finally:
            connection.close()


def decode(jpeg: Jpeg, long: int = 0) -> Picture | None:
    """The picture (blue first), at a half, a quarter or an eighth of its size if `long` dots remain for the long side.

    None for what is no picture, or one of too many dots.
    """
    import cv2

    try:
        with Image.open(io.BytesIO(jpeg.tobytes()), formats=("JPEG",)) as header:
            size = header.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    if size[0] * size[1] > MAX_PIXELS:
        return None
    reduced = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    part = next((part for part in reduced if long and max(size) // part >= long), 1)
    picture = cv2.imdecode(jpeg, reduced.get(part, cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if picture is None else np.asarray(picture, np.uint8)


def is_whole(jpeg: Jpeg) -> bool:
    """Whether it begins and ends as a JPEG does: a cut-off one would be decoded with a grey rest, without an error."""
    return jpeg[:2].tobytes() == BEGIN and END in jpeg[-PADDING:].tobytes()


def _whole_ones(jpegs: Iterator[Jpeg]) -> Iterator[Jpeg]:
    lost = 0
    for jpeg in jpegs:
        lost = 0 if is_whole(jpeg) else lost + 1
        if lost == 0:
            yield jpeg
        elif lost >= LOST_FRAMES:
            raise Unavailable("device_unplugged", "no whole picture any more")


def _parts(response: HTTPResponse, boundary: bytes) -> Iterator[Jpeg]:
    """The bodies of a multipart stream, with or without `Content-Length`. Raises `Unavailable` when it ends."""
    _until(response, boundary)
    while True:
        size = int(parse_headers(response).get("Content-Length", 0))
        if not 0 <= size <= MAX_BYTES:
            raise Unavailable("device_unplugged", "a picture of too many bytes")
        if size:
            jpeg = _read_exactly(response, size)
            _until(response, boundary)
        else:
            jpeg = np.frombuffer(_until(response, boundary), np.uint8)
        yield jpeg


def _read_exactly(response: HTTPResponse, size: int) -> Jpeg:
    jpeg = np.empty(size, np.uint8)
    done = 0
    while done < size:
        if not (got := response.readinto(jpeg[done:].data)):
            raise Unavailable("device_unplugged", "the stream has ended")
        done += got
    return jpeg


def _until(response: BinaryIO | HTTPResponse, boundary: bytes) -> bytes:
    """What comes before the next line with the boundary. Raises `Unavailable` when none comes."""
    before = bytearray()
    while line := response.readline(LINE_BYTES):
        if line.startswith(b"--") and line.strip(b"-\r\n") == boundary:
            return bytes(before)
        before += line
        if len(before) > MAX_BYTES:
            break
    raise Unavailable("device_unplugged", "the stream has ended")
