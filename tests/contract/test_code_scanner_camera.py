"""The camera as a code scanner: a real stream, a video file and a folder of pictures, through OpenCV."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices import frames, registry
from devices.code_scanner import camera
from devices.errors import Timeout, Unavailable
from devices.interfaces import CodeScanner, Condition
from tests.contract.camera_stream import BLACK, TABLE, CameraStream, qr_picture

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 10.0
SHORT = 0.3


@pytest.fixture
def stream() -> Iterator[CameraStream]:
    made = CameraStream()
    yield made
    made.unplug()


@pytest.fixture
def scanner(stream: CameraStream) -> Iterator[CodeScanner]:
    made = camera.create(camera.Settings(driver="camera", source=stream.url, again_seconds=0.5))
    made.open()
    yield made
    made.close()


def eventually(answer: Callable[[], bool]) -> bool:
    """Whether it becomes true before patience ends."""
    end = time.monotonic() + PATIENCE
    while not (true := answer()) and time.monotonic() < end:
        time.sleep(0.02)
    return true


def test_a_code_in_view_is_told_once_and_again_after_it_was_away(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = qr_picture("A001")
    assert scanner.read_code(PATIENCE) == "A001"
    assert scanner.read_code(1.2) is None
    stream.scene = TABLE
    assert scanner.read_code(0.8) is None
    stream.scene = qr_picture("A001")
    assert scanner.read_code(PATIENCE) == "A001"


def test_what_was_shown_while_nobody_looked_is_not_read_later(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = qr_picture("of the last citizen")
    before = stream.frames
    assert eventually(lambda: stream.frames > before + 10)
    stream.scene = TABLE
    before = stream.frames
    assert eventually(lambda: stream.frames > before + 5)
    assert scanner.read_code(SHORT) is None


def test_two_codes_in_one_picture_are_both_read(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = np.hstack([qr_picture("left"), qr_picture("right")])
    assert {scanner.read_code(PATIENCE), scanner.read_code(PATIENCE)} == {"left", "right"}


def test_decomposed_letters_are_composed(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = qr_picture("Nguye\u0302\u0303n")
    assert scanner.read_code(PATIENCE) == "Nguyễn"


def test_a_code_that_is_no_utf8_is_refused_not_mangled(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = qr_picture("Nguyễn Đức".encode("utf-16"))
    assert scanner.read_code(1.0) is None
    status = scanner.status()
    assert (status.condition, status.code) == (Condition.READY, "scan_unreadable")
    stream.scene = qr_picture("A001")
    assert scanner.read_code(PATIENCE) == "A001"
    assert scanner.status().code == ""


def test_black_frames_are_a_state_that_ends(stream: CameraStream, scanner: CodeScanner) -> None:
    stream.scene = BLACK
    assert scanner.read_code(1.5) is None
    status = scanner.status()
    assert (status.condition, status.code) == (Condition.ATTENTION, "camera_dark")
    stream.scene = qr_picture("A001")
    assert scanner.read_code(PATIENCE) == "A001"
    assert scanner.status().condition is Condition.READY


def test_a_camera_that_gives_no_more_frames_is_stuck(
    stream: CameraStream, scanner: CodeScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "STUCK_SECONDS", 0.5)
    assert scanner.read_code(SHORT) is None
    stream.frozen.set()
    with pytest.raises(Timeout) as caught:
        scanner.read_code(PATIENCE)
    assert caught.value.code == "device_stuck"
    stream.frozen.clear()
    assert eventually(lambda: scanner.status().condition is Condition.READY)


def test_a_driver_that_never_returns_costs_one_thread_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a pipe that nobody writes to hangs in the kernel, as a broken camera does."""
    pipe = tmp_path / "video0"
    os.mkfifo(pipe)
    monkeypatch.setattr(frames, "OPEN_SECONDS", 0.2)
    monkeypatch.setattr(frames, "STOP_SECONDS", 0.1)
    device = camera.create(camera.Settings(driver="camera", source=str(pipe)))
    before = threading.active_count()
    for _ in range(3):
        status = device.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, "device_stuck")
    assert threading.active_count() == before + 1
    os.close(os.open(pipe, os.O_WRONLY))
    assert eventually(lambda: threading.active_count() == before)
    device.close()


def video(path: Path, seconds: float, *pictures: np.ndarray) -> Path:
    """A motion JPEG file that shows each picture for so long."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (width, height))
    for picture in pictures:
        for _ in range(int(seconds * 20)):
            writer.write(picture)
    writer.release()
    return path


def test_a_video_file_plays_to_its_end(tmp_path: Path) -> None:
    file = video(tmp_path / "hall.avi", 0.5, TABLE, qr_picture("A001"), TABLE, qr_picture("A002"), TABLE)
    device = registry.create("code_scanner", {"driver": "camera", "source": str(file)})
    assert device.read_code(PATIENCE) == "A001"
    assert device.read_code(PATIENCE) == "A002"
    with pytest.raises(Unavailable):
        device.read_code(PATIENCE)
    device.close()


def test_a_folder_of_pictures_is_shown_in_turn(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), qr_picture("A001"))
    (tmp_path / "2.png").write_bytes(b"no picture")
    device = registry.create("code_scanner", {"driver": "camera", "source": str(tmp_path)})
    assert device.read_code(PATIENCE) == "A001"
    cv2.imwrite(str(tmp_path / "3.png"), qr_picture("A003"))
    assert device.read_code(PATIENCE) == "A003"
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(Unavailable):
        device.read_code(PATIENCE)
    assert device.status().code == "device_unplugged"


def test_bar_codes_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    import zxingcpp

    bars = zxingcpp.create_barcode("B-017", zxingcpp.BarcodeFormat.Code128)
    plain = cv2.cvtColor(np.asarray(zxingcpp.write_barcode_to_image(bars, scale=3)), cv2.COLOR_GRAY2BGR)
    cv2.imwrite(
        str(tmp_path / "1.png"), cv2.copyMakeBorder(plain, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(255,) * 3)
    )
    table = {"driver": "camera", "source": str(tmp_path)}
    for wanted, read in (({}, None), ({"formats": ["QRCode", "Code128"]}, "B-017")):
        device = registry.create("code_scanner", table | wanted)
        assert device.read_code(SHORT if read is None else PATIENCE) == read
        device.close()


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"source": ""},
        {"source": "rtsp://10.0.0.1/x"},
        {"source": "http://10.0.0.1/x"},
        {"source": "video0"},
        {"source": "0", "formats": []},
    ],
)
def test_mistakes_in_the_table_are_told(table: dict[str, object]) -> None:
    assert registry.check("code_scanner", {"driver": "camera", **table})


@pytest.mark.parametrize("source", ["/dev/video0", "0", "http://127.0.0.1:8080/x"])
def test_every_kind_of_source_is_taken(source: str) -> None:
    assert registry.check("code_scanner", {"driver": "camera", "source": source}) == []


@pytest.mark.parametrize(
    ("picture", "exit_code", "said"), [(qr_picture("A-025"), 0, "5 characters"), (TABLE, 1, "no code")]
)
def test_tried_alone(tmp_path: Path, picture: np.ndarray, exit_code: int, said: str) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), picture)
    command = [sys.executable, "-m", "devices.code_scanner.camera", "--source", str(tmp_path), "--seconds", "1", "test"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == exit_code
    assert said in done.stdout + done.stderr
    assert "A-025" not in done.stdout
