"""Secure messaging (ICAO Doc 9303-11, 9.8): every command and answer encrypted, numbered and authenticated.

A protected command is `CLA|0C INS P1 P2`, then data objects, then L_e 00:

    87 (or 85 for odd INS)  01 ‖ E(padded data)   only where there is data
    97                      N_e as the command wanted it
    8E                      MAC over counter ‖ padded header ‖ the objects above

and a protected answer is `87 … | 99 status | 8E MAC over counter ‖ the objects before it`. The send sequence counter
grows by one before every command and before every answer, so that nothing can be left out, repeated or put elsewhere.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, SHORT_DATA, SHORT_EXPECTED, Command
from devices.card_reader.emrtd.ciphers import AUTHENTICATION, DES3, ENCRYPTION, MAC_BYTES, Suite, pad, unpad
from devices.card_reader.emrtd.errors import ChipProtocolError, Malformed

_MAC_OBJECT = 2 + MAC_BYTES
_STATUS_OBJECT = 4


@dataclass
class SecureMessaging:
    """The keys of one session and its counter (8 bytes for 3DES, 16 for AES)."""

    suite: Suite
    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)
    counter: int = field(default=0, repr=False)

    @classmethod
    def from_secret(cls, suite: Suite, secret: bytes, counter: int = 0) -> SecureMessaging:
        """The session of a shared secret (BAC key seed, PACE or chip authentication's x-coordinate): 9303-11, 9.7.1."""
        return cls(suite, suite.derive(secret, ENCRYPTION), suite.derive(secret, AUTHENTICATION), counter)

    def protect(self, command: Command) -> Command:
        """The protected form of a command; the counter moves on."""
        header = replace(command, cla=command.cla | 0x0C, data=b"", expected=0)
        number = self._next()
        objects = b""
        if command.data:
            sealed = self._encrypt(number, pad(command.data, self.suite.block))
            # odd instruction codes carry BER-TLV data themselves: object 85, without the padding indicator
            objects += tlv.encode(0x85, sealed) if command.ins & 1 else tlv.encode(0x87, b"\x01" + sealed)
        if command.expected:
            short = command.expected <= SHORT_EXPECTED
            le = (
                (command.expected & 0xFF).to_bytes(1, "big")
                if short
                else (command.expected & 0xFFFF).to_bytes(2, "big")
            )
            objects += tlv.encode(0x97, le)
        mac = self._mac(number + pad(header.header, self.suite.block) + objects)
        data = objects + tlv.encode(0x8E, mac)
        extended = len(data) > SHORT_DATA or command.expected > SHORT_EXPECTED
        return replace(header, data=data, expected=EXTENDED_EXPECTED if extended else SHORT_EXPECTED)

    def unprotect(self, answer: bytes) -> tuple[bytes, int]:
        """The data and the status in a protected answer; the counter moves on.

        Raises `ChipProtocolError` when the MAC is not right: nothing of the answer is used before it was checked.
        """
        number = self._next()
        found: dict[int, bytes] = {}
        for item in tlv.objects(answer):
            if item.tag in found or 0x8E in found or item.tag not in (0x85, 0x87, 0x99, 0x8E):
                raise ChipProtocolError("an unexpected object in a protected answer")
            found[item.tag] = item.value
        if 0x8E not in found or 0x99 not in found or len(found[0x99]) != 2:
            raise ChipProtocolError("a protected answer without MAC or status")
        signed = answer[: len(answer) - _MAC_OBJECT]
        if not hmac.compare_digest(self._mac(number + signed), found[0x8E]):
            raise ChipProtocolError("the MAC of an answer is wrong")
        return self._decrypt(number, found), int.from_bytes(found[0x99], "big")

    def _decrypt(self, number: bytes, found: dict[int, bytes]) -> bytes:
        sealed = found.get(0x85, b"")
        if 0x87 in found:
            if found[0x87][:1] != b"\x01":
                raise ChipProtocolError("unknown padding in a protected answer")
            sealed = found[0x87][1:]
        if not sealed:
            return b""
        try:
            return unpad(self.suite.decrypt(self.encryption_key, sealed, self.suite.iv(self.encryption_key, number)))
        except ValueError:
            raise Malformed("the padding of an answer is wrong") from None

    def largest_read(self, response_bytes: int = SHORT_EXPECTED) -> int:
        """Most plain bytes whose protected answer fits `response_bytes`: 231 (3DES) and 223 (AES) for a short one."""
        room = response_bytes - _MAC_OBJECT - _STATUS_OBJECT - 1
        sealed = room - _length_field(room) - 1
        return sealed // self.suite.block * self.suite.block - 1

    def _next(self) -> bytes:
        self.counter = (self.counter + 1) % (1 << 8 * self.suite.block)
        return self.counter.to_bytes(self.suite.block, "big")

    def _encrypt(self, number: bytes, padded: bytes) -> bytes:
        return self.suite.encrypt(self.encryption_key, padded, self.suite.iv(self.encryption_key, number))

    def _mac(self, data: bytes) -> bytes:
        # CMAC pads by itself, but here the padding of ISO/IEC 9797-1 is asked for in front of it (9303-11, 9.8.6.3)
        return self.suite.mac(self.authentication_key, data if self.suite is DES3 else pad(data, self.suite.block))


def _length_field(size: int) -> int:
    return 1 if size < 0x80 else 2 if size < 0x100 else 3 if size < 0x10000 else 4
