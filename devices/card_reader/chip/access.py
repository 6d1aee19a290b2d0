"""Basic access control and PACE on the card's side (ICAO Doc 9303-11, 4.3 and 4.4)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from ecdsa.curves import Curve
from ecdsa.ellipticcurve import PointJacobi

from devices.card_reader.chip.faults import AUTHENTICATION_FAILED, CONDITIONS, WRONG_DATA, WRONG_LENGTH, Refused
from devices.card_reader.chip.messaging import Channel
from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.ciphers import (
    AUTHENTICATION,
    DES3,
    ENCRYPTION,
    MAC_BYTES,
    PASSWORD,
    Suite,
)
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.mrz import MrzKey

PACE_ECDH_GM = "0.4.0.127.0.7.2.2.4.2"  # id-PACE-ECDH-GM; the cipher is one more arc, 1 to 4
CHALLENGE = 8  # bytes of RND.IC and RND.IFD
KEY = 16  # bytes of K.IC and K.IFD
DYNAMIC_AUTHENTICATION_DATA, PUBLIC_KEY, OBJECT_IDENTIFIER, PUBLIC_POINT = 0x7C, 0x7F49, 0x06, 0x86
NONCE, MAP_IN, MAP_OUT, POINT_IN, POINT_OUT, TOKEN_IN, TOKEN_OUT = 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86


@dataclass(frozen=True)
class Chance:
    """Where the card's random values come from; a worked example puts its own in."""

    octets: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)
    scalar: Callable[[Curve], int] = field(default=curves.private_key, repr=False)


class BasicAccess:
    """Basic access control: mechanism 6 of ISO/IEC 11770-2, in two messages (ICAO Doc 9303-11, 4.3.1)."""

    def __init__(self, key: MrzKey, chance: Chance) -> None:
        seed = key.seed()[:KEY]
        self._encryption, self._authentication = DES3.derive(seed, ENCRYPTION), DES3.derive(seed, AUTHENTICATION)
        self._chance = chance
        self._challenge = b""

    def challenge(self) -> bytes:
        """RND.IC, 8 bytes, good for one try."""
        self._challenge = self._chance.octets(CHALLENGE)
        return self._challenge

    def authenticate(self, data: bytes) -> tuple[bytes, Channel]:
        """Take E_IFD ‖ M_IFD, give E_IC ‖ M_IC (40 bytes each) and the session. Raises `Refused`."""
        challenge, self._challenge = self._challenge, b""
        if not challenge:
            raise Refused(CONDITIONS)
        if len(data) != 2 * CHALLENGE + KEY + MAC_BYTES:
            raise Refused(WRONG_LENGTH)
        hidden, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
        if not hmac.compare_digest(DES3.mac(self._authentication, hidden), mac):
            raise Refused(AUTHENTICATION_FAILED)
        plain = DES3.decrypt(self._encryption, hidden)
        theirs, echo, their_key = plain[:CHALLENGE], plain[CHALLENGE : 2 * CHALLENGE], plain[2 * CHALLENGE :]
        if not hmac.compare_digest(echo, challenge):
            raise Refused(AUTHENTICATION_FAILED)
        own_key = self._chance.octets(KEY)
        answer = DES3.encrypt(self._encryption, challenge + theirs + own_key)
        secret = bytes(a ^ b for a, b in zip(their_key, own_key, strict=True))
        counter = int.from_bytes(challenge[-4:] + theirs[-4:], "big")
        return answer + DES3.mac(self._authentication, answer), Channel(DES3, secret, counter)


