"""The line to one chip: counts what goes over it, protects it once keys are agreed, and reads files.

Files are read by short file identifier, header and body in one read, then on by offset (ISO/IEC 7816-4, 11.3.3;
ICAO Doc 9303-10, 3.6): a file of 15 kB takes ⌈15,000 / 223⌉ = 68 commands under AES with short lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.apdu import OK, SHORT_EXPECTED, Command
from devices.card_reader.emrtd.errors import Blocked, BlockRefused, ChipProtocolError, Malformed
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.interfaces import CardConnection

LARGEST_FILE: Final = 512 * 1024  # bytes: far above any portrait, far below what a length field can claim
LARGEST_OFFSET: Final = 0x7FFF  # of READ BINARY with even instruction code
MOST_READS: Final = 4096  # commands for one file: a chip that gives it byte by byte does not hold the kiosk
OBJECT_HEADER: Final = 4  # bytes, of the object 53 around what READ BINARY with odd instruction code gives
END_OF_FILE: Final = 0x6282
NOT_FOUND: Final = (0x6A82, 0x6A83, 0x6A88)
SHORT_FILE: Final = 0x80
Trace = Callable[[bytes, bytes, int], None]
Reading = Generator[tuple[int, int], None, bytes | None]


@dataclass(frozen=True)
class File:
    """An elementary file: short identifier (5 bits), identifier (2 bytes), and the tag of its one data object."""

    name: str
    short_id: int
    file_id: int
    tag: int

    def read_command(self, expected: int = SHORT_EXPECTED) -> Command:
        """READ BINARY from its beginning; it is the current file afterwards."""
        return Command(0x00, 0xB0, SHORT_FILE | self.short_id, 0, expected=expected)


# ICAO Doc 9303-10, table 38 and 9303-11, 4.4.1
CARD_ACCESS = File("CardAccess", 0x1C, 0x011C, 0x31)
ATR_INFO = File("ATR/INFO", 0x01, 0x2F01, 0)
COM = File("COM", 0x1E, 0x011E, 0x60)
SOD = File("SOD", 0x1D, 0x011D, 0x77)
DG1 = File("DG1", 0x01, 0x0101, 0x61)
DG2 = File("DG2", 0x02, 0x0102, 0x75)
DG13 = File("DG13", 0x0D, 0x010D, 0x6D)
DG14 = File("DG14", 0x0E, 0x010E, 0x6E)
DG15 = File("DG15", 0x0F, 0x010F, 0x6F)
DATA_GROUPS = {1: DG1, 2: DG2, 13: DG13, 14: DG14, 15: DG15}


@dataclass
class Channel:
    """Sends commands over a connection. `apdus` and `octets` (both ways) count what the card itself saw."""

    connection: CardConnection = field(repr=False)
    block: int = 0  # most plain bytes a read asks for; 0: as many as fit a short answer
    trace: Trace | None = field(default=None, repr=False)
    messaging: SecureMessaging | None = field(default=None, repr=False)
    apdus: int = 0
    octets: int = 0

    def send(self, command: Command) -> tuple[bytes, int]:
        """One command, protected when keys are agreed: (data, status). Raises `DeviceError`."""
        messaging = self.messaging
        raw = (messaging.protect(command) if messaging else command).encode()
        answer, status = self.connection.transmit(raw)
        self.apdus += 1
        self.octets += len(raw) + len(answer) + 2
        if self.trace:
            self.trace(raw, answer, status)
        if messaging is None:
            return answer, status
        if not answer:  # a bare status: the chip has given up the session
            self._refused(command, status)
            raise ChipProtocolError("an unprotected answer", status)
        return messaging.unprotect(answer)

    def expect(self, command: Command, what: str) -> bytes:
        """The data of an answer whose status must be 9000. Raises `ChipProtocolError`, `Blocked`."""
        data, status = self.send(command)
        if status != OK:
            self._refused(command, status)
            raise ChipProtocolError(what, status)
        return data

    def reset(self) -> None:
        """Power off and on: access control starts afresh."""
        self.messaging = None
        self.connection.reset()

    def select_application(self) -> bool:
        """SELECT the eMRTD application, A0000002471001 (9303-10, 3.3.1); False when the card has none."""
        aid = bytes.fromhex("A0000002471001")
        _, status = self.send(Command(0x00, 0xA4, 0x04, 0x0C, aid))
        return status == OK

    def read(self, file: File) -> Reading:
        """Read the whole file, one data object: yields (done, total) in bytes after each command.

        Returns the bytes, None when the card does not have the file. Raises `Malformed` when it is not one object with
        the tag of its kind, `BlockRefused` when the card wants smaller blocks, other `DeviceError`s.
        """
        size = self.block or self._largest_short_read()
        piece, status = self.send(file.read_command(size))
        if status in NOT_FOUND:
            return None
        content = self._piece(file, piece, status)
        total = _file_size(content, file)
        for _ in range(MOST_READS):
            if len(content) >= total:
                break
            yield len(content), total
            content += self._piece(file, *self._read_on(len(content), total - len(content), size))
        else:
            raise Malformed(f"{file.name} comes in too many pieces")
        yield total, total
        return content[:total]

    def _piece(self, file: File, data: bytes, status: int) -> bytes:
        self._refused_block(status)
        if status not in (OK, END_OF_FILE):
            raise ChipProtocolError(f"reading {file.name}", status)
        if not data:
            raise Malformed(f"{file.name} ends too early")
        return data

    def _read_on(self, offset: int, left: int, block: int) -> tuple[bytes, int]:
        """READ BINARY of the current file; beyond 32,767 with odd instruction code (ISO/IEC 7816-4, 11.3.3)."""
        if offset <= LARGEST_OFFSET:
            return self.send(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, expected=min(left, block)))
        at = tlv.encode(0x54, offset.to_bytes(3, "big"))
        data, status = self.send(Command(0x00, 0xB1, 0x00, 0x00, at, expected=min(left + OBJECT_HEADER, block)))
        return (tlv.only(data, 0x53) if data else b""), status

    def _largest_short_read(self) -> int:
        return self.messaging.largest_read() if self.messaging else SHORT_EXPECTED

    def _refused(self, command: Command, status: int) -> None:
        if status in (0x6983, 0x63C0):
            raise Blocked("no tries are left")
        if command.ins in (0xB0, 0xB1):
            self._refused_block(status)

    def _refused_block(self, status: int) -> None:
        if status == 0x6700 or status >> 8 == 0x6C:
            raise BlockRefused("the card wants smaller blocks", status)


def _file_size(start: bytes, file: File) -> int:
    """Size of a file in bytes, from the header of its one data object."""
    tag, head, length = tlv.header(start[: tlv.LONGEST_HEADER])
    if file.tag and tag != file.tag:
        raise Malformed(f"{file.name} begins with {tag:X}")
    if head + length > LARGEST_FILE:
        raise Malformed(f"{file.name} claims to be larger than any file of its kind")
    return head + length
