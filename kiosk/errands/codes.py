"""The codes that a citizen holds: of a dossier (official or provisional), of an appointment; read from any slip, typed
forgivingly (DOMAIN 2).

Official: `{agency}-{yymmdd or yyyymmdd}-{sequence}`. The kiosk reads them and never makes one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kiosk.provisional import parse_provisional_code

SLIP = "KM1|"  # of the QR code on a provisional slip: KM1|agency|code
LONGEST = 300  # characters of what a scanner or a person may give
_AGENCY = re.compile(r"(?:\d{2,3}\.)*[GH]\d{2}(?:\.\d{2,4})*")
_DOSSIER = re.compile(rf"(?P<agency>{_AGENCY.pattern})-(?P<day>\d{{6}}|20\d{{6}})-(?P<sequence>\d{{4,7}})")
_WITHIN = re.compile(rf"(?<![A-Z0-9.]){_DOSSIER.pattern}(?![A-Z0-9])")  # in the address of a receipt's QR code
_TAILS = (re.compile(r"(\d{6})(\d{4,7})"), re.compile(r"(20\d{6})(\d{4,7})"))  # without the dash between them
_APPOINTMENT = re.compile(r"(?P<series>[A-Z]{2,4})[- ]?(?P<number>[0-9]{4,8})")
_LOOKALIKES = str.maketrans("OQILÐ", "00110")
_LAST_PROVINCE = 63  # H01–H63 before the mergers of 2025, kept since
_EARLIEST = date(2010, 1, 1)  # no centre has kept dossiers by these codes for longer


class CodeKind(StrEnum):
    """What a code names."""

    PROVISIONAL = "provisional"  # a dossier of this centre's kiosks, until the province has given its own code
    DOSSIER = "dossier"
    APPOINTMENT = "appointment"


@dataclass(frozen=True)
class Code:
    """A code in its one written form."""

    kind: CodeKind
    text: str


class CodeError(ValueError):
    """No code, or a mistyped one. `code` is a stable translation key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_code(text: str, agency: str = "", today: date | None = None) -> Code:
    """What `text`, scanned or typed, names: any case, O for 0, I or L for 1, spaces for dashes, dashes left out.

    `agency` is the site's own code, whose dots may be left out too; a day after `today` is none. Raises `CodeError`.
    """
    plain = _plain(text)
    if plain.startswith(SLIP):
        plain = plain.rpartition("|")[2]
    try:
        return Code(CodeKind.PROVISIONAL, parse_provisional_code(plain))
    except ValueError as error:
        mistyped = plain.replace(" ", "").startswith("TAM") or "mistyped" in str(error)
    if dossier := _dossier(plain, agency, today or date.max):
        return Code(CodeKind.DOSSIER, dossier)
    if (match := _APPOINTMENT.fullmatch(plain)) and not plain.startswith("TAM"):
        return Code(CodeKind.APPOINTMENT, f"{match['series']}-{match['number']}")
    raise CodeError("code_mistyped" if mistyped else "code_unknown")


def is_dossier_code(text: str) -> bool:
    """Whether `text` is an official code as it is written: a real day, an agency that can be."""
    match = _DOSSIER.fullmatch(text)
    return match is not None and _possible(match, date.max)


def _plain(text: str) -> str:
    """Capitals, one kind of dash, single spaces; "" for what is too long to be a code."""
    if len(text) > LONGEST:
        return ""
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] != "C")
    text = re.sub(r"[\u2010-\u2015\u2212_]", "-", text).upper()
    return " ".join(text.split())


def _dossier(plain: str, agency: str, today: date) -> str:
    """The official code in `plain`; "" when there is none. Of several readings the one with the latest day."""
    if match := _WITHIN.search(plain):
        return match[0] if _possible(match, today) else ""
    if re.search(r"[^A-Z0-9.\- ]", plain):
        return ""
    readings = {one: match for one in _readings(plain, agency) if (match := _DOSSIER.fullmatch(one))}
    possible = [one for one, match in readings.items() if _possible(match, today)]
    return max(possible, key=lambda one: _day(readings[one]["day"]) or _EARLIEST, default="")


def _readings(plain: str, agency: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[.\- ]+", plain) if part]
    parts = [_numbers(part) for part in parts]
    if len(parts) > 2:  # agency day sequence
        yield f"{'.'.join(parts[:-2])}-{parts[-2]}-{parts[-1]}"
    if len(parts) > 1:  # agency daysequence
        for match in _splits(parts[-1]):
            yield f"{'.'.join(parts[:-1])}-{match}"
    joined, own = "".join(parts), agency.replace(".", "")
    if own and joined.startswith(own):  # without any dots and dashes only the site's own agency can be told apart
        for match in _splits(joined[len(own) :]):
            yield f"{agency}-{match}"


def _numbers(part: str) -> str:
    """Digits where only digits can be: behind the one letter G or H."""
    if part[:1] in ("G", "H"):
        return part[0] + part[1:].translate(_LOOKALIKES)
    return re.sub(r"[A-Z]+", lambda letters: letters[0].translate(_LOOKALIKES), part)


def _splits(digits: str) -> Iterator[str]:
    for tail in _TAILS:
        if match := tail.fullmatch(digits):
            yield f"{match[1]}-{match[2]}"


def _possible(match: re.Match[str], today: date) -> bool:
    day = _day(match["day"])
    province = re.search(r"H(\d{2})", match["agency"])
    numbered = province is None or 1 <= int(province[1]) <= _LAST_PROVINCE
    return day is not None and _EARLIEST <= day <= today and numbered


def _day(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d" if len(digits) == 8 else "%y%m%d").date()  # noqa: DTZ007  a day
    except ValueError:
        return None
