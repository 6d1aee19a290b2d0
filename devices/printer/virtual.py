"""An ESC/POS printer without paper, over TCP or a pty: answers DLE EOT, plays faults, keeps pictures of its jobs.

It shares no code with the driver that it tests. Alone, one picture per cut:
`python -m devices.printer.virtual --port 9100 --out DIR`
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import sys
import threading
import time
import tty
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from devices.printer.stream import DLE, Command, Paper, Stream

CHUNK = 65536
SLOW_CHUNK = 512
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
    SILENT = "silent"  # prints, but answers nothing
    GARBAGE = "garbage"  # answers what is no status
    BABBLE = "babble"  # answers far more than it was asked


STOPPING = (Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.CUTTER, Fault.BROKEN, Fault.HOT)
# bits of the answers to DLE EOT n by fault
BITS: dict[Fault, dict[int, int]] = {
    Fault.PAPER_LOW: {4: 0x0C},
    Fault.PAPER_OUT: {1: OFF_LINE, 2: 0x20, 4: 0x6C},
    Fault.COVER_OPEN: {1: OFF_LINE, 2: 0x04},
    Fault.CUTTER: {1: OFF_LINE, 2: 0x40, 3: 0x08},
    Fault.BROKEN: {1: OFF_LINE, 2: 0x40, 3: 0x20},
    Fault.HOT: {1: OFF_LINE, 2: 0x40, 3: 0x40},
}


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
        self.jobs: list[Job] = []
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
            return self._answer(command.parameters[0])
        if command.name == b"\x10\x14":
            if command.name + command.parameters == CLEAR_BUFFERS:
                self._waiting, self._paper = [], Paper(self._width)
                return CLEARED
            return b""
        self._waiting.append(command)
        self._print_waiting(now)
        return b""

    def _print_waiting(self, now: float) -> None:
        while self._waiting and self.fault not in STOPPING:
            if self._paper.do(self._waiting.pop(0)):
                self._cut(now)
            if self.paper_ends_after is not None:
                self.paper_ends_after -= 1
                if self.paper_ends_after <= 0:
                    self.paper_ends_after, self.fault = None, Fault.PAPER_OUT

    def _cut(self, now: float) -> None:
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


class _Served(ABC):
    """A printer at the end of a line, served by one thread between `plug` and `unplug`."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self._stop, self._stopper = os.pipe()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.unplug()
        os.close(self._stop)
        os.close(self._stopper)

    def plug(self) -> None:
        """Connect the cable."""
        self._connect()
        self._start()

    def unplug(self) -> None:
        """Pull the cable."""
        self._end()
        self._disconnect()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._serve, name="virtual-printer", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        if self._thread is not None:
            os.write(self._stopper, b"x")
            self._thread.join()
            os.read(self._stop, 1)
            self._thread = None

    def _ready(self, file: int, seconds: float | None = None) -> bool:
        """Wait for `file`, or `seconds` long when it is negative; False once the thread must end."""
        ready, _, _ = select.select([self._stop, *([file] if file >= 0 else [])], [], [], seconds)
        return self._stop not in ready

    def _piece(self) -> int:
        return SLOW_CHUNK if self.printer.bytes_per_second else CHUNK

    def _pace(self, data: bytes) -> bool:
        speed = self.printer.bytes_per_second
        return not speed or self._ready(-1, len(data) / speed)

    @abstractmethod
    def _connect(self) -> None: ...

    @abstractmethod
    def _disconnect(self) -> None: ...

    @abstractmethod
    def _serve(self) -> None: ...


class TcpPrinter(_Served):
    """A network printer on 127.0.0.1: one connection at a time, the next one waits."""

    def __init__(self, printer: Printer | None = None, port: int = 0) -> None:
        super().__init__(printer or Printer())
        self.port = port  # 0 becomes a free one, and stays the same over `unplug` and `plug`
        self._listener: socket.socket | None = None
        self._line: socket.socket | None = None

    @property
    def url(self) -> str:
        """For the configuration of the driver."""
        return f"socket://127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        """Close the connection and listen on, as printers do with lines that were idle for long."""
        self._end()
        self._drop()
        self._start()

    def _connect(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]

    def _disconnect(self) -> None:
        self._drop()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
            self.printer.line_lost()

    def _serve(self) -> None:
        assert self._listener is not None
        while self._ready((self._line or self._listener).fileno()):
            if self._line is None:
                self._line, _ = self._listener.accept()
                self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                continue
            try:
                data = self._line.recv(self._piece())
                if not data or not self._pace(data):
                    self._drop()
                else:
                    self._line.sendall(self.printer.receive(data))
            except (PowerLost, OSError):
                self._drop()


class PtyPrinter(_Served):
    """A printer on a serial line; `path` is a link to the pty, the same after `plug`."""

    def __init__(self, path: Path, printer: Printer | None = None) -> None:
        super().__init__(printer or Printer())
        self.path = path
        self._ends: tuple[int, int] | None = None

    @property
    def url(self) -> str:
        """For the configuration of the driver."""
        return f"serial://{self.path}"

    def _connect(self) -> None:
        ours, theirs = os.openpty()  # `theirs` stays open here, or the line would hang up with each close of the driver
        tty.setraw(theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))
        self._ends = ours, theirs

    def _disconnect(self) -> None:
        self.path.unlink(missing_ok=True)
        if self._ends is not None:
            for end in self._ends:
                os.close(end)
            self._ends = None
            self.printer.line_lost()

    def _serve(self) -> None:
        assert self._ends is not None
        ours, _ = self._ends
        while self._ready(ours):
            data = os.read(ours, self._piece())
            if not self._pace(data):
                return
            try:
                answer = self.printer.receive(data)
            except PowerLost:
                self._disconnect()
                return
            if not self._send(answer):
                return

    def _send(self, answer: bytes) -> bool:
        assert self._ends is not None
        while answer:
            ready, _, _ = select.select([self._stop], [self._ends[0]], [])  # nobody may read it any more
            if ready:
                return False
            answer = answer[os.write(self._ends[0], answer[:256]) :]
        return True


def main() -> int:
    """Play a printer until Ctrl-C; with --out, one PNG for each cut."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--pty", type=Path, help="a link to make to a serial line, instead of TCP")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--width", type=int, choices=[384, 512, 576], default=576)
    parser.add_argument("--fault", type=Fault, choices=list(Fault), default=Fault.NONE)
    parser.add_argument("--dies-after", type=int, metavar="BYTES")
    parser.add_argument("--bytes-per-second", type=int)
    options = parser.parse_args()
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    printer = Printer(options.width, out=options.out)
    printer.fault, printer.dies_after = options.fault, options.dies_after
    printer.bytes_per_second = options.bytes_per_second
    served = PtyPrinter(options.pty, printer) if options.pty else TcpPrinter(printer, options.port)
    with served:
        print(served.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
