"""When the hall gives numbers: opening hours, lunch break, public holidays and the site's own days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
FURTHEST_DAYS = 60  # the longest closure looked over for the next opening; Tết takes less than half of it


class OpeningHours:
    """Opening hours of one site, in its own time zone. Without `hours` it is always open, on every day.

    `hours` are spans such as `"07:30-11:30"`; `weekdays` are ISO numbers, 1 = Monday; `holidays` and `workdays` are the
    site's own days (`date` or `"2026-11-24"`), and weigh more than the public calendar. No number is given in the last
    `last_ticket_minutes` before the day's last closing. Raises ValueError for a malformed span or day.
    """

    def __init__(
        self,
        hours: Sequence[str] = (),
        timezone: str = "Asia/Ho_Chi_Minh",
        *,
        holidays: Iterable[date | str] = (),
        workdays: Iterable[date | str] = (),
        weekdays: Iterable[int] = MONDAY_TO_FRIDAY,
        last_ticket_minutes: int = 15,
    ) -> None:
        self.timezone = ZoneInfo(timezone)
        self._spans = sorted(_span(text) for text in hours)
        self._holidays = frozenset(_day(day) for day in holidays)
        self._workdays = frozenset(_day(day) for day in workdays)
        self._weekdays = frozenset(weekdays)
        self._last_ticket = timedelta(minutes=last_ticket_minutes)

    def why_closed(self, now: datetime) -> str:
        """Why no number is given at the aware time `now`: a translated code, "" while the hall is open."""
        if not self._spans:
            return ""
        local = now.astimezone(self.timezone)
        if code := self._day_off(local.date()):
            return code
        clock = local.time()
        if clock < self._spans[0][0] or clock >= self._spans[-1][1]:
            return "hall_closed"
        if not any(start <= clock < end for start, end in self._spans):
            return "hall_lunch"
        closing = datetime.combine(local.date(), self._spans[-1][1], self.timezone)
        return "last_ticket_over" if local >= closing - self._last_ticket else ""

    @property
    def always(self) -> bool:
        """Whether the hall never closes."""
        return not self._spans

    def over_today(self, now: datetime) -> bool:
        """Whether the last closing time of the day is past."""
        return bool(self._spans) and now.astimezone(self.timezone).time() >= self._spans[-1][1]

    def next_opening(self, now: datetime) -> datetime | None:
        """When numbers are given again, in the site's time zone; None while they are, or when no such day is near."""
        if not self.why_closed(now):
            return None
        local = now.astimezone(self.timezone)
        for offset in range(FURTHEST_DAYS):
            day = local.date() + timedelta(days=offset)
            for start, _ in self._spans:
                opening = datetime.combine(day, start, self.timezone)
                if opening > local and not self.why_closed(opening):
                    return opening
        return None

    def _day_off(self, day: date) -> str:
        if day in self._holidays:
            return "hall_holiday"
        if day in self._workdays:
            return ""
        calendar = _public_calendar()
        if day in calendar:
            return "hall_holiday"
        if day.isoweekday() in self._weekdays or day in calendar.weekend_workdays:
            return ""
        return "hall_closed"


@lru_cache(maxsize=1)
def _public_calendar() -> HolidayBase:
    from holidays import country_holidays  # takes 50 ms: only a site with opening hours needs it

    return country_holidays("VN")


def _day(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)


def _span(text: str) -> tuple[time, time]:
    start, _, end = text.partition("-")
    span = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    if span[0] >= span[1]:
        raise ValueError(f"«{text}» is no span such as 07:30-11:30")
    return span
