"""Opening hours, lunch, holidays, swapped days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hall.opening import OpeningHours

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOURS = ["07:30-11:30", "13:30-17:00"]
WARD = OpeningHours(HOURS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-11-23T07:29:59", "hall_closed"),
        ("2026-11-23T07:30:00", ""),
        ("2026-11-23T11:29:59", ""),
        ("2026-11-23T11:30:00", "hall_lunch"),
        ("2026-11-23T13:29:59", "hall_lunch"),
        ("2026-11-23T13:30:00", ""),
        ("2026-11-23T16:44:59", ""),
        ("2026-11-23T16:45:00", "last_ticket_over"),
        ("2026-11-23T16:59:59", "last_ticket_over"),
        ("2026-11-23T17:00:00", "hall_closed"),
        ("2026-11-22T09:00:00", "hall_closed"),  # Sunday
        ("2026-11-24T09:00:00", "hall_holiday"),  # Vietnam Culture Day
        ("2026-08-22T09:00:00", ""),  # Saturday worked instead of Monday 31 August
        ("2026-08-31T09:00:00", "hall_holiday"),
        ("2026-02-17T09:00:00", "hall_holiday"),  # Tết
        ("2027-05-03T09:00:00", "hall_holiday"),  # Monday for Labour Day on a Saturday
    ],
)
def test_when_numbers_are_given(moment: str, code: str) -> None:
    assert WARD.why_closed(at(moment)) == code


def test_the_sites_time_zone_counts_not_the_callers() -> None:
    assert WARD.why_closed(datetime(2026, 11, 23, 0, 30, tzinfo=UTC)) == ""
    assert WARD.why_closed(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) == ""
    assert WARD.why_closed(datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) == "hall_closed"


def test_public_holidays_of_2026() -> None:
    """Shared calendar, `holidays` of 2026; those on week-ends are closed as well."""
    off = "01-01 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24"
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    closed = [
        f"{day:%m-%d}"
        for day in days
        if day.isoweekday() <= 5 and WARD.why_closed(at(f"{day}T09:00")) == "hall_holiday"
    ]
    assert " ".join(closed) == off


def test_the_sites_own_days_weigh_more_than_the_public_calendar() -> None:
    site = OpeningHours(HOURS, holidays=["2026-11-25", date(2026, 8, 22)], workdays=["2026-11-28", "2026-11-24"])
    assert site.why_closed(at("2026-11-25T09:00")) == "hall_holiday"
    assert site.why_closed(at("2026-08-22T09:00")) == "hall_holiday"
    assert site.why_closed(at("2026-11-28T09:00")) == ""
    assert site.why_closed(at("2026-11-24T09:00")) == ""


def test_other_weekdays_and_another_last_ticket() -> None:
    site = OpeningHours(["08:00-12:00"], weekdays=[6], last_ticket_minutes=0)
    assert site.why_closed(at("2026-11-28T11:59")) == ""
    assert site.why_closed(at("2026-11-27T09:00")) == "hall_closed"


def test_without_hours_it_is_always_open() -> None:
    always = OpeningHours()
    for moment in ("2026-11-22T03:00", "2026-02-17T12:00", "2026-11-24T23:59"):
        assert always.why_closed(at(moment)) == ""
        assert always.next_opening(at(moment)) is None


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23T06:00", "2026-11-23T07:30"),
        ("2026-11-23T12:00", "2026-11-23T13:30"),
        ("2026-11-23T16:50", "2026-11-25T07:30"),  # Tuesday is a holiday
        ("2026-11-20T18:00", "2026-11-23T07:30"),  # over the week-end
        ("2026-02-13T18:00", "2026-02-23T07:30"),  # over Tết
        ("2026-08-21T18:00", "2026-08-22T07:30"),  # a Saturday that is worked
    ],
)
def test_next_opening(moment: str, opening: str) -> None:
    assert WARD.next_opening(at(moment)) == at(opening)


def test_next_opening_while_open_or_never() -> None:
    assert WARD.next_opening(at("2026-11-23T09:00")) is None
    assert OpeningHours(HOURS, weekdays=[]).next_opening(at("2026-11-20T09:00")) is None


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 11, 30)))  # noqa: DTZ001  the zone is added below
def test_the_next_opening_is_open_and_the_moment_before_it_is_not(naive: datetime) -> None:
    moment = naive.replace(tzinfo=ZONE)
    opening = WARD.next_opening(moment)
    if opening is None:
        assert WARD.why_closed(moment) == ""
    else:
        assert opening > moment
        assert WARD.why_closed(opening) == ""
        assert WARD.why_closed(datetime.fromtimestamp(opening.timestamp() - 1, ZONE)) != ""


@pytest.mark.parametrize("hours", [["7h-11h"], ["11:30-07:30"], ["07:30"], ["07:30-25:00"]])
def test_malformed_hours_are_refused(hours: list[str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the standard library says it in its own words
        OpeningHours(hours)
