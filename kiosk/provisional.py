"""The provisional code: what a citizen holds until the province has given the official one (DOMAIN 2).

`TAM-XXXX-XXXX`: seven symbols of Crockford's base 32 from a hash of the dossier's `client_ref`, and a check symbol,
so that a code that is misheard or mistyped names no other dossier.
"""

from __future__ import annotations

import hashlib
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
PREFIX = "TAM"
DATA_SYMBOLS = 7
_LOOKALIKES = str.maketrans("OIL", "011")
_FIELD_POLYNOMIAL = 0b100101  # x⁵ + x² + 1, primitive over GF(2)


def provisional_code(client_ref: str) -> str:
    """The code of a dossier, the same for every print; 35 bits of SHA-256 over `client_ref`."""
    number = int.from_bytes(hashlib.sha256(client_ref.encode()).digest()) >> (256 - 5 * DATA_SYMBOLS)
    symbols = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(DATA_SYMBOLS)))
    return _written(symbols + _check_symbol(symbols))


def parse_provisional_code(text: str) -> str:
    """The code as printed, from what a person typed or said: any case, spaces and dashes, O for 0, I and L for 1.

    Raises ValueError when it is no provisional code or its check symbol is wrong.
    """
    plain = unicodedata.normalize("NFD", text).upper()
    symbols = "".join(symbol for symbol in plain if symbol.isascii() and symbol.isalnum())
    if len(symbols) == len(PREFIX) + DATA_SYMBOLS + 1:
        symbols = symbols.removeprefix(PREFIX)
    symbols = symbols.translate(_LOOKALIKES)
    if len(symbols) != DATA_SYMBOLS + 1 or not set(symbols) <= set(ALPHABET):
        raise ValueError("no provisional code")
    if _check_symbol(symbols[:-1]) != symbols[-1]:
        raise ValueError("mistyped provisional code")
    return _written(symbols)


def _written(symbols: str) -> str:
    return f"{PREFIX}-{symbols[:4]}-{symbols[4:]}"


def _check_symbol(symbols: str) -> str:
    """Polynomial over GF(32): finds every single wrong symbol and every two that changed places."""
    value = 0
    for symbol in symbols:
        value = _doubled(value) ^ ALPHABET.index(symbol)
    return ALPHABET[_doubled(value)]


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _FIELD_POLYNOMIAL if value & 0b100000 else value
