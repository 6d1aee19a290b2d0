"""What becomes of a raw picture: broken data, size, resolution, blur, darkness."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from devices.document_scanner.page import MAX_PIXELS, check_page, open_picture
from devices.errors import NeedsAttention


def written_page(width: int = 1654, height: int = 2339) -> Image.Image:
    """A white page with lines of print."""
    page = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(page)
    size = max(10, width // 50)
    for line in range(2 * size, height - 2 * size, 2 * size):
        draw.text((2 * size, line), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", fill="black", font_size=size)
    return page


def encoded(picture: Image.Image, kind: str) -> bytes:
    """The bytes of a picture file."""
    output = io.BytesIO()
    picture.save(output, kind)
    return output.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A tiny PNG file with the header of a huge one (PNG 1.2, 11.2.2)."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 100))]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def code_of(data: bytes) -> str:
    """Why a picture is refused."""
    with pytest.raises(NeedsAttention) as caught:
        check_page(open_picture(data))
    return caught.value.code


JPEG = encoded(written_page(400, 560), "JPEG")


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"%PDF-1.7\n", b"\xff\xd8\xff", JPEG[: len(JPEG) // 2], JPEG[:-2000], png_that_claims(9, 9)],
    ids=["empty", "text", "pdf", "start only", "half", "end cut", "empty png"],
)
def test_broken_data_is_unreadable(data: bytes) -> None:
    assert code_of(data) == "page_unreadable"


@pytest.mark.parametrize("size", [(10_000, 10_000), (100_000, 100_000), (8000, 5001)])
def test_a_huge_picture_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    assert code_of(png_that_claims(*size)) == "page_too_large"


def test_a_huge_scan_is_refused_too() -> None:
    with pytest.raises(NeedsAttention) as caught:
        check_page(Image.new("1", (8000, MAX_PIXELS // 8000 + 1)))
    assert caught.value.code == "page_too_large"


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1)])
def test_a_thread_is_no_page(size: tuple[int, int]) -> None:
    assert code_of(encoded(Image.new("L", size, 255), "PNG")) == "page_unreadable"


PNG = encoded(Image.effect_noise((60, 80), 80), "PNG")


@pytest.mark.parametrize("picture", [JPEG, PNG], ids=["jpeg", "png"])
@settings(max_examples=60, deadline=None)
@given(part=st.floats(0, 1), noise=st.binary(min_size=1, max_size=40))
def test_damaged_files_never_surprise(picture: bytes, part: float, noise: bytes) -> None:
    at = int(part * len(picture))
    code = ""
    try:
        check_page(open_picture(picture[:at] + noise + picture[at + len(noise) :]))
    except NeedsAttention as error:
        code = error.code
    assert code in ("", "page_unreadable", "page_too_large")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA"])
def test_every_kind_of_picture_becomes_a_colour_jpeg(mode: str) -> None:
    page = check_page(written_page(800, 1131).convert("RGBA" if mode == "LA" else mode).convert(mode))
    kept = Image.open(io.BytesIO(page.jpeg))
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (page.width, page.height))


def test_a_good_page_has_no_problem() -> None:
    page = check_page(written_page())
    assert page.problems == ()
    assert (page.width, page.height, page.dpi) == (1654, 2339, 200)
    assert Image.open(io.BytesIO(page.jpeg)).info["dpi"] == (200, 200)
    assert page.sharpness > 25


@pytest.mark.parametrize(
    ("size", "dpi", "kept"),
    [
        ((2480, 3508), 300, (1653, 2339, 200)),  # A4
        ((1748, 2480), 300, (1165, 1653, 200)),  # A5
        ((827, 1169), 100, (827, 1169, 100)),  # nothing is invented
        ((2339, 3308), 200, (2339, 3308, 200)),  # A3: a digitised paper has 200 dpi at least
        ((4000, 3000), 0, (2339, 1754, 200)),  # a photograph of unknown size is taken for A4
        ((827, 1169), 0, (827, 1169, 100)),
    ],
)
def test_pages_keep_their_size_in_millimetres(size: tuple[int, int], dpi: int, kept: tuple[int, int, int]) -> None:
    page = check_page(Image.new("L", size, 255), dpi)
    assert (page.width, page.height, page.dpi) == kept


def test_a_sharp_line_on_an_empty_page_is_not_blurred() -> None:
    full = check_page(written_page())
    sparse = Image.new("RGB", (1654, 2339), "white")
    sparse.paste(written_page().crop((0, 300, 1654, 360)), (0, 300))
    page = check_page(sparse)
    assert page.problems == ()
    assert page.sharpness > full.sharpness / 4
    assert check_page(sparse.filter(ImageFilter.GaussianBlur(4))).problems == ("page_blurred",)


def test_a_photograph_stays_small() -> None:
    smooth = Image.effect_noise((1654, 2339), 60).filter(ImageFilter.GaussianBlur(1)).convert("RGB")
    assert len(check_page(smooth).jpeg) <= 600_000


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90° (Exif 2.32, 4.6.4)
    output = io.BytesIO()
    written_page(560, 400).save(output, "JPEG", exif=exif)
    assert open_picture(output.getvalue()).size == (400, 560)


def test_sixteen_bit_grey_and_glass_stay_white_paper() -> None:
    grey = Image.new("I;16", (400, 560), 0xFF00)
    assert check_page(grey).problems == ("page_blank",)
    assert check_page(Image.new("RGBA", (400, 560), (0, 0, 0, 0))).problems == ("page_blank",)


def test_a_scan_is_not_shown_in_logs() -> None:
    assert "xff" not in repr(check_page(written_page(400, 560)))


def test_problems_are_found_one_at_a_time() -> None:
    good = written_page()
    assert check_page(good.filter(ImageFilter.GaussianBlur(4))).problems == ("page_blurred",)
    assert check_page(Image.new("RGB", good.size, "white")).problems == ("page_blank",)
    assert check_page(Image.eval(good, lambda value: value // 4)).problems == ("page_dark",)
    assert check_page(Image.new("RGB", good.size, "black")).problems == ("page_dark",)
