"""Closing time, nights, and clocks that jump: nobody's number is lost, nobody is called twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.hall.calling import CallingRules
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import TicketState
from kiosk.hall.view import CounterState
from tests.hall.house import AN, MONDAY, House, refused

Make = Callable[..., House]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A hall in a file, with other rules or hours."""
    return lambda hours=("07:30-11:30", "13:30-17:00"), **rules: House(
        str(tmp_path / "tickets.db"), tmp_path / "k1", CallingRules(**rules), hours
    )


def waiting(house: House) -> list[str]:
    return [one.label for one in house.counters.snapshot().waiting]


def at_five(house: House) -> None:
    house.now = MONDAY.replace(hour=17)


def next_morning(house: House) -> None:
    house.now = MONDAY + timedelta(days=2)


def test_after_closing_time_those_who_wait_are_still_called(make: Make) -> None:
    house = make()
    house.open(1)
    house.take()
    at_five(house)
    assert house.called() == "A-001"
    house.close()


def test_a_hall_may_cancel_at_closing_time(make: Make) -> None:
    house = make(at_closing="cancel")
    house.open(1)
    house.take()
    held, waits = house.take(), house.take()
    house.counters.call_next(1, AN)
    house.counters.hold(1, AN)
    house.counters.call_next(1, AN)
    at_five(house)
    assert waiting(house) == []
    counter = house.counters.snapshot().counter(1)
    assert counter is not None
    assert counter.current is not None
    assert counter.current.label == held.label
    assert house.counters.done(1, AN).label == "A-002"  # who is at the counter is served
    assert house.counters.resume(counter.held[0].ticket_id, 1, AN).label == "A-001"
    house.counters.done(1, AN)
    assert house.called() == ""
    assert house.state(waits) is TicketState.PRINTED
    assert refused(house.counters.resume, waits.id, 1, AN) == "ticket_state"
    house.close()


def test_over_night_a_number_ends_as_its_paper_says(make: Make) -> None:
    house = make()
    house.open(1, 2)
    house.take()
    house.take()
    served, late = house.take(), house.take()
    house.called()
    house.called()
    house.counters.call_next(1, AN)
    house.counters.serve(1, AN)
    house.counters.call_next(2, AN)
    house.take()
    next_morning(house)
    view = house.counters.snapshot()
    assert [one.state for one in view.counters] == [CounterState.CLOSED] * 4
    assert [one.current for one in view.counters] == [None] * 4
    assert view.calls == ()
    assert waiting(house) == []
    house.open(1, 2)
    assert house.called() == ""
    assert house.take().label == "A-001"
    assert house.called() == "A-001"
    assert house.state(served) is TicketState.DONE  # an officer went home without «done»
    assert house.state(late) is TicketState.CANCELLED
    house.close()


def test_a_hall_may_keep_numbers_over_night(make: Make) -> None:
    house = make(over_night="keep")
    for _ in range(2):
        house.take()
    next_morning(house)
    house.open(1)
    today = house.take()
    assert today.label == "A-001"
    call = house.counters.call_next(1, AN)
    assert call is not None
    assert (call.label, call.day) == ("A-001", MONDAY.date())
    house.counters.done(1, AN)
    assert house.all_called() == ["A-002", "A-001"]
    house.close()


def test_a_hall_that_never_closes_goes_on_over_midnight(make: Make) -> None:
    house = make(hours=())
    house.now = MONDAY.replace(hour=23, minute=59)
    house.open(1)
    house.take()
    house.take()
    house.counters.call_next(1, AN)
    house.later(minutes=2)
    assert house.take().label == "A-001"
    counter = house.counters.snapshot().counter(1)
    assert counter is not None
    assert counter.current is not None
    assert house.counters.done(1, AN).day == MONDAY.date()
    house.open(1)
    assert house.all_called() == ["A-002", "A-001"]
    house.close()


def test_a_clock_that_jumps_a_day_and_back_loses_nobody(make: Make) -> None:
    house = make()
    house.open(1)
    house.take()
    house.later(days=3)
    assert waiting(house) == []
    house.now = MONDAY + timedelta(minutes=10)
    assert waiting(house) == ["A-001"]
    assert house.called() == "A-001"
    house.close()


def test_a_clock_that_jumps_back_lets_nobody_in_before(make: Make) -> None:
    house = make()
    house.open(1)
    house.later(minutes=30)
    first = house.take()
    house.later(minutes=-20)
    second, third = house.take(), house.take()
    assert [one.label for one in (first, second, third)] == ["A-001", "A-002", "A-003"]
    assert house.all_called() == ["A-001", "A-002", "A-003"]
    house.close()


def test_a_clock_that_jumps_back_keeps_no_officer_waiting(make: Make) -> None:
    house = make()
    house.open(1)
    house.take()
    house.counters.call_next(1, AN)
    house.later(hours=-1)
    assert house.counters.recall(1, AN).times_called == 2
    assert house.counters.absent(1, AN).state is TicketState.ABSENT
    house.close()


def test_what_another_process_writes_is_heard(make: Make, tmp_path: Path) -> None:
    house = make()
    heard = threading.Event()
    end = house.counters.subscribe(heard.set)
    beside = TicketStore(tmp_path / "tickets.db")  # another connection, as `main.py ticket` has one
    beside.issue(house.hall.series["A"], house.now.date(), house.now)
    assert heard.wait(10)
    assert waiting(house) == ["A-001"]
    end()
    beside.close()
    house.close()


def test_every_act_is_heard_and_written_down_with_its_officer(make: Make) -> None:
    house = make()
    changes: list[int] = []
    end = house.counters.subscribe(lambda: changes.append(1))
    house.open(1)
    house.take()
    verbs: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (house.counters.call_next, (1, "Bình")),
        (house.counters.serve, (1, "Bình")),
        (house.counters.hold, (1, "Bình")),
        (house.counters.resume, (1, 1, "Bình")),
        (house.counters.transfer, (1, "Bình", "B")),
        (house.counters.pause, (1, "Bình", "Họp")),
        (house.counters.close, (1, "Bình")),
    ]
    for verb, arguments in verbs:
        before = len(changes)
        verb(*arguments)
        assert len(changes) > before
    end()
    heard = len(changes)
    house.take()
    assert len(changes) == heard
    assert [act for who, act, _ in house.acts if who == "Bình"] == [
        "ticket_called",
        "ticket_serving",
        "ticket_held",
        "ticket_resumed",
        "ticket_transferred",
        "counter_paused",
        "counter_closed",
    ]
    house.close()
