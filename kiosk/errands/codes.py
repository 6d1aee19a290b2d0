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
from itertools import accumulate, product

from kiosk.provisional import parse_provisional_code

SLIP = "KM1|"  # of the QR code on a provisional slip: KM1|agency|code
LONGEST = 300  # characters of what a scanner or a person may give
LONGEST_CODE = 36  # letters and digits
_AGENCY = re.compile(r"(?:\d{2,3}\.)*[GH]\d{2}(?:\.\d{2,4})*")
_DOSSIER = re.compile(rf"(?P<agency>{_AGENCY.pattern})-(?P<day>\d{{6}}|20\d{{6}})-(?P<sequence>\d{{4,7}})")
_WITHIN = re.compile(rf"(?<![A-Z0-9.,\-]){_DOSSIER.pattern}(?![A-Z0-9])")  # in the address of a receipt's QR code
_SEPARATORS = " .,/-"
_APPOINTMENT = re.compile(r"[A-Z]{2,4}-[0-9]{4,8}")
_SERIES = (2, 3, 4)  # letters
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
    """What `text`, scanned or typed, names, where it can be read in one way only.

    Any case, O for 0 and I or L for 1 where only digits stand, any separators (spaces, dashes, dots, slashes, commas)
    or none. A day after `today` is none; of several readings that of the site's own `agency` is meant. Raises
    `CodeError`: `code_two_readings` where the separators must be typed.
    """
    plain = _plain(text)
    if plain.startswith(SLIP):
        plain = plain.rpartition("|")[2]
    read, mistyped = _provisional(plain)
    read |= {Code(CodeKind.DOSSIER, one) for one in _dossiers(plain, agency, today or date.max)}
    read |= {Code(CodeKind.APPOINTMENT, one) for one in _appointments(plain)}
    if len(read) > 1:
        read = {code for code in read if code.text == plain}  # as it is written
        if not read:
            raise CodeError("code_two_readings")
    if not read:
        raise CodeError("code_mistyped" if mistyped else "code_unknown")
    return read.pop()


def is_dossier_code(text: str) -> bool:
    """Whether `text` is an official code as it is written: a real day, an agency that can be."""
    match = _DOSSIER.fullmatch(text)
    return match is not None and _possible(match, date.max)


def _plain(text: str) -> str:
    """Capitals, one kind of dash, single spaces; "" for what is too long to be a code."""
    if len(text) > LONGEST:
        return ""
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] != "C")
    text = re.sub(r"[\u2010-\u2015\u2212_]", "-", text).replace("\u2044", "/").upper()
    return " ".join(text.split())


def _provisional(plain: str) -> tuple[set[Code], bool]:
    """The provisional code, and whether one was meant that is mistyped."""
    try:
        return {Code(CodeKind.PROVISIONAL, parse_provisional_code(plain))}, False
    except ValueError as error:
        return set(), plain.replace(" ", "").startswith("TAM") or "mistyped" in str(error)


def _apart(plain: str) -> tuple[str, dict[int, str]]:
    """Letters and digits alone, and before which of them which separator stands."""
    parts = re.split(rf"([{re.escape(_SEPARATORS)}]+)", plain.strip(_SEPARATORS))
    places = accumulate(len(part) for part in parts[:-1:2])
    return "".join(parts[::2]), {place: sign.strip() for place, sign in zip(places, parts[1::2], strict=True)}


def _appointments(plain: str) -> Iterator[str]:
    compact, cuts = _apart(plain)
    if not compact.startswith("TAM"):
        for letters in _SERIES:
            code = f"{compact[:letters]}-{compact[letters:].translate(_LOOKALIKES)}"
            if set(cuts) <= {letters} and _APPOINTMENT.fullmatch(code):
                yield code


def _dossiers(plain: str, agency: str, today: date) -> set[str]:
    """The official codes that `plain` can mean; one that stands in other words, or all of it."""
    compact, cuts = _apart(plain)
    read = dict(_readings(compact, frozenset(cuts), today)) if len(compact) <= LONGEST_CODE else {}
    if not read:
        return {match[0] for match in _WITHIN.finditer(plain) if _possible(match, today)}
    dashes = {cuts[place] for place in sorted(cuts)[-2:]}
    whole = {one for one, ends in read.items() if ends == set(cuts) and len(dashes) == 1}  # nothing is left out
    own = {one for one in read if agency and one.startswith(f"{agency}-")}
    return next((few for few in (whole, own) if len(few) == 1), set(read))


def _readings(compact: str, cuts: frozenset[int], today: date) -> Iterator[tuple[str, frozenset[int]]]:
    """Codes that `compact` may be, with the ends of their parts; each of `cuts` is one, or parts year, month, day."""
    match = re.fullmatch(r"([^GH]*)([GH])([^GH]{2})([^GH]*)", compact)
    if match is None:
        return
    before, letter, head, rest = (part.translate(_LOOKALIKES) for part in match.groups())
    if not (before + head + rest).isdecimal():
        return
    for day_length, ahead in product((6, 8), _parts(before, 3)):
        for sequence_length in range(4, 8):
            end = len(rest) - sequence_length
            start = end - day_length
            if start < 0:
                continue
            for behind in _parts(rest[:start], 4):
                parts = [*ahead, letter + head, *behind]
                code = f"{'.'.join(parts)}-{rest[start:end]}-{rest[end:]}"
                ends = frozenset(accumulate([*(len(part) for part in parts), day_length]))
                day = len(compact) - sequence_length
                inside = {day - 4, day - 2}
                fits = cuts <= ends or (inside <= cuts and cuts <= ends | inside)
                written = _DOSSIER.fullmatch(code)
                if fits and written and _possible(written, today):
                    yield code, ends


def _parts(digits: str, longest: int) -> Iterator[tuple[str, ...]]:
    """All ways to cut digits into parts of two up to `longest`."""
    if not digits:
        yield ()
    for length in range(2, min(longest, len(digits)) + 1):
        for others in _parts(digits[length:], longest):
            yield digits[:length], *others


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
