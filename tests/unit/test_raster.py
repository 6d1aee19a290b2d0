"""Pictures as ESC/POS bytes, read back by the virtual printer's own parser."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.printer.raster import encode
from devices.printer.stream import Command, Paper, Stream
from kiosk import slips
from kiosk.hall.view import Estimate
from kiosk.slip_picture import draw

WIDTHS = (384, 512, 576)
EXECUTED = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
NOW = datetime(2026, 11, 23, 8, 14, tzinfo=UTC)


def blank(width: int = 576, height: int = 40) -> Image.Image:
    return Image.new("1", (width, height), 1)


def parsed(job: bytes, width: int) -> tuple[list[Command], Image.Image]:
    """Commands of a job, and the paper when it was cut."""
    stream, paper = Stream(executes_inside_rasters=False), Paper(width)
    commands = list(stream.feed(job))
    assert stream.strays == b""
    cuts = [paper.do(command) for command in commands]
    assert cuts == [False] * (len(cuts) - 1) + [True]
    return commands, paper.picture()


def rasters(commands: list[Command]) -> list[Command]:
    return [command for command in commands if command.name == b"\x1dv"]


def difference(printed: Image.Image, image: Image.Image) -> Image.Image:
    whole = Image.new("1", printed.size, 1)
    whole.paste(image, (0, 0))
    return ImageChops.logical_xor(printed, whole)


@st.composite
def pictures(draw_value: st.DrawFn) -> Image.Image:
    """White paper with rectangles of noise; the noise is rich in bytes that printers execute."""
    width = draw_value(st.sampled_from(WIDTHS))
    height = draw_value(st.integers(1, 600))
    rows = np.zeros((height, width // 8), dtype=np.uint8)
    for _ in range(draw_value(st.integers(0, 6))):
        x, y = draw_value(st.integers(0, width // 8 - 1)), draw_value(st.integers(0, height - 1))
        wide, high = draw_value(st.integers(1, width // 8)), draw_value(st.integers(1, 300))
        part = rows[y : y + high, x : x + wide]
        noise = np.random.default_rng(draw_value(st.integers(0, 2**16)))
        part[:] = noise.choice(np.array([0x10, 0x04, 0x05, 0x14, 0x00, 0xFF, 0x80, 0x01], np.uint8), part.shape)
    return Image.frombytes("1", (width, height), rows.tobytes(), "raw", "1;I")


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_what_is_printed_is_the_picture(image: Image.Image) -> None:
    commands, printed = parsed(encode(image), image.width)
    assert printed.height >= image.height
    added = np.packbits(np.asarray(difference(printed, image)), axis=1)
    assert not np.any(added & ~np.uint8(0x02))  # nothing but spare dots, and these only become black
    assert not np.any(np.asarray(printed)[: image.height] & ~np.asarray(image))
    before = np.packbits(~np.asarray(image), axis=1)
    for y, x in zip(*np.nonzero(added[: image.height]), strict=True):
        assert before[y, x] in (0x04, 0x05, 0x14)
    for command in rasters(commands):
        assert not any(pair in command.parameters + command.data for pair in EXECUTED)


@settings(max_examples=30, deadline=None)
@given(pictures())
def test_nothing_in_a_job_looks_like_a_real_time_command(image: Image.Image) -> None:
    job = encode(image)
    assert not any(pair in job for pair in EXECUTED)


@pytest.mark.parametrize("width", WIDTHS)
def test_pairs_that_printers_execute_cost_one_dot(width: int) -> None:
    rows = np.zeros((8, width // 8), dtype=np.uint8)
    rows[0, :6] = (0x10, 0x04, 0x10, 0x05, 0x10, 0x14)
    rows[1, -1], rows[2, 0] = 0x10, 0x04  # over the end of a row
    image = Image.frombytes("1", (width, 8), rows.tobytes(), "raw", "1;I")
    rows[5, 0] = 1  # so that the band is as wide as the paper
    image = Image.frombytes("1", (width, 8), rows.tobytes(), "raw", "1;I")
    _, printed = parsed(encode(image), width)
    assert sum(difference(printed, image).convert("L").histogram()[1:]) == 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("height", [1, 7, 255, 256, 600])
def test_a_blank_picture_is_feed_alone(width: int, height: int) -> None:
    commands, printed = parsed(encode(blank(width, height)), width)
    assert not rasters(commands)
    assert ImageChops.invert(printed.convert("L")).getbbox() is None
    assert sum(command.parameters[0] for command in commands if command.name == b"\x1bJ") == height


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("corner", [(0, 0), (-1, 0), (0, -1), (-1, -1)])
def test_one_dot_in_a_corner(width: int, corner: tuple[int, int]) -> None:
    image = blank(width)
    image.putpixel((corner[0] % image.width, corner[1] % image.height), 0)
    commands, printed = parsed(encode(image), width)
    assert difference(printed, image).getbbox() is None
    (band,) = rasters(commands)
    assert len(band.data) == width // 8


def test_ink_at_one_side_is_cropped_by_the_same_at_both() -> None:
    image = blank()
    image.paste(0, (80, 10, 101, 20))  # bytes 10 to 12 of 72
    commands, printed = parsed(encode(image), 576)
    assert difference(printed, image).getbbox() is None
    (band,) = rasters(commands)
    assert len(band.data) == (72 - 2 * 10) * 10


def test_a_small_gap_stays_in_the_band_and_a_large_one_becomes_feed() -> None:
    image = blank(height=60)
    for y in (10, 17, 25):  # six blank rows, then seven
        image.putpixel((5, y), 0)
    commands, printed = parsed(encode(image), 576)
    assert difference(printed, image).getbbox() is None
    assert [len(band.data) // 72 for band in rasters(commands)] == [8, 1]


def test_long_ink_is_divided_into_bands() -> None:
    image = Image.new("1", (576, 600), 0)
    for y in (100, 300, 550):  # nothing to be doubled
        image.putpixel((8, y), 1)
    commands, printed = parsed(encode(image), 576)
    assert difference(printed, image).getbbox() is None
    assert [len(band.data) // 72 for band in rasters(commands)] == [256, 256, 88]


def test_what_is_drawn_in_squares_of_two_dots_costs_a_quarter() -> None:
    small = Image.effect_noise((288, 40), 90).convert("1")
    image = small.resize((576, 80), Image.Resampling.NEAREST)
    commands, printed = parsed(encode(image), 576)
    assert sum(difference(printed, image).convert("L").histogram()[1:]) <= 4 * 4  # spare dots, doubled
    assert sum(len(band.data) for band in rasters(commands)) == 36 * 40


def test_grey_pictures_are_taken_too() -> None:
    image = Image.new("L", (576, 20), 255)
    image.paste(0, (0, 5, 576, 10))
    assert encode(image) == encode(image.convert("1"))


def test_a_width_of_broken_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        encode(blank(570))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_real_ticket_is_much_smaller_than_its_plain_raster(width: int) -> None:
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
    image = draw(slip, width)
    job = encode(image)
    _, printed = parsed(job, width)
    assert difference(printed, image).getbbox() is None
    assert len(job) <= 0.4 * image.width // 8 * image.height


def test_a_job_in_pieces_is_the_same_job() -> None:
    image = Image.new("1", (576, 30), 0)
    job = encode(image)
    stream = Stream(executes_inside_rasters=True)
    pieces = [command for byte in job for command in stream.feed(bytes((byte,)))]
    assert pieces == parsed(job, 576)[0]
