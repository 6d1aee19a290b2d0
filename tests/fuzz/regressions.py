"""Inputs that once made something else than a `DeviceError` come out, cut down to what did it: (target, input)."""

from __future__ import annotations

from devices.card_reader.emrtd import tlv

EC_PUBLIC_KEY, PRIME_FIELD = tlv.oid("1.2.840.10045.2.1"), tlv.oid("1.2.840.10045.1.1")
PUBLIC_KEY_ECDH = tlv.oid("0.4.0.127.0.7.2.2.1.2")


def _sequence(*parts: bytes) -> bytes:
    return tlv.encode(0x30, b"".join(parts))


def _integer(content: bytes) -> bytes:
    return tlv.encode(0x02, content)


def _key_without_algorithm() -> bytes:
    """SubjectPublicKeyInfo whose AlgorithmIdentifier is empty."""
    return _sequence(_sequence(), tlv.encode(0x03, b"\0\x04\x01\x01"))


def _key_modulo(prime: bytes) -> bytes:
    """SubjectPublicKeyInfo on a curve that is spelled out, over a field of that many elements."""
    coefficient = tlv.encode(0x04, b"\x01")
    parameters = _sequence(
        _integer(b"\x01"),
        _sequence(tlv.encode(0x06, PRIME_FIELD), _integer(prime)),
        _sequence(coefficient, coefficient),
        tlv.encode(0x04, b"\x04\x01\x01"),
        _integer(b"\x01"),
    )
    return _sequence(_sequence(tlv.encode(0x06, EC_PUBLIC_KEY), parameters), tlv.encode(0x03, b"\0\x04\x01\x01"))


def _in_dg14(key: bytes) -> bytes:
    return tlv.encode(0x6E, tlv.encode(0x31, _sequence(tlv.encode(0x06, PUBLIC_KEY_ECDH), key)))


KEYS = (_key_without_algorithm(), _key_modulo(b""), _key_modulo(b"\0"))
INPUTS: tuple[tuple[str, bytes], ...] = (
    *(("dg15", tlv.encode(0x6F, key)) for key in KEYS),  # ValueError, ZeroDivisionError
    *(("dg14", _in_dg14(key)) for key in KEYS),
)
