"""A code scanner in USB-CDC or serial mode: UTF-8 lines, read to their terminator.

python -m devices.code_scanner.serial_line --url serial:///dev/ttyACM0 test     # one code within 20 s, exit 0
"""

from __future__ import annotations

import re
import unicodedata
from time import monotonic
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devices.code_scanner.trial import run_trial, trial_parser
from devices.errors import DeviceError, Unavailable
from devices.interfaces import CodeScanner, Condition, DeviceStatus
from devices.transport import check_url, open_transport
from devices.trial import option

TERMINATOR = re.compile(rb"[\r\n\t]")  # the suffixes that the makers' setup sheets offer
MAX_LINE = 4096  # bytes; the largest QR code holds 2953 (ISO/IEC 18004, table 7)
LINE_SECONDS = 5.0  # a scanner sends a code in one go: what comes later is another code
NOISE_SECONDS = 0.5  # a flood that has paused for so long is over: what comes then is the next person's code
PIECE = 4096


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "serial_line"`.

    `prefix` and `suffix` are what the scanner puts around a code; the terminator need not be named.
    `gap_seconds` is for a scanner that sends no terminator: so much silence ends a code; 0 when it sends one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["serial_line"]
    url: Annotated[str, AfterValidator(check_url)]
    prefix: str = ""
    suffix: str = ""
    gap_seconds: float = Field(0.0, ge=0, le=2)


class SerialLineScanner:
    """Gathers bytes until a terminator; a line that is no text is dropped and leaves a warning in the status."""

    def __init__(self, settings: Settings) -> None:
        self._line = open_transport(settings.url, "code_scanner")
        self._prefix = unicodedata.normalize("NFC", settings.prefix)
        self._suffix = unicodedata.normalize("NFC", settings.suffix.rstrip("\r\n\t"))
        self._gap = settings.gap_seconds
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
            self._fill(max(0.0, min(left, self._gap_left())))
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
            longest = self._gap or (NOISE_SECONDS if self._skipping else LINE_SECONDS)
            if (self._bytes or self._skipping) and monotonic() - self._last_byte > longest:
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
        if self._gap and self._bytes and self._gap_left() <= 0:
            line = bytes(self._bytes)
            self._bytes.clear()
            return self._decode(line) or None
        return None

    def _gap_left(self) -> float:
        """Seconds of silence until the code at hand is complete; for ever when only a terminator ends it."""
        return self._last_byte + self._gap - monotonic() if self._gap and self._bytes else float("inf")

    def _decode(self, line: bytes) -> str:
        try:
            text = line.decode("utf-8") if len(line) <= MAX_LINE else ""
        except UnicodeDecodeError:
            text = ""
        self._unreadable = not text
        return unicodedata.normalize("NFC", text).removeprefix(self._prefix).removesuffix(self._suffix)

    def _drop(self) -> None:
        self._bytes.clear()
        self._unreadable = True


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return SerialLineScanner(settings)


def main() -> None:
    """Try a serial code scanner."""
    parser = trial_parser("devices.code_scanner.serial_line", main.__doc__)
    parser.add_argument("--url", required=True, type=option(check_url))
    parser.add_argument("--prefix", default="", help="what the scanner puts before a code")
    parser.add_argument("--suffix", default="", help="what it puts behind a code")
    parser.add_argument("--gap", type=float, default=0.0, help="seconds of silence that end a code without terminator")
    options = parser.parse_args()
    wanted = {"url": options.url, "prefix": options.prefix, "suffix": options.suffix, "gap_seconds": options.gap}
    run_trial(create(Settings.model_validate({"driver": "serial_line", **wanted})), options)


if __name__ == "__main__":
    main()
