"""The command interpreter of the simulated card: bytes of an APDU in, bytes of its response out.

Before access control only EF.CardAccess (and EF.ATR/INFO) can be read. PACE is run in the master file, right after
power-up; basic access control in the application. Whatever breaks secure messaging, a plain command included, ends the
session and leaves nothing but a reset (ICAO Doc 9303-11, 4.2 and 9.8.3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from devices.card_reader.chip import faults as sw
from devices.card_reader.chip import files
from devices.card_reader.chip.access import CHALLENGE, PACE_ECDH_GM, BasicAccess, Chance, Pace
from devices.card_reader.chip.authentication import (
    ActiveAuthentication,
    ChipAuthentication,
    active_authentication,
    chip_authentication,
    dg14,
    dg15,
)
from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.faults import CardPulled, Faults, MessagingBroken, Refused
from devices.card_reader.chip.files import Files
from devices.card_reader.chip.filesystem import Answer, FileSystem
from devices.card_reader.chip.messaging import PROTECTED, Channel
from devices.card_reader.chip.profile import CAN, MRZ, Person, Profile
from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, SHORT_EXPECTED, Command, decode
from devices.card_reader.emrtd.ciphers import DES3
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.mrz import MrzKey

CHAINED = 0x10  # bit of CLA: more commands of this chain follow (ISO/IEC 7816-4:2020, 5.4.1)
GENERAL_AUTHENTICATE = 0x86
PROTOCOL, PASSWORD_REFERENCE, PARAMETERS = 0x80, 0x83, 0x84  # objects of MSE:Set AT
EPHEMERAL_KEY = 0x91  # of MSE:Set KAT


@dataclass(frozen=True, repr=False)
class Keys:
    """The private keys that show that the chip is no copy."""

    chip: ChipAuthentication | None = None
    active: ActiveAuthentication | None = None


class ChipCard:
    """One card. Its secrets: what of the MRZ opens it, and the card access number."""

    def __init__(
        self,
        content: Files,
        profile: Profile,
        mrz_key: MrzKey,
        can: str,
        faults: Faults | None = None,
        keys: Keys | None = None,
        chance: Chance | None = None,
    ) -> None:
        self._profile = profile
        self._faults = faults or Faults()
        self._chance = chance or Chance()
        self._passwords = {MRZ: mrz_key.seed(), CAN: can.encode("ascii")}
        self._attempts = dict.fromkeys(self._passwords, 0 if self._faults.blocked else profile.attempts)
        self._mrz_key = mrz_key
        self._keys = keys or Keys()
        self._filesystem = FileSystem(content, profile, self._faults)
        self._left = self._faults.pulled_after
        self._pulled = False
        self._handlers: Mapping[int, Callable[[Command], Answer]] = {
            0xA4: self._select,
            0x84: self._get_challenge,
            0x82: self._external_authenticate,
            0x22: self._manage_security_environment,
            GENERAL_AUTHENTICATE: self._general_authenticate,
            0x88: self._internal_authenticate,
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
        self._filesystem.reset()
        self._channel: Channel | None = None
        self._successor: Channel | None = None
        self._dead = self._chip_chosen = False
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
        if command.cla & CHAINED and command.ins != GENERAL_AUTHENTICATE:
            raise Refused(sw.NO_CHAINING)
        opened = self._channel is not None
        if command.ins == 0xB0:
            return self._filesystem.read(command, opened, room)
        if command.ins == 0xB1:
            return self._filesystem.read_odd(command, opened, room)
        handler = self._handlers.get(command.ins)
        if handler is None:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        return handler(command)

    def _select(self, command: Command) -> Answer:
        self._pace = None
        return self._filesystem.select(command, self._channel is not None)

    # -- access control ----------------------------------------------------------------------------------------------
    def _get_challenge(self, command: Command) -> Answer:
        """GET CHALLENGE: RND.IC (ICAO Doc 9303-11, 4.3.4.1)."""
        self._need_no_access()
        if not self._profile.bac:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if not self._filesystem.in_application:
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
        """MSE (ISO/IEC 7816-4:2020, 11.5.11): which protocol is next."""
        if (command.p1, command.p2) == (0xC1, 0xA4):
            return self._choose_pace(command)
        if (command.p1, command.p2) == (0x41, 0xA4):
            return self._choose_chip_authentication(command)
        if (command.p1, command.p2) == (0x41, 0xA6):
            return self._key_agreement_template(command)
        raise Refused(sw.WRONG_PARAMETERS)

    def _choose_pace(self, command: Command) -> Answer:
        """MSE:Set AT for PACE: protocol, password, curve (ICAO Doc 9303-11, 4.4.4.1)."""
        self._need_no_access()
        profile = self._profile
        if profile.pace_curve is None or self._filesystem.in_application:
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
        """GENERAL AUTHENTICATE: one step of PACE (ICAO Doc 9303-11, 4.4.4.2), an error ends the run; or chip auth."""
        if self._chip_chosen:
            return self._authenticate_chip(command)
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

    # -- no copy -------------------------------------------------------------------------------------------------------
    def _choose_chip_authentication(self, command: Command) -> Answer:
        """MSE:Set AT for chip authentication (ICAO Doc 9303-11, 6.2.4.2)."""
        chip = self._need_chip()
        chosen = _objects(command.data)
        if chosen.get(PROTOCOL) != tlv.oid(files.with_cipher(files.CA_ECDH, chip.suite)):
            raise Refused(sw.WRONG_DATA)
        self._check_key_reference(chosen)
        self._chip_chosen = True
        return b"", sw.OK

    def _authenticate_chip(self, command: Command) -> Answer:
        """GENERAL AUTHENTICATE with the terminal's ephemeral key: the next command comes under new keys."""
        chip, self._chip_chosen = self._need_chip(), False
        if command.cla & CHAINED:
            raise Refused(sw.NO_CHAINING)
        try:
            self._successor = chip.agree(tlv.only(tlv.only(command.data, 0x7C), 0x80))
        except Malformed:
            raise Refused(sw.WRONG_DATA) from None
        return tlv.encode(0x7C, b""), sw.OK

    def _key_agreement_template(self, command: Command) -> Answer:
        """MSE:Set KAT, the one command of chip authentication with 3DES (ICAO Doc 9303-11, 6.2.4.1)."""
        chip = self._need_chip()
        if chip.suite is not DES3:
            raise Refused(sw.WRONG_PARAMETERS)
        chosen = _objects(command.data)
        self._check_key_reference(chosen)
        try:
            self._successor = chip.agree(chosen.get(EPHEMERAL_KEY, b""))
        except Malformed:
            raise Refused(sw.WRONG_DATA) from None
        return b"", sw.OK

    def _need_chip(self) -> ChipAuthentication:
        if not self._channel or not self._filesystem.in_application:
            raise Refused(sw.NOT_ALLOWED)
        if not self._keys.chip:
            raise Refused(sw.WRONG_PARAMETERS)
        return self._keys.chip

    def _check_key_reference(self, chosen: dict[int, bytes]) -> None:
        known = self._profile.key_identifier
        if chosen.get(PARAMETERS) != (None if known is None else bytes((known,))):
            raise Refused(sw.REFERENCE_NOT_FOUND)

    def _internal_authenticate(self, command: Command) -> Answer:
        """INTERNAL AUTHENTICATE: active authentication (ICAO Doc 9303-11, 6.1.3)."""
        if not self._channel or not self._filesystem.in_application:
            raise Refused(sw.NOT_ALLOWED)
        if not self._keys.active:
            raise Refused(sw.UNKNOWN_INSTRUCTION)
        if command.p1 or command.p2:
            raise Refused(sw.WRONG_PARAMETERS)
        if len(command.data) != CHALLENGE:
            raise Refused(sw.WRONG_LENGTH)
        return self._keys.active.sign(command.data), sw.OK


