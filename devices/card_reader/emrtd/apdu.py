"""Commands and responses of a smart card (ISO/IEC 7816-4:2020, 5.1 to 5.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

OK: Final = 0x9000
SHORT_DATA = 255  # longest command data field, in bytes, of a short APDU
SHORT_EXPECTED = 256  # most bytes that a short APDU can ask for
EXTENDED_EXPECTED = 65536


@dataclass(frozen=True)
class Command:
    """One command APDU; `expected` is N_e, the most bytes wanted back (0: none, so no L_e field)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    expected: int = 0

    @property
    def header(self) -> bytes:
        """CLA, INS, P1, P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def extended(self) -> bool:
        """Whether its lengths need the extended form (ISO/IEC 7816-4, 5.2)."""
        return len(self.data) > SHORT_DATA or self.expected > SHORT_EXPECTED

    def encode(self) -> bytes:
        """The bytes of the APDU: cases 1 to 4, short where that is enough. An N_e of 256 (65,536) is written as 0."""
        body = self.header
        if self.data:
            body += (
                b"\0" + len(self.data).to_bytes(2, "big") if self.extended else bytes((len(self.data),))
            ) + self.data
        if not self.expected:
            return body
        if not self.extended:
            return body + bytes((self.expected & 0xFF,))
        return body + (b"" if self.data else b"\0") + (self.expected & 0xFFFF).to_bytes(2, "big")


def decode(raw: bytes) -> Command:
    """The command in the bytes of an APDU: what a card does on its side. Raises `ValueError`."""
    if len(raw) < 4:
        raise ValueError("an APDU has at least four bytes")
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) >= 3 and body[0] == 0:
        size, rest, most = int.from_bytes(body[1:3], "big"), body[3:], EXTENDED_EXPECTED
    elif body:
        size, rest, most = body[0], body[1:], SHORT_EXPECTED
    else:
        return Command(cla, ins, p1, p2)
    if not rest:
        return Command(cla, ins, p1, p2, expected=size or most)
    data, le = rest[:size], rest[size:]
    if len(data) != size or len(le) not in (0, 1 if most == SHORT_EXPECTED else 2):
        raise ValueError("the lengths of an APDU do not fit its bytes")
    return Command(cla, ins, p1, p2, data, (int.from_bytes(le, "big") or most) if le else 0)
