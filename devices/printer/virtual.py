"""A ticket printer without paper: answers as ESC/POS and VKP80 do, plays faults, keeps pictures of its jobs.

It shares no code with the drivers that it tests. On a line, and alone: `virtual_lines.py`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PIL import Image

from devices.printer.stream import DLE, Command, Paper, Stream

CLEARED = bytes((0x37, 0x25, 0))
CLEAR_BUFFERS = bytes((DLE, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))
IDLE_ANSWERS = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}
OFF_LINE = 0x08


class Fault(StrEnum):
    """What is wrong with the printer."""

    NONE = "none"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER = "cutter"
    BROKEN = "broken"
    HOT = "hot"
    OFFLINE = "offline"  # off line, and no word why
    SILENT = "silent"  # prints, but answers nothing
    GARBAGE = "garbage"  # answers what is no status
    BABBLE = "babble"  # answers far more than it was asked
    JAM = "jam"  # VKP80 only, as the two below
    PRESENTER = "presenter"
    POWER = "power"


STOPPING = (
    Fault.PAPER_OUT,
    Fault.COVER_OPEN,
    Fault.CUTTER,
    Fault.BROKEN,
    Fault.HOT,
    Fault.OFFLINE,
    Fault.JAM,
    Fault.PRESENTER,
    Fault.POWER,
)
# bits of the answers to DLE EOT n by fault
BITS: dict[Fault, dict[int, int]] = {
    Fault.PAPER_LOW: {4: 0x0C},
    Fault.PAPER_OUT: {1: OFF_LINE, 2: 0x20, 4: 0x6C},
    Fault.COVER_OPEN: {1: OFF_LINE, 2: 0x04},
    Fault.CUTTER: {1: OFF_LINE, 2: 0x40, 3: 0x08},
    Fault.BROKEN: {1: OFF_LINE, 2: 0x40, 3: 0x20},
    Fault.HOT: {1: OFF_LINE, 2: 0x40, 3: 0x40},
    Fault.OFFLINE: {1: OFF_LINE},
}
# the same in the full status of a VKP80: (byte of the answer, bits)
FULL_BITS: dict[Fault, tuple[int, int]] = {
    Fault.PAPER_LOW: (2, 0x04),
    Fault.PAPER_OUT: (2, 0x01),
    Fault.COVER_OPEN: (3, 0x02),
    Fault.HOT: (4, 0x01),
    Fault.POWER: (4, 0x08),
    Fault.JAM: (4, 0x40),
    Fault.CUTTER: (5, 0x01),
    Fault.BROKEN: (5, 0x08),
    Fault.PRESENTER: (5, 0x80),
}
IN_OUTLET = 0x20
# answers to GS I n: what an ESC/POS printer tells in frames, and a VKP80 without
IDENTITY = {65: b"_1.04\0", 66: b"_Kiosk Mot Cua\0", 67: b"_Virtual 80\0", 68: b"_V0000001\0", 3: b"1.04"}


class PowerLost(Exception):
    """The printer dies here."""


@dataclass(frozen=True)
class Job:
    """What came out at one cut; `accepted_at` is when its last byte was taken (`time.monotonic`)."""

    picture: Image.Image
    accepted_at: float


class Printer:
    """The machine behind the line. Faults are plain attributes that any thread may set at any time."""

    def __init__(self, width_dots: int = 576, executes_inside_rasters: bool = False, out: Path | None = None) -> None:
        self._width = width_dots
        self._inside = executes_inside_rasters
        self._out = out
        self._lock = threading.Lock()
        self._stream = Stream(executes_inside_rasters)
        self._paper = Paper(width_dots)
        self._waiting: list[Command] = []
        self.fault = Fault.NONE
        self.dies_after: int | None = None  # so many more bytes, then it loses power
        self.paper_ends_after: int | None = None  # so many more commands, then the roll is at its end
        self.bytes_per_second: int | None = None
        self.silent_after_jobs: int | None = None  # so many more cuts, then it answers nothing
        self.unasked = b""  # sent behind the next answer to the last question
        self.identity = dict(IDENTITY)  # what is not in it is answered by silence
        self.jobs: list[Job] = []
        self.cuts = 0  # since it was made: power does not change it
        self.in_outlet = False  # a VKP80 holds the ticket until it is taken
        self.taken_back = 0  # tickets that were retracted or dropped
        self.received = bytearray()  # every byte since it was made

    @property
    def strays(self) -> bytes:
        """Bytes that were no command: a real printer would print them as letters."""
        return bytes(self._stream.strays)

    @property
    def pictures(self) -> list[Image.Image]:
        """One picture for each cut."""
        with self._lock:
            return [job.picture for job in self.jobs]

    def hanging(self) -> Image.Image:
        """What was printed since the last cut."""
        with self._lock:
            return self._paper.picture()

    def receive(self, data: bytes) -> bytes:
        """Take bytes and return the answer. Raises `PowerLost`."""
        now = time.monotonic()
        with self._lock:
            dies = self.dies_after is not None and len(data) >= self.dies_after
            if self.dies_after is not None:
                data = data[: self.dies_after]
                self.dies_after -= len(data)
            self.received += data
            answer = b"".join(self._take(command, now) for command in self._stream.feed(data))
            if dies:
                self.dies_after = None
                self._reset()
                raise PowerLost
            return answer

    def restore(self) -> None:
        """All is well again; like a real printer it goes on with what is still in its buffer."""
        with self._lock:
            self.fault = Fault.NONE
            self._print_waiting(time.monotonic())

    def take(self) -> None:
        """Take the ticket out of the outlet."""
        self.in_outlet = False

    def line_lost(self) -> None:
        """The other side has gone: half a command is forgotten."""
        with self._lock:
            strays, self._stream = self._stream.strays, Stream(self._inside)
            self._stream.strays += strays

    def _reset(self) -> None:
        self._stream = Stream(self._inside)
        self._paper = Paper(self._width)
        self._waiting = []

    def _take(self, command: Command, now: float) -> bytes:
        if command.name == b"\x10\x04":
            return self._full_status() if command.parameters[0] == 0x14 else self._answer(command.parameters[0])
        if command.name == b"\x10\x14":
            if command.name + command.parameters == CLEAR_BUFFERS:
                self._waiting, self._paper = [], Paper(self._width)
                return CLEARED
            return b""
        self._waiting.append(command)
        return self._print_waiting(now)

    def _print_waiting(self, now: float) -> bytes:
        answer = b""
        while self._waiting and self.fault not in STOPPING:
            command = self._waiting.pop(0)
            if command.name == b"\x1dg":
                answer += b"_%d\0" % self.cuts
            elif command.name == b"\x1dI":
                answer += b"" if self.fault is Fault.SILENT else self.identity.get(command.parameters[0], b"")
            elif command.name == b"\x1de":
                self._present(command.parameters[0])
            elif self._paper.do(command):
                self._cut(now)
            if self.paper_ends_after is not None:
                self.paper_ends_after -= 1
                if self.paper_ends_after <= 0:
                    self.paper_ends_after, self.fault = None, Fault.PAPER_OUT
        return answer

    def _present(self, verb: int) -> None:
        if verb == 3:
            self.in_outlet = True
        elif self.in_outlet:
            self.in_outlet = False
            self.taken_back += 1

    def _full_status(self) -> bytes:
        if self.fault is Fault.SILENT:
            return b""
        if self.fault is Fault.GARBAGE:
            return b"\xff" * 6
        answer = bytearray(b"\x10\x0f\0\0\0\0")
        byte, bits = FULL_BITS.get(self.fault, (2, 0))
        answer[byte] |= bits
        answer[2] |= IN_OUTLET if self.in_outlet else 0
        return bytes(answer)

    def _cut(self, now: float) -> None:
        self.cuts += 1
        self.jobs.append(Job(self._paper.picture(), now))
        self._paper = Paper(self._width)
        if self.silent_after_jobs is not None:
            self.silent_after_jobs -= 1
            if self.silent_after_jobs <= 0:
                self.silent_after_jobs, self.fault = None, Fault.SILENT
        if self._out:
            self.jobs[-1].picture.save(self._out / f"{len(self.jobs):04d}.png")

    def _answer(self, question: int) -> bytes:
        if self.fault is Fault.SILENT or question not in IDLE_ANSWERS:
            return b""
        if self.fault is Fault.GARBAGE:
            return b"\xff"
        if self.fault is Fault.BABBLE:
            return b"\x12" * 16384
        unasked, self.unasked = (self.unasked, b"") if question == 4 else (b"", self.unasked)
        return bytes((IDLE_ANSWERS[question] | BITS.get(self.fault, {}).get(question, 0),)) + unasked
