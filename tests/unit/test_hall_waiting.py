"""Waiting times: nothing without ground, and what is told is what comes."""

from __future__ import annotations

import statistics
from datetime import timedelta

import pytest

from kiosk.hall.calling import CallingRules
from kiosk.hall.rows import CounterRow, HallRows
from kiosk.hall.tickets import Ticket, TicketKind, TicketState
from kiosk.hall.view import CounterState, Estimate
from kiosk.hall.waiting import Forecast, forecast, forecast_error, service
from tests.hall.day import SHAPES, came, play, visitors
from tests.hall.house import MONDAY

RULES = CallingRules()
DAY = MONDAY.date()
SIX_MINUTES = (360.0,) * 6


def waits(number: int, line: str = "A", kind: TicketKind = TicketKind.ORDINARY) -> Ticket:
    at = MONDAY + timedelta(seconds=number)
    return Ticket(number, DAY, line, number, at, line=line, place_at=at, kind=kind)


def told(
    *waiting: Ticket,
    seconds: tuple[float, ...] = SIX_MINUTES,
    state: CounterState = CounterState.OPEN,
    before: tuple[float, ...] = (),
    favoured: float = 0.0,
) -> Forecast:
    """Of a hall with counter 1 for A, and counter 2 for A and B."""
    counters = {number: CounterRow(number, state, day=DAY, since_overtaking=2) for number in (1, 2)}
    rows = HallRows(
        DAY,
        DAY,
        MONDAY + timedelta(minutes=1),
        open=waiting,
        counters=counters,
        desk_seconds={"A": seconds, "B": seconds},
        favoured_an_hour={"A": favoured},
    )
    return forecast(rows, {"A": before, "B": before}, {1: ("A",), 2: ("A", "B")}, RULES, rows.read_at)


def test_nothing_is_told_without_ground() -> None:
    assert told(waits(1), seconds=SIX_MINUTES[:4]) == Forecast()
    assert told(waits(1), state=CounterState.CLOSED) == Forecast()
    assert told(waits(1), state=CounterState.PAUSED) == Forecast()
    assert told(waits(1), seconds=(), before=(360.0,) * 19) == Forecast()
    assert told(waits(1), seconds=(), before=(360.0,) * 20).ordinary["A"].minutes == 0
    assert forecast_error([]) is None


def test_one_line_without_ground_is_not_told_of_another() -> None:
    rows = HallRows(DAY, DAY, MONDAY, counters={1: CounterRow(1, CounterState.OPEN, day=DAY)})
    known = forecast(rows, {"A": (300.0,) * 20}, {1: ("A", "B")}, RULES, MONDAY)
    assert set(known.ordinary) == {"A"}


def test_yesterdays_counter_does_not_call_today() -> None:
    rows = HallRows(DAY, DAY, MONDAY, counters={1: CounterRow(1, CounterState.OPEN, day=DAY - timedelta(days=1))})
    assert forecast(rows, {"A": (300.0,) * 20}, {1: ("A",)}, RULES, MONDAY) == Forecast()


def test_the_calls_to_come_are_played_through() -> None:
    estimates = told(*(waits(number) for number in range(1, 7)))
    assert [estimates.tickets[number].minutes for number in range(1, 7)] == [0, 0, 6, 6, 12, 12]
    assert estimates.ordinary["A"].minutes == 18
    assert estimates.favoured["A"].minutes == 0
    assert estimates.ordinary["B"].minutes == 18  # counter 2 takes those of A first, who came before


def test_who_is_being_served_takes_the_rest_of_the_time() -> None:
    serving = Ticket(
        9, DAY, "A", 9, MONDAY, TicketState.SERVING, line="A", counter=1, desk_since=MONDAY - timedelta(minutes=1)
    )
    estimates = told(serving, waits(1), waits(2))
    assert (estimates.tickets[1].minutes, estimates.tickets[2].minutes) == (0, 4)


def test_favoured_people_who_have_not_come_yet_are_reckoned_with() -> None:
    line = [waits(number) for number in range(1, 21)]
    assert told(*line, favoured=12.0).ordinary["A"].minutes > told(*line).ordinary["A"].minutes
    assert told(*line, favoured=12.0).favoured["A"] == told(*line).favoured["A"]


def test_an_officer_who_forgets_done_over_lunch_changes_little() -> None:
    usual = service([300.0] * 9, [])
    forgotten = service([300.0] * 9 + [5400.0], [])
    assert usual is not None
    assert forgotten is not None
    assert (usual.mean, forgotten.mean) == (300.0, 360.0)


def test_the_day_says_more_than_the_weeks_before() -> None:
    mixed = service([600.0] * 10, [300.0] * 100)
    assert mixed is not None
    assert (mixed.mean, mixed.count) == (400.0, 30)
    alone = service([600.0] * 40, [300.0] * 100)
    assert alone is not None
    assert alone.mean == 600.0


def test_the_error_is_that_of_what_was_told() -> None:
    error = forecast_error([(Estimate(10, 8, 12), 11.0), (Estimate(10, 8, 12), 13.0)])
    assert error is not None
    assert (error.count, error.mean_absolute_minutes, error.within_range) == (2, 2.0, 0.5)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_told_is_what_comes(shape: str) -> None:
    """On simulated days: most people are called within the range, and it says more than the mean of the day does."""
    pairs = []
    for seed in range(2):
        people = visitors(seed, SHAPES[shape], hours=3)
        day = play(people, RULES, telling=True)
        pairs += [
            (day.told[key], (day.called[key] - came(one)) / 60) for one in people if (key := one.ticket.id) in day.told
        ]
    error = forecast_error(pairs)
    assert error is not None
    mean = statistics.fmean(waited for _, waited in pairs)
    knowing_the_mean = statistics.fmean(abs(waited - mean) for _, waited in pairs)
    assert error.mean_absolute_minutes < 0.6 * knowing_the_mean
    assert error.within_range > 0.7
