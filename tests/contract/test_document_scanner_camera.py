"""The camera above the papers: a real stream through OpenCV, with papers laid below it by hand."""

from __future__ import annotations

import functools
import io
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
from PIL import Image

from devices import frames, registry
from devices.document_scanner.camera import Settings, create
from devices.document_scanner.sheet import Picture
from devices.errors import NeedsAttention, Timeout
from devices.interfaces import Condition, DocumentCamera, PaperSensor, Preview
from tests.contract.camera_stream import CameraStream
from tests.unit.desks import desk, lay
from tests.unit.paper import printed

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 10.0
VIEW = (1600, 1200)
SHARE = 0.85
VIEW_WIDTH = 297 / SHARE * VIEW[0] / VIEW[1]  # an A4 sheet of that share is 297 mm high
BLACK = np.full((VIEW[1], VIEW[0], 3), 2, np.uint8)


@functools.cache
def paper(kind: str = "text", seed: int = 0, ground: str = "mat") -> Picture:
    """What the camera sees of an A4 sheet, as OpenCV has it: blue first."""
    shot = lay(printed(kind, seed), ground, seed, SHARE, VIEW)
    return np.ascontiguousarray(shot.picture[:, :, ::-1])


@functools.cache
def mat() -> Picture:
    """Nothing on the mat."""
    rng = np.random.default_rng(5)
    return np.clip(desk("mat", rng, VIEW)[:, :, ::-1] + rng.normal(0, 3, (VIEW[1], VIEW[0], 3)), 0, 255).astype(
        np.uint8
    )


@pytest.fixture
def stream() -> Iterator[CameraStream]:
    made = CameraStream()
    made.scene = mat()
    yield made
    made.unplug()


@pytest.fixture
def camera(stream: CameraStream) -> Iterator[DocumentCamera]:
    made = camera_of(stream.url)
    made.open()
    yield made
    made.close()


def camera_of(source: str, **more: float) -> DocumentCamera:
    table = {"steady_seconds": 0.4, "wait_seconds": 2.0} | more
    return create(Settings.model_validate({"driver": "camera", "source": source, "view_width_mm": VIEW_WIDTH, **table}))


