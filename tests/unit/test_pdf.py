"""Pages become one PDF/A-2b that keeps their bytes; the text layer comes beside, or not at all."""

from __future__ import annotations

import io
import stat
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from devices.document_scanner import pdf as module
from devices.document_scanner.page import check_page
from devices.document_scanner.pdf import add_text_layer, is_pdf_a, pdf_a
from devices.errors import NeedsAttention
from tests.unit.paper import printed

TITLE = "Tờ khai đăng ký khai sinh"
SIZE = (620, 877)


def jpeg(seed: int = 0, mode: str = "RGB") -> bytes:
    """A small page."""
    output = io.BytesIO()
    printed("text", seed, SIZE).convert(mode).save(output, "JPEG", quality=80, dpi=(75, 75))
    return output.getvalue()


def kept(pdf: bytes) -> list[bytes]:
    """The pictures in a file, as they stand there."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [image.read_raw_bytes() for page in opened.pages for image in page.get_images().values()]


@pytest.fixture
def ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an OCRmyPDF of our own: what it does is written into it by the test."""
    monkeypatch.setattr(module, "_program", lambda: str(tmp_path / "ocrmypdf"))
    return tmp_path


def script(folder: Path, lines: str) -> None:
    program = folder / "ocrmypdf"
    program.write_text(f"#!/bin/sh\n{lines}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_pages_become_one_valid_file_that_keeps_their_bytes() -> None:
    jpegs = [jpeg(1), jpeg(2), jpeg(3, "L")]
    made = pdf_a(jpegs, TITLE)
    assert is_pdf_a(made)
    assert kept(made) == jpegs


def test_it_says_what_it_is() -> None:
    with pikepdf.open(io.BytesIO(pdf_a([jpeg()], TITLE))) as made:
        with made.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
            assert metadata["dc:title"] == TITLE
        (intent,) = list(made.Root.OutputIntents)
        assert str(intent.S) == "/GTS_PDFA1"
        assert made.Root.get("/AA") is None
        assert made.Root.get("/OpenAction") is None
        assert not made.is_encrypted


def test_a_page_is_as_large_as_the_paper() -> None:
    page = check_page(printed("text", 4), 200)
    with pikepdf.open(io.BytesIO(pdf_a([page], TITLE))) as made:
        _, _, width, height = (float(side) / 72 * 25.4 for side in made.pages[0].mediabox)
    assert width == pytest.approx(210, abs=0.2)
    assert height == pytest.approx(297, abs=0.2)


def test_the_same_pages_give_the_same_bytes() -> None:
    created = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    for date in (None, created):
        first = pdf_a([jpeg(1)], TITLE, date)
        time.sleep(1.1)  # PDF counts whole seconds
        assert pdf_a([jpeg(1)], TITLE, date) == first
    assert pdf_a([jpeg(2)], TITLE) != pdf_a([jpeg(1)], TITLE)


def test_the_date_is_told_when_it_is_known() -> None:
    made = pdf_a([jpeg()], TITLE, datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    assert is_pdf_a(made)
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert str(opened.docinfo["/CreationDate"]).startswith("D:20261124083000")
    with pikepdf.open(io.BytesIO(pdf_a([jpeg()], TITLE))) as opened:
        assert "/CreationDate" not in opened.docinfo


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg()[:100], b"\xff\xd8\xff\xd9"])
def test_what_is_no_jpeg_has_a_code(data: bytes) -> None:
    with pytest.raises(NeedsAttention) as caught:
        pdf_a([jpeg(), data], TITLE)
    assert caught.value.code == "page_unreadable"


def test_without_a_page_there_is_no_file() -> None:
    with pytest.raises(ValueError, match="at least one page"):
        pdf_a([], TITLE)


def test_a_plain_file_is_no_pdf_a() -> None:
    output = io.BytesIO()
    with pikepdf.new() as plain:
        plain.add_blank_page()
        plain.save(output)
    assert not is_pdf_a(output.getvalue())
    assert not is_pdf_a(b"")


