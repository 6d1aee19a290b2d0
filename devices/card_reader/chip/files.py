"""The files of the card, built from a person: the logical data structure (ICAO Doc 9303-10) and EF.CardAccess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from devices.card_reader.chip.access import PACE_ECDH_GM
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.ciphers import BY_OID_SUFFIX, Suite

APPLICATION = bytes.fromhex("A0000002471001")
CARD_ACCESS, ATR_INFO, COM, SOD = 0x011C, 0x2F01, 0x011E, 0x011D
DATA_GROUP = 0x0100  # the file identifier of DG n is this + n; the short one is the last five bits of the long one
TAGS = {1: 0x61, 2: 0x75, 3: 0x63, 13: 0x6D, 14: 0x6E, 15: 0x6F}  # of the data groups
COM_TAG, SOD_TAG = 0x60, 0x77
SEQUENCE, SET, INTEGER, OID, UTF8, PRINTABLE, OCTETS = 0x30, 0x31, 0x02, 0x06, 0x0C, 0x13, 0x04
TERMINAL_AUTHENTICATION = "0.4.0.127.0.7.2.2.2"
CA_ECDH = "0.4.0.127.0.7.2.2.3.2"  # id-CA-ECDH; the cipher is one more arc
DG13_TYPE = "1.0.10646.1.0.8"
LONGEST_COMMAND = LONGEST_RESPONSE = 0xFFFF  # what EF.ATR/INFO promises when the card has extended length
SAMPLE_PORTRAIT = Path(__file__).parents[3] / "assets" / "samples" / "portraits" / "portrait.jpg"


@dataclass(frozen=True, repr=False)
class Files:
    """What the card holds: files by identifier, in the master file and in the application; `locked`: never readable."""

    master: Mapping[int, bytes]
    application: Mapping[int, bytes]
    locked: frozenset[int] = frozenset()


def integer(number: int) -> bytes:
    """A non-negative INTEGER in DER."""
    return tlv.encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv.encode(SEQUENCE, b"".join(parts))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return tlv.encode(OID, tlv.oid(dotted))


def with_cipher(protocol: str, suite: Suite) -> str:
    """The identifier of a protocol with its symmetric cipher as the last arc."""
    return f"{protocol}.{next(arc for arc, known in BY_OID_SUFFIX.items() if known is suite)}"


def security_infos(profile: Profile) -> list[bytes]:
    """The protocols of the chip, one SecurityInfo each (ICAO Doc 9303-11, 9.2)."""
    infos = [sequence(oid(TERMINAL_AUTHENTICATION), integer(1))]
    if profile.chip_authentication:
        protocol = with_cipher(CA_ECDH, profile.chip_authentication[1])
        infos.append(sequence(oid(protocol), integer(1), key_identifier(profile)))
    if profile.pace_curve is not None:
        protocol = with_cipher(PACE_ECDH_GM, profile.pace_suite)
        infos.append(sequence(oid(protocol), integer(2), integer(profile.pace_curve)))
    return infos


def key_identifier(profile: Profile) -> bytes:
    """The number of the chip authentication key, nothing where there is only one without a number."""
    return b"" if profile.key_identifier is None else integer(profile.key_identifier)


def card_access(profile: Profile) -> bytes:
    """EF.CardAccess: the security infos that are readable before access control (ICAO Doc 9303-11, 9.2.11)."""
    return tlv.encode(SET, b"".join(security_infos(profile)))


def master(profile: Profile) -> dict[int, bytes]:
    """The files outside the application: EF.CardAccess with PACE, EF.ATR/INFO with extended length."""
    files = {}
    if profile.pace_curve is not None:
        files[CARD_ACCESS] = card_access(profile)
    if profile.extended_length:  # ISO/IEC 7816-4:2020, 12.8.1
        lengths = b"".join(tlv.encode(INTEGER, size.to_bytes(2, "big")) for size in (LONGEST_COMMAND, LONGEST_RESPONSE))
        files[ATR_INFO] = tlv.encode(0x7F66, lengths)
    return files


def com(groups: Iterable[int]) -> bytes:
    """EF.COM: LDS 1.7, Unicode 4.0.0, the tags of the data groups (ICAO Doc 9303-10, 4.7.1)."""
    tags = bytes(TAGS[group] for group in sorted(groups))
    return tlv.encode(COM_TAG, tlv.encode(0x5F01, b"0107") + tlv.encode(0x5F36, b"040000") + tlv.encode(0x5C, tags))


def dg1(person: Person) -> bytes:
    """DG1: the MRZ (9303-10, 4.7.2)."""
    return tlv.encode(TAGS[1], tlv.encode(0x5F1F, person.mrz().encode("ascii")))


def dg2(portrait: bytes) -> bytes:
    """DG2: one face in CBEFF (9303-10, 4.7.3) around ISO/IEC 19794-5:2005, JPEG or JPEG 2000."""
    with Image.open(BytesIO(portrait)) as image:
        width, height, jpeg = *image.size, image.format == "JPEG"
    kind = b"\x01" + (b"\0" if jpeg else b"\x01")  # full frontal; JPEG or JPEG 2000
    picture = kind + width.to_bytes(2, "big") + height.to_bytes(2, "big") + b"\x01\x02\0\0\0\0" + portrait
    face = bytes(14) + picture  # no feature points; sex, colours, pose: not given
    block = (4 + 2 + len(face)).to_bytes(4, "big") + bytes(2) + face
    record = b"FAC\x00010\x00" + (14 + len(block)).to_bytes(4, "big") + b"\0\x01" + block
    header = b"".join(
        tlv.encode(tag, value)
        for tag, value in ((0x80, b"\x01\x01"), (0x81, b"\x02"), (0x87, b"\x01\x01"), (0x88, b"\0\x08"))
    )
    template = tlv.encode(0x7F60, tlv.encode(0xA1, header) + tlv.encode(0x5F2E, record))
    return tlv.encode(TAGS[2], tlv.encode(0x7F61, tlv.encode(INTEGER, b"\x01") + template))


def dg3() -> bytes:
    """DG3: fingerprints, of which this card has none (9303-10, 4.7.3.3: no instance)."""
    return tlv.encode(TAGS[3], tlv.encode(0x7F61, tlv.encode(INTEGER, b"\0")))


def dg13(person: Person, profile: Profile) -> bytes:
    """DG13: the data of the Vietnamese card, numbered fields in a SET; who has none of a field lacks it."""
    texts: list[tuple[int, str | None]] = [
        (1, person.number),
        (2, person.full_name),
        (3, _date(person.birth_date)),
        (4, person.sex),
        (5, person.nationality),
        (6, person.ethnic_group),
        (7, person.religion),
        (8, person.origin),
        (9, person.residence),
        (10, person.marks),
        (11, _date(person.issue_date)),
        (12, _date(person.expiry_date) or "Không thời hạn"),
        (14, person.spouse),
        (15, person.old_number),
        (16, "0" * 16),
    ]
    fields = {number: sequence(integer(number), text(value)) for number, value in texts if value is not None}
    parents = [text(name) for name in (person.father, person.mother) if name is not None]
    if parents:
        names = [sequence(*parents)] if profile.parents_in_one else [sequence(name) for name in parents]
        fields[13] = sequence(integer(13), *names)
    present = b"".join(fields[number] for number in sorted(fields) if number not in profile.missing_fields)
    return tlv.encode(TAGS[13], sequence(integer(1), oid(DG13_TYPE), tlv.encode(SET, present)))


def text(value: str) -> bytes:
    """A PrintableString where its few characters are enough, else a UTF8String."""
    plain = value.isascii() and all(c.isalnum() or c in " '()+,-./:=?" for c in value)
    return tlv.encode(PRINTABLE if plain else UTF8, value.encode())


def _date(day: date | None) -> str | None:
    return day.strftime("%d/%m/%Y") if day else None


@lru_cache(maxsize=1)
def sample_portrait() -> bytes:
    """The drawn portrait that comes with the program: JPEG, 15 kB."""
    return SAMPLE_PORTRAIT.read_bytes()


def groups(person: Person, profile: Profile) -> dict[int, bytes]:
    """The data groups that tell of the person: 1, 2, 13, and 3 when there are fingerprints."""
    made = {
        1: dg1(person),
        2: dg2(sample_portrait() if profile.portrait is None else profile.portrait),
        13: dg13(person, profile),
    }
    return made | {3: dg3()} if profile.fingerprints else made
