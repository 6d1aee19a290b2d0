"""Who stands there: the person as told by the printed QR code, by typing, or (later) by the chip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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
    """One person. Only the 12-digit number is always known; `sex` is "male", "female" or ""."""

    id_number: str
    full_name: str = ""
    date_of_birth: date | None = None
    sex: str = ""
    address: str = ""
    issued_on: date | None = None
    old_number: str = ""
    method: Method = Method.TYPED

    def __repr__(self) -> str:
        return "Citizen(…)"  # never in a log


class IdentityError(ValueError):
    """What was scanned or typed names no person. `code` is a stable translation key."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def citizen_from_qr(text: str) -> Citizen:
    """Read the printed QR of an ID card: `number|old|name|DDMMYYYY|sex|residence|issue`. Raises `IdentityError`."""
    raise NotImplementedError


def check_id_number(text: str) -> str:
    """Return the 12 digits of a personal identification number. Raises `IdentityError`."""
    raise NotImplementedError
