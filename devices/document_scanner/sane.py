"""Document scanners by way of SANE: each scan runs in a process of its own with a hard time limit.

    python -m devices.document_scanner.sane --device test:0 test         # scan, exit 0 when all pages are good
    python -m devices.document_scanner.sane --device test:0 --out DIR    # keep the pages

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

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from devices import usb
from devices.document_scanner.page import MAX_PIXELS, check_page
from devices.document_scanner.quality import is_bare
from devices.document_scanner.trial import add_trial_options, run_trial
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout, Unavailable
from devices.interfaces import Condition, DeviceStatus, DocumentScanner, ScannedPage

CHILD = Path(__file__).with_name("sane_child.py")
FIND_SECONDS = 15.0  # looking for scanners takes up to 5 s with nothing attached, one in the network may need ten
PATIENCE_SECONDS = 3.0  # how long a question for the state may hold up the device's thread
STOP_SECONDS = 3.0  # more than the child takes to let the carriage go back
PIECE = 1 << 20
BANDS = {"RGB": 3, "L": 1}

# the sentences of sane_strstatus(), the only thing that python-sane tells (SANE standard 1.06, table 1)
ERRORS: dict[str, tuple[type[DeviceError], str]] = {
    "Document feeder jammed": (NeedsAttention, "scanner_jam"),
    "Document feeder out of documents": (NeedsAttention, "scanner_no_paper"),
    "Scanner cover is open": (NeedsAttention, "scanner_cover_open"),
    "Device busy": (Timeout, "scanner_busy"),
    "Error during device I/O": (ProtocolError, "scanner_io"),
    "Scanner returned no data": (ProtocolError, "scanner_io"),
    "cut off": (ProtocolError, "scanner_io"),
    "Access to resource has been denied": (Unavailable, "scanner_access"),
    "Out of memory": (ProtocolError, "scanner_no_memory"),
    "too large": (NeedsAttention, "page_too_large"),
    "too many pages": (NeedsAttention, "scanner_too_many"),
}
# what libsane says when it opens a name that is not there
ABSENT = {"no device", "Invalid argument", "Operation not supported", "Error during device I/O"}
UNTIL_NEXT_SCAN = {"scanner_jam", "scanner_cover_open"}  # opening the device would not tell whether they are gone
HARMLESS = {"scanner_no_paper", "scanner_too_many", "page_too_large"}  # the citizen's paper, not the scanner
CONDITIONS = {
    "device_unplugged": Condition.OFFLINE,
    "scanner_busy": Condition.ATTENTION,
    "scanner_jam": Condition.ATTENTION,
    "scanner_cover_open": Condition.ATTENTION,
}
READY = DeviceStatus(Condition.READY)


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "sane"`.

    `device` as `scanimage -L` prints it, empty for the first found (the address in «…:libusb:001:005» may be another
    one after it was plugged in again); `options` are the backend's own, as `scanimage
    -A` prints them; `time_limit` in seconds for each page; `check_seconds` between two looks whether it is still there.
    `feeder` and `duplex` for scanners whose source does not tell it by its name: it draws in paper after paper, it
    gives front and back of each in turn. Blank backs are dropped, blank fronts never; `max_pages` of one go.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["sane"]
    device: str = ""
    source: str = ""
    resolution: int = Field(200, ge=50, le=1200)
    time_limit: float = Field(60, gt=0, le=600)
    options: dict[str, bool | int | float | str] = {}
    check_seconds: float = Field(30, gt=0)
    feeder: bool = False
    duplex: bool = False
    max_pages: int = Field(60, ge=1, le=500)


class SaneScanner:
    """Knows the scanner only through child processes, one at a time: a *look* finds and opens it, a scan uses it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = settings.device
        self._status: DeviceStatus | None = None
        self._look: _Child | None = None
        self._looked_at = 0.0
        self._identity: Mapping[str, str] = {}

    @property
    def identity(self) -> Mapping[str, str]:
        """What the kernel knew of it when it was found last; empty while it is away, or not on USB."""
        return self._identity

    def open(self) -> None:
        """Look for the scanner and try its options, up to `FIND_SECONDS`. Raises `DeviceError`."""
        self._start_look()
        if error := self._end_look(FIND_SECONDS):
            raise error

    def close(self) -> None:
        """End the look that is under way; nothing else is held between two scans."""
        if self._look is not None:
            self._look.stop()
            self._look = None
        self._status = None

    def status(self) -> DeviceStatus:
        """As the last scan or look left it.

        The first question waits for the answer. Then a ready scanner is looked at beside, every `check_seconds`; for
        one that is not, each question is a new look, and what takes longer than `PATIENCE_SECONDS` goes on beside.
        """
        known = self._status
        if self._look is not None:
            self._end_look(0.0)
        elif known is None or (known != READY and known.code not in UNTIL_NEXT_SCAN):
            self._start_look()
            self._end_look(FIND_SECONDS if known is None else PATIENCE_SECONDS)
        elif known == READY and monotonic() - self._looked_at >= self._settings.check_seconds:
            self._start_look()
        return self._status or DeviceStatus(Condition.OFFLINE, "device_unplugged", "still looking")

    def scan_pages(self) -> Iterator[ScannedPage]:
        """One page from glass, all pages of a feeder, each as soon as it is there. Raises `DeviceError`."""
        if self._look is not None:
            self._end_look(FIND_SECONDS)  # two processes cannot hold one scanner
        if not self._device:
            self.open()
        child = _Child(self._order(scan=True))
        try:
            yield from self._pages(child)
        except DeviceError as error:
            self._learn(error)
            raise
        finally:
            child.stop()
        self._learn(None)

    def _pages(self, child: _Child) -> Iterator[ScannedPage]:
        duplex, sides = self._settings.duplex or "duplex" in self._settings.source.lower(), 0
        while (message := child.message(self._settings.time_limit)) is not None:
            head, samples = message
            if "end" in head:
                self._found(head["device"])
                return
            if "error" in head:
                raise _error(head["at"], head["error"])
            picture = Image.frombytes(head["mode"], (head["width"], head["height"]), samples)
            sides += 1
            if duplex and sides % 2 == 0 and is_bare(np.asarray(picture.convert("RGB"), np.uint8)):
                continue
            yield check_page(picture, head["dpi"])
        raise Timeout("scanner_timeout", f"no page within {self._settings.time_limit:g} s")

    def _order(self, scan: bool) -> dict[str, Any]:
        order = self._settings.model_dump(include={"source", "resolution", "options", "max_pages", "feeder"})
        named = {"device": self._device, "wanted": self._settings.device}
        return order | named | {"max_pixels": MAX_PIXELS, "scan": scan}

    def _start_look(self) -> None:
        if self._look is None:
            if self._status != READY:
                self._device = self._settings.device  # any, where none is named
            self._look = _Child(self._order(scan=False))
            self._looked_at = monotonic()

    def _end_look(self, timeout: float) -> DeviceError | None:
        """Wait for the look up to `timeout` seconds and learn from it; what it has found to be wrong."""
        look = self._look
        assert look is not None
        error: DeviceError | None = None
        try:
            message = look.message(timeout)
            if message is None:
                if monotonic() - self._looked_at < FIND_SECONDS:
                    return None
                error = Timeout("scanner_timeout", "no answer to a look")
            elif "error" in message[0]:
                error = _error(message[0]["at"], message[0]["error"])
            else:
                self._found(message[0]["device"])
        except DeviceError as ended:
            error = ended
        self._look = None
        look.stop()
        self._learn(error)
        return error

    def _found(self, name: str) -> None:
        """It has been opened by this name just now: the configured address may be another device's meanwhile."""
        self._device, self._identity = name, usb.at_address(name)

    def _learn(self, error: DeviceError | None) -> None:
        self._looked_at = monotonic()
        if error is None or error.code in HARMLESS or error.code.startswith("page_"):
            self._status = READY
        else:
            if isinstance(error, Unavailable):
                self._identity = {}
            self._status = DeviceStatus(CONDITIONS.get(error.code, Condition.FAULT), error.code, error.detail)


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
        """The next message and its samples; None when it is not complete after `timeout` seconds."""
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
            raise ProtocolError("scanner_failed", f"its process has ended with {self._process.wait()}")
        self._buffer += piece
        return True

    def _whole_message(self) -> tuple[dict[str, Any], bytes] | None:
        line_end = self._buffer.find(b"\n")
        if line_end < 0:
            return None
        try:
            head = dict(json.loads(self._buffer[:line_end]))
            size = head["width"] * head["height"] * BANDS[head["mode"]] if "mode" in head else 0
        except (ValueError, TypeError, LookupError) as error:
            raise ProtocolError("scanner_failed", f"its process says nonsense: {type(error).__name__}") from None
        if len(self._buffer) <= line_end + size:
            return None
        samples = bytes(memoryview(self._buffer)[line_end + 1 : line_end + 1 + size])
        del self._buffer[: line_end + 1 + size]
        return head, samples


def _error(at: str, text: str) -> DeviceError:
    """What libsane's words mean in the step `open`, `option` or `scan`."""
    if at == "open" and text in ABSENT:
        return Unavailable("device_unplugged", text)
    kind, code = ERRORS.get(text, (ProtocolError, "scanner_failed"))
    return kind(code, f"{at}: {text}")


def create(settings: Settings) -> DocumentScanner:
    """The scanner of a table."""
    return SaneScanner(settings)


def main() -> None:
    """Try a scanner: scan what lies there."""
    parser = argparse.ArgumentParser(prog="python -m devices.document_scanner.sane", description=main.__doc__)
    add_trial_options(parser)
    parser.add_argument("--device", default="", help="as `scanimage -L` prints it; the first found when absent")
    parser.add_argument("--source", default="", help="such as «Automatic Document Feeder»")
    parser.add_argument("--resolution", type=int, default=200)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the backend")
    options = parser.parse_args()
    table = dict(option.split("=", 1) for option in options.option)
    named = {"device": options.device, "source": options.source, "resolution": options.resolution}
    run_trial(create(Settings.model_validate({"driver": "sane", "options": table, **named})), options)


if __name__ == "__main__":
    main()
