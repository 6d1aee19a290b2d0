"""Document scanners by way of SANE: each scan runs in a process of its own with a hard time limit.

    python -m devices.document_scanner.sane --device test:0 --out DIR            # scans what lies there into DIR

A backend can hang for a minute, crash, or keep the interpreter's lock; none of that reaches the kiosk (DEVICES 4).
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from devices.document_scanner.page import MAX_PIXELS, check_page
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout, Unavailable
from devices.interfaces import Condition, DeviceStatus, DocumentScanner, ScannedPage

CHILD = Path(__file__).with_name("sane_child.py")
FIND_SECONDS = 15.0  # looking for scanners takes up to 5 s with nothing attached
RETRY_SECONDS = 5.0
STOP_SECONDS = 4.0  # more than the child takes to let the carriage go back
PIECE = 1 << 20
BANDS = {"RGB": 3, "L": 1}

# What libsane says (sane_strstatus, backends 1.2.1) → what it means. `DeviceError` itself: a technician must act.
MEANINGS: dict[str, tuple[type[DeviceError], str]] = {
    "Document feeder jammed": (NeedsAttention, "scanner_jam"),
    "Document feeder out of documents": (NeedsAttention, "scanner_no_paper"),
    "Scanner cover is open": (NeedsAttention, "scanner_cover_open"),
    "Device busy": (Timeout, "scanner_busy"),
    "Error during device I/O": (Unavailable, "scanner_io"),
    "End of file reached": (Unavailable, "scanner_io"),
    "Scanner returned no data": (Unavailable, "scanner_io"),
    "Access to resource has been denied": (DeviceError, "scanner_access"),
    "Out of memory": (DeviceError, "scanner_no_memory"),
    "page_too_large": (NeedsAttention, "page_too_large"),
}


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "sane"`.

    `device` as `scanimage -L` prints it, empty for the first found; `options` are the backend's own, as `scanimage
    -A` prints them; `time_limit` in seconds for each page; `check_seconds` between two looks whether it is still there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["sane"]
    device: str = ""
    source: str = ""
    resolution: int = Field(200, ge=75, le=1200)
    time_limit: float = Field(60, gt=0, le=600)
    options: dict[str, bool | int | float | str] = {}
    check_seconds: float = Field(30, gt=0)


class SaneScanner:
    """Knows the scanner only through child processes, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = settings.device
        self._status: DeviceStatus | None = None
        self._probe: _Child | None = None
        self._checked_at = 0.0

    def open(self) -> None:
        """Look for the scanner, up to `FIND_SECONDS`. Raises `DeviceError`."""
        self._start_probe()
        self._collect(FIND_SECONDS, strict=True)

    def close(self) -> None:
        """End what is under way."""
        if self._probe is not None:
            self._probe.stop()
            self._probe = None
        self._status = None

    def status(self) -> DeviceStatus:
        """As the last scan or look has found it; later looks run beside, only the first one is waited for."""
        if self._status is None:
            with suppress(DeviceError):
                self.open()
        elif self._probe is not None:
            self._collect(0.0)
        elif monotonic() - self._checked_at >= self._pause(self._status):
            self._start_probe()
        return self._status or DeviceStatus(Condition.OFFLINE, "scanner_not_found")

    def scan_pages(self) -> Iterator[ScannedPage]:
        """Checked pages, each as soon as it is there: one from glass, all of a feeder. Raises `DeviceError`."""
        for picture, dpi in self.scan_pictures():
            yield check_page(picture, dpi)

    def scan_pictures(self) -> Iterator[tuple[Image.Image, float]]:
        """Pictures as they come from the scanner (RGB or L), with their resolution in dpi. Raises `DeviceError`."""
        if self._probe is not None:
            self._collect(FIND_SECONDS)  # two processes cannot hold one scanner
        if not self._device:
            self.open()
        child = _Child(self._order(scan=True))
        try:
            yield from self._pictures(child)
        except DeviceError as error:
            self._learn(error)
            raise
        finally:
            child.stop()
        self._learn(None)

    def _pictures(self, child: _Child) -> Iterator[tuple[Image.Image, float]]:
        while (message := child.message(self._settings.time_limit)) is not None:
            head, dots = message
            if "end" in head:
                return
            if "error" in head:
                raise meaning(head["error"], head["stage"])
            yield Image.frombytes(head["mode"], (head["width"], head["height"]), dots), head["dpi"]
        raise Timeout("scanner_timeout", f"no page within {self._settings.time_limit:g} s")

    def _order(self, scan: bool) -> dict[str, Any]:
        settings = self._settings
        return {
            "device": self._device,
            "source": settings.source,
            "resolution": settings.resolution,
            "options": settings.options,
            "max_pixels": MAX_PIXELS,
            "scan": scan,
        }

    def _pause(self, status: DeviceStatus) -> float:
        usual = self._settings.check_seconds
        return usual if status.condition is Condition.READY else min(usual, RETRY_SECONDS)

    def _start_probe(self) -> None:
        if self._probe is None:
            well = self._status is not None and self._status.condition is Condition.READY
            # a replugged scanner has another name: «…:libusb:001:005» becomes «…:006»
            find = not self._settings.device and not (well and self._device)
            self._probe = _Child({"find": True} if find else self._order(scan=False))
            self._checked_at = monotonic()

    def _collect(self, timeout: float, strict: bool = False) -> None:
        """What the look has found, waiting up to `timeout` seconds; `strict` raises what is wrong."""
        probe = self._probe
        if probe is None:
            return
        try:
            message = probe.message(timeout)
            if message is None and monotonic() - self._checked_at < FIND_SECONDS:
                return
            self._understand(message[0] if message else {})
        except DeviceError as error:
            self._end_probe(probe, error)
            if strict:
                raise
        else:
            self._end_probe(probe, None)

    def _end_probe(self, probe: _Child, error: DeviceError | None) -> None:
        probe.stop()
        self._probe = None
        self._learn(error)

    def _understand(self, head: Mapping[str, Any]) -> None:
        if not head:
            raise Unavailable("scanner_timeout", "no answer")
        if "error" in head:
            raise meaning(head["error"], head["stage"])
        if "devices" in head:
            self._device = next(iter(head["devices"]), "")
            if not self._device:
                raise Unavailable("scanner_not_found")

    def _learn(self, error: DeviceError | None) -> None:
        """The state after a scan or a look; a bad page says nothing about the scanner."""
        self._checked_at = monotonic()
        if error is None or error.code.startswith("page_"):
            self._status = DeviceStatus(Condition.READY)
        elif isinstance(error, Unavailable):
            self._status = DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        elif isinstance(error, NeedsAttention | Timeout):
            self._status = DeviceStatus(Condition.ATTENTION, error.code, error.detail)
        else:
            self._status = DeviceStatus(Condition.FAULT, error.code, error.detail)


