"""Whether a card takes extended lengths, and how long: ISO/IEC 7816-4:2020, 12.1.1 and 12.7.1; PC/SC part 3."""

from __future__ import annotations

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.errors import Malformed

EXTENDED_LENGTHS, TOLD_IN_FILE = 0x40, 0x20  # bits of the third software function table
CAPABILITIES = 7  # compact tag
USUAL_RESPONSE, LARGEST_RESPONSE = 1024, 4096  # bytes; a larger answer would hold the progress bar still


def software_functions(atr: bytes) -> int:
    """Third software function table of the historical bytes of an ATR; 0 when the card does not tell."""
    historical = _historical(atr)
    if historical[:1] == b"\x00":
        historical = historical[:-3]  # a status indicator of three bytes ends this form
    elif historical[:1] != b"\x80":
        return 0
    rest = historical[1:]
    while rest:
        tag, size = rest[0] >> 4, rest[0] & 0x0F
        if tag == CAPABILITIES and size >= 3 and len(rest) > 3:
            return rest[3]
        rest = rest[1 + size :]
    return 0


def _historical(atr: bytes) -> bytes:
    """ISO/IEC 7816-3:2006, 8.2: T0 says which interface bytes follow and how many historical bytes there are."""
    if len(atr) < 2:
        return b""
    count, present, at = atr[1] & 0x0F, atr[1] >> 4, 2
    while present and at < len(atr):
        more = bool(present & 8)
        at += (present & 7).bit_count()
        present = atr[at] >> 4 if more and at < len(atr) else 0
        at += more
    return atr[at : at + count]


def response_limit(atr_info: bytes) -> int:
    """Most bytes of an answer, from EF.ATR/INFO (object 7F66: longest command, longest response)."""
    try:
        for item in tlv.objects(atr_info):
            if item.tag == 0x7F66:
                sizes = [int.from_bytes(inner.value, "big") for inner in tlv.objects(item.value) if inner.tag == 0x02]
                return max(256, min(sizes[1] - 2, LARGEST_RESPONSE)) if len(sizes) > 1 else USUAL_RESPONSE
    except Malformed:
        pass
    return USUAL_RESPONSE
