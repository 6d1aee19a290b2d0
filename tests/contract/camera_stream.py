"""A network camera on this machine: MJPEG over HTTP, with the hand of a person in front of its lens."""

from __future__ import annotations

import queue
import socket
import threading
from contextlib import suppress
from time import monotonic, sleep

import cv2
import numpy as np
import numpy.typing as npt
import qrcode

Picture = npt.NDArray[np.uint8]
FPS = 20
HOLD_SECONDS = 0.8
TABLE = np.full((360, 480, 3), 120, np.uint8)
BLACK = np.full((360, 480, 3), 2, np.uint8)


def qr_picture(text: str | bytes, background: Picture = TABLE) -> Picture:
    """A code held in front of the lens."""
    made = qrcode.QRCode(box_size=4, border=4)
    made.add_data(text if isinstance(text, bytes) else text.encode())
    made.make()
    plain = np.asarray(made.make_image().get_image().convert("RGB"))
    out = background.copy()
    out[20 : 20 + plain.shape[0], 60 : 60 + plain.shape[1]] = plain
    return out


class CameraStream:
    """Serves what lies before the lens, frame by frame, to whoever connects; keeps its address while unplugged."""

    def __init__(self) -> None:
        self.scene = TABLE
        self.sent = b""  # instead of the scene
        self.frames = 0
        self._held: queue.SimpleQueue[Picture] = queue.SimpleQueue()
        self._until = 0.0
        self._now: Picture | None = None
        self._port = 0
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._stopping = threading.Event()
        self.frozen = threading.Event()
        self.plug()

    @property
    def url(self) -> str:
        """What the configuration calls `source`."""
        return f"http://127.0.0.1:{self._port}/stream.mjpg"

    def plug(self) -> None:
        """Listen again at the same address."""
        self._stopping = threading.Event()
        server = socket.create_server(("127.0.0.1", self._port))
        self._port = server.getsockname()[1]
        self._sockets = [server]
        self._start(self._accept, server)

    def unplug(self) -> None:
        """Every connection breaks, and none is taken."""
        self._stopping.set()
        for line in self._sockets:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for thread in self._threads:
            thread.join()
        self._threads = []
        while not self._held.empty():
            self._held.get()

    def hold(self, picture: Picture) -> None:
        """Hold something in front of the lens for a moment, after what is held already."""
        self._held.put(picture)

    def _start(self, target: object, line: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(line,))  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while not self._stopping.is_set():
                line, _ = server.accept()
                self._sockets.append(line)
                self._start(self._serve, line)

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            line.recv(4096)
            line.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
            encoded: tuple[Picture, bytes] | None = None
            while not self._stopping.is_set():
                view = self._view()
                if encoded is None or encoded[0] is not view:  # a real camera does this in its own chip
                    done, jpeg = cv2.imencode(".jpg", view)
                    assert done
                    encoded = view, jpeg.tobytes()
                jpeg_bytes = self.sent or encoded[1]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg_bytes)}\r\n\r\n"
                line.sendall(head.encode() + jpeg_bytes + b"\r\n")
                self.frames += 1
                sleep(1 / FPS)
                while self.frozen.is_set() and not self._stopping.is_set():
                    sleep(1 / FPS)

    def _view(self) -> Picture:
        if monotonic() >= self._until:
            self._now = None
            with suppress(queue.Empty):
                self._now = self._held.get_nowait()
                self._until = monotonic() + HOLD_SECONDS
        return self.scene if self._now is None else self._now