class _Child:
    """The process `sane_child.py` with one order. The environment is passed on: SANE is configured by it."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own file
            [sys.executable, "-P", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._buffer = bytearray()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died at once: told when its answer is read
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    def message(self, timeout: float) -> tuple[dict[str, Any], bytes] | None:
        """The next message and its dots; None when it is not complete after `timeout` seconds."""
        end = monotonic() + timeout
        while (message := self._whole_message()) is None:
            if not self._receive(end):
                return None
        return message

    def stop(self) -> None:
        """Tell it that nobody waits any more; kill it when it does not end."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _receive(self, end: float) -> bool:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, end - monotonic()))[0]:
            return False
        piece = os.read(descriptor, PIECE)
        if not piece:
            raise DeviceError("scanner_fault", f"its process has ended with {self._process.wait()}")
        self._buffer += piece
        return True

    def _whole_message(self) -> tuple[dict[str, Any], bytes] | None:
        line_end = self._buffer.find(b"\n")
        if line_end < 0:
            return None
        head = json.loads(self._buffer[:line_end])
        size = head["width"] * head["height"] * BANDS[head["mode"]] if "mode" in head else 0
        if len(self._buffer) <= line_end + size:
            return None
        dots = bytes(memoryview(self._buffer)[line_end + 1 : line_end + 1 + size])
        del self._buffer[: line_end + 1 + size]
        return head, dots


def meaning(text: str, stage: str) -> DeviceError:
    """The error for what libsane said while it was opened, set up (`settings`) or scanning."""
    if text in MEANINGS:
        kind, code = MEANINGS[text]
        return kind(code, text)
    if text.startswith("cut off"):
        return ProtocolError("page_cut_off", text)
    if stage == "open" and text == "Invalid argument":
        return Unavailable("scanner_not_found", text)
    if stage == "settings" or text in ("Invalid argument", "Operation not supported"):
        return DeviceError("scanner_settings", text)
    return DeviceError("scanner_fault", f"{stage}: {text}")


def create(settings: Settings) -> DocumentScanner:
    """The scanner of a table."""
    return SaneScanner(settings)


def main() -> None:
    """Scan what lies there into a folder."""
    parser = argparse.ArgumentParser(prog="python -m devices.document_scanner.sane", description=main.__doc__)
    parser.add_argument("--device", default="", help="as `scanimage -L` prints it; the first found when absent")
    parser.add_argument("--source", default="", help="such as «Automatic Document Feeder»")
    parser.add_argument("--resolution", type=int, default=200)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the backend")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = dict(option.split("=", 1) for option in options.option)
    named = {"device": options.device, "source": options.source, "resolution": options.resolution}
    scanner = create(Settings.model_validate({"driver": "sane", "options": table, **named}))
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for number, page in enumerate(scanner.scan_pages(), start=1):
            file = options.out / f"page-{number:03d}.jpg"
            file.write_bytes(page.jpeg)
            said = ", ".join(page.problems) or "good"
            sys.stdout.write(f"{file}: {page.width} × {page.height}, sharpness {page.sharpness:.1f}, {said}\n")
    except DeviceError as error:
        sys.exit(str(error))
    finally:
        scanner.close()


if __name__ == "__main__":
    main()
