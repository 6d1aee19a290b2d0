"""Who stands there: the person as told by the printed QR code, by typing, or by the chip of the card."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from devices.card_reader.emrtd.data_groups import CitizenData, card_date
from devices.card_reader.emrtd.mrz import MrzKey, full_date
from devices.card_reader.emrtd.results import Fields
from kiosk.places import ethnic_groups, id_number_provinces
from kiosk.text import nfc

QR_LONGEST = 1000  # characters; the fields of a card need less than 300
QR_FIELDS = 7  # number|old number|name|DDMMYYYY|sex|residence|issued DDMMYYYY; what follows is ignored (DOMAIN 6)
NO_END = "991231"  # how the MRZ writes a card without an end of validity
SEXES = {"nam": "male", "nữ": "female"}


class Method(StrEnum):
    """How a person was identified (`identification.method` of the province's API)."""

    CHIP = "chip"
    VNEID = "vneid"
    QR = "qr"
    TYPED = "typed"


class Assurance(StrEnum):
    """How sure it is: `declared` dossiers are completed at the counter with the card in hand (DOMAIN 6)."""

    VERIFIED = "verified"
    DECLARED = "declared"


@dataclass(frozen=True)
class Citizen:
    """One person. The 12-digit number is always known of who stands there, of relatives it may be "".

    `sex` is "male", "female" or "", `ethnic` a code. No card has `phone`: the registers or VNeID tell it.
    """

    id_number: str
    full_name: str = ""
    date_of_birth: date | None = None
    sex: str = ""
    address: str = ""
    issued_on: date | None = None
    old_number: str = ""
    ethnic: str = ""
    phone: str = ""
    method: Method = Method.TYPED

    def __repr__(self) -> str:
        return "Citizen(…)"  # never in a log


@dataclass(frozen=True)
class Relative:
    """Somebody of the citizen's family, as the national databases tell; `relation` is a Vietnamese word («Chồng»).

    `person` may have no number: then it only saves typing.
    """

    person: Citizen
    relation: str

    def __repr__(self) -> str:
        return "Relative(…)"  # never in a log


class IdentityError(ValueError):
    """What was scanned or typed names no person. `code` is a stable translation key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def citizen_from_qr(text: str) -> Citizen:
    """Read the printed QR of an ID card: `number|old|name|DDMMYYYY|sex|residence|issue`. Raises `IdentityError`."""
    text = nfc(text).strip() if len(text) <= QR_LONGEST else ""
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn") for c in text):
        raise IdentityError("qr_not_id_card")
    fields = [field.strip() for field in text.split("|")]
    if not re.fullmatch(r"[0-9]{12}", fields[0]):
        raise IdentityError("qr_not_id_card")
    if len(fields) < QR_FIELDS:
        raise IdentityError("qr_truncated")
    number, old, name, born, sex, address, issued = fields[:QR_FIELDS]
    if not name or sex.casefold() not in SEXES:
        raise IdentityError("qr_not_id_card")  # other codes use the same sign, health insurance for one
    citizen = Citizen(
        id_number=check_id_number(number),
        full_name=name,
        date_of_birth=_date(born),
        sex=SEXES[sex.casefold()],
        address=address,
        issued_on=_date(issued),
        old_number=old,
        method=Method.QR,
    )
    if _date(issued) < _date(born):
        raise IdentityError("qr_bad_date")
    if born_year(number) != int(born[4:]) or sex_of(number) != citizen.sex:
        raise IdentityError("qr_bad_number")
    return citizen


def citizen_from_chip(fields: Fields) -> Citizen:
    """The person on the chip: DG13, and the MRZ of DG1 for what DG13 does not tell, save the name without its marks.

    Raises `IdentityError` when the chip names no 12-digit number.
    """
    mrz, told = fields.mrz, fields.citizen or CitizenData()
    number = check_id_number(told.id_number or mrz.personal_number)
    return Citizen(
        id_number=number,
        full_name=told.full_name,
        date_of_birth=card_date(told.birth_date) or full_date(mrz.birth_date, date.today(), past=True),  # noqa: DTZ011
        sex=SEXES.get(told.sex.casefold(), "") or sex_of(number),
        address=told.residence,
        issued_on=card_date(told.issue_date),
        old_number=told.old_number,
        ethnic=next((group.code for group in ethnic_groups() if group.name == told.ethnicity), ""),
        method=Method.CHIP,
    )


def completed(citizen: Citizen, other: Citizen) -> Citizen:
    """`citizen` with what only `other`, the same person from another source, tells."""
    known = {name: value for name, value in vars(other).items() if value and not getattr(citizen, name)}
    return replace(citizen, **known)


def expired(fields: Fields, today: date) -> bool:
    """Whether the card is no longer valid; one without an end (`Không thời hạn`, 991231 in the MRZ) always is."""
    told = card_date(fields.citizen.expiry) if fields.citizen else None
    end = told or full_date(fields.mrz.expiry_date, today, past=False)
    return end is not None and end < today


def mrz_key(number: str, born: date, valid_until: date | None) -> MrzKey:
    """What opens a card without PACE; None: no end of validity (DEVICES 6: the last nine digits of the number)."""
    return MrzKey(number[-9:], born.strftime("%y%m%d"), valid_until.strftime("%y%m%d") if valid_until else NO_END)


def check_id_number(text: str) -> str:
    """The 12 digits of a personal identification number (Decree 137/2015, article 13). Raises `IdentityError`."""
    digits = re.sub(r"[\s.\-]", "", text)
    if digits and not (digits.isascii() and digits.isdigit()):
        raise IdentityError("id_number_letters")
    if len(digits) == 9:
        raise IdentityError("id_number_old")
    if len(digits) != 12:
        raise IdentityError("id_number_length")
    if digits[:3] not in id_number_provinces():
        raise IdentityError("id_number_province")
    if born_year(digits) > date.today().year:  # noqa: DTZ011  a year either way does not matter here
        raise IdentityError("id_number_future")
    return digits


def born_year(number: str) -> int:
    """Year of birth in a 12-digit number: the 4th digit tells the century."""
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def sex_of(number: str) -> str:
    """Sex in a 12-digit number: the 4th digit is even for men."""
    return "female" if int(number[3]) % 2 else "male"


def mask(number: str) -> str:
    """All but the last four digits hidden."""
    return "•" * max(0, len(number) - 4) + number[-4:]


def _date(text: str) -> date:
    try:
        day = datetime.strptime(text, "%d%m%Y").date()  # noqa: DTZ007  a day has no time zone
    except ValueError:
        raise IdentityError("qr_bad_date") from None
    if not re.fullmatch(r"[0-9]{8}", text) or day.year < 1900 or day > date.today():  # noqa: DTZ011  see above
        raise IdentityError("qr_bad_date")
    return day
