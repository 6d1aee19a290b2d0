"""A code scanner without a lens: codes are presented by the dev dock or a test.

python -m devices.code_scanner.simulated --pty     # a serial scanner in a program of its own, see serial_simulator.py
"""

from __future__ import annotations

import argparse
import queue
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Literal

from pydantic import BaseModel, ConfigDict

from devices.code_scanner import serial_simulator
from devices.errors import Unavailable
from devices.interfaces import CodeScanner, Condition, DeviceStatus

VERBS: Mapping[str, Sequence[str] | None] = {"present": (), "smudge": None, "unplug": None, "restore": None}
ENDS = {"cr": "\r", "lf": "\n", "crlf": "\r\n", "tab": "\t", "none": ""}


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "simulated"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]


class SimulatedCodeScanner:
    """Codes wait in a queue, each is read once; None in it wakes the reader when the cable is pulled."""

    def __init__(self) -> None:
        self._codes: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._plugged = True
        self._smudged = False

    def open(self) -> None:
        """Find it. Raises `Unavailable` while it is unplugged."""
        if not self._plugged:
            raise Unavailable("device_unplugged")

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """Ready, with `scan_unreadable` after a code that was no text; or unplugged."""
        if not self._plugged:
            return DeviceStatus(Condition.OFFLINE, "device_unplugged")
        return DeviceStatus(Condition.READY, "scan_unreadable" if self._smudged else "")

    def read_code(self, timeout: float) -> str | None:
        """The next presented code as NFC text; None when none comes within `timeout` seconds."""
        end = monotonic() + timeout
        text = None
        while text is None:
            self.open()
            try:
                text = self._codes.get(timeout=max(0.0, end - monotonic()))
            except queue.Empty:
                return None
        return unicodedata.normalize("NFC", text)

    # -- what a person would do ----------------------------------------------------------------------------------
    def present(self, text: str) -> None:
        """Hold a code in front of it; nothing is seen while it is unplugged."""
        if self._plugged:
            self._smudged = False
            self._codes.put(text)

    def smudge(self) -> None:
        """Hold a code in front of it that is no text."""
        self._smudged = True

    def unplug(self) -> None:
        """Pull the cable: codes that nobody has read are lost."""
        self._plugged = False
        with suppress(queue.Empty):
            while True:
                self._codes.get_nowait()
        self._codes.put(None)

    def restore(self) -> None:
        """Plug it in again, its window wiped."""
        self._plugged, self._smudged = True, False


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return SimulatedCodeScanner()


def main() -> None:
    """Play a serial code scanner on a pseudo terminal."""
    parser = argparse.ArgumentParser(
        prog="python -m devices.code_scanner.simulated", description=serial_simulator.__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--pty", action="store_true", required=True, help="on a pseudo terminal")
    parser.add_argument("--link", type=Path, default=Path("/tmp/kiosk-code-scanner"), help="the name it is found under")  # noqa: S108
    parser.add_argument("--end", default="crlf", choices=sorted(ENDS), help="what it types after a code")
    parser.add_argument("--prefix", default="", help="what it types before a code")
    options = parser.parse_args()
    scanner = serial_simulator.SerialScannerSimulator(options.link, ENDS[options.end], options.prefix)
    try:
        serial_simulator.serve(scanner, sys.stdin)
    except KeyboardInterrupt:
        pass
    finally:
        scanner.unplug()


if __name__ == "__main__":
    main()
