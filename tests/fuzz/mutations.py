"""Inputs made from valid ones: bits, cuts, copies, lengths that lie, trees of data objects with changed branches."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.errors import Malformed

HUGE_LENGTHS = (
    b"\x84\xff\xff\xff\xff",
    b"\x84\x7f\xff\xff\xff",
    b"\x83\x07\xff\xff",
    b"\x82\xff\xff",
    b"\x80",
    b"\xff",
)
WRAPPERS = (0x04, 0x03)  # OCTET STRING and BIT STRING may hold further objects
TAGS = (0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x18, 0x24, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0x7F49, 0x5F1F)
LONGEST, DEEPEST = 65536, 12
Mutation = Callable[[random.Random, bytes], bytes]


def flip(source: random.Random, data: bytes) -> bytes:
    """One to eight bits."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 8) if changed else 0):
        changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def cut(source: random.Random, data: bytes) -> bytes:
    """The end, or a piece of the middle, is missing."""
    start = source.randint(0, len(data))
    return data[:start] + (data[source.randint(start, len(data)) :] if source.random() < 0.5 else b"")


def lengthen(source: random.Random, data: bytes) -> bytes:
    """A byte becomes a length field that claims far too much, or none."""
    at = source.randrange(min(len(data), 64) if source.random() < 0.5 else len(data)) if data else 0
    return data[:at] + source.choice(HUGE_LENGTHS) + data[at + 1 :]


def repeat(source: random.Random, data: bytes) -> bytes:
    """A piece comes twice or many times."""
    start = source.randint(0, len(data))
    end = min(len(data), start + source.choice((1, 4, 16, 64, 256)))
    return (data[:end] + data[start:end] * source.choice((1, 2, 50)) + data[end:])[:LONGEST]


def scatter(source: random.Random, data: bytes) -> bytes:
    """Random bytes in the middle."""
    start = source.randint(0, len(data))
    return data[:start] + source.randbytes(source.randint(1, 16)) + data[source.randint(start, len(data)) :]


def noise(source: random.Random, data: bytes) -> bytes:
    """Nothing but random bytes, sometimes behind the right beginning."""
    return data[: source.choice((0, 2, 4, 8))] + source.randbytes(source.randint(0, 64))


def nest(source: random.Random, data: bytes) -> bytes:
    """Something inside itself, again and again."""
    tag = source.choice((0x30, 0x31, 0x24, 0xA0, 0x7F60))
    for _ in range(source.choice((3, 20, 200))):
        data = tlv.encode(tag, data)
        if len(data) > LONGEST:
            break
    return data


def prune(source: random.Random, data: bytes) -> bytes:
    """One object of the tree is emptied, dropped, doubled, renamed or broken; the lengths around it are right."""
    try:
        objects = list(tlv.objects(data))
    except Malformed:
        return flip(source, data)
    return b"".join(_branch(source, found, objects) for found in _chosen(source, objects))


def _chosen(source: random.Random, objects: list[tlv.Tlv]) -> list[tlv.Tlv]:
    """The objects, one of which is marked for a change by standing alone in a list of its own."""
    if objects:
        at = source.randrange(len(objects))
        objects[at] = tlv.Tlv(-1 - objects[at].tag, objects[at].value)
    return objects


def _branch(source: random.Random, found: tlv.Tlv, among: list[tlv.Tlv], depth: int = 0) -> bytes:
    """The bytes of one object; a marked one is changed, or one of those inside it."""
    tag, value = found
    if tag >= 0:
        return tlv.encode(tag, value)
    tag = -1 - tag
    skipped = 1 if tag == WRAPPERS[1] else 0
    inner = _inside(tag, value[skipped:])
    if inner and depth < DEEPEST and source.random() < 0.85:
        chosen = _chosen(source, inner)
        return tlv.encode(tag, value[:skipped] + b"".join(_branch(source, each, chosen, depth + 1) for each in chosen))
    return _changed(source, tag, value, among)


def _changed(source: random.Random, tag: int, value: bytes, among: list[tlv.Tlv]) -> bytes:
    other = source.choice(among)
    sibling = tlv.encode(other.tag if other.tag >= 0 else -1 - other.tag, other.value)
    whole = tlv.encode(tag, value)
    return source.choice(
        (
            lambda: tlv.encode(tag, b""),
            lambda: b"",
            lambda: whole + whole,
            lambda: tlv.encode(source.choice(TAGS), value),
            lambda: sibling,
            lambda: tlv.encode(tag, flip(source, value)),
            lambda: tlv.encode(tag, value[: source.randint(0, len(value))]),
            lambda: tlv.encode(tag, bytes(len(value))),
            lambda: tlv.encode(tag, b"\xff" * min(len(value) + 1, 4096)),
            lambda: tlv.encode(tag, source.randbytes(source.randint(1, 12))),
            lambda: nest(source, whole),
        )
    )()


def _inside(tag: int, value: bytes) -> list[tlv.Tlv]:
    first = tag >> 8 * ((tag.bit_length() - 1) // 8) if tag else 0
    if not first & 0x20 and tag not in WRAPPERS:
        return []
    try:
        return list(tlv.objects(value))
    except Malformed:
        return []


MUTATIONS: tuple[Mutation, ...] = (flip, cut, lengthen, repeat, scatter, noise, nest, prune, prune, prune, prune)


def mutate(source: random.Random, seeds: Sequence[bytes]) -> bytes:
    """A new input: one to three changes to a seed."""
    data = source.choice(seeds)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        data = source.choice(MUTATIONS)(source, data)
    return data[:LONGEST]
