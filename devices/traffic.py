"""What goes over the lines to the devices, for a technician to look at: a ring for each, blanked before it is kept.

Off, it costs one look at a flag. On, it keeps no byte that could tell about a person: of a scanned code only separators
and terminators, of a picture only its size, of a chip what `emrtd/trace.py` shows. Names of commands are those of the
ESC/POS command reference.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from devices.errors import DeviceError
from devices.interfaces import DEVICE_KINDS

if TYPE_CHECKING:
    from devices.transport import Transport

KEPT: Final = 600  # passages of each device: five minutes of a printer that is asked for its state
MASK: Final = "··"
OPENED, CLOSED = "line_opened", "line_closed"
DLE, ESC, GS, LF = 0x10, 0x1B, 0x1D, 0x0A
# bytes behind the two of a command
PARAMETERS: Final = {
    **{
        (ESC, ord(letter)): count
        for letter, count in {"@": 0, "a": 1, "J": 1, "d": 1, "i": 0, "t": 1, "2": 0, "3": 1}.items()
    },
    (GS, ord("g")): 4,
    (GS, ord("I")): 1,
    (DLE, 0x04): 1,
    (DLE, 0x05): 1,
    (DLE, 0x14): 8,
}
PRESENTER: Final = {2: 3, 3: 4, 5: 3}  # whole lengths of `GS e n`
RASTER_HEADER: Final = 8
FULL_STATUS, FULL_STATUS_HEAD, FULL_STATUS_BYTES = 0x14, b"\x10\x0f", 6  # DLE EOT of Custom's printers, its answer
STATUS_MASK, STATUS = 0x93, 0x12  # fixed bits of an answer to DLE EOT


class Direction(StrEnum):
    """Which way something went."""

    SENT = "sent"
    RECEIVED = "received"
    NOTE = "note"  # the line itself: opened, closed, or the code of its error


class Passage(NamedTuple):
    """One command, one answer, one piece of a code; nothing personal is in it.

    `shown` are bytes in hexadecimal, `··` for one that is blanked, `12×··` for twelve; of a note it is the code.
    """

    number: int
    at: float  # seconds since 1970
    direction: Direction
    shown: str


class Tap:
    """The ring of one device. What is told to it while it is off is gone."""

    def __init__(self, device: str) -> None:
        self.on = False
        self._printer = device == "printer"
        self._lock = threading.Lock()
        self._ring: deque[Passage] = deque(maxlen=KEPT)
        self._number = 0
        self._job = _Job()

    def start(self) -> None:
        """Begin, with an empty ring."""
        with self._lock:
            self._ring.clear()
            self._job = _Job()
            self.on = True

    def stop(self) -> None:
        """End, and forget."""
        with self._lock:
            self.on = False
            self._ring.clear()

    def since(self, number: int = 0) -> list[Passage]:
        """What came after that number, oldest first; numbers only grow."""
        with self._lock:
            return [passage for passage in self._ring if passage.number > number]

    def sent(self, data: bytes) -> None:
        """Bytes that were handed over."""
        with self._lock:
            self._keep(Direction.SENT, *(self._job.sent(data) if self._printer else [masked(data)]))

    def received(self, data: bytes) -> None:
        """Bytes that have come."""
        with self._lock:
            self._keep(Direction.RECEIVED, self._job.received(data) if self._printer else masked(data))

    def note(self, code: str) -> None:
        """Something has happened to the line."""
        with self._lock:
            self._job = _Job()
            self._keep(Direction.NOTE, code)

    def exchange(self, command: bytes, answer: bytes, status: int) -> None:
        """One command of a card and its answer."""
        from devices.card_reader.emrtd import trace

        with self._lock:
            self._keep(Direction.SENT, trace.sent(command))
            self._keep(Direction.RECEIVED, f"{trace.came(command, answer)}{status:04X}")

    def _keep(self, direction: Direction, *shown: str) -> None:
        if not self.on:
            return  # it was switched off meanwhile
        for text in shown:
            self._number += 1
            self._ring.append(Passage(self._number, time.time(), direction, text))


class TappedLine:
    """A line that tells a tap what goes over it."""

    def __init__(self, line: Transport, tap: Tap) -> None:
        self._line = line
        self._tap = tap

    def open(self) -> None:
        """Connect."""
        with self._errors():
            self._line.open()
        if self._tap.on:
            self._tap.note(OPENED)

    def close(self) -> None:
        """Disconnect; harmless when not open."""
        self._line.close()
        if self._tap.on:
            self._tap.note(CLOSED)

    def write(self, data: bytes) -> None:
        """Hand over all bytes; told before, as the question stands before its answer."""
        if self._tap.on:
            self._tap.sent(data)
        with self._errors():
            self._line.write(data)

    def read(self, count: int, timeout: float) -> bytes:
        """Up to `count` bytes that come within `timeout` seconds."""
        with self._errors():
            data = self._line.read(count, timeout)
        if data and self._tap.on:
            self._tap.received(data)
        return data

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DeviceError as error:
            if self._tap.on:
                self._tap.note(error.code)
            raise


def masked(data: bytes) -> str:
    """Bytes of a code: separators and control characters in hexadecimal, all others only counted.

    A space is no separator: between the words of a name it would tell how long they are.
    """
    return _joined(_hex(byte) if _separates(byte) else MASK for byte in data)


def _separates(byte: int) -> bool:
    return byte < 0x20 or byte == 0x7F or (0x20 < byte < 0x80 and not chr(byte).isalnum())


def _hex(byte: int) -> str:
    return f"{byte:02X}"


def _joined(shown: Iterable[str]) -> str:
    """`7C`, `··`, `··` → `7C 2×··`."""
    runs = ((text, len(list(same))) for text, same in groupby(shown))
    return " ".join(f"{n}×{MASK}" if text == MASK else " ".join([text] * n) for text, n in runs)


class _Job:
    """Follows what a printer is told, and what it may answer to the last question.

    Nothing else is shown of an answer: what is plugged in where a printer should be may be a code scanner.
    """

    def __init__(self) -> None:
        self._skip = 0  # bytes of a picture that are still to come
        self._question = 0  # of DLE EOT, 0 when it has been answered
        self._answer = b""

    def sent(self, data: bytes) -> Iterator[str]:
        """The commands in it, one by one."""
        position = min(self._skip, len(data))
        self._skip -= position
        while position < len(data):
            length = _length(data, position)
            if not length:
                start = position
                while position < len(data) and not _length(data, position):
                    position += 1
                yield f"{position - start}×{MASK}"  # text, or a command that nobody here sends
                continue
            command = data[position : position + length]
            yield self._command(command)
            position += length
            skipped = min(self._skip, len(data) - position)
            position, self._skip = position + skipped, self._skip - skipped

    def _command(self, command: bytes) -> str:
        shown = " ".join(map(_hex, command))
        if command[:2] == b"\x10\x04":
            self._question, self._answer = command[2], b""
        elif command[:2] == b"\x1dv":
            across, rows = int.from_bytes(command[4:6], "little"), int.from_bytes(command[6:8], "little")
            self._skip = across * rows
            wide, high = 1 + (command[3] & 1), 1 + (command[3] >> 1 & 1)  # the printer doubles the dots
            return f"{shown} <raster {across * 8 * wide}×{rows * high}>"
        return shown

    def received(self, data: bytes) -> str:
        """A status byte as it is, all else blanked."""
        return _joined(_hex(byte) if self._answers(byte) else MASK for byte in data)

    def _answers(self, byte: int) -> bool:
        if self._question == FULL_STATUS:
            self._answer += bytes((byte,))
            if len(self._answer) == FULL_STATUS_BYTES:
                self._question = 0
            return self._answer[:2] == FULL_STATUS_HEAD[: len(self._answer)]
        fits = self._question > 0 and byte & STATUS_MASK == STATUS
        self._question = 0
        return fits


def _length(data: bytes, at: int) -> int:
    """Bytes of the command that begins there; 0 when none does, or not all of it is there."""
    first, second = data[at], data[at + 1] if at + 1 < len(data) else -1
    third = data[at + 2] if at + 2 < len(data) else -1
    length = 0
    if first == LF:
        length = 1
    elif (first, second) == (GS, ord("v")):
        length = RASTER_HEADER
    elif (first, second) == (GS, ord("V")):
        length = 3 if third in (0, 1, 48, 49) else 4
    elif (first, second) == (GS, ord("e")):
        length = PRESENTER.get(third, 0)
    elif (first, second) in PARAMETERS:
        length = 2 + PARAMETERS[first, second]
    return length if at + length <= len(data) else 0


TAPS: Final[Mapping[str, Tap]] = MappingProxyType({kind: Tap(kind) for kind in DEVICE_KINDS})
