"""What stands in the data groups (ICAO Doc 9303-10, 4.7; DG13 as the Vietnamese card has it).

* DG1: `61 { 5F1F MRZ }`
* DG2: `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E record } } }`, the record of ISO/IEC 19794-5:2005
* DG13: `6D { SEQUENCE { INTEGER 1, OBJECT ID, SET OF SEQUENCE { INTEGER n, value } } }`, any order, any field missing
* COM: `60 { 5F01 LDS version, 5F36 Unicode version, 5C tags of the groups that are there }`
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from devices.card_reader.emrtd import mrz, tlv
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.mrz import Mrz

SEQUENCE, SET, INTEGER = 0x30, 0x31, 0x02
TEXT_TAGS: Final = (0x0C, 0x13, 0x16)  # UTF8String, PrintableString, IA5String
MOST_FIELDS, LONGEST_TEXT = 64, 2000
FACE_HEADER, FACE_INFORMATION, FEATURE_POINT, IMAGE_INFORMATION = 14, 20, 8, 12  # bytes (ISO/IEC 19794-5, 5.4 to 5.7)
# tags in COM (9303-10, table 35) and the number of the group
GROUP_TAGS: Final = {0x61: 1, 0x75: 2, 0x63: 3, 0x76: 4, 0x6D: 13, 0x6E: 14, 0x6F: 15}


@dataclass(frozen=True)
class Portrait:
    """The face as it lies on the chip: `media_type` is `image/jpeg` or `image/jp2`."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class CitizenData:
    """DG13. Every field may be missing (""): what the chip does not tell, or tells in a form of its own, is not there.

    Dates are `DD/MM/YYYY` as on the card; `expiry` may also be words (`Không thời hạn`).
    """

    id_number: str = field(default="", repr=False)
    full_name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    ethnicity: str = field(default="", repr=False)
    religion: str = field(default="", repr=False)
    origin: str = field(default="", repr=False)
    residence: str = field(default="", repr=False)
    marks: str = field(default="", repr=False)
    issue_date: str = field(default="", repr=False)
    expiry: str = field(default="", repr=False)
    father: str = field(default="", repr=False)
    mother: str = field(default="", repr=False)
    spouse: str = field(default="", repr=False)
    old_number: str = field(default="", repr=False)


_FIELDS: Final = {
    1: "id_number",
    2: "full_name",
    3: "birth_date",
    4: "sex",
    5: "nationality",
    6: "ethnicity",
    7: "religion",
    8: "origin",
    9: "residence",
    10: "marks",
    11: "issue_date",
    12: "expiry",
    14: "spouse",
    15: "old_number",
}
_PARENTS = 13


def parse_dg1(content: bytes) -> Mrz:
    """The MRZ of DG1. Raises `Malformed`, also for formats other than TD1 (30 × 3)."""
    zone = tlv.find(tlv.only(content, 0x61), 0x5F1F)
    try:
        return mrz.parse(zone.decode("ascii"))
    except UnicodeDecodeError:
        raise Malformed("an MRZ that is not ASCII") from None


def parse_dg2(content: bytes) -> Portrait:
    """The first face of DG2. Raises `Malformed`."""
    template = tlv.find(tlv.only(content, 0x75), 0x7F61)
    instance = tlv.find(template, 0x7F60)
    record = next((item.value for item in tlv.objects(instance) if item.tag in (0x5F2E, 0x7F2E)), None)
    if record is None or record[:8] != b"FAC\x00010\x00":
        raise Malformed("no face record of ISO/IEC 19794-5:2005")
    if len(record) < FACE_HEADER + FACE_INFORMATION:
        raise Malformed("the face record is cut off")
    points = int.from_bytes(record[FACE_HEADER + 4 : FACE_HEADER + 6], "big")
    size = int.from_bytes(record[FACE_HEADER : FACE_HEADER + 4], "big")
    start = FACE_HEADER + FACE_INFORMATION + points * FEATURE_POINT + IMAGE_INFORMATION
    end = FACE_HEADER + size
    if end > len(record) or start >= end:
        raise Malformed("the face record is cut off")
    image = record[start:end]
    if image[:3] == b"\xff\xd8\xff":
        return Portrait("image/jpeg", image)
    if image[4:8] == b"jP  " or image[:4] == b"\xff\x4f\xff\x51":
        return Portrait("image/jp2", image)
    raise Malformed("a face that is neither JPEG nor JPEG 2000")


def parse_dg13(content: bytes) -> CitizenData:
    """The Vietnamese data. Raises `Malformed` when it is not of this form at all; single fields may be missing."""
    fields = next((item.value for item in tlv.objects(_body(content)) if item.tag == SET), None)
    if fields is None:
        raise Malformed("DG13 without its set of fields")
    found: dict[str, str] = {}
    for count, item in enumerate(tlv.objects(fields)):
        if item.tag != SEQUENCE or count >= MOST_FIELDS:
            raise Malformed("DG13 with something else than fields")
        _take(item.value, found)
    return CitizenData(**found)


def _body(content: bytes) -> bytes:
    return tlv.only(tlv.only(content, 0x6D), SEQUENCE)


def _take(entry: bytes, found: dict[str, str]) -> None:
    number, *values = tlv.objects(entry) if entry else [tlv.Tlv(0, b"")]
    if number.tag != INTEGER or len(number.value) != 1:
        raise Malformed("a field of DG13 without its number")
    if number.value[0] == _PARENTS:
        # father and mother: one SEQUENCE each, or one around both, or plain texts
        names = [text for value in values for text in _texts(value)]
        found.update(zip(("father", "mother"), names, strict=False))
        return
    name = _FIELDS.get(number.value[0])
    texts = [text for value in values for text in _texts(value)]
    if name and texts and texts[0]:
        found[name] = texts[0]


def _texts(item: tlv.Tlv, depth: int = 0) -> list[str]:
    """The texts in a value, in order; what is encoded in another way is left out."""
    if item.tag in TEXT_TAGS:
        text = _text(item.value)
        return [] if text is None else [text]
    if item.tag == SEQUENCE and depth < 3:
        try:
            return [text for inner in tlv.objects(item.value) for text in _texts(inner, depth + 1)]
        except Malformed:
            return []
    return []


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if len(text) > LONGEST_TEXT or any(unicodedata.category(character) == "Cc" for character in text):
        return None
    return unicodedata.normalize("NFC", text).strip()


def parse_com(content: bytes) -> tuple[int, ...]:
    """Numbers of the data groups that COM lists (unsigned: a hint, never a proof). Raises `Malformed`."""
    tags = tlv.find(tlv.only(content, 0x60), 0x5C)
    return tuple(GROUP_TAGS[tag] for tag in tags if tag in GROUP_TAGS)


def parse_dg14(content: bytes) -> bytes:
    """The SecurityInfos of DG14 in DER. Raises `Malformed`."""
    return tlv.only(content, 0x6E)


def parse_dg15(content: bytes) -> bytes:
    """The SubjectPublicKeyInfo of DG15 in DER. Raises `Malformed`."""
    return tlv.only(content, 0x6F)


def card_date(text: str) -> date | None:
    """The date in `DD/MM/YYYY`, None for anything else."""
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None
