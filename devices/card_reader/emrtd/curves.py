"""The elliptic curves of ICAO Doc 9303-11, table 6 (standardized domain parameters), by their numbers.

`cryptography` has neither point addition nor other generators, which generic mapping needs, and lacks three of the
curves: points are those of the package `ecdsa`. Only these curves are used, also where a certificate spells its
parameters out: parameters that are none of them are refused.
"""

from __future__ import annotations

import secrets

import ecdsa
from ecdsa.curves import Curve
from ecdsa.ellipticcurve import PointJacobi as Point

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.errors import Malformed

BY_NUMBER: dict[int, Curve] = {
    8: ecdsa.NIST192p,
    9: ecdsa.BRAINPOOLP192r1,
    10: ecdsa.NIST224p,
    11: ecdsa.BRAINPOOLP224r1,
    12: ecdsa.NIST256p,
    13: ecdsa.BRAINPOOLP256r1,
    14: ecdsa.BRAINPOOLP320r1,
    15: ecdsa.NIST384p,
    16: ecdsa.BRAINPOOLP384r1,
    17: ecdsa.BRAINPOOLP512r1,
    18: ecdsa.NIST521p,
}


def field_bytes(curve: Curve) -> int:
    """Length of a coordinate in bytes."""
    return (int(curve.curve.p()).bit_length() + 7) // 8


def private_key(curve: Curve) -> int:
    """A scalar in [1, n−1] from the system's source of randomness."""
    return 1 + secrets.randbelow(int(curve.order) - 1)


def generator(curve: Curve) -> Point:
    """The base point of the standard."""
    return curve.generator


def encode_point(point: Point, curve: Curve) -> bytes:
    """Uncompressed point `04 ‖ x ‖ y` (BSI TR-03111, 3.2.1)."""
    size = field_bytes(curve)
    return b"\x04" + int(point.x()).to_bytes(size, "big") + int(point.y()).to_bytes(size, "big")


def decode_point(data: bytes, curve: Curve) -> Point:
    """The point in `04 ‖ x ‖ y`, which must lie on the curve (BSI TR-03111, 4.3.2.1). Raises `Malformed`.

    All these curves have cofactor 1: a point of the curve other than infinity generates the whole group.
    """
    size = field_bytes(curve)
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise Malformed("no uncompressed point of this curve")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    prime = int(curve.curve.p())
    if x >= prime or y >= prime or not curve.curve.contains_point(x, y):
        raise Malformed("the point is not on the curve")
    return Point(curve.curve, x, y, 1, curve.order)


def multiply(point: Point, scalar: int) -> Point:
    """`scalar` · `point`. Raises `Malformed` for the point at infinity, which no protocol goes on with."""
    return _finite(point * scalar)


def add(one: Point, other: Point) -> Point:
    """The sum of two points. Raises `Malformed` for the point at infinity."""
    return _finite(one + other)


def x_coordinate(point: Point, curve: Curve) -> bytes:
    """The shared secret of ECDH: the x-coordinate as a field element (BSI TR-03111, 4.3)."""
    return int(point.x()).to_bytes(field_bytes(curve), "big")


def _finite(point: Point) -> Point:
    if point == ecdsa.ellipticcurve.INFINITY:
        raise Malformed("the point at infinity")
    return point


def matching(prime: int, a: int, b: int, order: int, base: tuple[int, int]) -> Curve:
    """The standard curve with these explicit parameters; `base` is (x, y). Raises `Malformed` when there is none."""
    for curve in BY_NUMBER.values():
        known = curve.curve
        start = curve.generator
        if (int(known.p()), int(start.x()), int(start.y()), int(curve.order)) != (prime, *base, order):
            continue
        if (known.a() % prime, known.b() % prime) == (a % prime, b % prime):
            return curve
    raise Malformed("parameters of an unknown curve")


def by_oid(content: bytes) -> Curve:
    """The standard curve with this object identifier (content octets). Raises `Malformed` when there is none."""
    for curve in BY_NUMBER.values():
        if tlv.oid(".".join(map(str, curve.oid))) == content:
            return curve
    raise Malformed("unknown curve")