def _objects(data: bytes) -> dict[int, bytes]:
    try:
        return {found.tag: found.value for found in tlv.objects(data)}
    except Malformed:
        raise Refused(sw.WRONG_DATA) from None


def make_card(
    person: Person | None = None,
    profile: Profile | None = None,
    authority: Authority | None = None,
    faults: Faults | None = None,
) -> ChipCard:
    """A card with its files, by default that of the synthetic citizen of the dev dock without faults.

    Keys of the chip are new; the security object is signed by `authority`, else by the one of this process for the
    profile's `signature` and `digest` (`Authority.create`).
    """
    person, profile, faults = person or Person(), profile or Profile(), faults or Faults()
    if faults.empty_spouse:
        person = replace(person, spouse="")
    keys = Keys(
        chip_authentication(profile, copied=faults.copied), active_authentication(profile, copied=faults.copied)
    )
    groups = files.groups(person, profile)
    if faults.no_dg13:
        del groups[13]
    groups[14] = dg14(profile, keys.chip)
    if keys.active:
        groups[15] = dg15(keys.active)
    signer = authority or Authority.create(profile.signature, profile.digest)
    application = {files.SOD: signer.sign_sod(groups, profile.group_digest, faults), files.COM: files.com(groups)}
    if faults.exchanged_dg:
        groups[1] = files.dg1(replace(person, full_name="Trần Văn Bình", number="027088004321", sex="Nam"))
    application |= {files.DATA_GROUP + number: content for number, content in groups.items()}
    content = Files(files.master(profile), application, frozenset({files.DATA_GROUP + 3}))
    return ChipCard(content, profile, person.mrz_key, person.can, faults, keys)
