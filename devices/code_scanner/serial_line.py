"""A code scanner on a serial line (USB-CDC, RS-232 or a serial server) that sends each code as one line of UTF-8.

python -m devices.code_scanner.serial_line --url serial:///dev/ttyACM0      # what it reads; texts only with --show
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from time import monotonic
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from devices.errors import DeviceError, ProtocolError
from devices.interfaces import CodeScanner, Condition, DeviceStatus
from devices.transport import check_url, open_transport

CHUNK = 4096
MAX_LINE_BYTES = 4096  # a QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L)
LINE_SECONDS = 5.0  # the pieces of one line come within milliseconds: what lies longer is the rest of a broken line
TERMINATOR = re.compile(rb"[\r\n\t]")
# STX, ETX, NUL and other framing and noise; the separators FS, GS, RS and US are data in GS1 and AAMVA codes
NOISE = bytes(code for code in range(0x1C) if code not in b"\r\n\t") + b"\x7f"


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "serial_line"`. `prefix` is what the scanner puts before a code."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["serial_line"]
    url: Annotated[str, AfterValidator(check_url)]
    prefix: str = ""


class SerialLineScanner:
    """Joins the pieces in which a line arrives; one code a line, each given once."""

    def __init__(self, settings: Settings) -> None:
        self._transport = open_transport(settings.url)
        self._prefix = unicodedata.normalize("NFC", settings.prefix)
        self._open = False
        self._buffer = bytearray()
        self._heard_at = 0.0
        self._too_long = False  # the rest of a line that is dropped is still coming
        self._code = ""

    def open(self) -> None:
        """Open the line. Raises `Unavailable`."""
        self.close()
        self._transport.open()
        self._open = True

    def close(self) -> None:
        """Let go of the line; a code that was cut off by it is forgotten."""
        self._transport.close()
        self._open = False
        self._buffer.clear()
        self._too_long = False
        self._code = ""

    def status(self) -> DeviceStatus:
        """Ready, or off line. A ready scanner carries the code of the last line that was no text, until the next code.

        A scanner that says nothing cannot be told from one that has nothing to say: only the line itself is known.
        """
        try:
            if not self._open:
                self.open()
            self._receive(0)
        except ProtocolError as error:
            self._code = error.code
        except DeviceError as error:
            self.close()
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        return DeviceStatus(Condition.READY, self._code)

    def read_code(self, timeout: float) -> str | None:
        """The next code as NFC text without prefix; None when none ends within `timeout` seconds.

        Raises `ProtocolError`: `scan_unreadable` for a line that is no UTF-8, `scan_too_long` for one without an end;
        `Unavailable` when the line is gone. The next call goes on after it.
        """
        end = monotonic() + timeout
        try:
            if not self._open:
                self.open()
            while (text := self._take()) is None:
                left = end - monotonic()
                if not self._receive(max(0.0, left)) and left <= 0:
                    return None
        except ProtocolError as error:
            self._code = error.code
            raise
        except DeviceError:
            self.close()
            raise
        self._code = ""
        return text

    def _receive(self, timeout: float) -> bool:
        """Move what has come into the buffer; whether something has."""
        data = self._transport.read(CHUNK, timeout)
        if not data:
            return False
        now = monotonic()
        if now - self._heard_at > LINE_SECONDS and not TERMINATOR.search(self._buffer):
            self._buffer.clear()
            self._too_long = False
        self._heard_at = now
        self._buffer += data.translate(None, NOISE)
        if len(self._buffer) > MAX_LINE_BYTES and not TERMINATOR.search(self._buffer, 0, MAX_LINE_BYTES + 1):
            self._drop_long_line()
        return True

    def _drop_long_line(self) -> None:
        first_piece = not self._too_long
        end = TERMINATOR.search(self._buffer)
        del self._buffer[: end.end() if end else len(self._buffer)]
        self._too_long = end is None
        if first_piece:
            raise ProtocolError("scan_too_long", f"more than {MAX_LINE_BYTES} bytes in a line")

    def _take(self) -> str | None:
        """The first whole line of the buffer as text; empty lines (CR LF) are skipped."""
        while end := TERMINATOR.search(self._buffer):
            line = bytes(self._buffer[: end.start()])
            del self._buffer[: end.end()]
            if self._too_long:
                self._too_long = False
            elif len(line) > MAX_LINE_BYTES:
                raise ProtocolError("scan_too_long", f"{len(line)} bytes in a line")
            elif text := self._text(line):
                return text
        return None

    def _text(self, line: bytes) -> str:
        try:
            text = unicodedata.normalize("NFC", line.decode("utf-8"))
        except UnicodeDecodeError:
            # «from None»: the error would carry the line itself
            raise ProtocolError("scan_unreadable", f"{len(line)} bytes that are no UTF-8") from None
        return text.removeprefix(self._prefix).strip(" ")


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return SerialLineScanner(settings)


def main() -> None:
    """Print what is read until Ctrl-C: only kind and length, because a code may hold personal data."""
    parser = argparse.ArgumentParser(prog="python -m devices.code_scanner.serial_line", description=main.__doc__)
    parser.add_argument("--url", required=True, help="serial:///dev/ttyACM0?baud=9600 or socket://HOST:PORT")
    parser.add_argument("--prefix", default="", help="what the scanner puts before each code")
    parser.add_argument("--show", action="store_true", help="print the texts too")
    options = parser.parse_args()
    scanner = create(Settings(driver="serial_line", url=options.url, prefix=options.prefix))
    try:
        while True:
            try:
                text = scanner.read_code(1.0)
            except DeviceError as error:
                sys.stdout.write(f"{error}\n")
                if not isinstance(error, ProtocolError):
                    return
                continue
            if text is not None:
                said = f": {text}" if options.show else ""
                sys.stdout.write(f"{_kind(text)}, {len(text)} characters{said}\n")
                sys.stdout.flush()
    except KeyboardInterrupt:
        return
    finally:
        scanner.close()


def _kind(text: str) -> str:
    """What a code looks like, for the technician."""
    if text.isdigit():
        return "digits"
    return f"{text.count('|') + 1} fields" if "|" in text else "text"


if __name__ == "__main__":
    main()
