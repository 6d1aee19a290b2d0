"""Whoever is called stands on the board for the full time, however many are called."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import Call
from kiosk.pages.spotlight import FULL_TIME, PLACES, spotlight
from tests.pages.desk import ZONE

START = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
SECOND = timedelta(seconds=1)


def call(number: int, seconds: float) -> Call:
    """An announcement some seconds after the start."""
    at = START + seconds * SECOND
    return Call(number, f"A-{number:03d}", "A", 1, TicketState.CALLED, START, at, at, 1, START.date())


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.integers(1, PLACES))
def test_everybody_is_shown_for_the_full_time_in_their_order(seconds: list[int], places: int) -> None:
    calls = [call(number, second) for number, second in enumerate(sorted(seconds), start=1)]
    shown: dict[int, list[int]] = {}
    began: list[int] = []
    for second in range(61 + 20 * len(calls)):
        light = spotlight(calls, START + second * SECOND, places).calls
        assert len(light) <= places
        assert list(light) == sorted(light, key=lambda one: -one.ticket_id)
        for one in reversed(light):
            if one.ticket_id not in shown:
                began.append(one.ticket_id)
            shown.setdefault(one.ticket_id, []).append(second)
    assert began == [one.ticket_id for one in calls]
    for one, second in zip(calls, sorted(seconds), strict=True):
        seen = shown[one.ticket_id]
        assert len(seen) == FULL_TIME.total_seconds()
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        assert seen[0] >= second
        if len(calls) <= places:
            assert seen[0] == second


def test_it_says_when_it_changes_by_itself() -> None:
    light = spotlight([call(1, 0), call(2, 5)], START + 6 * SECOND)
    assert [one.ticket_id for one in light.calls] == [2, 1]
    assert light.changes_at == START + FULL_TIME
    assert spotlight([call(1, 0)], START + FULL_TIME).changes_at is None
    assert spotlight([], START).calls == ()
