"""When the embedded province promises a result: working days of Vietnam, counted as DOMAIN 3 says."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_LAST_RECEIPT = time(15, 0)
_END_OF_DAY = time(17, 0)
_DEFAULT_DAYS = 3
# Birth, death, marriage, copies of extracts, certification: done on the day itself (0), by the first 8 characters.
_DAYS = dict.fromkeys(("1.001193", "1.000656", "1.000894", "2.000635", "2.000815", "2.000884", "2.000913"), 0)


def due_at(procedure_code: str, received_at: datetime) -> datetime:
    """End of the working day by which the result is ready.

    What comes at or after 15:00, or on a day off, counts as received on the next working day; that day itself is
    not counted.
    """
    local = received_at.astimezone(ZONE)
    calendar = _calendar()
    day: date = local.date()
    if local.time() >= _LAST_RECEIPT or not calendar.is_working_day(day):
        day = calendar.get_nth_working_day(day, 1)
    days = _DAYS.get(procedure_code[:8], _DEFAULT_DAYS)
    if days:
        day = calendar.get_nth_working_day(day, days)
    return datetime.combine(day, _END_OF_DAY, tzinfo=ZONE)


@lru_cache
def _calendar() -> HolidayBase:
    import holidays

    return holidays.country_holidays("VN")
