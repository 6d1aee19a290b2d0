"""What kind of card it is, and whose: the two things a simulated card is made from."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from devices.card_reader.emrtd.ciphers import AES128, Suite
from devices.card_reader.emrtd.mrz import LINE, MrzKey, check_digit

Signature = Literal["rsa-pkcs1", "rsa-pss", "ecdsa"]
Digest = Literal["sha1", "sha224", "sha256", "sha384", "sha512"]
MRZ, CAN = 1, 2  # password references of PACE (ICAO Doc 9303-11, 4.4.4.1)
NO_END = "991231"  # how a card without an end of validity writes it in its MRZ


@dataclass(frozen=True)
class Profile:
    """The kind of card; by default that of the Vietnamese identity card as far as it is known."""

    pace_curve: int | None = 13  # number of the standardized domain parameters, 8 to 18; None: no PACE
    pace_suite: Suite = AES128
    passwords: frozenset[int] = frozenset({MRZ, CAN})
    nonce_bytes: int = 16  # a multiple of the cipher's block
    attempts: int = 10  # wrong tries of one PACE password before it is blocked
    bac: bool = True
    chip_authentication: tuple[int, Suite] | None = (13, AES128)  # number of the curve, cipher
    key_identifier: int | None = None  # of the chip authentication key, 0 to 255; needed when there are several
    active_authentication: Literal["rsa", "ecdsa"] | None = None
    active_digest: Digest = "sha256"  # for RSA sha1 or sha256
    active_curve: int = 12
    extended_length: bool = False
    max_short_read: int = 256  # 6700 when a short READ BINARY asks for more bytes
    end_of_file_warning: bool = True  # 6282 when a read asks for more than there is, else 9000
    portrait: bytes | None = None  # JPEG or JPEG 2000; None: the sample of 15 kB
    signature: Signature = "ecdsa"  # of the document signer, when `make_card` is given no authority
    digest: Digest = "sha256"  # of that signature
    group_digest: Digest = "sha256"  # of the data groups in the security object
    explicit_parameters: bool = True  # keys in DG14 and DG15 spell their curve out (ICAO Doc 9303-12, 4.4)
    fingerprints: bool = True  # there is a DG3, which terminal authentication would open
    missing_fields: frozenset[int] = frozenset()  # of DG13
    parents_in_one: bool = False  # DG13, field 13: one SEQUENCE around both names, not one each


@dataclass(frozen=True, repr=False)
class Person:
    """A synthetic citizen as the card knows them; None leaves a field of DG13 out, no expiry means no end."""

    number: str = "027190012345"
    full_name: str = "Nguyễn Thị Đào"
    birth_date: date = date(1990, 2, 14)
    sex: str = "Nữ"
    nationality: str | None = "Việt Nam"
    ethnic_group: str | None = "Kinh"
    religion: str | None = "Không"
    origin: str | None = "Võ Cường, Bắc Ninh"
    residence: str | None = "Tổ 1, Võ Cường, Bắc Ninh"
    marks: str | None = "Nốt ruồi cách 1cm dưới sau mắt trái"
    issue_date: date | None = date(2025, 9, 10)
    expiry_date: date | None = date(2030, 2, 14)
    father: str | None = "Nguyễn Văn Mận"
    mother: str | None = "Trần Thị Lê"
    spouse: str | None = "Trần Văn Bình"
    old_number: str | None = "123456789"

    @property
    def can(self) -> str:
        """Card access number: the last six digits of the number."""
        return self.number[-6:]

    @property
    def mrz_key(self) -> MrzKey:
        """What of the MRZ opens the chip."""
        return MrzKey(self.number[-9:], _yymmdd(self.birth_date), self._expiry())

    def mrz(self) -> str:
        """The MRZ, three lines of 30 characters without line ends (ICAO Doc 9303-5, 4.2)."""
        key = self.mrz_key
        free = f"{self.number}<<"
        one = f"IDVNM{key.document_number}{check_digit(key.document_number)}{free}{check_digit(free)}"
        birth, expiry = (value + check_digit(value) for value in (key.birth_date, key.expiry_date))
        two = f"{birth}{'M' if self.sex == 'Nam' else 'F'}{expiry}VNM".ljust(LINE - 1, "<")
        two += check_digit(one[5:30] + two[0:7] + two[8:15] + two[18:29])
        return one + two + _mrz_name(self.full_name)

    def _expiry(self) -> str:
        return _yymmdd(self.expiry_date) if self.expiry_date else NO_END


def _yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")


def _mrz_name(name: str) -> str:
    """Family name `<<` other names, in Latin capitals without marks (ICAO Doc 9303-3, 6)."""
    flat = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    letters = "".join(c for c in flat if c == " " or (c.isascii() and c.isalpha()))
    family, *given = letters.split() or [""]
    return f"{family}<<{'<'.join(given)}"[:LINE].ljust(LINE, "<")
