"""Public keys as chips and certificates hold them: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 3279, RFC 8017).

Elliptic curves may be named or spelled out; keys are used only on the standard curves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import ecdsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from ecdsa.curves import Curve
from ecdsa.der import UnexpectedDER
from ecdsa.ellipticcurve import PointJacobi as Point
from ecdsa.keys import BadSignatureError
from ecdsa.util import MalformedSignature, sigdecode_der, sigdecode_string

from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.errors import Malformed

SEQUENCE, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID = 0x30, 0x02, 0x03, 0x04, 0x06
EC_PUBLIC_KEY = tlv.oid("1.2.840.10045.2.1")
RSA_KEYS = (tlv.oid("1.2.840.113549.1.1.1"), tlv.oid("1.2.840.113549.1.1.10"))  # rsaEncryption, id-RSASSA-PSS
SMALLEST_MODULUS, LARGEST_MODULUS, LARGEST_EXPONENT = 1024, 8192, 32  # bits: what is larger only costs us time


@dataclass(frozen=True)
class EcKey:
    """A point of a standard curve."""

    curve: Curve
    point: Point = field(repr=False)

    def verifies(self, digest: bytes, signature: bytes, plain: bool = False) -> bool:
        """ECDSA over a digest (FIPS 186-5, 6.4): signature in DER, or `plain` r ‖ s (BSI TR-03111, 5.2.1)."""
        key = ecdsa.VerifyingKey.from_public_point(self.point, self.curve)
        decode = sigdecode_string if plain else sigdecode_der
        try:
            return bool(key.verify_digest(signature, digest, sigdecode=decode, allow_truncate=True))
        except (BadSignatureError, MalformedSignature, UnexpectedDER):
            return False


@dataclass(frozen=True)
class RsaKey:
    """Modulus and public exponent."""

    modulus: int = field(repr=False)
    exponent: int = field(repr=False)

    @property
    def size(self) -> int:
        """Length of the modulus in bytes."""
        return (self.modulus.bit_length() + 7) // 8

    def open(self, signature: bytes) -> bytes:
        """signatureᵉ mod n, as long as the modulus (RFC 8017, 5.2.2)."""
        return pow(int.from_bytes(signature, "big"), self.exponent, self.modulus).to_bytes(self.size, "big")

    def library_key(self) -> RSAPublicKey:
        """The key for the library that checks padded signatures. Raises `Malformed` when it refuses it."""
        try:
            return RSAPublicNumbers(self.exponent, self.modulus).public_key()
        except ValueError:
            raise Malformed("an unusable RSA key") from None


def parse_public_key(data: bytes) -> EcKey | RsaKey:
    """The key in a SubjectPublicKeyInfo in DER. Raises `Malformed`."""
    algorithm, bits = _sequence(data, SEQUENCE, BIT_STRING)
    kind, *parameters = [*tlv.objects(algorithm)] or [tlv.Tlv(0, b"")]
    if not bits or bits[0]:
        raise Malformed("a key that is not whole bytes")
    if kind.tag == OBJECT_ID and kind.value == EC_PUBLIC_KEY and parameters:
        curve = _curve(parameters[0])
        return EcKey(curve, curves.decode_point(bits[1:], curve))
    if kind.tag == OBJECT_ID and kind.value in RSA_KEYS:
        modulus, exponent = (int.from_bytes(part, "big") for part in _sequence(bits[1:], INTEGER, INTEGER))
        if not SMALLEST_MODULUS <= modulus.bit_length() <= LARGEST_MODULUS or not modulus & 1:
            raise Malformed("an RSA modulus of another size")
        if not 2 <= exponent.bit_length() <= LARGEST_EXPONENT or not exponent & 1:
            raise Malformed("an unusual RSA exponent")
        return RsaKey(modulus, exponent)
    raise Malformed("a key of another kind")


def _sequence(data: bytes, *tags: int) -> list[bytes]:
    """The values of the first objects of a SEQUENCE, which must have these tags."""
    items = list(tlv.objects(tlv.only(data, SEQUENCE)))
    if tuple(item.tag for item in items[: len(tags)]) != tags:
        raise Malformed("a structure of another form")
    return [item.value for item in items[: len(tags)]]


def _curve(parameters: tlv.Tlv) -> Curve:
    """Named curve or explicit ECParameters (RFC 3279, 2.3.5)."""
    if parameters.tag == OBJECT_ID:
        return curves.by_oid(parameters.value)
    explicit = tlv.encode(parameters.tag, parameters.value)
    _, field_id, coefficients, base, order = _sequence(explicit, INTEGER, SEQUENCE, SEQUENCE, OCTET_STRING, INTEGER)
    prime = _sequence(tlv.encode(SEQUENCE, field_id), OBJECT_ID, INTEGER)[1]
    a, b = _sequence(tlv.encode(SEQUENCE, coefficients), OCTET_STRING, OCTET_STRING)
    if len(base) % 2 == 0 or base[0] != 4:
        raise Malformed("a base point that is compressed")
    half = len(base) // 2
    point = (int.from_bytes(base[1 : 1 + half], "big"), int.from_bytes(base[1 + half :], "big"))
    p, a_, b_, n = (int.from_bytes(part, "big") for part in (prime, a, b, order))
    return curves.matching(p, a_, b_, n, base=point)
