"""Our jobs read by npos, a receiver that nobody here wrote (npm, see `npos/`): its pictures are ours, bit for bit."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devices.printer.cut import Cut
from devices.printer.raster import encode
from kiosk import slips
from kiosk.hall.view import Estimate
from kiosk.slip_picture import draw
from tests.unit.test_raster import NOW

HERE = Path(__file__).parent / "npos"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")


def received(job: bytes) -> list[Image.Image]:
    """Each raster as npos sees it, doubled where the job says so: npos leaves that to the printer."""
    done = subprocess.run(["node", str(HERE / "parse.mjs")], input=job, capture_output=True, timeout=60, check=True)
    pictures = []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        ink = np.array([[dot == "1" for dot in row] for row in said["rows"]])
        if said["mode"] == 3:
            ink = ink.repeat(2, axis=0).repeat(2, axis=1)
        pictures.append(Image.fromarray(~ink))
    return pictures


def noise(width: int, height: int) -> Image.Image:
    """A picture with ink in each row and at both edges, so black that nothing in it looks like a command."""
    dots = random.Random(width * height)
    image = Image.new("1", (width, height), 1)
    for y in range(height):
        for x in (0, width - 1, *dots.sample(range(width), 2 * width // 3)):
            image.putpixel((x, y), 0)
    return image


@pytest.mark.parametrize("width", [384, 512, 576])
@pytest.mark.parametrize("cut", [Cut.PARTIAL, Cut.NONE])
def test_an_uncropped_band_comes_back_bit_for_bit(width: int, cut: Cut) -> None:
    image = noise(width, 120)
    (picture,) = received(encode(image, cut))
    assert np.array_equal(np.asarray(picture), np.asarray(image))


def test_a_doubled_band_comes_back_bit_for_bit() -> None:
    small = noise(288, 60)
    image = small.resize((576, 120), Image.Resampling.NEAREST)
    job = encode(image)
    (picture,) = received(job)
    assert len(job) < 288 // 8 * 60 + 40
    assert np.array_equal(np.asarray(picture), np.asarray(image))


def test_the_bands_of_a_real_ticket_are_its_ink() -> None:
    slip = slips.ticket_slip(
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        number="A-025",
        series_title="Khai sinh, kết hôn, hộ tịch",
        counters=(1, 2),
        issued_at=NOW,
        ahead=7,
        estimate=Estimate(20, 15, 26),
        qr="MC1|H05.114|2026-11-23|A-025",
    )
    image = draw(slip, 576)
    ink = sum(int((~np.asarray(picture)).sum()) for picture in received(encode(image)))
    assert ink == int((~np.asarray(image)).sum())
