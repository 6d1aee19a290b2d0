"""Lines at whose far end a virtual printer hangs: TCP, and a pseudo terminal that is found under a name.

Alone, one picture per cut: `python -m devices.printer.virtual_lines --port 9100 --out DIR`. Lines of its standard input
play with it: a fault's name, or `restore`, `unplug`, `plug`, `take`, `dies-after BYTES`, `quit`.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import sys
import threading
import tty
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from devices.printer.virtual import Fault, PowerLost, Printer

CHUNK = 65536
SLOW_CHUNK = 512


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


def obey(served: TcpPrinter | PtyPrinter, orders: TextIO) -> bool:
    """Do what the lines say until they end; whether the last one was `quit`."""
    printer = served.printer
    verbs = {"restore": printer.restore, "unplug": served.unplug, "plug": served.plug, "take": printer.take}
    for order in orders:
        verb, _, argument = order.strip().partition(" ")
        if verb == "quit":
            return True
        if verb in verbs:
            verbs[verb]()
        elif verb == "dies-after" and argument.isdigit():
            printer.dies_after = int(argument)
        elif verb in set(Fault):
            printer.fault = Fault(verb)
        elif verb:
            known = [*Fault, *verbs, "dies-after BYTES", "quit"]
            print(f"{verb}? one of {', '.join(known)}", file=sys.stderr, flush=True)
    return False


def main() -> int:
    """Play a printer until `quit` or Ctrl-C; with --out, one PNG for each cut."""
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
            if not obey(served, sys.stdin):
                threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