def invisible_words(pdf: bytes) -> int:
    """How often text is shown, all of it in rendering mode 3: neither filled nor stroked (ISO 32000-1, 9.3.6)."""
    count = 0
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [stream for stream in opened.objects if isinstance(stream, pikepdf.Stream)]
        forms = [stream for stream in streams if stream.get("/Subtype") == pikepdf.Name.Form]
        for content in [*opened.pages, *forms]:
            steps = [(str(step.operator), list(step.operands)) for step in pikepdf.parse_content_stream(content)]
            assert all(int(operands[0]) == 3 for operator, operands in steps if operator == "Tr")
            count += sum(operator in ("Tj", "TJ") for operator, _ in steps)
    return count


# -- text layer ----------------------------------------------------------------------------------------------------
def test_without_the_program_the_file_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = pdf_a([jpeg()], TITLE)
    monkeypatch.setattr(module, "_program", lambda: None)
    assert add_text_layer(made, 5) == (made, "text_layer_absent")
    monkeypatch.setattr(module, "_program", lambda: str(tmp_path / "gone"))
    assert add_text_layer(made, 5) == (made, "text_layer_failed")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("cat >/dev/null; exit 3", "text_layer_absent"),
        ("exit 1", "text_layer_failed"),
        ("cat >/dev/null; echo rubbish", "text_layer_failed"),
        ("cat >/dev/null; kill -9 $$", "text_layer_failed"),
    ],
)
def test_a_program_that_fails_changes_nothing(ocr: Path, lines: str, code: str) -> None:
    made = pdf_a([jpeg()], TITLE)
    script(ocr, lines)
    assert add_text_layer(made, 20) == (made, code)


def test_a_program_that_hangs_is_killed_with_all_it_started(ocr: Path) -> None:
    made = pdf_a([jpeg()], TITLE)
    script(ocr, f"echo $$ > {ocr}/group; sleep 300 & sleep 300")
    assert add_text_layer(made, 0.5) == (made, "text_layer_timeout")
    group = (ocr / "group").read_text().strip()
    left = subprocess.run(["ps", "-o", "stat=", "-g", group], capture_output=True, text=True)
    assert all(line.startswith("Z") for line in left.stdout.split())


def test_pictures_that_were_changed_are_not_taken(ocr: Path) -> None:
    made, other = pdf_a([jpeg(1)], TITLE), pdf_a([jpeg(2)], TITLE)
    (ocr / "other.pdf").write_bytes(other)
    script(ocr, f"cat >/dev/null; cat {ocr}/other.pdf")
    assert add_text_layer(made, 20) == (made, "text_layer_failed")
    script(ocr, "cat")
    layer = add_text_layer(made, 20)
    assert layer.code == ""
    assert is_pdf_a(layer.pdf)
    assert kept(layer.pdf) == kept(made)


def test_nothing_is_left_in_a_folder(ocr: Path) -> None:
    script(ocr, f"cat >/dev/null; echo $TMPDIR > {ocr}/folder; echo secret > $TMPDIR/page; exit 1")
    add_text_layer(pdf_a([jpeg()], TITLE), 20)
    folder = Path((ocr / "folder").read_text().strip())
    assert not folder.exists()
    assert folder.parent == Path("/dev/shm") or not module.MEMORY_FOLDER.is_dir()


@pytest.mark.skipif(module._program() is None, reason="OCRmyPDF is not installed on this machine")
def test_vietnamese_words_can_be_searched() -> None:
    made = pdf_a([check_page(printed("text", 4), 200)], TITLE)
    layer = add_text_layer(made, 120)
    if layer.code == "text_layer_absent":
        pytest.skip("tesseract or its Vietnamese is not installed on this machine")
    assert layer.code == ""
    assert is_pdf_a(layer.pdf)
    assert kept(layer.pdf) == kept(made)
    assert invisible_words(layer.pdf) > 30
    assert invisible_words(made) == 0


def test_a_photograph_of_another_colour_space_is_refused_or_valid() -> None:
    output = io.BytesIO()
    Image.new("CMYK", SIZE, (10, 20, 30, 0)).save(output, "JPEG", dpi=(75, 75))
    with pytest.raises(NeedsAttention):
        pdf_a([output.getvalue()], TITLE)
