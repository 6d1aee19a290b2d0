"""The synthetic people and appointments that the embedded province knows. None of them exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from kiosk.sandbox.due import ZONE

# evidence of a chip for tests of the API alone; a kiosk hands over the hash of what the chip has signed, which a real
# register knows of each card that was issued; VNeID sessions issue their own
CHIP_PROOF = "sandbox-chip"

_DAO: Mapping[str, Any] = {
    "id_number": "027190012345",
    "full_name": "Nguyễn Thị Đào",
    "date_of_birth": "1990-02-14",
    "sex": "female",
    "address": "Tổ 1, Võ Cường, Bắc Ninh",
    "commune_code": None,
    "phone": "0900000001",
}
_MOAN: Mapping[str, Any] = {
    "id_number": "066301000017",
    "full_name": "Y Moan Êban",
    "date_of_birth": "2001-01-01",
    "sex": "female",
    "address": "Buôn Ako Dhông, Buôn Ma Thuột, Đắk Lắk",
    "commune_code": None,
    "phone": None,
}
_FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "027190012345": {
        "person": _DAO,
        "residence": {"address": _DAO["address"], "registered_on": "2015-06-01", "kind": "permanent"},
        "household": [
            {"full_name": "Trần Văn Mẫu", "date_of_birth": "1988-08-20", "relation": "Chồng"},
            {
                "full_name": "Trần Đào Thử",
                "date_of_birth": "2018-05-09",
                "relation": "Con",
                "id_number": "027318000009",
                "sex": "female",
            },
        ],
        "parents": [
            {"full_name": "Nguyễn Văn Ví Dụ", "date_of_birth": "1962-03-03", "relation": "Cha"},
            {"full_name": "Lê Thị Thử Nghiệm", "date_of_birth": "1965-11-30", "relation": "Mẹ"},
        ],
        "spouse": {"full_name": "Trần Văn Mẫu", "date_of_birth": "1988-08-20", "id_number": "027088000003"},
        "civil_status": [
            {"kind": "marriage", "number": "15/2016", "date": "2016-09-17", "place": "UBND xã Thử Nghiệm"}
        ],
    },
    "066301000017": {
        "person": _MOAN,
        "residence": {"address": _MOAN["address"], "registered_on": "2001-02-01", "kind": "permanent"},
        "household": [{"full_name": "H'Hen Êban", "date_of_birth": "1975-07-07", "relation": "Mẹ"}],
        "parents": [{"full_name": "H'Hen Êban", "date_of_birth": "1975-07-07", "relation": "Mẹ"}],
        "spouse": None,
        "civil_status": [{"kind": "birth", "number": "8/2001", "date": "2001-01-20", "place": "UBND xã Thử Nghiệm"}],
    },
}
# code → procedure, series, days from today, start
_APPOINTMENTS: Mapping[str, tuple[str, str, int, time]] = {
    "LH-0001": ("1.001193", "A", 0, time(8, 30)),
    "LH-0002": ("2.000815", "B", 0, time(14, 0)),
    "LH-0003": ("1.004222", "C", 1, time(9, 0)),
}
_APPOINTMENT_LENGTH = timedelta(minutes=30)


def family(id_number: str) -> Mapping[str, Any] | None:
    """What the national databases know about this person; None when nothing."""
    return _FAMILIES.get(id_number)


def vneid_person() -> Mapping[str, Any]:
    """`Person` who confirms every VNeID session here."""
    return _DAO


def appointment(code: str, now: datetime) -> Mapping[str, Any] | None:
    """An appointment of these days (times RFC 3339); None when unknown."""
    known = _APPOINTMENTS.get(code.upper())
    if known is None:
        return None
    procedure_code, series, days, start = known
    begin = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=days), start, tzinfo=ZONE)
    return {
        "code": code.upper(),
        "procedure_code": procedure_code,
        "series": series,
        "from": begin.isoformat(),
        "to": (begin + _APPOINTMENT_LENGTH).isoformat(),
    }
