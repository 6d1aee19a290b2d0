"""The command interpreter of the simulated card: bytes of an APDU in, bytes of its response out.

Before access control only EF.CardAccess (and EF.ATR/INFO) can be read. PACE is run in the master file, right after
power-up; basic access control in the application. Whatever breaks secure messaging, a plain command included, ends the
session and leaves nothing but a reset (ICAO Doc 9303-11, 4.2 and 9.8.3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce

from devices.card_reader.chip import faults as sw
from devices.card_reader.chip import files
from devices.card_reader.chip.access import PACE_ECDH_GM, BasicAccess, Chance, Pace
from devices.card_reader.chip.faults import CardPulled, Faults, MessagingBroken, Refused
from devices.card_reader.chip.files import Files
from devices.card_reader.chip.messaging import PROTECTED, Channel
from devices.card_reader.chip.profile import CAN, MRZ, Person, Profile
from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, SHORT_EXPECTED, Command, decode
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.mrz import MrzKey

CHAINED = 0x10  # bit of CLA: more commands of this chain follow (ISO/IEC 7816-4:2020, 5.4.1)
OFFSET, DISCRETIONARY = 0x54, 0x53  # objects of READ BINARY with an odd INS (ISO/IEC 7816-4:2020, 11.3.3)
PROTOCOL, PASSWORD_REFERENCE, PARAMETERS = 0x80, 0x83, 0x84  # objects of MSE:Set AT
Answer = tuple[bytes, int]  # data, status word


class ChipCard:
    """One card. Its secrets: what of the MRZ opens it, and the card access number."""

    def __init__(
        self,
        content: Files,
        profile: Profile,
        mrz_key: MrzKey,
        can: str,
        faults: Faults | None = None,
        chance: Chance | None = None,
    ) -> None:
        self._files = content
        self._profile = profile
        self._faults = faults or Faults()
        self._chance = chance or Chance()
        self._passwords = {MRZ: mrz_key.seed(), CAN: can.encode("ascii")}
        self._attempts = dict.fromkeys(self._passwords, 0 if self._faults.blocked else profile.attempts)
        self._mrz_key = mrz_key
        self._left = self._faults.pulled_after
        self._pulled = False
        self._handlers: Mapping[int, Callable[[Command], Answer]] = {
            0xA4: self._select,
            0xB0: self._read,
            0xB1: self._read_odd,
            0x84: self._get_challenge,
            0x82: self._external_authenticate,
            0x22: self._manage_security_environment,
            0x86: self._general_authenticate,
        }
        self.reset()

    @property
    def atr(self) -> bytes:
        """Answer to reset as PC/SC part 3, 3.1.3.2.3.1 makes it for a contactless card.

        Historical bytes (ISO/IEC 7816-4:2020, 12.1.1): card service data, card capabilities. The third capability byte
        says command chaining (80) and extended length (40).
        """
        capabilities = 0x80 | (0x40 if self._profile.extended_length else 0)
        historical = bytes((0x80, 0x31, 0x80, 0x73, 0x94, 0x21, capabilities))
        body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
        return b"\x3b" + body + bytes((reduce(int.__xor__, body),))

    def reset(self) -> None:
        """Power off and on: access control starts afresh; what is blocked stays so."""
        self._in_application = False
        self._current: bytes | None = None
        self._channel: Channel | None = None
        self._successor: Channel | None = None
        self._dead = False
        self._sealed = 0
        self._basic = BasicAccess(self._mrz_key, self._chance)
        self._pace: tuple[int, Pace] | None = None

    def lay_down(self) -> None:
        """Put the card on a reader (again): one that was pulled answers from now on."""
        self._pulled = False
        self.reset()

    def process(self, apdu: bytes) -> bytes:
        """Response data and status word, 2 bytes; any input gets one. Raises `CardPulled` when that fault is on."""
        if self._faults.slow:
            time.sleep(self._faults.slow)
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                self._pulled, self._left = True, None
        if self._pulled:
            raise CardPulled
        try:
            return self._respond(apdu)
        except MessagingBroken as broken:
            self.reset()
            self._dead = True
            return broken.status.to_bytes(2, "big")
        except Refused as refused:
            return refused.status.to_bytes(2, "big")

    # -- transport ---------------------------------------------------------------------------------------------------
    def _respond(self, raw: bytes) -> bytes:
        try:
            command = decode(raw)
        except ValueError:
            raise Refused(sw.WRONG_LENGTH) from None
        extended = len(raw) > 6 and raw[4] == 0
        if command.cla & ~(PROTECTED | CHAINED):
            raise Refused(sw.UNKNOWN_CLASS)
        if extended and not self._profile.extended_length:
            raise Refused(sw.WRONG_LENGTH)
        limit = EXTENDED_EXPECTED if extended else SHORT_EXPECTED
        if not command.cla & PROTECTED:
            if self._channel:
                raise MessagingBroken(sw.MESSAGING_OBJECT_MISSING)
            data, status = self._run(command)
            return data[:limit] + status.to_bytes(2, "big")
        if not self._channel or command.cla & PROTECTED != PROTECTED:
            raise Refused(sw.NO_SECURE_MESSAGING)
        return self._protected(self._channel, command, limit)

    def _protected(self, channel: Channel, command: Command, limit: int) -> bytes:
        inner = channel.open(command)
        odd = bool(inner.ins & 1)
        room = channel.room(limit, odd)
        try:
            data, status = self._run(inner, room)
        except Refused as refused:
            data, status = b"", refused.status
        if len(data) > room:
            data, status = b"", sw.WRONG_LENGTH
        self._sealed += 1
        response = channel.seal(data, status, odd, spoil=self._sealed == self._faults.wrong_mac)
        if self._successor:  # the answer that starts new keys still goes out under the old ones
            self._channel, self._successor = self._successor, None
        return response

    def _run(self, command: Command, room: int = EXTENDED_EXPECTED) -> Answer:
        handler = self._handlers.get(command.ins)
        if handler is None:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if command.cla & CHAINED and command.ins != 0x86:
            raise Refused(sw.NO_CHAINING)
        if command.ins in (0xB0, 0xB1):
            self._check_read_size(command.expected)
            return handler(replace(command, expected=min(command.expected, room)))
        return handler(command)

    # -- files -------------------------------------------------------------------------------------------------------
    def _select(self, command: Command) -> Answer:
        """SELECT (ISO/IEC 7816-4:2020, 11.2.2): the application by name, a file by identifier."""
        self._current = None
        if command.p1 == 0x04:
            if command.data != files.APPLICATION:
                raise Refused(sw.NOT_FOUND)
            self._in_application, self._pace = True, None
            return b"", sw.OK
        if command.p1 == 0x00 and command.data in (b"", b"\x3f\x00"):
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if command.p1 not in (0x00, 0x02) or command.p2 & 0xF3:
            raise Refused(sw.WRONG_PARAMETERS)
        if len(command.data) != 2:
            raise Refused(sw.WRONG_LENGTH)
        self._current = self._file(int.from_bytes(command.data, "big"))
        return b"", sw.OK

    def _file(self, identifier: int) -> bytes:
        """The content of a file in the current directory, if it may be read."""
        folder = self._files.application if self._in_application else self._files.master
        if self._in_application and (self._channel is None or identifier in self._files.locked):
            raise Refused(sw.NOT_ALLOWED)
        if identifier not in folder:
            raise Refused(sw.NOT_FOUND)
        return folder[identifier]

    def _short(self, identifier: int) -> bytes:
        """The same by a short file identifier of 5 bits."""
        folder = self._files.application if self._in_application else self._files.master
        return self._file(next((known for known in folder if known & 0x1F == identifier), identifier))

    def _check_read_size(self, expected: int) -> None:
        most = self._faults.refuse_big_reads
        if most is not None and expected > most:
            raise Refused(sw.WRONG_LENGTH)
        if self._profile.max_short_read < expected <= SHORT_EXPECTED:
            raise Refused(sw.WRONG_LENGTH)

    def _read(self, command: Command) -> Answer:
        """READ BINARY (ISO/IEC 7816-4:2020, 11.3.3): by short file identifier, or of the current file."""
        if command.data or not command.expected:
            raise Refused(sw.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if command.p1 & 0x60:
                raise Refused(sw.WRONG_PARAMETERS)
            self._current = self._short(command.p1 & 0x1F)
            offset = command.p2
        return self._piece(offset, command.expected)

    def _read_odd(self, command: Command) -> Answer:
        """READ BINARY with INS B1: the offset in an object, so that files beyond 32,767 bytes can be read."""
        try:
            offset = int.from_bytes(tlv.only(command.data, OFFSET), "big")
        except Malformed:
            raise Refused(sw.WRONG_DATA) from None
        reference = command.p1 << 8 | command.p2
        if reference:
            self._current = self._short(reference) if reference < 0x1F else self._file(reference)
        if command.expected < 4:
            raise Refused(sw.WRONG_LENGTH)
        size = command.expected - 2
        while size + len(tlv.encode(DISCRETIONARY, bytes(size))) - size > command.expected:
            size -= 1
        data, status = self._piece(offset, size)
        return tlv.encode(DISCRETIONARY, data), status

    def _piece(self, offset: int, size: int) -> Answer:
        if self._current is None:
            raise Refused(sw.NO_CURRENT_FILE)
        if self._in_application and self._channel is None:
            raise Refused(sw.NOT_ALLOWED)
        if offset >= len(self._current):
            raise Refused(sw.WRONG_OFFSET)
        most = self._faults.short_reads
        piece = self._current[offset : offset + (size if most is None else min(size, most))]
        beyond = offset + size > len(self._current) and size not in (SHORT_EXPECTED, EXTENDED_EXPECTED)
        return piece, sw.END_OF_FILE if beyond and self._profile.end_of_file_warning else sw.OK

    # -- access control ----------------------------------------------------------------------------------------------
    def _get_challenge(self, command: Command) -> Answer:
        """GET CHALLENGE: RND.IC (ICAO Doc 9303-11, 4.3.4.1)."""
        self._need_no_access()
        if not self._profile.bac:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if not self._in_application:
            raise Refused(sw.CONDITIONS)
        if command.expected not in (8, SHORT_EXPECTED):
            raise Refused(sw.WRONG_LENGTH)
        return self._basic.challenge(), sw.OK

    def _external_authenticate(self, command: Command) -> Answer:
        """EXTERNAL AUTHENTICATE: basic access control (ICAO Doc 9303-11, 4.3.4.2)."""
        self._need_no_access()
        if not self._profile.bac:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if self._faults.blocked:
            raise Refused(sw.BLOCKED)
        answer, self._channel = self._basic.authenticate(command.data)
        return answer, sw.OK

    def _need_no_access(self) -> None:
        if self._channel or self._dead:
            raise Refused(sw.NOT_ALLOWED)

    def _manage_security_environment(self, command: Command) -> Answer:
        if (command.p1, command.p2) == (0xC1, 0xA4):
            return self._choose_pace(command)
        raise Refused(sw.WRONG_PARAMETERS)

    def _choose_pace(self, command: Command) -> Answer:
        """MSE:Set AT for PACE: protocol, password, curve (ICAO Doc 9303-11, 4.4.4.1)."""
        self._need_no_access()
        profile = self._profile
        if profile.pace_curve is None or self._in_application:
            raise Refused(sw.CONDITIONS)
        chosen = _objects(command.data)
        protocol = files.with_cipher(PACE_ECDH_GM, profile.pace_suite)
        password = int.from_bytes(chosen.get(PASSWORD_REFERENCE, b""), "big")
        number = int.from_bytes(chosen.get(PARAMETERS, bytes((profile.pace_curve,))), "big")
        if chosen.get(PROTOCOL) != tlv.oid(protocol):
            raise Refused(sw.WRONG_DATA)
        if password not in profile.passwords or number != profile.pace_curve:
            raise Refused(sw.REFERENCE_NOT_FOUND)
        curve = curves.BY_NUMBER[profile.pace_curve]
        secret = self._passwords[password]
        run = Pace(profile.pace_suite, protocol, curve, secret, profile.nonce_bytes, self._chance)
        self._pace = password, run
        return b"", sw.OK if self._attempts[password] else 0x63C0

    def _general_authenticate(self, command: Command) -> Answer:
        """GENERAL AUTHENTICATE: one step of PACE (ICAO Doc 9303-11, 4.4.4.2); an error ends the run."""
        if not self._pace:
            raise Refused(sw.CONDITIONS)
        (password, run), self._pace = self._pace, None
        if not self._attempts[password]:
            raise Refused(sw.BLOCKED)
        if bool(command.cla & CHAINED) is run.last:
            raise Refused(sw.NO_CHAINING if run.last else sw.LAST_OF_CHAIN_EXPECTED)
        if not run.last:
            answer = run.step(command.data)
            self._pace = password, run
            return answer, sw.OK
        self._attempts[password] -= 1
        try:
            answer, channel = run.finish(command.data)
        except Refused:
            if self._attempts[password] < self._profile.attempts - 1:  # the first failure alone does not count aloud
                raise Refused(0x63C0 | min(self._attempts[password], 15)) from None
            raise
        self._attempts[password] = self._profile.attempts
        self._channel = channel
        return answer, sw.OK


def _objects(data: bytes) -> dict[int, bytes]:
    try:
        return {found.tag: found.value for found in tlv.objects(data)}
    except Malformed:
        raise Refused(sw.WRONG_DATA) from None


def make_card(person: Person | None = None, profile: Profile | None = None, faults: Faults | None = None) -> ChipCard:
    """A card with its files."""
    person, profile = person or Person(), profile or Profile()
    groups = files.groups(person, profile)
    application = {files.DATA_GROUP + number: content for number, content in groups.items()}
    application[files.COM] = files.com(groups)
    locked = frozenset({files.DATA_GROUP + 3})
    content = Files(files.master(profile), application, locked)
    return ChipCard(content, profile, person.mrz_key, person.can, faults)
