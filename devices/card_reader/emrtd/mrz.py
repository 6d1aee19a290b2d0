"""The machine-readable zone of ID cards, TD1: three lines of 30 characters (ICAO Doc 9303-5, 4.2), and its checks.

Line 1 of the Vietnamese card: `IDVNM`, the last nine digits of the number, check digit, all twelve digits, `<<`, and a
check digit over those 14 characters, in place of the free field.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

from devices.card_reader.emrtd.errors import Malformed

LINE, LINES = 30, 3
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEIGHTS = (7, 3, 1)


def check_digit(text: str) -> str:
    """Modulus 10 with the weights 7, 3, 1 (ICAO Doc 9303-3, 4.9). Raises `Malformed` for another character."""
    total = 0
    for index, character in enumerate(text):
        value = 0 if character == "<" else ALPHABET.find(character)
        if value < 0:
            raise Malformed("a character that an MRZ does not have")
        total += value * WEIGHTS[index % 3]
    return str(total % 10)


@dataclass(frozen=True)
class MrzKey:
    """What of an MRZ opens the chip: document number (as printed, also a long one), dates as YYMMDD."""

    document_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    expiry_date: str = field(repr=False)

    def information(self) -> bytes:
        """MRZ information (ICAO Doc 9303-11, 4.3.2): the three fields, each with its check digit, in ASCII."""
        number = self.document_number.ljust(9, "<")
        parts = (number, self.birth_date, self.expiry_date)
        return "".join(part + check_digit(part) for part in parts).encode("ascii")

    def seed(self) -> bytes:
        """SHA-1 of the MRZ information, 20 bytes: K_seed of BAC is its first 16, the PACE password all of it."""
        return hashlib.sha1(self.information(), usedforsecurity=False).digest()


@dataclass(frozen=True)
class Mrz:
    """The fields of a TD1 MRZ; dates as YYMMDD, names as printed with spaces for `<`."""

    document_number: str = field(repr=False)
    personal_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    expiry_date: str = field(repr=False)
    sex: str = field(repr=False)
    nationality: str = field(repr=False)
    name: str = field(repr=False)

    def key(self) -> MrzKey:
        """What opens the chip."""
        return MrzKey(self.document_number, self.birth_date, self.expiry_date)


def parse(text: str) -> Mrz:
    """The fields of a TD1 MRZ, 90 characters with or without line ends. Raises `Malformed` when a check fails."""
    flat = "".join(text.split()).upper()
    if len(flat) != LINE * LINES:
        raise Malformed("an MRZ of another length than 90 characters")
    one, two, three = (flat[start : start + LINE] for start in range(0, LINE * LINES, LINE))
    number, digit, optional = _document_number(one)
    checks = (
        (number, digit),
        (two[0:6], two[6]),
        (two[8:14], two[14]),
        (one[5:30] + two[0:7] + two[8:15] + two[18:29], two[29]),
    )
    if any(check_digit(part) != digit for part, digit in checks):
        raise Malformed("a check digit of the MRZ is wrong")
    return Mrz(
        document_number=number.rstrip("<"),
        personal_number=optional.rstrip("<"),
        birth_date=two[0:6],
        expiry_date=two[8:14],
        sex=two[7],
        nationality=two[15:18].rstrip("<"),
        name=" ".join(three.replace("<", " ").split()),
    )


def _document_number(line: str) -> tuple[str, str, str]:
    """Document number, its check digit, optional data; of a number longer than nine characters the rest stands where
    the optional data begins, `<` in place of the check digit (ICAO Doc 9303-5, 4.2.2.1, note j)."""
    if line[14] != "<":
        return line[5:14], line[14], line[15:29]
    rest, _, optional = line[15:].partition("<")
    return line[5:14] + rest[:-1], rest[-1:], optional


def full_date(yymmdd: str, today: date, past: bool) -> date | None:
    """A date of the MRZ with its century: the latest that is not after `today` (`past`), else the one in 20xx.

    None where a part is unknown, which ICAO Doc 9303-3, 4.8 allows (`<<` in a birth date).
    """
    if not (yymmdd.isascii() and yymmdd.isdigit()) or len(yymmdd) != 6:
        return None
    year, month, day = 2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    try:
        found = date(year, month, day)
        return found.replace(year=year - 100) if past and found > today else found
    except ValueError:
        return None
