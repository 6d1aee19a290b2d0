"""PACE with ECDH and generic mapping (ICAO Doc 9303-11, 4.4; worked example: appendix G.1).

A short number (CAN) or the MRZ opens the chip, and somebody who listens learns nothing about it:

0. MSE:Set AT names protocol and password.
1. The chip sends a nonce s, encrypted under the password's key.
2. Both agree on a point H by Diffie-Hellman, and map the generator with the nonce: Ĝ = s·G + H.
3. Diffie-Hellman again, over Ĝ; the x-coordinate of the result gives the session keys.
4. Each proves with a MAC over the other's public key that it has the same keys: only now is the password known right.

Every command of steps 1 to 4 is GENERAL AUTHENTICATE with a dynamic authentication data object 7C; all but the last are
chained (CLA 10).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from ecdsa.curves import Curve
from ecdsa.ellipticcurve import PointJacobi as Point

from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.apdu import OK, SHORT_EXPECTED, Command
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import PASSWORD, Suite
from devices.card_reader.emrtd.errors import Blocked, ChipProtocolError, WrongPassword
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.emrtd.security_infos import PaceInfo

MRZ, CAN = 1, 2  # password identifiers (9303-11, table 5)
LONGEST_NONCE = 64  # bytes: far more than any chip takes
CHAINED = 0x10


@dataclass(frozen=True)
class Password:
    """What opens the chip: `reference` MRZ or CAN, and its secret π (9303-11, table 4)."""

    reference: int
    secret: bytes = field(repr=False)

    @classmethod
    def from_can(cls, can: str) -> Password:
        """The card access number: six digits in ASCII."""
        return cls(CAN, can.encode("ascii"))

    @classmethod
    def from_mrz(cls, key: MrzKey) -> Password:
        """SHA-1 of the MRZ information."""
        return cls(MRZ, key.seed())


def authenticate(
    channel: Channel,
    info: PaceInfo,
    password: Password,
    ambiguous: bool = False,
    private_key: Callable[[Curve], int] = curves.private_key,
) -> None:
    """Open the chip; `channel` is protected afterwards. `ambiguous`: the card offers this protocol on several curves.

    Raises `WrongPassword`, `Blocked`, `ChipProtocolError`, `Malformed`, and what the connection raises.
    """
    curve, suite = info.curve, info.suite
    _set_template(channel, info, password, ambiguous)
    nonce = _nonce(channel, suite, password)
    base = _mapped_generator(channel, curve, nonce, private_key(curve))
    ours = private_key(curve)
    public = curves.encode_point(curves.multiply(base, ours), curve)
    theirs = _exchange(channel, 0x83, public, 0x84)
    if theirs == public:  # 9303-11, 4.4.2: an echo is no partner
        raise ChipProtocolError("the chip sent our own public key back")
    shared = curves.multiply(curves.decode_point(theirs, curve), ours)
    session = SecureMessaging.from_secret(suite, curves.x_coordinate(shared, curve))
    _tokens(channel, info, session, public, theirs)
    channel.messaging = session


def _set_template(channel: Channel, info: PaceInfo, password: Password, ambiguous: bool) -> None:
    data = tlv.encode(0x80, info.protocol) + tlv.encode(0x83, bytes((password.reference,)))
    if ambiguous:
        data += tlv.encode(0x84, bytes((info.parameter,)))
    _, status = channel.send(Command(0x00, 0x22, 0xC1, 0xA4, data))
    if status in (0x6983, 0x6984, 0x63C0):
        raise Blocked("PACE")
    if status != OK and status >> 4 != 0x63C:  # 63Cx warns that x tries are left
        raise ChipProtocolError("MSE:Set AT", status)


def _nonce(channel: Channel, suite: Suite, password: Password) -> int:
    sealed = _general_authenticate(channel, b"", 0x80)
    if not sealed or len(sealed) % suite.block or len(sealed) > LONGEST_NONCE:  # 9303-11, 4.4.3.3: whole blocks
        raise ChipProtocolError("a nonce that is not whole blocks of the cipher")
    return int.from_bytes(suite.decrypt(suite.derive(password.secret, PASSWORD), sealed), "big")


def _mapped_generator(channel: Channel, curve: Curve, nonce: int, ours: int) -> Point:
    public = curves.encode_point(curves.multiply(curves.generator(curve), ours), curve)
    theirs = curves.decode_point(_exchange(channel, 0x81, public, 0x82), curve)
    agreed = curves.multiply(theirs, ours)
    return curves.add(curves.multiply(curves.generator(curve), nonce % int(curve.order)), agreed)


def _tokens(channel: Channel, info: PaceInfo, session: SecureMessaging, ours: bytes, theirs: bytes) -> None:
    """Mutual authentication (9303-11, 4.4.3.4): the MAC of each side over the other side's public key."""
    key, suite = session.authentication_key, info.suite
    token = suite.mac(key, _public_key_object(info, theirs))
    data = tlv.encode(0x7C, tlv.encode(0x85, token))
    answer, status = channel.send(Command(0x00, 0x86, 0x00, 0x00, data, expected=SHORT_EXPECTED))
    if status in (0x6983, 0x63C0):
        raise Blocked("PACE")
    if status in (0x6300, 0x6982, 0x6988) or status >> 4 == 0x63C:
        raise WrongPassword("PACE")
    if status != OK:
        raise ChipProtocolError("GENERAL AUTHENTICATE, tokens", status)
    if not hmac.compare_digest(tlv.find(tlv.only(answer, 0x7C), 0x86), suite.mac(key, _public_key_object(info, ours))):
        raise ChipProtocolError("the chip's token is wrong")


def _public_key_object(info: PaceInfo, point: bytes) -> bytes:
    """Public key data object 7F49 with protocol and point only (9303-11, 9.4.5)."""
    return tlv.encode(0x7F49, tlv.encode(0x06, info.protocol) + tlv.encode(0x86, point))


def _exchange(channel: Channel, send: int, point: bytes, receive: int) -> bytes:
    return _general_authenticate(channel, tlv.encode(send, point), receive)


def _general_authenticate(channel: Channel, content: bytes, receive: int) -> bytes:
    data = tlv.encode(0x7C, content)
    command = Command(CHAINED, 0x86, 0x00, 0x00, data, expected=SHORT_EXPECTED)
    return tlv.find(tlv.only(channel.expect(command, "GENERAL AUTHENTICATE"), 0x7C), receive)
