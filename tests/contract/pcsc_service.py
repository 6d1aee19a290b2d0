"""pcscd with two virtual readers, and rules of an administrator before it; in a namespace of its own."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DRIVER = ROOT / ".venv/vpcd/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
FIRST, SECOND = 35963, 35964  # ports of the two slots of vpcd
SOCKET = Path("/run/pcscd/pcscd.comm")


class Service:
    """pcscd and the readers it is told of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, readers: bool = True) -> None:
        """Start it, with its two readers or without any."""
        config = f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{FIRST}\nLIBPATH {DRIVER}\nCHANNELID {FIRST}\n'
        (self._folder / "vpcd").write_text(config if readers else "")
        self._process = subprocess.Popen(
            ["/usr/sbin/pcscd", "--foreground", "--config", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PCSCLITE_HP_DROPDIR": str(self._folder)},  # none of the real readers of this machine
        )

    def kill(self) -> None:
        """As a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, readers: bool = True) -> None:
        """Kill and start it."""
        self.kill()
        self.start(readers)


class Guard:
    """Stands before the service and refuses what an administrator's rules forbid, as pcscd with polkit does.

    Debian's pcscd is built without polkit, so the messages of its socket (`winscard_msg.h` of pcsc-lite) are passed on
    here and what is refused is answered by ourselves. Whoever may have no context is not answered: pcscd closes the
    line before it reads anything (`ContextThread` in `winscard_svc.c`).
    """

    ESTABLISH_CONTEXT, CONNECT = 0x01, 0x04
    SECURITY_VIOLATION = 0x8010006A
    HEAD = struct.Struct("=II")  # bytes that follow, command

    def __init__(self, refused: int) -> None:
        self._refused = refused
        self._behind = SOCKET.rename(SOCKET.with_suffix(".behind"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(SOCKET))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """The service is asked directly again."""
        self._listener.close()
        self._behind.rename(SOCKET)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                if self._refused == self.ESTABLISH_CONTEXT:
                    client.close()
                    continue
                service = socket.socket(socket.AF_UNIX)
                service.connect(str(self._behind))
                threading.Thread(target=self._answers, args=(service, client), daemon=True).start()
                threading.Thread(target=self._questions, args=(client, service), daemon=True).start()

    def _answers(self, service: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := service.recv(65536):
                client.sendall(piece)

    def _questions(self, client: socket.socket, service: socket.socket) -> None:
        with suppress(OSError), client, service:
            while len(head := client.recv(self.HEAD.size, socket.MSG_WAITALL)) == self.HEAD.size:
                size, command = self.HEAD.unpack(head)
                body = client.recv(size, socket.MSG_WAITALL) if size else b""
                if command == self._refused:
                    client.sendall(body[:-4] + struct.pack("=I", self.SECURITY_VIOLATION))  # the result stands last
                else:
                    service.sendall(head + body)


@contextmanager
def refusing(command: int) -> Iterator[None]:
    """The service refuses one command to everybody."""
    guard = Guard(command)
    try:
        yield
    finally:
        guard.close()
