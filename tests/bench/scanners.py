"""Cost of a page, from what the camera or the scanner saw to what is kept; and of the codes of ID cards."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from PIL import Image

from devices.code_scanner.camera import decode, read_codes
from devices.document_scanner.page import check_page, page_of_photograph, warm_up
from devices.document_scanner.sheet import find_sheet
from tests.bench import live_view
from tests.unit.desks import DESKS, lay
from tests.unit.paper import printed
from tests.unit.qr_pictures import Sample, samples

ROUNDS = 15
VIEW = (2592, 1944)  # five million dots, the least that document cameras have
SHARE = 0.85
VIEW_DPI = VIEW[1] * SHARE / (297 / 25.4)
KINDS = ("text", "form", "table", "sparse")
CLOSE = 3.0  # dots: 0.35 mm


def measure() -> Mapping[str, Any]:
    """Milliseconds of one core for a page (≤ 300), beside decoding and encoding its JPEG; share of codes read.

    Also how many pictures of a camera reach the glass in a second: ≥ 8 simulated, ≥ 4 of twelve million dots.
    """
    warm_up()
    return pages() | sheets() | codes() | live_view.measure()


def pages() -> dict[str, Any]:
    """A photograph of an A4 sheet and a skewed scan of one, each to a checked page of 200 dpi."""
    shot = lay(printed("text", 1), "mat", 1, SHARE, VIEW)
    skewed = printed("text", 1).rotate(1.7, Image.Resampling.BICUBIC, fillcolor=(250, 249, 246))

    def photograph() -> bytes:
        corners = find_sheet(shot.picture)
        assert corners is not None
        return page_of_photograph(shot.picture, corners, VIEW_DPI).jpeg

    jpeg = photograph()
    steps: dict[str, Callable[[], object]] = {
        "photograph_cpu_ms": photograph,
        "find_sheet_cpu_ms": lambda: find_sheet(shot.picture),
        "level_scan_cpu_ms": lambda: check_page(printed_once, 200),
        "skewed_scan_cpu_ms": lambda: check_page(skewed, 200),
        "jpeg_decode_encode_cpu_ms": lambda: _again(jpeg),
    }
    printed_once = printed("text", 1)
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):  # in turn, so that a busy machine is busy for all of them
        for name, step in steps.items():
            taken[name].append(_milliseconds(step))
    answer: dict[str, Any] = {f"page_{name}": _spread(values) for name, values in taken.items()}
    reference = statistics.median(taken["jpeg_decode_encode_cpu_ms"])
    answer["page_photograph_ratio"] = statistics.median(taken["photograph_cpu_ms"]) / reference
    answer["page_skewed_scan_ratio"] = statistics.median(taken["skewed_scan_cpu_ms"]) / reference
    return answer


def sheets() -> dict[str, Any]:
    """How many of 20 sheets on each kind of desk are found with all corners within 0.35 mm."""
    answer = {}
    for desk in DESKS:
        shots = [lay(printed(KINDS[seed % 4], seed), desk, seed, (0.85, 0.5)[seed % 2]) for seed in range(20)]
        answer[f"sheets_found_{desk}_of_20"] = sum(shot.off(find_sheet(shot.picture)) <= CLOSE for shot in shots)
    return answer


def codes() -> dict[str, Any]:
    """The 125 damaged pictures of ID-card codes, read by us and by OpenCV's own detector."""
    pictures = list(samples())
    detector = cv2.QRCodeDetector()

    def opencv(picture: np.ndarray) -> list[str]:
        text, _, _ = detector.detectAndDecode(picture)
        return [text] if text else []

    ours = _reading(pictures, lambda picture: [decode(code) for code in read_codes(picture)])
    theirs = _reading(pictures, opencv)
    return {f"codes_{key}": value for key, value in ours.items()} | {
        f"codes_opencv_{key}": value for key, value in theirs.items()
    }


def _reading(pictures: list[Sample], read: Callable[[Any], list[str]]) -> dict[str, Any]:
    right, wrong, taken = 0, 0, []
    for sample in pictures:
        begin = time.thread_time()
        texts = read(sample.picture)
        taken.append((time.thread_time() - begin) * 1000)
        right += sample.text in texts
        wrong += any(text != sample.text for text in texts)
    return {"read_percent": 100 * right / len(pictures), "wrong": wrong, "mean_ms": statistics.fmean(taken)}


def _again(jpeg: bytes) -> None:
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.save(io.BytesIO(), "JPEG", quality=80)


def _milliseconds(step: Callable[[], object]) -> float:
    begin = time.thread_time()
    step()
    return (time.thread_time() - begin) * 1000


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} [{min(values):.3g} … {max(values):.3g}]"


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"scanners {name}: {value:.4g}" if isinstance(value, float) else f"scanners {name}: {value}")
