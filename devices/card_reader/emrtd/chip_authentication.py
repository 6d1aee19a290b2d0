"""Is this the chip that the state has issued, or a copy of its files? (ICAO Doc 9303-11, 6.1 and 6.2)

*Chip authentication* (ECDH): the public key of DG14, which the document signer vouches for, agrees with a fresh key of
ours on new session keys. A copy lacks the private key, so its next answer has a wrong MAC. It restarts secure messaging
with keys that are stronger than those of BAC.

*Active authentication*: the chip signs a fresh challenge with the private key to DG15.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from ecdsa.curves import Curve

from devices.card_reader.emrtd import curves, tlv
from devices.card_reader.emrtd.apdu import SHORT_EXPECTED, Command
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import DES3
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.public_keys import EcKey, RsaKey
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.emrtd.security_infos import ChipAuthenticationInfo, SecurityInfos

CHALLENGE = 8  # bytes
# ISO/IEC 9796-2 trailers (ISO/IEC 10118-3 numbers the hash functions): BC alone means the one agreed on, SHA-1 here
TRAILERS = {0x33: "sha1", 0x34: "sha256", 0x36: "sha384", 0x35: "sha512", 0x38: "sha224"}


def pick(infos: SecurityInfos) -> tuple[ChipAuthenticationInfo, EcKey] | None:
    """The strongest suite for which DG14 has a key; None when the chip does not offer it."""
    for info in sorted(infos.chip_authentication, key=lambda info: -info.suite.key_bytes * info.suite.block):
        for key_id, key in infos.public_keys:
            if isinstance(key, EcKey) and (info.key_id is None or key_id is None or info.key_id == key_id):
                return info, key
    return None


def authenticate_chip(
    channel: Channel,
    info: ChipAuthenticationInfo,
    key: EcKey,
    private_key: Callable[[Curve], int] = curves.private_key,
) -> None:
    """Agree on new session keys with the key of DG14. The next protected answer proves that the chip has them.

    Raises `ChipProtocolError` when the chip refuses, and what the connection raises.
    """
    ours = private_key(key.curve)
    public = curves.encode_point(curves.multiply(curves.generator(key.curve), ours), key.curve)
    key_id = tlv.encode(0x84, bytes((info.key_id,))) if info.key_id is not None and 0 <= info.key_id < 256 else b""
    if info.suite is DES3:  # the first version of the protocol has one command (BSI TR-03110-3, B.2.1)
        channel.expect(Command(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, public) + key_id), "MSE:Set KAT")
    else:
        channel.expect(Command(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, info.protocol) + key_id), "MSE:Set AT")
        data = tlv.encode(0x7C, tlv.encode(0x80, public))
        channel.expect(Command(0x00, 0x86, 0x00, 0x00, data, expected=SHORT_EXPECTED), "GENERAL AUTHENTICATE")
    shared = curves.multiply(key.point, ours)
    channel.messaging = SecureMessaging.from_secret(info.suite, curves.x_coordinate(shared, key.curve))


def authenticate_actively(
    channel: Channel,
    key: EcKey | RsaKey,
    digest: str = "",
    expected: int = SHORT_EXPECTED,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> bool:
    """INTERNAL AUTHENTICATE: whether the signature over a fresh challenge is that of the key of DG15.

    `digest` names the hash for ECDSA where DG14 tells it. Raises what the connection raises, `ChipProtocolError`.
    """
    challenge = random(CHALLENGE)
    signature = channel.expect(Command(0x00, 0x88, 0x00, 0x00, challenge, expected=expected), "INTERNAL AUTHENTICATE")
    if isinstance(key, RsaKey):
        return _signed_iso9796(key, signature, challenge)
    names = (digest,) if digest else ("sha1", "sha224", "sha256", "sha384", "sha512")
    for name in names:
        hashed = hashlib.new(name, challenge).digest()
        if key.verifies(hashed, signature, plain=True) or key.verifies(hashed, signature):
            return True
    return False


def _signed_iso9796(key: RsaKey, signature: bytes, challenge: bytes) -> bool:
    """ISO/IEC 9796-2:2010, digital signature scheme 1 with partial recovery (9303-11, 6.1.2.1).

    The opened signature is `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`.
    """
    if len(signature) != key.size:
        return False
    opened = key.open(signature)
    name, end = ("sha1", 1) if opened[-1] == 0xBC else (TRAILERS.get(opened[-2], ""), 2)
    if opened[0] != 0x6A or not name or (end == 2 and opened[-1] != 0xCC):
        return False
    size = hashlib.new(name).digest_size
    if len(opened) < 1 + size + end:
        raise Malformed("a signature too short for its hash")
    message, found = opened[1 : -size - end], opened[-size - end : -end]
    return hashlib.new(name, message + challenge).digest() == found
