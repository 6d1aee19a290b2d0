"""SELECT and READ BINARY of the card (ISO/IEC 7816-4:2020, 11.2.2 and 11.3.3), and which file may be read when."""

from __future__ import annotations

from devices.card_reader.chip import faults as sw
from devices.card_reader.chip import files
from devices.card_reader.chip.faults import Faults, Refused
from devices.card_reader.chip.files import Files
from devices.card_reader.chip.profile import Profile
from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, SHORT_EXPECTED, Command
from devices.card_reader.emrtd.errors import Malformed

OFFSET, DISCRETIONARY = 0x54, 0x53  # objects of READ BINARY with an odd INS
Answer = tuple[bytes, int]  # data, status word


class FileSystem:
    """The current directory and file; `opened` is told by the card with each command: whether access was granted."""

    def __init__(self, content: Files, profile: Profile, faults: Faults) -> None:
        self._files, self._profile, self._faults = content, profile, faults
        self.reset()

    def reset(self) -> None:
        """Back to the master file, no file selected."""
        self.in_application = False
        self._current: bytes | None = None

    def select(self, command: Command, opened: bool) -> Answer:
        """The application by name, a file by identifier. Raises `Refused`; a master file cannot be selected."""
        self._current = None
        if command.p1 == 0x04:
            if command.data != files.APPLICATION:
                raise Refused(sw.NOT_FOUND)
            self.in_application = True
            return b"", sw.OK
        if command.p1 == 0x00 and command.data in (b"", b"\x3f\x00"):
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if command.p1 not in (0x00, 0x02) or command.p2 & 0xF3:
            raise Refused(sw.WRONG_PARAMETERS)
        if len(command.data) != 2:
            raise Refused(sw.WRONG_LENGTH)
        self._current = self._file(int.from_bytes(command.data, "big"), opened)
        return b"", sw.OK

    def read(self, command: Command, opened: bool, room: int) -> Answer:
        """READ BINARY: by short file identifier, or of the current file; at most `room` bytes fit the answer."""
        self._check_size(command.expected)
        if command.data or not command.expected:
            raise Refused(sw.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if command.p1 & 0x60:
                raise Refused(sw.WRONG_PARAMETERS)
            self._current = self._short(command.p1 & 0x1F, opened)
            offset = command.p2
        return self._piece(offset, command.expected, room)

    def read_odd(self, command: Command, opened: bool, room: int) -> Answer:
        """READ BINARY with INS B1: the offset in an object, so that files beyond 32,767 bytes can be read."""
        self._check_size(command.expected)
        try:
            offset = int.from_bytes(tlv.only(command.data, OFFSET), "big")
        except Malformed:
            raise Refused(sw.WRONG_DATA) from None
        reference = command.p1 << 8 | command.p2
        if reference:
            self._current = self._short(reference, opened) if reference < 0x1F else self._file(reference, opened)
        size, fits = _inside(command.expected), _inside(room)
        if not size:
            raise Refused(sw.WRONG_LENGTH)
        data, status = self._piece(offset, size, fits)
        return tlv.encode(DISCRETIONARY, data), status

    def _file(self, identifier: int, opened: bool) -> bytes:
        """The content of a file in the current directory, if it may be read."""
        folder = self._files.application if self.in_application else self._files.master
        if self.in_application and (not opened or identifier in self._files.locked):
            raise Refused(sw.NOT_ALLOWED)
        if identifier not in folder:
            raise Refused(sw.NOT_FOUND)
        return folder[identifier]

    def _short(self, short: int, opened: bool) -> bytes:
        """The same by a short file identifier of 5 bits: the last ones of the long identifier."""
        folder = self._files.application if self.in_application else self._files.master
        return self._file(next((known for known in folder if known & 0x1F == short), short), opened)

    def _check_size(self, expected: int) -> None:
        most = self._faults.refuse_big_reads
        if most is not None and expected > most:
            raise Refused(sw.WRONG_LENGTH)
        if self._profile.max_short_read < expected <= SHORT_EXPECTED:
            raise Refused(sw.WRONG_LENGTH)

    def _piece(self, offset: int, size: int, room: int) -> Answer:
        if self._current is None:
            raise Refused(sw.NO_CURRENT_FILE)
        if offset >= len(self._current):
            raise Refused(sw.WRONG_OFFSET)
        most = min(size, room, self._faults.short_reads or size)
        beyond = offset + size > len(self._current) and size not in (SHORT_EXPECTED, EXTENDED_EXPECTED)
        warned = beyond and offset + most >= len(self._current) and self._profile.end_of_file_warning
        return self._current[offset : offset + most], sw.END_OF_FILE if warned else sw.OK


def _inside(total: int) -> int:
    """How many bytes an object `53` of at most `total` bytes holds."""
    size = max(0, total - 2)
    while size and len(tlv.encode(DISCRETIONARY, bytes(size))) > total:
        size -= 1
    return size
