"""Pages become one PDF/A-2b (ISO 19005-2), checked after it was written; a text layer to search in is added beside.

The pictures stay bit for bit what the scanner gave. The same pages, title and date give the same bytes.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devices.errors import NeedsAttention
from devices.interfaces import ScannedPage

if TYPE_CHECKING:
    from pikepdf import Pdf

LEVEL = "2b"
ABSENT = "text_layer_absent"
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  the text of a dossier must not lie on a disk, not even for a moment
MISSING = 3  # exit code of OCRmyPDF: a program or a language that it needs is not installed
POLITE = ("nice", "-n", "19")  # a citizen may stand before the glass


class TextLayer(NamedTuple):
    """A PDF/A-2b, with its text when `code` is empty; else the one that was given, and why it has none."""

    pdf: bytes
    code: str = ""


def pdf_a(pages: Sequence[ScannedPage | bytes], title: str, created: datetime | None = None) -> bytes:
    """One PDF/A-2b of colour JPEGs, each page as large as its dots are at the resolution written in it.

    `created` is an aware time; without it the file tells none. Raises `NeedsAttention`: `page_unreadable` when a page
    is no JPEG that PDF/A allows; ValueError when there is no page.
    """
    import img2pdf
    import pikepdf

    if not pages:
        raise ValueError("a dossier's paper has at least one page")
    jpegs = [page if isinstance(page, bytes) else page.jpeg for page in pages]
    try:
        plain = img2pdf.convert(jpegs, title=title, creationdate=created, moddate=created, nodate=created is None)
    except (img2pdf.ImageOpenError, img2pdf.JpegColorspaceError, img2pdf.UnsupportedColorspaceError, OSError) as error:
        raise NeedsAttention("page_unreadable", type(error).__name__) from None
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        return _written(pdf, created)


def as_pdf_a(pdf: bytes, created: datetime) -> bytes:
    """A PDF that was drawn here (fonts embedded, no transparency) as PDF/A-2b.

    Raises `NeedsAttention` `page_unreadable` when it holds what PDF/A does not allow.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as drawn:
        if "/OpenAction" in drawn.Root:  # how a viewer begins
            del drawn.Root["/OpenAction"]
        return _written(drawn, created)


def add_text_layer(pdf: bytes, timeout: float, language: str = "vie") -> TextLayer:
    """`pdf` with the words that OCRmyPDF reads in its pictures, invisible above them; never raises.

    Takes about four seconds a page. What is not there after `timeout` seconds is not waited for. Codes:
    `text_layer_absent` (not installed), `text_layer_timeout`, `text_layer_failed`.
    """
    program = _program()
    if program is None:
        return TextLayer(pdf, ABSENT)
    shared = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        # no PDF/A from it: its way there goes through Ghostscript, which would draw the pictures anew
        order = [program, "-q", "-l", language, "--output-type", "pdf", "--optimize", "0", "--jobs", "1", "-", "-"]
        environment = os.environ | {"TMPDIR": folder, "OMP_THREAD_LIMIT": "1"}
        try:
            with subprocess.Popen(  # noqa: S603  a program that was found on this machine
                [*POLITE, *order],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            ) as process:
                try:
                    read, _ = process.communicate(pdf, timeout)
                except subprocess.TimeoutExpired:
                    _kill(process)
                    return TextLayer(pdf, "text_layer_timeout")
        except OSError:
            return TextLayer(pdf, "text_layer_failed")
    if process.returncode == MISSING:
        return TextLayer(pdf, ABSENT)
    return _checked(pdf, read) if process.returncode == 0 else TextLayer(pdf, "text_layer_failed")


def can_add_text() -> bool:
    """Whether OCRmyPDF is on this machine; what it needs besides is only known when it runs."""
    return _program() is not None


def is_pdf_a(pdf: bytes) -> bool:
    """Whether a file is PDF/A-2b and says so."""
    from pikepdf import pdfa

    return bool(pdfa.validate_written(io.BytesIO(pdf), LEVEL).passed)


def _written(pdf: Pdf, created: datetime | None) -> bytes:
    """Brought to PDF/A, written and read again by the checker. Raises `NeedsAttention` when it does not pass."""
    from pikepdf import pdfa

    pdfa.prepare(pdf, LEVEL)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        # the time of writing would make every file another one
        del metadata["xmp:MetadataDate"]
        if created is not None:
            metadata["xmp:MetadataDate"] = created.isoformat(timespec="seconds")
    if "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]  # a random one; the new one is made of what is in the file
    output = io.BytesIO()
    try:
        pdfa.save(pdf, output, LEVEL, repair=False, deterministic_id=True)
    except pdfa.PdfaError as error:
        raise NeedsAttention("page_unreadable", type(error).__name__) from None
    return output.getvalue()


def _checked(before: bytes, after: bytes) -> TextLayer:
    """The new file, when it is PDF/A again and its pictures are the same bytes in the same places."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(before)) as old, pikepdf.open(io.BytesIO(after)) as new:
            if list(_pictures(old)) != list(_pictures(new)):
                return TextLayer(before, "text_layer_failed")
            return TextLayer(_written(new, None))
    except (pikepdf.PdfError, NeedsAttention):
        return TextLayer(before, "text_layer_failed")


def _pictures(pdf: Pdf) -> Iterator[tuple[list[float], list[bytes]]]:
    for page in pdf.pages:
        yield [float(side) for side in page.mediabox], [image.read_raw_bytes() for image in page.get_images().values()]


def _program() -> str | None:
    """OCRmyPDF beside our Python, else anywhere on the machine."""
    beside = shutil.which("ocrmypdf", path=str(Path(sys.executable).parent))
    return beside or shutil.which("ocrmypdf")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With all that it has started, and without mercy: nothing of it is needed any more."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