def seen(camera: DocumentCamera, enough: Callable[[Preview], bool]) -> Preview:
    """The first preview that is as wanted."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now = camera.preview(1.0)
        if now is not None and enough(now):
            return now
    raise AssertionError("never seen")


def eventually(answer: Callable[[], bool]) -> bool:
    """Whether it becomes true before patience ends."""
    end = time.monotonic() + PATIENCE
    while not (true := answer()) and time.monotonic() < end:
        time.sleep(0.02)
    return true


def code_of(camera: DocumentCamera) -> str:
    """Why nothing is taken."""
    with pytest.raises(NeedsAttention) as caught:
        list(camera.scan_pages())
    return caught.value.code


def test_it_is_a_document_camera(camera: DocumentCamera) -> None:
    assert isinstance(camera, DocumentCamera)
    assert camera.status().condition is Condition.READY


def test_a_sheet_becomes_an_upright_page(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = np.ascontiguousarray(np.rot90(paper(), 2))
    seen(camera, lambda now: now.corners is not None)
    (page,) = camera.scan_pages()
    assert (page.width, page.height, page.dpi, page.problems) == (1654, 2339, 200, ())
    kept = np.asarray(Image.open(io.BytesIO(page.jpeg)).convert("L").resize((414, 585)), np.float32)
    wanted = np.asarray(printed("text", 0).convert("L").resize((414, 585)), np.float32)
    assert np.corrcoef(kept.ravel(), wanted.ravel())[0, 1] > 0.7


def test_the_preview_shows_the_sheet_and_its_corners(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = paper("form", 1)
    now = seen(camera, lambda now: now.corners is not None)
    assert (now.width, now.height, len(now.rgb)) == (960, 720, 960 * 720 * 3)
    true = lay(printed("form", 1), "mat", 1, SHARE, VIEW).corners
    assert np.allclose(np.array(now.corners) * VIEW, true, atol=6)
    red = np.frombuffer(now.rgb, np.uint8).reshape(720, 960, 3)
    assert np.abs(red.mean(axis=(0, 1)) - stream.scene[:, :, ::-1].mean(axis=(0, 1))).max() < 3


def test_paper_that_was_left_is_seen(stream: CameraStream, camera: DocumentCamera) -> None:
    assert isinstance(camera, PaperSensor)
    assert not camera.paper_left()
    stream.scene = paper()
    assert eventually(camera.paper_left)
    stream.scene = mat()
    assert eventually(lambda: not camera.paper_left())


def test_an_empty_mat_is_shown_without_corners(camera: DocumentCamera) -> None:
    now = seen(camera, lambda now: True)
    assert (now.corners, now.steady) == (None, False)
    assert code_of(camera) == "scanner_no_paper"


def test_it_waits_until_the_hand_is_gone(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = paper()
    seen(camera, lambda now: now.steady)
    steady = []
    for place in range(12):  # a hand over the sheet
        moved = paper().copy()
        cv2.circle(moved, (500 + 40 * place, 600), 130, (120, 150, 200), -1)
        stream.scene = moved
        before = stream.frames
        eventually(lambda mark=before: stream.frames > mark + 1)  # type: ignore[misc]
        now = camera.preview(1.0)
        steady.append(now is not None and now.steady)
    assert not any(steady[2:])
    stream.scene = paper()
    assert seen(camera, lambda now: now.steady).corners is not None


def test_a_sheet_that_never_lies_still_is_not_taken(stream: CameraStream) -> None:
    camera = camera_of(stream.url, steady_seconds=1.2)  # each picture is held for less
    for number in range(8):
        stream.hold(np.ascontiguousarray(np.roll(paper(), 60 * (number % 2), axis=1)))
    assert code_of(camera) == "page_moving"
    camera.close()


def test_a_lamp_that_flickers_is_no_movement(stream: CameraStream, camera: DocumentCamera) -> None:
    lights = [(paper() * share).astype(np.uint8) for share in (1.0, 0.88)]
    steady = []
    for number in range(16):
        stream.scene = lights[number % 2]
        before = stream.frames
        eventually(lambda mark=before: stream.frames > mark + 1)  # type: ignore[misc]
        now = camera.preview(1.0)
        steady.append(now is not None and now.steady)
    assert all(steady[-3:])


def test_the_same_sheet_is_offered_once(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = paper()
    seen(camera, lambda now: now.steady)
    assert len(list(camera.scan_pages())) == 1
    time.sleep(0.6)
    again = [camera.preview(1.0) for _ in range(10)]
    assert not any(now.steady for now in again if now is not None)
    stream.scene = paper("form", 2)
    assert seen(camera, lambda now: now.steady).corners is not None


def test_corners_set_by_hand_are_used_once(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = paper()
    corners = ((0.3, 0.2), (0.7, 0.2), (0.7, 0.6), (0.3, 0.6))
    assert camera.set_corners(corners)
    assert seen(camera, lambda now: now.corners is not None).corners == corners
    (page,) = camera.scan_pages()
    assert page.width / page.height == pytest.approx(0.4 * VIEW[0] / (0.4 * VIEW[1]), rel=0.01)
    (page,) = camera.scan_pages()
    assert (page.width, page.height) == (1654, 2339)


@pytest.mark.parametrize("corners", [((0, 0),) * 4, ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))])
def test_corners_that_cannot_be_are_refused(camera: DocumentCamera, corners: tuple[tuple[float, float], ...]) -> None:
    assert not camera.set_corners(corners)  # type: ignore[arg-type]
    assert seen(camera, lambda now: True).corners is None


def test_a_sheet_that_lies_half_beside_the_view_is_told(stream: CameraStream, camera: DocumentCamera) -> None:
    rng = np.random.default_rng(2)
    beside = np.concatenate([paper()[:, 600:], mat()[:, :600]], axis=1)
    stream.scene = np.clip(beside + rng.normal(0, 1, beside.shape), 0, 255).astype(np.uint8)
    seen(camera, lambda now: now.corners is not None)
    (page,) = camera.scan_pages()
    assert page.problems == ("page_cut",)


def test_black_frames_are_told_and_end(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.scene = BLACK
    assert eventually(lambda: camera.status().code == "camera_black")
    assert camera.status().condition is Condition.ATTENTION
    assert code_of(camera) == "camera_black"
    stream.scene = paper()
    assert eventually(lambda: camera.status().condition is Condition.READY)


def test_no_frames_is_silence(stream: CameraStream, camera: DocumentCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STUCK_SECONDS", 0.5)
    assert camera.preview(1.0)
    stream.frozen.set()
    camera.preview(0.1)
    with pytest.raises(Timeout) as caught:
        camera.preview(PATIENCE)
    assert caught.value.code == "camera_silent"
    stream.frozen.clear()
    assert eventually(lambda: camera.status().condition is Condition.READY)


def test_a_driver_that_never_returns_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "video0"
    os.mkfifo(pipe)
    monkeypatch.setattr(frames, "OPEN_SECONDS", 0.2)
    monkeypatch.setattr(frames, "STOP_SECONDS", 0.1)
    camera, before = camera_of(str(pipe)), threading.active_count()
    for _ in range(2):
        status = camera.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, "camera_silent")
    os.close(os.open(pipe, os.O_WRONLY))
    assert eventually(lambda: threading.active_count() == before)
    camera.close()


def test_unplugged_is_a_state_that_ends_by_itself(stream: CameraStream, camera: DocumentCamera) -> None:
    stream.unplug()
    assert eventually(lambda: camera.status().code == "device_unplugged")
    assert camera.status().condition is Condition.OFFLINE
    stream.plug()
    stream.scene = paper()
    assert camera.status().condition is Condition.READY  # at the first question, not the second
    assert len(list(camera.scan_pages())) == 1


def test_a_camera_that_nobody_asks_is_spared(stream: CameraStream, monkeypatch: pytest.MonkeyPatch) -> None:
    spared = frames.Camera(stream.url, spare=True)
    spared.open()
    try:
        first = spared.frame(0, PATIENCE)
        assert first is not None
        before = stream.frames
        assert eventually(lambda: stream.frames > before + 40)
        later = spared.frame(first.number, PATIENCE)
        assert later is not None
        assert later.number - first.number < 30
    finally:
        spared.close()


def test_tried_alone(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), paper("form", 3))
    command = [sys.executable, "-m", "devices.document_scanner.camera", "--source", str(tmp_path), "--view-width"]
    done = subprocess.run([*command, str(VIEW_WIDTH), "test"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1654 × 2339 at 200 dpi" in done.stdout
    cv2.imwrite(str(tmp_path / "1.png"), mat())
    done = subprocess.run([*command, str(VIEW_WIDTH), "test"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "scanner_no_paper" in done.stderr


@pytest.mark.parametrize("table", [{}, {"source": ""}, {"source": "http://10.0.0.1/x"}, {"view_width_mm": 0}])
def test_mistakes_in_the_table_are_told(table: dict[str, object]) -> None:
    assert registry.check("document_scanner", {"driver": "camera", **table})
