"""How the chip shows that it is no copy: chip authentication and active authentication (ICAO Doc 9303-11, 6).

The public keys stand in DG14 and DG15, under the signature of the security object; the private ones never leave the
chip. A copy has the files, but other private keys.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Protocol

import ecdsa
from cryptography.hazmat.primitives import serialization

from devices.card_reader.chip import files
from devices.card_reader.chip.files import integer, oid, sequence
from devices.card_reader.chip.messaging import Channel
from devices.card_reader.chip.profile import Digest, Profile
from devices.card_reader.chip.signing import public_info, rsa_key
from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.ciphers import Suite

PK_ECDH = "0.4.0.127.0.7.2.2.1.2"  # id-PK-ECDH
ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"  # id-icao-mrtd-security-aaProtocolObject
ECDSA_PLAIN = {  # ecdsa-plain-signatures (BSI TR-03111, 5.2.1.1)
    "sha1": "0.4.0.127.0.7.1.1.4.1.1",
    "sha224": "0.4.0.127.0.7.1.1.4.1.2",
    "sha256": "0.4.0.127.0.7.1.1.4.1.3",
    "sha384": "0.4.0.127.0.7.1.1.4.1.4",
    "sha512": "0.4.0.127.0.7.1.1.4.1.5",
}
TRAILERS = {"sha1": b"\xbc", "sha256": b"\x34\xcc"}  # ISO/IEC 9796-2:2010, 8.1.2; ISO/IEC 10118-3 for the number
ACTIVE_RSA_BITS = 1536  # a signature that a short protected response has room for


class ChipAuthentication:
    """Static ECDH key of the chip (ICAO Doc 9303-11, 6.2)."""

    def __init__(self, number: int, suite: Suite, *, copied: bool) -> None:
        """On the curve with this number; `copied`: it calculates with another key than the public one shown."""
        self.curve, self.suite = curves.BY_NUMBER[number], suite
        shown = curves.private_key(self.curve)
        self.public = curves.multiply(curves.generator(self.curve), shown)
        self._private = curves.private_key(self.curve) if copied else shown

    def agree(self, theirs: bytes) -> Channel:
        """The session that follows from the terminal's ephemeral key, counter at zero. Raises `Malformed`."""
        shared = curves.multiply(curves.decode_point(theirs, self.curve), self._private)
        return Channel(self.suite, curves.x_coordinate(shared, self.curve))


class ActiveAuthentication(Protocol):
    """A key that signs the terminal's challenge (ICAO Doc 9303-11, 6.1)."""

    public: bytes  # SubjectPublicKeyInfo in DER

    def sign(self, challenge: bytes) -> bytes:
        """The answer to RND.IFD of 8 bytes."""


class RsaActive:
    """ISO/IEC 9796-2, digital signature scheme 1, with partial recovery: what was signed is in the signature."""

    def __init__(self, digest: Digest, *, copied: bool) -> None:
        self._digest = digest
        shown = rsa_key("active", ACTIVE_RSA_BITS)
        der = serialization.Encoding.DER
        self.public = shown.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._key = (rsa_key("copy", ACTIVE_RSA_BITS) if copied else shown).private_numbers()

    def sign(self, challenge: bytes) -> bytes:
        """(6A ‖ M1 ‖ H(M1 ‖ RND.IFD) ‖ trailer)^d, as long as the modulus; M1 is random."""
        size = ACTIVE_RSA_BITS // 8
        trailer = TRAILERS[self._digest]
        room = size - 1 - hashlib.new(self._digest).digest_size - len(trailer)
        nonce = secrets.token_bytes(room)
        message = b"\x6a" + nonce + hashlib.new(self._digest, nonce + challenge).digest() + trailer
        return pow(int.from_bytes(message, "big"), self._key.d, self._key.public_numbers.n).to_bytes(size, "big")


class EcdsaActive:
    """ECDSA, plain format r ‖ s (BSI TR-03111, 5.2.1)."""

    def __init__(self, number: int, digest: Digest, explicit: bool, *, copied: bool) -> None:
        curve = curves.BY_NUMBER[number]
        self._digest = digest
        shown = ecdsa.SigningKey.generate(curve)
        self.public = public_info(shown.verifying_key.pubkey.point, curve, explicit)
        self._key = ecdsa.SigningKey.generate(curve) if copied else shown

    def sign(self, challenge: bytes) -> bytes:
        """r ‖ s, each as long as the order of the curve."""
        digest = hashlib.new(self._digest, challenge).digest()
        signature: bytes = self._key.sign_digest(digest, sigencode=ecdsa.util.sigencode_string, allow_truncate=True)
        return signature


def chip_authentication(profile: Profile, *, copied: bool) -> ChipAuthentication | None:
    """The key for this profile, a new one."""
    if profile.chip_authentication is None:
        return None
    return ChipAuthentication(*profile.chip_authentication, copied=copied)


def active_authentication(profile: Profile, *, copied: bool) -> ActiveAuthentication | None:
    """The key for this profile; a new one with ECDSA, one for the whole process with RSA."""
    if profile.active_authentication == "rsa":
        return RsaActive(profile.active_digest, copied=copied)
    if profile.active_authentication == "ecdsa":
        return EcdsaActive(profile.active_curve, profile.active_digest, profile.explicit_parameters, copied=copied)
    return None


def dg14(profile: Profile, chip: ChipAuthentication | None) -> bytes:
    """DG14: all of EF.CardAccess again, the key of chip authentication, the algorithm of an ECDSA key in DG15."""
    infos = files.security_infos(profile)
    if chip:
        shown = public_info(chip.public, chip.curve, profile.explicit_parameters)
        infos.append(sequence(oid(PK_ECDH), shown, files.key_identifier(profile)))
    if profile.active_authentication == "ecdsa":
        infos.append(sequence(oid(ACTIVE_AUTHENTICATION), integer(1), oid(ECDSA_PLAIN[profile.active_digest])))
    return tlv.encode(files.TAGS[14], tlv.encode(files.SET, b"".join(infos)))


def dg15(active: ActiveAuthentication) -> bytes:
    """DG15: the public key of active authentication (ICAO Doc 9303-10, 4.7.15)."""
    return tlv.encode(files.TAGS[15], active.public)
