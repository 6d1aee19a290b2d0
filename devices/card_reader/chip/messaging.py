"""Secure messaging on the card's side: opens protected commands, seals responses (ICAO Doc 9303-11, 9.8).

A protected command carries, in this order: `87` (or `85` for an odd INS) the encrypted data, `97` the expected length,
`8E` the MAC. A response: `87` or `85` encrypted data if there is any, `99` the status word, `8E` the MAC. The send
sequence counter goes up by one before each command and each response and is part of what the MAC is made over.
"""

from __future__ import annotations

import hmac

from devices.card_reader.chip.faults import MESSAGING_OBJECT_MISSING, MESSAGING_OBJECT_WRONG, MessagingBroken
from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, SHORT_EXPECTED, Command
from devices.card_reader.emrtd.ciphers import AUTHENTICATION, ENCRYPTION, Suite, pad, unpad
from devices.card_reader.emrtd.errors import Malformed

PROTECTED = 0x0C  # bits of CLA: secure messaging, the header is part of the MAC
CRYPTOGRAM, CRYPTOGRAM_TLV, EXPECTED, STATUS, MAC = 0x87, 0x85, 0x97, 0x99, 0x8E
_TRAILER = 4 + 10  # bytes of the objects 99 and 8E


class Channel:
    """One session: two keys and the counter, from its start to the first error."""

    def __init__(self, suite: Suite, secret: bytes, counter: int = 0) -> None:
        """Derive the session keys from the shared `secret`; `counter` is what the send sequence counter starts at."""
        self.suite = suite
        self._encryption = suite.derive(secret, ENCRYPTION)
        self._authentication = suite.derive(secret, AUTHENTICATION)
        self._counter = counter

    def open(self, command: Command) -> Command:
        """Check and decrypt a command. Raises `MessagingBroken` with the status word that ends the session."""
        ssc = self._next()
        parts = self._parts(command)
        if MAC not in parts:
            raise MessagingBroken(MESSAGING_OBJECT_MISSING)
        covered = b"".join(tlv.encode(tag, value) for tag, value in parts.items() if tag != MAC)
        if not hmac.compare_digest(self._mac(ssc, command.header, covered), parts[MAC]):
            raise MessagingBroken(MESSAGING_OBJECT_WRONG)
        expected = parts.get(EXPECTED, b"")
        most = SHORT_EXPECTED if len(expected) == 1 else EXTENDED_EXPECTED
        return Command(
            command.cla & ~PROTECTED,
            command.ins,
            command.p1,
            command.p2,
            self._data(command.ins, parts, ssc),
            (int.from_bytes(expected, "big") or most) if expected else 0,
        )

    def seal(self, data: bytes, status: int, odd: bool, *, spoil: bool = False) -> bytes:
        """Protect a response, status word included; `odd`: of the INS; `spoil` makes its MAC wrong."""
        ssc = self._next()
        body = b""
        if data:
            block = self.suite.block
            hidden = self.suite.encrypt(self._encryption, pad(data, block), self.suite.iv(self._encryption, ssc))
            body = tlv.encode(CRYPTOGRAM_TLV, hidden) if odd else tlv.encode(CRYPTOGRAM, b"\x01" + hidden)
        body += tlv.encode(STATUS, status.to_bytes(2, "big"))
        mac = self._mac(ssc, b"", body)
        if spoil:
            mac = bytes((mac[0] ^ 1,)) + mac[1:]
        return body + tlv.encode(MAC, mac) + status.to_bytes(2, "big")

    def room(self, limit: int, odd: bool) -> int:
        """How many bytes of plain data a protected response of at most `limit` bytes has room for."""
        block, marker = self.suite.block, 0 if odd else 1
        blocks = (limit - _TRAILER) // block
        while blocks and len(tlv.encode(CRYPTOGRAM, bytes(marker + blocks * block))) > limit - _TRAILER:
            blocks -= 1
        return max(0, blocks * block - 1)

    def _next(self) -> bytes:
        self._counter += 1
        return self._counter.to_bytes(self.suite.block, "big")

    def _mac(self, ssc: bytes, head: bytes, body: bytes) -> bytes:
        """Over counter, padded header of a command, objects; the cipher's own padding closes it for 3DES."""
        block = self.suite.block
        if head and not body:
            last = head
        else:
            ssc, last = ssc + (pad(head, block) if head else b""), body
        padded = last if block == 8 else pad(last, block)
        return self.suite.mac(self._authentication, ssc + padded)

    @staticmethod
    def _parts(command: Command) -> dict[int, bytes]:
        """The objects of a command by tag, each at most once."""
        try:
            found = list(tlv.objects(command.data))
        except Malformed:
            raise MessagingBroken(MESSAGING_OBJECT_MISSING) from None
        parts = dict(found)
        lengths_fit = len(parts.get(EXPECTED, b"0")) in (1, 2)
        if len(parts) != len(found) or parts.keys() - {CRYPTOGRAM, CRYPTOGRAM_TLV, EXPECTED, MAC} or not lengths_fit:
            raise MessagingBroken(MESSAGING_OBJECT_WRONG)
        return parts

    def _data(self, ins: int, parts: dict[int, bytes], ssc: bytes) -> bytes:
        """The plain command data; `85` belongs to an odd INS, `87` with its padding indicator 01 to an even one."""
        tag, other = (CRYPTOGRAM_TLV, CRYPTOGRAM) if ins & 1 else (CRYPTOGRAM, CRYPTOGRAM_TLV)
        if other in parts:
            raise MessagingBroken(MESSAGING_OBJECT_WRONG)
        if tag not in parts:
            return b""
        hidden = parts[tag]
        if tag == CRYPTOGRAM:
            if hidden[:1] != b"\x01":
                raise MessagingBroken(MESSAGING_OBJECT_WRONG)
            hidden = hidden[1:]
        try:
            plain = self.suite.decrypt(self._encryption, hidden, self.suite.iv(self._encryption, ssc))
            return unpad(plain)
        except ValueError:
            raise MessagingBroken(MESSAGING_OBJECT_WRONG) from None
