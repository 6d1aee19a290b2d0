"""Provinces, communes and ethnic groups, read once from `assets/catalogue`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.text import fold, nfc, search_key, sort_key

FOLDER = Path(__file__).parent.parent / "assets" / "catalogue"
KIND_OF_PROVINCE = re.compile(r"^(tinh|thanh pho|tp|t)(\s+|\.\s*)")
# not «thành phố»: Thành phố Biên Hòa on a card of the time before July 2025 is not today's Phường Biên Hòa
KIND_OF_COMMUNE = re.compile(r"^(phường|phuong|xã|xa|đặc khu|dac khu|p|x)(\s+|\.\s*)", re.IGNORECASE)
WITHOUT_DISTRICTS = date(2025, 7, 1)  # since then a province has communes only
DISTRICT = re.compile(r"(quan|huyen|thi xa|thanh pho|tp|tx|q|h)(\s+|\.\s*)\S")
OWN_WORDS = (  # that parts of a line begin with which name neither commune nor district; «làng», not Láng Thượng
    "số|nhà|lô|tầng|căn|tòa|toà|chung cư|khu|cụm|tổ|tdp|đội|xóm|thôn|ấp|bản|buôn|làng|khóm|ngõ|ngách|hẻm|kiệt|đường|phố"
    "|quốc lộ|ql"
)
HOUSE = re.compile(r"(so( nha)?\s*)?[0-9][0-9/.a-z-]*")  # what follows is a street, though it may be called Xã Đàn
IN_A_DISTRICT = re.compile(r"(phuong|xa|thi tran|dac khu|tt|p|x)(\s+|\.\s*)")
COMMUNE_IN_NAME = re.compile(r"(phường|xã|đặc khu)\s.+$", re.IGNORECASE)  # of a centre


@dataclass(frozen=True)
class Place:
    """A province (2-digit code) or a commune (5-digit code); `parent` is the province's code."""

    code: str
    name: str
    parent: str = ""


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def provinces() -> tuple[Place, ...]:
    """The 34 provinces since July 2025, in Vietnamese alphabetical order."""
    found = (Place(p["code"], p["name"]) for p in _read("provinces.json")["provinces_2025"])
    return tuple(sorted(found, key=lambda place: sort_key(place.name)))


@cache
def province_of_agency(agency_code: str) -> str:
    """Code of today's province for an agency code (`H05.114`, old order `000.17.22.H56`); "" for a ministry."""
    head = next((part for part in agency_code.split(".") if part[:1].isalpha()), "")
    return next((p["new_code"] for p in _read("provinces.json")["provinces_legacy_63"] if p["agency_code"] == head), "")


@cache
def id_number_provinces() -> frozenset[str]:
    """First three digits of ID numbers: the codes of the 63 provinces before July 2025."""
    return frozenset(p["cccd_code"] for p in _read("provinces.json")["provinces_legacy_63"])


@cache
def _communes() -> dict[str, Place]:
    return {code: Place(code, name, parent) for code, name, _, parent in _read("communes.json")["communes"]}


@cache
def communes(province: str) -> tuple[Place, ...]:
    """The communes of a province, in Vietnamese alphabetical order."""
    found = (place for place in _communes().values() if place.parent == province)
    return tuple(sorted(found, key=lambda place: sort_key(place.name)))


def commune(code: str) -> Place | None:
    """One commune; None when there is none of this code."""
    return _communes().get(code)


def commune_text(code: str) -> str:
    """`Phường Võ Cường, Tỉnh Bắc Ninh`; the code itself when it is unknown."""
    place = commune(code)
    if place is None:
        return code
    province = next((p.name for p in provinces() if p.code == place.parent), "")
    return f"{place.name}, {province}"


@dataclass(frozen=True)
class Address:
    """An address as it is written on an envelope: a `line` of one's own, then the names of commune and province.

    `commune` is the 5-digit code, "" while none of today's communes is named: then `line` is all that is known.
    """

    line: str
    commune: str = ""

    @classmethod
    def read(cls, text: str) -> Address:
        """Take an address apart; names stand with or without what they are («Phường», «Tỉnh»)."""
        line, *names = text.rsplit(",", 2)
        if len(names) < 2:
            line, names = "", text.rsplit(",", 1)
        before = search_key(line.rpartition(",")[2])
        if IN_A_DISTRICT.match(before) and not KIND_OF_COMMUNE.match(names[0].strip()):
            return cls(text)  # of the time before July 2025: what follows the commune is a district
        code = _commune_named(*names) if len(names) == 2 else ""
        return cls(line, code) if code else cls(text)

    def moved_to(self, code: str) -> Address:
        """The same place in a commune that was picked for it: one address, without the names of the time before.

        What no commune of today was known for ends in names of one that was, of its district and its province.
        """
        if self.commune or commune(code) is None:
            return replace(self, commune=code)
        parts = [part.strip() for part in self.line.split(",") if part.strip()]
        return Address(", ".join(parts[: _own_parts(parts, code)]), code)

    @property
    def text(self) -> str:
        """In one line, with the official names."""
        return ", ".join(filter(None, (self.line, commune_text(self.commune) if self.commune else "")))


