"""Pictures from a camera, always the newest one. The only file that opens OpenCV's VideoCapture.

/dev/video0 or 0     http://127.0.0.1:8080/stream (MJPEG)     a video file     a folder of pictures, shown in turn
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from devices.errors import Timeout, Unavailable

Picture = npt.NDArray[np.uint8]  # height × width × BGR

SOURCES = "/dev/video0, 0, http://127.0.0.1:8080/stream (MJPEG), a file or a folder"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
OPEN_SECONDS = 5.0
STUCK_SECONDS = 3.0  # a camera that gives no frame for so long hangs in its driver
STREAM_SECONDS = 5.0  # after which a silent stream is given up, and its thread ends
STOP_SECONDS = 1.0
LOST_FRAMES = 10  # one broken MJPEG frame is no lost camera
FRAME_SECONDS = 0.04  # more than 25 in a second would only heat the machine
LOOK_SECONDS = 0.1  # between two frames of a spared camera that is looked at: as many as the glass shows
SPARE_SECONDS = 1.0  # between two frames of a spared camera that nobody asks: enough to see that it is still there
FOLDER_FRAME_SECONDS = 0.1
FOLDER_FRAMES_EACH = 5  # a picture of a folder is held in front of the lens for half a second
DARK_BELOW = 12  # mean of 255: a covered lens has about 3 with its noise, a dim hall 30


class Frame(NamedTuple):
    """One picture and its number since the camera was opened."""

    number: int
    picture: Picture


def check_source(source: str) -> str:
    """`source` if it can name a camera. Raises ValueError with a plain sentence."""
    if not source:
        raise ValueError("is empty; such as /dev/video0, 0, or a folder of pictures")
    parts = urlsplit(source)
    if parts.scheme and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise ValueError("a stream must be http:// on this machine: what a camera sees is personal data")
    try:
        known = parts.port != 0  # ValueError for what is no port at all
    except ValueError:
        known = False
    if not known:
        raise ValueError("a port is a number from 1 to 65535")
    if not parts.scheme and not source.isdecimal() and not source.startswith("/"):
        raise ValueError(f"«{source}» is no number and no path that begins with /")
    return source


def is_dark(picture: Picture) -> bool:
    """Whether the lens is covered or the light is out."""
    return float(picture[::8, ::8].mean()) < DARK_BELOW


class Camera:
    """A thread reads the camera and keeps its newest frame; what nobody asked for in time is dropped, never queued.

    `spare` is for large pictures, which take most of a core: ten a second are enough, one while nobody asks for them.
    """

    def __init__(self, source: str, width: int = 0, height: int = 0, *, spare: bool = False) -> None:
        self._spare = spare
        self._asked_at = 0.0
        self._source = check_source(source)
        self._size = (width, height)
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self._last_at = 0.0
        self._fault: Unavailable | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Start to read, and wait for the first frame. Raises `Unavailable`, or `Timeout` while a driver hangs."""
        self.close()
        if self._thread is not None:
            raise Timeout("device_stuck", "the camera's driver does not return")
        self._frame, self._fault, self._stopping = None, None, threading.Event()
        self._thread = threading.Thread(target=self._read, args=(self._stopping,), name="camera", daemon=True)
        self._last_at = monotonic() + OPEN_SECONDS - STUCK_SECONDS
        self._thread.start()
        if self.frame(0, OPEN_SECONDS) is None:
            raise Timeout("device_stuck", "no first frame")

    def close(self) -> None:
        """Let go of the camera; harmless when it is not open."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join(STOP_SECONDS)
            if not self._thread.is_alive():
                self._thread = None
        self._frame = None

    def frame(self, after: int, timeout: float) -> Frame | None:
        """The newest frame with a number above `after`; None when none comes within `timeout` seconds.

        Raises `Unavailable` when the camera is gone, `Timeout` when it has given none for `STUCK_SECONDS`.
        """
        self._asked_at = monotonic()
        with self._news:
            if self._thread is None:
                raise Unavailable("device_unplugged", "not open")
            wait = max(0.0, min(timeout, self._last_at + STUCK_SECONDS - monotonic()))
            self._news.wait_for(lambda: self._fault or (self._frame and self._frame.number > after), wait)
            if self._fault is not None:
                raise type(self._fault)(self._fault.code, self._fault.detail)
            if self._frame is not None and self._frame.number > after:
                return self._frame
            if monotonic() - self._last_at >= STUCK_SECONDS:
                raise Timeout("device_stuck", "no more frames")
            return None

    @property
    def is_open(self) -> bool:
        """Whether frames can be asked for."""
        return self._thread is not None and self._fault is None and not self._stopping.is_set()

    def _pause(self) -> float:
        if not self._spare:
            return FRAME_SECONDS
        return SPARE_SECONDS if monotonic() - self._asked_at > SPARE_SECONDS else LOOK_SECONDS

    def _pictures(self, stopping: threading.Event) -> Iterator[Picture]:
        """What the camera sees, on its thread, until it is told to stop."""
        if Path(self._source).is_dir():
            return _folder(Path(self._source), stopping)
        return _capture(self._source, self._size, stopping, self._pause)

    def _read(self, stopping: threading.Event) -> None:
        fault = Unavailable("device_unplugged", "the camera gives no more frames")
        try:
            for number, picture in enumerate(self._pictures(stopping), 1):
                with self._news:
                    if stopping.is_set():
                        return
                    self._frame, self._last_at = Frame(number, picture), monotonic()
                    self._news.notify_all()
        except Unavailable as error:
            fault = Unavailable(error.code, error.detail)  # its traceback would keep the last picture
        with self._news:
            if not stopping.is_set():
                self._fault = fault
                self._news.notify_all()


def _folder(folder: Path, stopping: threading.Event) -> Iterator[Picture]:
    """The pictures of a folder in turn, again and again; those that come later are seen, too."""
    import cv2

    while not stopping.is_set():
        try:
            files = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
        except OSError as error:
            raise Unavailable("device_unplugged", error.strerror or "") from None
        read = [picture for file in files if (picture := cv2.imread(str(file), cv2.IMREAD_COLOR)) is not None]
        if not read:
            raise Unavailable("device_unplugged", "no picture in the folder")
        for picture in read:
            for _ in range(FOLDER_FRAMES_EACH):
                yield picture.astype(np.uint8, copy=False)
                if stopping.wait(FOLDER_FRAME_SECONDS):
                    return


def _capture(
    source: str, size: tuple[int, int], stopping: threading.Event, pause: Callable[[], float]
) -> Iterator[Picture]:
    """The frames of a device, a stream or a file; a file plays as fast as it was recorded."""
    capture = _open_capture(source, size)
    try:
        if not capture.isOpened():
            raise Unavailable("device_unplugged", "cannot be opened")
        wait = _tempo(capture) if Path(source).is_file() else None
        missed, next_at = 0, 0.0
        while not stopping.is_set() and missed < LOST_FRAMES:
            if (done := capture.grab()) and monotonic() >= next_at:  # decoding is the dear part
                next_at = monotonic() + pause()
                done, picture = capture.retrieve()
                if done:
                    yield picture
            missed = 0 if done else missed + 1
            if wait:
                wait()
    finally:
        capture.release()


def _open_capture(source: str, size: tuple[int, int]) -> Any:
    # the libraries below write to standard error on every retry of a camera that is not there
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if source.isdecimal() or source.startswith("/dev/"):
        device = int(source) if source.isdecimal() else source
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # raw frames of this size fill a USB 2 bus
        for prop, value in zip((cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT), size, strict=True):
            if value:
                capture.set(prop, value)
        return capture
    limit = int(STREAM_SECONDS * 1000)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit, cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)


def _tempo(capture: Any) -> Callable[[], None]:
    import cv2

    begin, shown = monotonic(), 0
    fps = capture.get(cv2.CAP_PROP_FPS) or 25.0

    def wait() -> None:
        nonlocal shown
        shown += 1
        with suppress(ValueError):  # too late already
            time.sleep(begin + shown / fps - monotonic())

    return wait
