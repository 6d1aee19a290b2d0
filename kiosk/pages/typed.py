"""What an officer has typed into the fields of a correction, as the answers of a form.

A field is called `answer:`, `date:`, `commune:` or `line:` and the id of its question; an address has the last two.
What is not clear stays as it was typed, so that it can be told and put right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

from kiosk import places
from kiosk.forms import QuestionType
from kiosk.places import Address
from kiosk.text import search_key

NAMES_COMMUNE = (QuestionType.COMMUNE, QuestionType.ADDRESS)
COMMUNE, LINE = "commune", "line"  # parts of an address: names of fields, and how a draft keeps what is not clear


def answers(form: Mapping[str, str]) -> dict[str, str]:
    """Answers by question id."""
    found = {}
    for name, text in form.items():
        kind, _, question_id = name.partition(":")
        match kind:
            case "answer":
                found[question_id] = text
            case "date":
                found[question_id] = iso_date(text)
            case "commune" if f"{LINE}:{question_id}" not in form:
                found[question_id] = commune_code(text)
            case "line":
                found[question_id] = address_text(text, form.get(f"{COMMUNE}:{question_id}", ""))
    return found


def kept(draft: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """`draft` with the parts of addresses whose commune is not clear, each as it was typed."""
    left = dict(draft)
    for name, line in form.items():
        kind, _, question_id = name.partition(":")
        if kind == LINE:
            commune = form.get(f"{COMMUNE}:{question_id}", "")
            parts = {f"{question_id}.{LINE}": line, f"{question_id}.{COMMUNE}": commune}
            said = (address_text(line, commune), left.get(question_id, ""))  # the draft's may follow another one
            unclear = commune.strip() and not any(Address.read(one).commune for one in said)
            left = {key: value for key, value in left.items() if key not in parts} | (parts if unclear else {})
    return left


def address_parts(draft: Mapping[str, str], question_id: str) -> tuple[str, str]:
    """Commune and line of an address, as they stand in their two fields."""
    if f"{question_id}.{COMMUNE}" in draft:
        return draft[f"{question_id}.{COMMUNE}"], draft[f"{question_id}.{LINE}"]
    address = Address.read(draft.get(question_id, ""))
    return places.commune_text(address.commune) if address.commune else "", address.line


def address_text(line: str, commune: str) -> str:
    """An address from its two fields; the line may name the same commune once more, or all of it alone."""
    code = commune_code(commune)
    if places.commune(code) is None:
        return ", ".join(filter(None, (line.strip(), commune.strip())))
    told = Address.read(line)
    return told.text if told.commune == code else replace(told, line=line.strip(), commune="").moved_to(code).text


def iso_date(text: str) -> str:
    """`2026-11-02` of `2/11/2026`, `02.11.2026`, `2-11-2026` or eight digits; what is no day comes back as it is."""
    match = re.fullmatch(r"([0-9]{1,2})([/.-]?)([0-9]{1,2})\2([0-9]{4})", re.sub(r"\s", "", text))
    if match is None or (not match[2] and len(match[0]) != 8):
        return text
    try:
        return date(int(match[4]), int(match[3]), int(match[1])).isoformat()
    except ValueError:
        return text


def commune_code(text: str) -> str:
    """The code of a commune written as `Phường Võ Cường, Tỉnh Bắc Ninh` or by a name that no other bears, in any case
    and without marks; what names none comes back as it is."""
    return _codes().get(search_key(text), text)


@cache
def _codes() -> dict[str, str]:
    every = [place for province in places.provinces() for place in places.communes(province.code)]
    bearers = Counter(search_key(place.name) for place in every)
    names = {search_key(place.name): place.code for place in every if bearers[search_key(place.name)] == 1}
    return names | {search_key(text): code for code, text in commune_texts()}


@cache
def commune_texts() -> tuple[tuple[str, str], ...]:
    """All communes as they are chosen: code and text."""
    every = [place for province in places.provinces() for place in places.communes(province.code)]
    return tuple((place.code, places.commune_text(place.code)) for place in every)
