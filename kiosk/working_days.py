"""Working days: weekends, public holidays and swapped days, and by when a result is due (DOMAIN 3).

Only the province's own `due_at` binds: what is computed here is what the rule says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

LAST_RECEIPT = time(15)  # what comes then or later counts as received on the next working day
MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
FURTHEST_DAYS = 60  # the longest row of days off that is believed; Tết takes less than half of it


class WorkingCalendar:
    """The public calendar of Vietnam with the site's own `days_off` and `workdays`, which weigh more than it."""

    def __init__(
        self,
        days_off: Iterable[date] = (),
        workdays: Iterable[date] = (),
        weekdays: Iterable[int] = MONDAY_TO_FRIDAY,
    ) -> None:
        self._days_off = frozenset(days_off)
        self._workdays = frozenset(workdays)
        self._weekdays = frozenset(weekdays)

    @cached_property
    def _public(self) -> HolidayBase:
        from holidays import country_holidays  # takes 50 ms: loaded when the first day is asked for

        return country_holidays("VN")

    def is_working(self, day: date) -> bool:
        """Whether the office works on a day."""
        if day in self._days_off or day in self._workdays:
            return day not in self._days_off
        if day in self._public:
            return False
        return day.isoweekday() in self._weekdays or day in self._public.weekend_workdays

    def following(self, day: date) -> date:
        """The next working day after `day`. Raises ValueError where none is near."""
        for ahead in range(1, FURTHEST_DAYS):
            if self.is_working(later := day + timedelta(days=ahead)):
                return later
        raise ValueError(f"no working day within {FURTHEST_DAYS} days after {day}")


def due_date(
    received_at: datetime, working_days: int, calendar: WorkingCalendar, last_receipt: time = LAST_RECEIPT
) -> date:
    """The day by which a result is due that takes so many working days; 0: on the day of receipt itself.

    `received_at` is the site's own time. What comes at or after `last_receipt`, or on a day off, counts as received on
    the next working day, and the day of receipt is not counted. Raises ValueError for a negative number of days.
    """
    if working_days < 0:
        raise ValueError("a result cannot be due before it is asked for")
    day = received_at.date()
    if received_at.time() >= last_receipt or not calendar.is_working(day):
        day = calendar.following(day)
    for _ in range(working_days):
        day = calendar.following(day)
    return day
