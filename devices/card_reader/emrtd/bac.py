"""Basic access control: the key is what stands on the card (ICAO Doc 9303-11, 4.3; worked example: appendix D).

1. GET CHALLENGE: the chip's nonce RND.IC, 8 bytes.
2. EXTERNAL AUTHENTICATE: E_IFD ‖ M_IFD with S = RND.IFD ‖ RND.IC ‖ K.IFD encrypted under the key of the MRZ; the chip
   answers the same way with RND.IC ‖ RND.IFD ‖ K.IC.
3. Both derive the session from K.IFD xor K.IC; its counter starts with the last four bytes of each nonce.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from devices.card_reader.emrtd.apdu import OK, Command
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import AUTHENTICATION, DES3, ENCRYPTION, MAC_BYTES
from devices.card_reader.emrtd.errors import Blocked, ChipProtocolError, WrongPassword
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.secure_messaging import SecureMessaging

NONCE, KEY = 8, 16  # bytes


def authenticate(channel: Channel, key: MrzKey, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
    """Open the selected application; `channel` is protected afterwards. Raises `WrongPassword`, `DeviceError`."""
    seed = key.seed()[:16]
    encryption, authentication = DES3.derive(seed, ENCRYPTION), DES3.derive(seed, AUTHENTICATION)
    card_nonce = channel.expect(Command(0x00, 0x84, 0x00, 0x00, expected=NONCE), "GET CHALLENGE")
    if len(card_nonce) != NONCE:
        raise ChipProtocolError("a challenge of another length than 8 bytes")
    nonce, ours = random(NONCE), random(KEY)
    sealed = DES3.encrypt(encryption, nonce + card_nonce + ours)
    answer = _external_authenticate(channel, sealed + DES3.mac(authentication, sealed))
    if not hmac.compare_digest(DES3.mac(authentication, answer[:-MAC_BYTES]), answer[-MAC_BYTES:]):
        raise ChipProtocolError("the MAC of EXTERNAL AUTHENTICATE is wrong")
    plain = DES3.decrypt(encryption, answer[:-MAC_BYTES])
    if not hmac.compare_digest(plain[: 2 * NONCE], card_nonce + nonce):
        raise ChipProtocolError("the chip answered another challenge")
    shared = bytes(a ^ b for a, b in zip(ours, plain[2 * NONCE :], strict=True))
    counter = int.from_bytes(card_nonce[4:] + nonce[4:], "big")
    channel.messaging = SecureMessaging.from_secret(DES3, shared, counter)


def _external_authenticate(channel: Channel, data: bytes) -> bytes:
    size = 2 * NONCE + KEY + MAC_BYTES
    answer, status = channel.send(Command(0x00, 0x82, 0x00, 0x00, data, expected=size))
    if status in (0x6983, 0x63C0):
        raise Blocked("BAC")
    if status in (0x6300, 0x6982, 0x6988, 0x6A80) or status >> 4 == 0x63C:
        raise WrongPassword("BAC")
    if status != OK or len(answer) != size:
        raise ChipProtocolError("EXTERNAL AUTHENTICATE", status)
    return answer
