"""Any scanner with a SANE driver. Each scan runs in a process of its own with a hard time limit.

Over some backends a busy scanner hangs for a minute and a fault crashes the library: only the child process suffers.
Pages come back through a pipe; nothing is written to a disk.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from devices.document_scanner.page import MAX_PIXELS, check_page
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout, Unavailable
from devices.interfaces import Condition, DeviceStatus, DocumentScanner, ScannedPage

ROOT = Path(__file__).parent.parent.parent
PROBE_SECONDS = 15.0  # a scanner in the network may need ten
PIECE = 1 << 20
# the sentences of sane_strstatus(), the only thing that python-sane tells (SANE standard 1.06, table 1)
ERRORS: dict[str, tuple[type[DeviceError], str]] = {
    "Document feeder jammed": (NeedsAttention, "scanner_jam"),
    "Document feeder out of documents": (NeedsAttention, "scanner_no_paper"),
    "Scanner cover is open": (NeedsAttention, "scanner_cover_open"),
    "Device busy": (Timeout, "scanner_busy"),
    "Error during device I/O": (ProtocolError, "scanner_io"),
    "cut off": (ProtocolError, "scanner_io"),
    "Access to resource has been denied": (Unavailable, "scanner_access"),
    "Out of memory": (ProtocolError, "scanner_no_memory"),
    "too large": (NeedsAttention, "page_too_large"),
}
# what libsane says when it opens a name that is not there
ABSENT = {"no device", "Invalid argument", "Operation not supported", "Error during device I/O"}
UNTIL_NEXT_SCAN = {"scanner_jam", "scanner_cover_open"}  # opening the device would not tell whether they are gone
HARMLESS = {"scanner_no_paper", "page_too_large"}  # the citizen's paper, not the scanner
CONDITIONS = {
    "device_unplugged": Condition.OFFLINE,
    "scanner_busy": Condition.ATTENTION,
    "scanner_jam": Condition.ATTENTION,
    "scanner_cover_open": Condition.ATTENTION,
}


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "sane"`.

    `device`, `source` and `options` as `scanimage -A` lists them; no device means the first that SANE finds, which
    takes long. `resolution` in dpi; `time_limit` in seconds for each page.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["sane"]
    device: str = ""
    source: str = ""
    resolution: int = Field(200, ge=50, le=1200)
    time_limit: float = Field(60, gt=0, le=600)
    options: dict[str, str | int | float | bool] = {}


class SaneScanner:
    """Holds nothing between two scans but how the last one ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known = False
        self._fault: DeviceError | None = None

    def open(self) -> None:
        """Ask SANE for the device and try its options. Raises `DeviceError`."""
        self._known = False
        try:
            with self._child(probe=True) as pipe:
                _answer(pipe, min(PROBE_SECONDS, self._settings.time_limit))
        except DeviceError as error:
            self._fault = error
            raise
        self._known, self._fault = True, None

    def close(self) -> None:
        """Nothing is held between two scans."""
        self._known = False

    def status(self) -> DeviceStatus:
        """As the last scan left it; opens the device only when nothing is known about it."""
        if not self._known:
            with suppress(DeviceError):
                self.open()
        fault = self._fault
        if fault is None:
            return DeviceStatus(Condition.READY)
        return DeviceStatus(CONDITIONS.get(fault.code, Condition.FAULT), fault.code, fault.detail)

    def scan_pages(self) -> Iterator[ScannedPage]:
        """One page of glass, or all pages of a feeder as they come. Raises `DeviceError`."""
        try:
            with self._child(probe=False) as pipe:
                while (page := _answer(pipe, self._settings.time_limit)) is not None:
                    yield page
        except DeviceError as error:
            self._known = error.code in UNTIL_NEXT_SCAN | HARMLESS
            self._fault = None if error.code in HARMLESS else error
            raise
        self._known, self._fault = True, None

    @contextmanager
    def _child(self, probe: bool) -> Iterator[_Pipe]:
        """A child at work; it is gone afterwards, whatever happened."""
        request = self._settings.model_dump(include={"device", "source", "resolution", "options"})
        request |= {"probe": probe, "max_pixels": MAX_PIXELS}
        command = [sys.executable, "-m", "devices.document_scanner.sane_child"]
        with subprocess.Popen(  # noqa: S603  our own module
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child:
            assert child.stdin
            assert child.stdout
            try:
                with suppress(BrokenPipeError), child.stdin as stdin:
                    stdin.write(json.dumps(request).encode())
                yield _Pipe(child.stdout.fileno())
            finally:
                # not waited for yet, so the number still belongs to it
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)


class _Pipe:
    """The child's answers, with a deadline."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._bytes = bytearray()

    def line(self, end: float) -> bytes:
        """Up to a line feed."""
        while (at := self._bytes.find(b"\n")) < 0:
            self._fill(end)
        return self._cut(at + 1)

    def exactly(self, count: int, end: float) -> bytes:
        """So many bytes."""
        while len(self._bytes) < count:
            self._fill(end)
        return self._cut(count)

    def _cut(self, count: int) -> bytes:
        piece = bytes(self._bytes[:count])
        del self._bytes[:count]
        return piece

    def _fill(self, end: float) -> None:
        ready, _, _ = select.select([self._file], [], [], max(0.0, end - monotonic()))
        if not ready:
            raise Timeout("scanner_timeout")
        data = os.read(self._file, PIECE)
        if not data:
            raise ProtocolError("scanner_failed", "the scanning process has ended")
        self._bytes += data


def _answer(pipe: _Pipe, seconds: float) -> ScannedPage | None:
    """The next page, None at the end. Raises what the child reports."""
    end = monotonic() + seconds
    message: dict[str, Any] = json.loads(pipe.line(end))
    if "error" in message:
        raise _error(message["at"], message["error"])
    if "page" not in message:
        return None
    width, height, channels, dpi = (message["page"][key] for key in ("width", "height", "channels", "dpi"))
    if width * height > MAX_PIXELS:
        raise NeedsAttention("page_too_large", f"{width} × {height}")
    samples = pipe.exactly(width * height * channels, end)
    picture = Image.frombytes("RGB" if channels == 3 else "L", (width, height), samples)
    return check_page(picture, dpi)


def _error(at: str, text: str) -> DeviceError:
    if at == "open" and text in ABSENT:
        return Unavailable("device_unplugged", text)
    kind, code = ERRORS.get(text, (ProtocolError, "scanner_failed"))
    return kind(code, f"{at}: {text}")


def create(settings: Settings) -> DocumentScanner:
    """The scanner of a table."""
    return SaneScanner(settings)
