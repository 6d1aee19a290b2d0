"""A serial code scanner that is none: the far end of a pseudo terminal, with the faults of real ones.

    python -m devices.code_scanner.simulated --pty --link /tmp/scanner     # types each line of stdin as a code

Lines that begin with `!` are faults: `!chopped`, `!noise`, `!endless`, `!flood`, `!nfd`, `!unplug`, `!replug`, `!quit`.
"""

from __future__ import annotations

import fcntl
import os
import random
import select
import sys
import time
import tty
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

PIECE = 1024  # a terminal takes 4 KiB at a time
FLOOD_BYTES = 1 << 20
WRITE_SECONDS = 5.0
CHOP_SECONDS = 0.02


class SerialScannerSimulator:
    """Types codes on a pseudo terminal that is found under `link`, as udev's names are."""

    def __init__(self, link: Path, terminator: str = "\r\n", prefix: str = "") -> None:
        self._link = link
        self._terminator = terminator.encode()
        self._prefix = prefix.encode()
        self._far = -1
        self._noise = random.Random(1)  # noqa: S311  the same noise in every run
        self.replug()

    @property
    def url(self) -> str:
        """What the configuration of `serial_line` calls `url`."""
        return f"serial://{self._link}"

    def present(self, text: str) -> None:
        """Type a code."""
        self.send(self._line(text.encode()))

    def chopped(self, text: str) -> None:
        """Type a code in pieces of three bytes, as USB packets come on a busy bus."""
        line = self._line(text.encode())
        for start in range(0, len(line), 3):
            self.send(line[start : start + 3])
            time.sleep(CHOP_SECONDS)

    def noise(self) -> None:
        """Type a line that is no text: a bad cable, or a scanner set to another code page."""
        self.send(self._line(b"\xff\xfe" + self._noise.randbytes(20).translate(None, b"\r\n\t")))

    def endless(self, text: str) -> None:
        """Type a code without a terminator."""
        self.send(self._prefix + text.encode())

    def flood(self, count: int = FLOOD_BYTES) -> None:
        """Type so many bytes without a terminator."""
        self.send(b"7" * count)

    def nfd(self, text: str) -> None:
        """Type a code with decomposed letters, as some makers' firmware does."""
        self.send(self._line(unicodedata.normalize("NFD", text).encode()))

    def unplug(self) -> None:
        """The terminal hangs up and its name is gone."""
        if self._far >= 0:
            os.close(self._far)
            self._far = -1
            self._link.unlink(missing_ok=True)

    def replug(self) -> None:
        """A new terminal under the old name."""
        self.unplug()
        self._far, near = os.openpty()
        tty.setraw(near)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(near))
        os.close(near)
        flags = fcntl.fcntl(self._far, fcntl.F_GETFL)
        fcntl.fcntl(self._far, fcntl.F_SETFL, flags | os.O_NONBLOCK)

    def send(self, data: bytes) -> None:
        """Bytes as they are. What nobody takes for five seconds is lost, as on a real line."""
        rest = memoryview(data)
        while rest and self._far >= 0 and select.select([], [self._far], [], WRITE_SECONDS)[1]:
            try:
                rest = rest[os.write(self._far, rest[:PIECE]) :]
            except BlockingIOError:
                time.sleep(CHOP_SECONDS)

    def _line(self, body: bytes) -> bytes:
        return self._prefix + body + self._terminator


def serve(scanner: SerialScannerSimulator, orders: TextIO) -> None:
    """Do what the lines say until they end."""
    verbs: dict[str, Callable[[], None]] = {
        "!noise": scanner.noise,
        "!flood": scanner.flood,
        "!unplug": scanner.unplug,
        "!replug": scanner.replug,
    }
    texts: dict[str, Callable[[str], None]] = {
        "!chopped": scanner.chopped,
        "!endless": scanner.endless,
        "!nfd": scanner.nfd,
    }
    print(scanner.url, flush=True)
    for order in orders:
        line = order.rstrip("\n")
        verb, _, rest = line.partition(" ")
        if verb == "!quit":
            return
        if verb in verbs:
            verbs[verb]()
        elif verb in texts:
            texts[verb](rest)
        elif verb.startswith("!"):
            print(f"{verb}? one of {' '.join([*verbs, *texts, '!quit'])}", file=sys.stderr, flush=True)
        else:
            scanner.present(line)
