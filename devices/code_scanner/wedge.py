"""A code scanner that types like a keyboard (HID): for ticket codes only, as no Vietnamese letter gets through it.

    python -m devices.code_scanner.wedge --path /dev/input/by-id/usb-…-event-kbd test

The scanner must be set to a United States keyboard. It is taken for this driver alone (EVIOCGRAB): what it types
reaches no field on the glass. Events as in Linux' input(7), keys as in linux/input-event-codes.h.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
from pathlib import Path
from time import monotonic
from typing import Literal

from pydantic import BaseModel, ConfigDict

from devices.code_scanner.trial import run_trial, trial_parser
from devices.errors import Unavailable
from devices.interfaces import CodeScanner, Condition, DeviceStatus

EVENT = struct.Struct("llHHi")  # struct input_event: seconds, microseconds, type, code, value
EVIOCGRAB = 0x40044590
EV_KEY, RELEASED = 1, 0
SHIFTS, ENTERS = (42, 54), (28, 96)
MAX_CODE = 200  # letters; a ticket's code has about 40
CODE_SECONDS = 2.0  # a scanner types a code in one go: what was begun before is no part of this one
PIECE = 64 * EVENT.size
# (first key, plain letters, with shift)
ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
KEYS = {first + n: pair for first, plain, shifted in ROWS for n, pair in enumerate(zip(plain, shifted, strict=True))}


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "wedge"`.

    `path` of its event device, by id so that it stays; `grab = false` leaves its keys to other programs as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["wedge"]
    path: Path
    grab: bool = True


class WedgeScanner:
    """Gathers keys until Enter; codes with keys that are no ASCII letter are dropped and leave a warning."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = -1
        self._bytes = bytearray()
        self._letters = ""
        self._began = 0.0
        self._shift = False
        self._unreadable = False
        self._codes: list[str] = []

    def open(self) -> None:
        """Open the event device and keep it for ourselves. Raises `Unavailable`."""
        self.close()
        try:
            self._file = os.open(self._settings.path, os.O_RDONLY | os.O_NONBLOCK)
            if self._settings.grab:
                fcntl.ioctl(self._file, EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            code = "device_access" if error.errno in (errno.EACCES, errno.EBUSY) else "device_unplugged"
            raise Unavailable(code, error.strerror or "") from None

    def close(self) -> None:
        """Let go of it and forget what was typed of a code."""
        if self._file >= 0:
            os.close(self._file)  # ends the grab as well
            self._file = -1
        self._bytes.clear()
        self._letters, self._shift = "", False
        self._codes.clear()

    def status(self) -> DeviceStatus:
        """Ready, with `scan_unreadable` when the last code had other letters than ASCII's; offline while unplugged."""
        try:
            if self._file < 0:
                self.open()
            self._fill(0.0)
        except Unavailable as error:
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        return DeviceStatus(Condition.READY, "scan_unreadable" if self._unreadable else "")

    def read_code(self, timeout: float) -> str | None:
        """One code; None when none is typed within `timeout` seconds. Raises `Unavailable`."""
        if self._file < 0:
            self.open()
        end = monotonic() + timeout
        while not self._codes:
            left = end - monotonic()
            if left < 0:
                return None
            self._fill(left)
        return self._codes.pop(0)

    def _fill(self, seconds: float) -> None:
        """Take what was typed, waiting so long for it. Raises `Unavailable`."""
        if not select.select([self._file], [], [], seconds)[0]:
            return
        try:
            data = os.read(self._file, PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            self.close()
            raise Unavailable("device_unplugged", error.strerror or "") from None
        if not data:
            self.close()
            raise Unavailable("device_unplugged", "end of file")
        self._bytes += data
        whole = len(self._bytes) // EVENT.size * EVENT.size
        for _, _, kind, code, value in EVENT.iter_unpack(bytes(self._bytes[:whole])):
            if kind == EV_KEY:
                self._key(code, value)
        del self._bytes[:whole]

    def _key(self, key: int, value: int) -> None:
        if key in SHIFTS:
            self._shift = value != RELEASED
        elif value == RELEASED:
            return
        elif key in ENTERS:
            self._end()
        else:
            if monotonic() - self._began > CODE_SECONDS:
                self._letters = ""
            if not self._letters:
                self._began = monotonic()
            if len(self._letters) <= MAX_CODE:
                self._letters += KEYS.get(key, ("\0", "\0"))[self._shift]

    def _end(self) -> None:
        text, self._letters = self._letters, ""
        if not text:
            return
        self._unreadable = "\0" in text or len(text) > MAX_CODE
        if not self._unreadable:
            self._codes.append(text)


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return WedgeScanner(settings)


def main() -> None:
    """Try this driver alone."""
    parser = trial_parser("devices.code_scanner.wedge", __doc__)
    parser.add_argument("--path", type=Path, required=True)
    options = parser.parse_args()
    run_trial(create(Settings(driver="wedge", path=options.path)), options)


if __name__ == "__main__":
    main()
