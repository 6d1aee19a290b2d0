"""A record of the commands of one reading that a technician may pass on: nothing personal is in it.

One line a command: milliseconds since the start, what was sent, `→`, what came back. Lengths stand for all data except
what is the same for every card of a kind (application identifier, EF.CardAccess, choice of protocol) or random (PACE,
challenges): `12.3 00A4040C A0000002471001 → 9000`, `80.1 0CB08D00 [13] → [160] 9000`.
"""

from __future__ import annotations

import time
from typing import Final, TextIO

from devices.card_reader.emrtd.apdu import decode

PROTECTED: Final = 0x0C  # bits of CLA
SELECT, READ_BINARY, MANAGE, GENERAL_AUTHENTICATE = 0xA4, 0xB0, 0x22, 0x86
PUBLIC_FILES: Final = (0x9C00, 0x8100, 0x0000)  # P1-P2 of plain reads: EF.CardAccess, EF.ATR/INFO, the selected one
SHOWN: Final = (SELECT, MANAGE, GENERAL_AUTHENTICATE)


class TraceWriter:
    """Writes to `file`; `__call__` is the trace of a `Channel`."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._started = time.perf_counter()

    def __call__(self, command: bytes, answer: bytes, status: int) -> None:
        """One command and its answer."""
        milliseconds = 1000 * (time.perf_counter() - self._started)
        self._file.write(f"{milliseconds:.1f} {sent(command)} → {came(command, answer)}{status:04X}\n")


def sent(command: bytes) -> str:
    """A command: its header, and its data or its length."""
    header = command[:4].hex().upper()
    try:
        data = decode(command).data
    except ValueError:
        return header
    shown = command[1] in SHOWN and not command[0] & PROTECTED
    return f"{header} {_bytes(data, shown)}".rstrip()


def came(command: bytes, answer: bytes) -> str:
    """The data of an answer or its length, and a space; "" when there is none."""
    public = command[1] == READ_BINARY and int.from_bytes(command[2:4], "big") in PUBLIC_FILES
    shown = (public or command[1] in SHOWN) and not command[0] & PROTECTED
    text = _bytes(answer, shown)
    return f"{text} " if text else ""


def _bytes(data: bytes, shown: bool) -> str:
    if not data:
        return ""
    return data.hex().upper() if shown else f"[{len(data)}]"
