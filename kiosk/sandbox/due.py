"""When the embedded province promises a result: working days of Vietnam, counted as DOMAIN 3 says."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from kiosk.working_days import WorkingCalendar, due_date

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_END_OF_DAY = time(17, 0)
_DEFAULT_DAYS = 3
_CALENDAR = WorkingCalendar()
# Birth, death, marriage, copies of extracts, certification: done on the day itself (0), by the first 8 characters.
_DAYS = dict.fromkeys(("1.001193", "1.000656", "1.000894", "2.000635", "2.000815", "2.000884", "2.000913"), 0)


def due_at(procedure_code: str, received_at: datetime) -> datetime:
    """End of the working day by which the result is ready."""
    day = due_date(received_at.astimezone(ZONE), _DAYS.get(procedure_code[:8], _DEFAULT_DAYS), _CALENDAR)
    return datetime.combine(day, _END_OF_DAY, tzinfo=ZONE)
