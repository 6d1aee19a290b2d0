"""SecurityInfos: what EF.CardAccess and DG14 say of the protocols that a chip can do (ICAO Doc 9303-11, 9.2).

SecurityInfos ::= SET OF SEQUENCE { protocol OBJECT IDENTIFIER, requiredData ANY, optionalData ANY OPTIONAL }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ecdsa.curves import Curve

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.ciphers import BY_OID_SUFFIX, Suite
from devices.card_reader.emrtd.curves import BY_NUMBER
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.public_keys import EcKey, RsaKey, parse_public_key

PACE_ECDH_GM = tlv.oid("0.4.0.127.0.7.2.2.4.2")  # …, 1 to 4: the suite
PUBLIC_KEY_ECDH = tlv.oid("0.4.0.127.0.7.2.2.1.2")  # ChipAuthenticationPublicKeyInfo
CHIP_AUTHENTICATION_ECDH = tlv.oid("0.4.0.127.0.7.2.2.3.2")  # …, 1 to 4: the suite
ACTIVE_AUTHENTICATION = tlv.oid("2.23.136.1.1.5")
ECDSA_PLAIN = {  # BSI TR-03111, 5.2.1.1: the hash of active authentication with ECDSA
    tlv.oid("0.4.0.127.0.7.1.1.4.1.1"): "sha1",
    tlv.oid("0.4.0.127.0.7.1.1.4.1.2"): "sha224",
    tlv.oid("0.4.0.127.0.7.1.1.4.1.3"): "sha256",
    tlv.oid("0.4.0.127.0.7.1.1.4.1.4"): "sha384",
    tlv.oid("0.4.0.127.0.7.1.1.4.1.5"): "sha512",
}
SET, SEQUENCE, OBJECT_ID, INTEGER = 0x31, 0x30, 0x06, 0x02
MOST_INFOS = 64


@dataclass(frozen=True)
class PaceInfo:
    """One way to do PACE with ECDH generic mapping: `protocol` (content octets), suite, number of the curve."""

    protocol: bytes
    suite: Suite
    parameter: int

    @property
    def curve(self) -> Curve:
        """The curve of the number."""
        return BY_NUMBER[self.parameter]


@dataclass(frozen=True)
class ChipAuthenticationInfo:
    """One way to do chip authentication; `key_id` names its public key when there are several."""

    protocol: bytes
    suite: Suite
    key_id: int | None


@dataclass(frozen=True)
class SecurityInfos:
    """What we can use of them, in the order of the file; what is unknown is left out."""

    pace: tuple[PaceInfo, ...] = ()
    chip_authentication: tuple[ChipAuthenticationInfo, ...] = ()
    public_keys: tuple[tuple[int | None, EcKey | RsaKey], ...] = field(default=(), repr=False)
    active_authentication_hash: str = ""  # "sha256", … for ECDSA; empty when it is not told


def parse(data: bytes) -> SecurityInfos:
    """SecurityInfos in DER (EF.CardAccess as it is, DG14 without its tag 6E). Raises `Malformed`."""
    pace: list[PaceInfo] = []
    chip: list[ChipAuthenticationInfo] = []
    keys: list[tuple[int | None, EcKey | RsaKey]] = []
    digest = ""
    for protocol, rest in _infos(data):
        suite = BY_OID_SUFFIX.get(protocol[-1]) if protocol else None
        if protocol[:-1] == PACE_ECDH_GM and suite and len(rest) > 1:
            number = _integer(rest[1])
            if number in BY_NUMBER:
                pace.append(PaceInfo(protocol, suite, number))
        elif protocol[:-1] == CHIP_AUTHENTICATION_ECDH and suite and rest:
            chip.append(ChipAuthenticationInfo(protocol, suite, _integer(rest[1]) if len(rest) > 1 else None))
        elif protocol == PUBLIC_KEY_ECDH and rest:
            key = parse_public_key(tlv.encode(rest[0].tag, rest[0].value))
            keys.append((_integer(rest[1]) if len(rest) > 1 else None, key))
        elif protocol == ACTIVE_AUTHENTICATION and len(rest) > 1:
            digest = ECDSA_PLAIN.get(rest[1].value, "")
    return SecurityInfos(tuple(pace), tuple(chip), tuple(keys), digest)


def _infos(data: bytes) -> Iterator[tuple[bytes, list[tlv.Tlv]]]:
    for count, item in enumerate(tlv.objects(tlv.only(data, SET))):
        if item.tag != SEQUENCE or count >= MOST_INFOS:
            raise Malformed("no SecurityInfo")
        protocol, *rest = tlv.objects(item.value) if item.value else [tlv.Tlv(0, b"")]
        if protocol.tag != OBJECT_ID:
            raise Malformed("a SecurityInfo without protocol")
        yield protocol.value, rest


def _integer(item: tlv.Tlv) -> int:
    if item.tag != INTEGER or not 1 <= len(item.value) <= 16:
        raise Malformed("an integer was expected")
    return int.from_bytes(item.value, "big", signed=True)
