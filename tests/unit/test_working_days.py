"""Due dates by the working-day rules."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest

from kiosk.working_days import WorkingCalendar, due_date

CALENDAR = WorkingCalendar()
VECTORS = json.loads((Path(__file__).parents[1] / "data/working_days.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["due_cases"], ids=lambda case: case["received"])
def test_vectors(case: dict[str, object]) -> None:
    received, days = datetime.fromisoformat(str(case["received"])), int(str(case["working_days"]))
    assert due_date(received, days, CALENDAR).isoformat() == case["due"]


@pytest.mark.parametrize("case", VECTORS["same_day_cases"], ids=lambda case: case["received"])
def test_done_on_the_day_itself(case: dict[str, str]) -> None:
    assert due_date(datetime.fromisoformat(case["received"]), 0, CALENDAR).isoformat() == case["due"]


def test_every_day_of_two_years_is_what_the_calendars_say() -> None:
    told = {row["date"] for row in VECTORS["holidays"]}
    swapped = set(VECTORS["weekend_workdays"])
    public = holidays.country_holidays("VN")
    day = date(2026, 1, 1)
    while day.year < 2028:
        listed = day.isoformat() in swapped or (day.isoweekday() < 6 and day.isoformat() not in told)
        assert CALENDAR.is_working(day) is listed is public.is_working_day(day), day
        noon = datetime.combine(day, time(12))
        first = day if listed else public.get_nth_working_day(day, 1)
        assert due_date(noon, 0, CALENDAR) == first, day
        assert due_date(noon, 5, CALENDAR) == public.get_nth_working_day(first, 5), day
        assert due_date(noon.replace(hour=15), 0, CALENDAR) == public.get_nth_working_day(day, 1), day
        day += timedelta(days=1)


def test_days_of_the_site_weigh_more() -> None:
    friday, saturday, sunday = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29)
    site = WorkingCalendar(days_off=[friday], workdays=[saturday, friday])
    assert not site.is_working(friday)
    assert site.is_working(saturday)
    assert not site.is_working(sunday)
    assert due_date(datetime(2026, 11, 26, 9), 1, site) == saturday  # noqa: DTZ001  the site's own time
    assert due_date(datetime(2026, 11, 26, 16), 0, CALENDAR, last_receipt=time(17)) == date(2026, 11, 26)  # noqa: DTZ001


def test_what_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="cannot be due"):
        due_date(datetime(2026, 11, 26, 9), -1, CALENDAR)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no working day"):
        WorkingCalendar(weekdays=()).following(date(2026, 11, 26))
