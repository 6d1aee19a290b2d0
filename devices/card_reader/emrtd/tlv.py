"""BER-TLV data objects (ISO/IEC 7816-4:2020, 6.3; ISO/IEC 8825-1): tags of one to three bytes, definite lengths.

No length field is believed: a length beyond what is there, an indefinite length, and nesting that never ends are
`Malformed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from devices.card_reader.emrtd.errors import Malformed

LONGEST_HEADER = 8  # tag of up to 3 bytes, length of up to 5 (one byte that counts, four that say)


class Tlv(NamedTuple):
    """One data object: `tag` as the number that its bytes spell (0x7F49), `value` without the header."""

    tag: int
    value: bytes


def header(data: bytes) -> tuple[int, int, int]:
    """Read the header at the start of `data`: (tag, length of the header, length of the value), both in bytes.

    The value need not be there: this is how the size of a file is known from its first block. Raises `Malformed`.
    """
    tag, used = _tag(data)
    length, more = _length(data[used:])
    return tag, used + more, length


def _tag(data: bytes) -> tuple[int, int]:
    if not data:
        raise Malformed("empty data object")
    if data[0] & 0x1F != 0x1F:
        return data[0], 1
    for used in (2, 3):
        if len(data) < used:
            break
        if not data[used - 1] & 0x80:
            return int.from_bytes(data[:used], "big"), used
    raise Malformed("tag of more than three bytes")


def _length(data: bytes) -> tuple[int, int]:
    if not data:
        raise Malformed("no length")
    first = data[0]
    if first < 0x80:
        return first, 1
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise Malformed("indefinite length, or one of more than four bytes")
    if len(data) < 1 + count:
        raise Malformed("length is cut off")
    return int.from_bytes(data[1 : 1 + count], "big"), 1 + count


def first(data: bytes) -> tuple[Tlv, bytes]:
    """The first data object and what follows it. Raises `Malformed`."""
    tag, start, length = header(data)
    if length > len(data) - start:
        raise Malformed(f"object {tag:X} is cut off")
    return Tlv(tag, data[start : start + length]), data[start + length :]


def objects(data: bytes) -> Iterator[Tlv]:
    """The data objects that lie one behind the other. Raises `Malformed`."""
    while data:
        found, data = first(data)
        yield found


def only(data: bytes, tag: int) -> bytes:
    """The value of the one object that `data` is, which must have this tag. Raises `Malformed`."""
    found, rest = first(data)
    if found.tag != tag:
        raise Malformed(f"object {tag:X} expected, {found.tag:X} found")
    if rest:
        raise Malformed(f"bytes behind object {tag:X}")
    return found.value


def find(data: bytes, tag: int) -> bytes:
    """The value of the first object with this tag among those in `data`. Raises `Malformed` when there is none."""
    for found in objects(data):
        if found.tag == tag:
            return found.value
    raise Malformed(f"no object {tag:X}")


def encode(tag: int, value: bytes) -> bytes:
    """One data object in DER: the shortest length field."""
    size = len(value)
    head = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if size < 0x80:
        return head + bytes((size,)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return head + bytes((0x80 | len(length),)) + length + value


def oid(dotted: str) -> bytes:
    """Content octets of an object identifier (ISO/IEC 8825-1, 8.19), without tag and length."""
    first_arc, second_arc, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (40 * first_arc + second_arc, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return bytes(content)