class Pace:
    """One run of PACE with ECDH and generic mapping: four GENERAL AUTHENTICATE (ICAO Doc 9303-11, 4.4.4.2)."""

    def __init__(self, suite: Suite, protocol: str, curve: Curve, secret: bytes, nonce: int, chance: Chance) -> None:
        """`secret`: f(password), 9303-11, 9.7.3; `protocol`: object identifier; `nonce`: length of s in bytes."""
        self._suite, self._protocol, self._curve = suite, protocol, curve
        self._password = suite.derive(secret, PASSWORD)
        self._chance = chance
        self._nonce_bytes = nonce
        self._nonce = 0
        self._generator: PointJacobi | None = None
        self._own: PointJacobi | None = None
        self._theirs = b""
        self._secret = b""
        self._steps = iter((self._encrypted_nonce, self._map, self._agree))
        self._done = 0

    @property
    def last(self) -> bool:
        """Whether the next step is the fourth, with the tokens."""
        return self._done == 3

    def step(self, data: bytes) -> bytes:
        """One of the first three steps: dynamic authentication data in and out. Raises `Refused`."""
        try:
            answer = next(self._steps)(_objects(data))
        except Malformed:
            raise Refused(WRONG_DATA) from None
        self._done += 1
        return tlv.encode(DYNAMIC_AUTHENTICATION_DATA, answer)

    def finish(self, data: bytes) -> tuple[bytes, Channel]:
        """Check the terminal's token, give the chip's and the session. Raises `Refused`: 6300 for a wrong password."""
        try:
            token = tlv.only(_objects(data), TOKEN_IN)
        except Malformed:
            raise Refused(WRONG_DATA) from None
        assert self._own is not None
        key = self._suite.derive(self._secret, AUTHENTICATION)
        own = curves.encode_point(self._own, self._curve)
        if not hmac.compare_digest(self._token(key, own), token):
            raise Refused(AUTHENTICATION_FAILED)
        answer = tlv.encode(TOKEN_OUT, self._token(key, self._theirs))
        return tlv.encode(DYNAMIC_AUTHENTICATION_DATA, answer), Channel(self._suite, self._secret)

    def _encrypted_nonce(self, objects: bytes) -> bytes:
        if objects:
            raise Refused(WRONG_DATA)
        nonce = self._chance.octets(self._nonce_bytes)
        self._nonce = int.from_bytes(nonce, "big")
        return tlv.encode(NONCE, self._suite.encrypt(self._password, nonce))

    def _map(self, objects: bytes) -> bytes:
        """Generic mapping: G' = s·G + H, where H is the secret of a first, anonymous Diffie-Hellman (4.4.3.3.1)."""
        theirs = curves.decode_point(tlv.only(objects, MAP_IN), self._curve)
        private = self._chance.scalar(self._curve)
        base = curves.generator(self._curve)
        mapped = base * self._nonce + curves.multiply(theirs, private)
        self._generator = curves.multiply(mapped, 1)
        return tlv.encode(MAP_OUT, curves.encode_point(curves.multiply(base, private), self._curve))

    def _agree(self, objects: bytes) -> bytes:
        """The second Diffie-Hellman, over the mapped generator; the two public keys must differ."""
        assert self._generator is not None
        self._theirs = tlv.only(objects, POINT_IN)
        theirs = curves.decode_point(self._theirs, self._curve)
        private = self._chance.scalar(self._curve)
        self._own = curves.multiply(self._generator, private)
        own = curves.encode_point(self._own, self._curve)
        if own == self._theirs:
            raise Refused(WRONG_DATA)
        self._secret = curves.x_coordinate(curves.multiply(theirs, private), self._curve)
        return tlv.encode(POINT_OUT, own)

    def _token(self, key: bytes, point: bytes) -> bytes:
        """MAC over the public key object of the other side (4.4.3.4, 9.4.5)."""
        inner = tlv.encode(OBJECT_IDENTIFIER, tlv.oid(self._protocol)) + tlv.encode(PUBLIC_POINT, point)
        return self._suite.mac(key, tlv.encode(PUBLIC_KEY, inner))


def _objects(data: bytes) -> bytes:
    return tlv.only(data, DYNAMIC_AUTHENTICATION_DATA)