def _own_parts(parts: Sequence[str], code: str) -> int:
    """How many parts of a line name neither commune nor district nor province."""
    picked = commune(code)
    assert picked is not None
    folded, own, end = [search_key(part) for part in parts], [_of_ones_own(part) for part in parts], len(parts)
    named = bool(end) and KIND_OF_PROVINCE.sub("", folded[-1]) in _province_names()
    named = named and not (end == 2 and own[0])  # a hamlet may be called like a province
    end -= named
    district = False
    if end and not own[end - 1] and not IN_A_DISTRICT.match(folded[end - 1]):
        province = next(one.name for one in provinces() if one.code == picked.parent)
        as_today = end > 1 and not own[end - 2] and _commune_named(parts[end - 1], province)
        district = named or bool(DISTRICT.match(folded[end - 1]) or as_today)  # many a ward is called like its district
        end -= district
    if end and not own[end - 1]:
        street = end > 1 and HOUSE.fullmatch(folded[end - 2])
        end -= district or bool(IN_A_DISTRICT.match(folded[end - 1]) and not street)
    return end - 1 if end and folded[end - 1] == _bare(search_key(picked.name)) else end


def _of_ones_own(part: str) -> bool:
    words = OWN_WORDS if not part.isascii() else fold(OWN_WORDS)
    return re.match(rf"[0-9]|({words})(?![^\W\d_])", _closely(part)) is not None


@cache
def _province_names() -> frozenset[str]:
    """Those of today and the 63 before July 2025, folded and without what they are."""
    names = [place.name for place in provinces()] + [
        one["name"] for one in _read("provinces.json")["provinces_legacy_63"]
    ]
    return frozenset(KIND_OF_PROVINCE.sub("", search_key(name)) for name in names)


def as_answer(text: str, issued_on: date | None) -> str:
    """The address on a card, as an answer of type `address`.

    On a card of before July 2025 a bare name before the province is a district's, though a commune may be called so
    today: the province is left out, and the commune is asked for.
    """
    if issued_on is None or issued_on >= WITHOUT_DISTRICTS or not Address.read(text).commune:
        return text
    *_, commune, _province = text.split(",")
    return text if KIND_OF_COMMUNE.match(commune.strip()) else text.rpartition(",")[0]


def _commune_named(commune: str, province: str) -> str:
    """The code of a commune by its name and that of its province; "" where none or more than one is called so."""
    known = _communes_by_names()
    where = KIND_OF_PROVINCE.sub("", search_key(province))
    ways = (_closely(commune), _bare(_closely(commune)), _bare(search_key(commune)))
    return next((codes[0] for way in ways if len(codes := known.get((where, way), ())) == 1), "")


def _closely(name: str) -> str:
    return " ".join(nfc(name).casefold().split())


def _bare(name: str) -> str:
    """A name without the word for what it is; «Phường 5» has no other name."""
    bare = KIND_OF_COMMUNE.sub("", name)
    return name if bare.isdecimal() else bare


@cache
def _communes_by_names() -> dict[tuple[str, str], tuple[str, ...]]:
    """Codes by province and commune: as written, without «Phường», and without marks too, which may fit several."""
    names = {province.code: KIND_OF_PROVINCE.sub("", search_key(province.name)) for province in provinces()}
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for place in _communes().values():
        for way in {_closely(place.name), _bare(_closely(place.name)), _bare(search_key(place.name))}:
            found[names[place.parent], way] = (*found.get((names[place.parent], way), ()), place.code)
    return found


@cache
def _folded_communes() -> tuple[tuple[str, Place], ...]:
    return tuple((search_key(place.name), place) for place in _communes().values())


def search_communes(query: str, province: str = "", limit: int = 30) -> tuple[Place, ...]:
    """Communes whose name contains the folded words, those of `province` first."""
    wanted = search_key(query)
    found = [place for folded, place in _folded_communes() if wanted in folded]
    found.sort(key=lambda place: place.parent != province)
    return tuple(found[:limit])


@cache
def ethnic_groups() -> tuple[Place, ...]:
    """The 54 groups in the official order, Kinh first."""
    return tuple(Place(g["code"], g["name"]) for g in _read("ethnic_groups.json")["groups"])
