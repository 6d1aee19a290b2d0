"""MJPEG over HTTP, taken apart by ourselves: whole pictures only, the newest one, decoded as large as it is needed."""

from __future__ import annotations

import io
import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import cv2
import numpy as np
import pytest

from devices.document_scanner import jpeg_stream
from devices.document_scanner.jpeg_stream import JpegCamera, decode, is_whole
from devices.document_scanner.page import MAX_PIXELS, page_of_photograph
from devices.document_scanner.sheet import find_sheet
from devices.errors import Timeout, Unavailable
from devices.frames import LOST_FRAMES
from devices.interfaces import Condition
from tests.contract.camera_stream import CameraStream
from tests.contract.test_document_scanner_camera import SHARE, VIEW_WIDTH, camera_of, eventually, seen
from tests.unit.desks import lay
from tests.unit.paper import printed

PATIENCE = 10.0
LARGE = (2400, 1800)
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=%s\r\n\r\n"


def picture(level: int) -> bytes:
    """A JPEG of one grey."""
    return cv2.imencode(".jpg", np.full((60, 80, 3), level, np.uint8))[1].tobytes()


def of_size(width: int, height: int) -> bytes:
    """A JPEG that tells this size in its frame header (ITU-T T.81, B.2.2), and holds less."""
    small = picture(90)
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + small[at + 4 :]


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """Answers the first question so, and then says nothing more until the end; its address."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            line, _ = listening.accept()
            with line:
                line.recv(4096)
                line.sendall(answer)
                over.wait()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/?action=stream"
    over.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def levels(source: str, count: int) -> list[int]:
    """The greys of the next pictures that are seen; less when newer ones came meanwhile."""
    camera, greys, last = JpegCamera(source), list[int](), 0
    camera.open()
    while len(greys) < count and (frame := camera.frame(last, 1.0)):
        last = frame.number
        shown = decode(frame.picture)
        assert shown is not None
        greys.append(round(float(shown.mean())))
    camera.close()
    return greys


def part(jpeg: bytes, boundary: bytes, length: bool) -> bytes:
    """One part of a stream."""
    size = b"Content-Length: %d\r\n" % len(jpeg) if length else b""
    return b"--" + boundary + b"\r\nContent-Type: image/jpeg\r\n" + size + b"\r\n" + jpeg + b"\r\n"


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("named", [b"frame", b'"--frame"'])
def test_parts_are_found_with_and_without_their_length(length: bool, named: bytes) -> None:
    parts = part(picture(50), b"frame", length) + part(picture(200), b"frame", length) + b"--frame\r\n"
    with server(HEAD % named + parts) as source:
        assert levels(source, 2)[-1] == 200


def test_a_picture_that_is_cut_off_is_not_shown() -> None:
    whole, cut = picture(50), picture(200)[:-40]
    assert is_whole(np.frombuffer(whole + b"\0" * 20, np.uint8))
    assert not is_whole(np.frombuffer(cut, np.uint8))
    with server(HEAD % b"x" + part(whole, b"x", True) + part(cut, b"x", True) + b"--x\r\n") as source:
        assert levels(source, 2) == [50]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 404 Not Found\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
        HEAD % b"x" + b"--x\r\nContent-Length: 99999999999\r\n\r\n",
        HEAD % b"x" + b"--x\r\nContent-Length: many\r\n\r\n",
        HEAD % b"x" + part(b"no picture", b"x", True) * 11,
        b"\xff\xfe no HTTP\r\n\r\n",
    ],
)
def test_what_is_no_stream_of_pictures_is_no_camera(answer: bytes) -> None:
    with server(answer) as source, pytest.raises(Unavailable) as caught:
        JpegCamera(source).open()
    assert caught.value.code == "device_unplugged"


def test_a_silent_server_holds_no_thread() -> None:
    with server(HEAD % b"x" + part(picture(50), b"x", True) + b"--x\r\n") as source:
        camera, before = JpegCamera(source), threading.active_count()
        camera.open()
        assert threading.active_count() == before + 1
        camera.close()
        assert threading.active_count() == before


def test_a_picture_is_decoded_no_larger_than_it_is_shown() -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((LARGE[1], LARGE[0], 3), np.uint8))[1]
    sizes = [shown.shape[1] for long in (0, 1300, 1200, 500) if (shown := decode(jpeg, long)) is not None]
    assert sizes == [2400, 2400, 1200, 600]
    assert decode(np.frombuffer(b"no picture", np.uint8)) is None


def test_a_picture_of_too_many_dots_is_none() -> None:
    assert decode(np.frombuffer(of_size(8000, MAX_PIXELS // 8000), np.uint8), 960) is not None
    assert decode(np.frombuffer(of_size(8000, MAX_PIXELS // 8000 + 1), np.uint8), 960) is None


def test_a_part_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg_stream, "MAX_BYTES", 10 * jpeg_stream.LINE_BYTES)
    endless = io.BytesIO(b"x" * 20 * jpeg_stream.LINE_BYTES)
    with pytest.raises(Unavailable):
        jpeg_stream._until(endless, b"frame")
    assert endless.tell() == 11 * jpeg_stream.LINE_BYTES


@pytest.mark.parametrize("sent", [of_size(8000, MAX_PIXELS // 8000 + 1), b"\xff\xd8 no picture \xff\xd9"])
def test_a_camera_whose_pictures_cannot_be_seen_is_silent(sent: bytes) -> None:
    stream = CameraStream()
    camera = camera_of(stream.url)
    camera.open()
    stream.sent = sent
    assert eventually(lambda: camera.status().code == "camera_silent")
    for _ in range(LOST_FRAMES + 1):
        assert (camera.status().condition, camera.status().code) == (Condition.OFFLINE, "camera_silent")
        with pytest.raises(Timeout) as caught:
            camera.preview(1.0)
        assert caught.value.code == "camera_silent"
    stream.sent = b""
    assert eventually(lambda: camera.status().condition is Condition.READY)
    camera.close()
    stream.unplug()


def test_a_camera_that_is_gone_keeps_no_picture() -> None:
    with server(HEAD % b"x" + part(picture(50), b"x", True) + b"--x\r\nContent-Length: many\r\n\r\n") as source:
        camera, kept = JpegCamera(source), list[weakref.ref[object]]()
        whole = jpeg_stream.is_whole

        def watched(jpeg: jpeg_stream.Jpeg) -> bool:
            kept.append(weakref.ref(jpeg))
            return whole(jpeg)

        with pytest.MonkeyPatch.context() as patch, suppress(Unavailable):
            patch.setattr(jpeg_stream, "is_whole", watched)
            camera.open()
            camera.frame(1, PATIENCE)
        camera.close()
    assert [one() is None for one in kept] == [True]


def test_what_is_shown_is_small_and_what_is_kept_has_all_its_dots() -> None:
    shot = lay(printed("text", 0), "mat", 0, SHARE, LARGE).picture
    stream = CameraStream()
    stream.scene = np.ascontiguousarray(shot[:, :, ::-1])
    camera = camera_of(stream.url)
    shown = seen(camera, lambda now: now.corners is not None)
    (page,) = camera.scan_pages()
    camera.close()
    stream.unplug()
    assert (shown.width, shown.height) == (960, 720)
    corners = find_sheet(shot)
    assert corners is not None
    dpi = LARGE[0] / VIEW_WIDTH * 25.4
    assert page.sharpness == pytest.approx(page_of_photograph(shot, corners, dpi).sharpness, rel=0.2)
