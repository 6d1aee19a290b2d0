"""A code scanner in USB-CDC or serial mode: UTF-8 lines, read to their terminator.

Try one alone: `python -m devices.code_scanner.serial_line --url serial:///dev/ttyACM0`.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from time import monotonic
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from devices.errors import DeviceError, Unavailable
from devices.interfaces import CodeScanner, Condition, DeviceStatus
from devices.transport import check_url, open_transport

TERMINATOR = re.compile(rb"[\r\n\t]")  # the suffixes that the makers' setup sheets offer
MAX_LINE = 4096  # bytes; the largest QR code holds 2953 (ISO/IEC 18004, table 7)
LINE_SECONDS = 5.0  # a scanner sends a code in one go: what comes later is another code
PIECE = 4096


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "serial_line"`; `prefix` is what the scanner puts before a code."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["serial_line"]
    url: Annotated[str, AfterValidator(check_url)]
    prefix: str = ""


class SerialLineScanner:
    """Gathers bytes until a terminator; a line that is no text is dropped and leaves a warning in the status."""

    def __init__(self, settings: Settings) -> None:
        self._line = open_transport(settings.url)
        self._prefix = unicodedata.normalize("NFC", settings.prefix)
        self._open = False
        self._unreadable = False
        self._skipping = False
        self._last_byte = 0.0
        self._bytes = bytearray()

    def open(self) -> None:
        """Open the line. Raises `Unavailable`."""
        self.close()
        self._line.open()
        self._open = True

    def close(self) -> None:
        """Close the line and forget what was read of a code."""
        self._line.close()
        self._open = False
        self._skipping = False
        self._bytes.clear()

    def status(self) -> DeviceStatus:
        """Ready, with `scan_unreadable` when the last code was no text; offline while it is unplugged."""
        try:
            if not self._open:
                self.open()
            self._fill(0.0)
        except DeviceError as error:
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        return DeviceStatus(Condition.READY, "scan_unreadable" if self._unreadable else "")

    def read_code(self, timeout: float) -> str | None:
        """One code as NFC text without prefix and terminator. Raises `Unavailable`."""
        if not self._open:
            self.open()
        end = monotonic() + timeout
        text = self._take()
        while text is None:
            left = end - monotonic()
            self._fill(max(0.0, left))
            text = self._take()
            if left <= 0:
                break
        return text

    def _fill(self, timeout: float) -> None:
        try:
            data = self._line.read(PIECE, timeout)
        except Unavailable:
            self.close()
            raise
        if data:
            if (self._bytes or self._skipping) and monotonic() - self._last_byte > LINE_SECONDS:
                self._drop()
                self._skipping = False
            self._bytes += data
            self._last_byte = monotonic()

    def _take(self) -> str | None:
        """The next whole line that is text."""
        while found := TERMINATOR.search(self._bytes):
            line = bytes(self._bytes[: found.start()])
            del self._bytes[: found.end()]
            skipped, self._skipping = self._skipping, False
            if line and not skipped and (text := self._decode(line)):
                return text
        if len(self._bytes) > MAX_LINE:
            self._drop()
            self._skipping = True
        return None

    def _decode(self, line: bytes) -> str:
        try:
            text = line.decode("utf-8") if len(line) <= MAX_LINE else ""
        except UnicodeDecodeError:
            text = ""
        self._unreadable = not text
        return unicodedata.normalize("NFC", text).removeprefix(self._prefix)

    def _drop(self) -> None:
        self._bytes.clear()
        self._unreadable = True


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return SerialLineScanner(settings)


def kind(text: str) -> str:
    """What a code seems to be, without telling what is in it."""
    if text.isdecimal():
        return "digits"
    if text.startswith(("http://", "https://")):
        return "web address"
    if "|" in text:
        return f"{text.count('|') + 1} fields"
    return "plain letters" if text.isascii() else "text"


def main() -> None:
    """Print length and kind of every code until Ctrl-C or until the scanner is unplugged."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--url", required=True, type=check_url)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--show", action="store_true", help="print the code itself: it may hold personal data")
    options = parser.parse_args()
    scanner = create(Settings(driver="serial_line", url=options.url, prefix=options.prefix))
    try:
        scanner.open()
        print("ready", flush=True)
        while True:
            text = scanner.read_code(1.0)
            if text is not None:
                print(f"{len(text)} characters, {kind(text)}" + (f": {text}" if options.show else ""), flush=True)
            elif code := scanner.status().code:
                print(code, flush=True)
    except DeviceError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        pass
    finally:
        scanner.close()


if __name__ == "__main__":
    main()
