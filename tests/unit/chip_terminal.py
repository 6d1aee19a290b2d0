"""The least terminal that the tests of the simulated card need; the reader of the product is another one."""

from __future__ import annotations

import secrets

from ecdsa.ellipticcurve import PointJacobi

from devices.card_reader.chip.access import PACE_ECDH_GM
from devices.card_reader.chip.card import ChipCard
from devices.card_reader.chip.files import with_cipher
from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.apdu import Command
from devices.card_reader.emrtd.ciphers import AUTHENTICATION, DES3, ENCRYPTION, PASSWORD, Suite, pad, unpad
from devices.card_reader.emrtd.mrz import MrzKey

SELECT_APPLICATION = Command(0, 0xA4, 0x04, 0x0C, bytes.fromhex("A0000002471001"))


class StatusError(AssertionError):
    """The card answered with another status word than the one wanted."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Terminal:
    """Talks to a card, plainly or under secure messaging."""

    def __init__(self, card: ChipCard) -> None:
        self.card = card
        self.suite: Suite | None = None
        self.extended = False

    def plain(self, command: Command) -> tuple[bytes, int]:
        response = self.card.process(command.encode())
        return response[:-2], int.from_bytes(response[-2:], "big")

    def bac(self, key: MrzKey) -> None:
        assert self.plain(SELECT_APPLICATION) == (b"", 0x9000)
        challenge, _ = self.plain(Command(0, 0x84, 0, 0, expected=8))
        seed = key.seed()[:16]
        encryption, authentication = DES3.derive(seed, ENCRYPTION), DES3.derive(seed, AUTHENTICATION)
        own, own_key = secrets.token_bytes(8), secrets.token_bytes(16)
        hidden = DES3.encrypt(encryption, own + challenge + own_key)
        data = hidden + DES3.mac(authentication, hidden)
        answer, status = self.plain(Command(0, 0x82, 0, 0, data, 40))
        if status != 0x9000:
            raise StatusError(status)
        assert DES3.mac(authentication, answer[:-8]) == answer[-8:]
        plain = DES3.decrypt(encryption, answer[:-8])
        assert plain[:16] == challenge + own
        secret = bytes(a ^ b for a, b in zip(own_key, plain[16:], strict=True))
        self.start(DES3, secret, int.from_bytes(challenge[-4:] + own[-4:], "big"))

    def pace(self, suite: Suite, number: int, reference: int, secret: bytes) -> None:
        curve, protocol = curves.BY_NUMBER[number], with_cipher(PACE_ECDH_GM, suite)
        oid = tlv.oid(protocol)
        chosen = tlv.encode(0x80, oid) + tlv.encode(0x83, bytes((reference,)))
        self._want(self.plain(Command(0, 0x22, 0xC1, 0xA4, chosen)))
        hidden = self._step(0x80, b"", 0x10)
        nonce = int.from_bytes(suite.decrypt(suite.derive(secret, PASSWORD), hidden), "big")
        base, private = curves.generator(curve), curves.private_key(curve)
        theirs = curves.decode_point(self._step(0x82, self._point(0x81, base * private, number)), curve)
        mapped = base * nonce + theirs * private
        private = curves.private_key(curve)
        own = mapped * private
        answer = self._step(0x84, self._point(0x83, own, number))
        shared = curves.x_coordinate(curves.decode_point(answer, curve) * private, curve)
        key = suite.derive(shared, AUTHENTICATION)

        def token(point: bytes) -> bytes:
            return suite.mac(key, tlv.encode(0x7F49, tlv.encode(0x06, oid) + tlv.encode(0x86, point)))

        got = self._step(0x86, tlv.encode(0x85, token(answer)), 0)
        assert got == token(curves.encode_point(own, curve))
        self.start(suite, shared, 0)
        assert self.send(SELECT_APPLICATION) == b""

    def start(self, suite: Suite, secret: bytes, counter: int) -> None:
        self.suite, self.counter = suite, counter
        self.encryption, self.authentication = suite.derive(secret, ENCRYPTION), suite.derive(secret, AUTHENTICATION)

    def send(self, command: Command, status: int = 0x9000) -> bytes:
        """One protected command; the plain data of its answer, which must have this status."""
        suite, odd = self.suite, command.ins & 1
        assert suite
        ssc = self._next(suite)
        body = b""
        if command.data:
            hidden = suite.encrypt(self.encryption, pad(command.data, suite.block), suite.iv(self.encryption, ssc))
            body = tlv.encode(0x85, hidden) if odd else tlv.encode(0x87, b"\x01" + hidden)
        if command.expected:
            size = 2 if self.extended else 1
            body += tlv.encode(0x97, (command.expected % 256**size).to_bytes(size, "big"))
        header = bytes((command.cla | 0x0C, command.ins, command.p1, command.p2))
        body += tlv.encode(0x8E, self._mac(suite, ssc + pad(header, suite.block) + body))
        outer = 65536 if self.extended else 256
        answer, got = self.plain(Command(command.cla | 0x0C, command.ins, command.p1, command.p2, body, outer))
        if not answer or got != status:
            raise StatusError(got)
        return self._opened(suite, answer, got)

    def read(self, identifier: int, block: int = 200) -> bytes:
        """A whole file by its short identifier, then by offset."""
        content = self.send(Command(0, 0xB0, 0x80 | identifier & 0x1F, 0, expected=4))
        _, head, length = tlv.header(content)
        while len(content) < head + length:
            wanted = min(block, head + length - len(content))
            content += self.send(Command(0, 0xB0, len(content) >> 8, len(content) & 0xFF, expected=wanted))
        return content

    def _opened(self, suite: Suite, answer: bytes, got: int) -> bytes:
        ssc = self._next(suite)
        objects = {found.tag: found.value for found in tlv.objects(answer)}
        assert objects[0x99] == got.to_bytes(2, "big")
        assert answer.endswith(tlv.encode(0x8E, objects[0x8E]))
        if self._mac(suite, ssc + answer[:-10]) != objects[0x8E]:
            raise StatusError(0)
        hidden = objects.get(0x85) or objects.get(0x87, b"")[1:]
        return unpad(suite.decrypt(self.encryption, hidden, suite.iv(self.encryption, ssc))) if hidden else b""

    def _step(self, tag: int, data: bytes, cla: int = 0x10) -> bytes:
        answer = self._want(self.plain(Command(cla, 0x86, 0, 0, tlv.encode(0x7C, data), 256)))
        return tlv.only(tlv.only(answer, 0x7C), tag)

    @staticmethod
    def _point(tag: int, point: PointJacobi, number: int) -> bytes:
        return tlv.encode(tag, curves.encode_point(point, curves.BY_NUMBER[number]))

    @staticmethod
    def _want(answer: tuple[bytes, int]) -> bytes:
        if answer[1] != 0x9000:
            raise StatusError(answer[1])
        return answer[0]

    def _next(self, suite: Suite) -> bytes:
        self.counter += 1
        return self.counter.to_bytes(suite.block, "big")

    def _mac(self, suite: Suite, data: bytes) -> bytes:
        return suite.mac(self.authentication, data if suite is DES3 else pad(data, suite.block))
