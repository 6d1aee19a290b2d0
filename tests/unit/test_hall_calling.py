"""The written rule of calling, in examples, in a theorem, and in busy days."""

from __future__ import annotations

import statistics
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hall.calling import CallingRules, choose
from kiosk.hall.tickets import Ticket, TicketKind
from tests.hall.day import COUNTERS, SHAPES, play, visitors
from tests.hall.house import MONDAY

RULES = CallingRules()
SEEDS = range(5)


def ticket(number: int, kind: TicketKind = TicketKind.ORDINARY, minutes: float = 0, due: float | None = None) -> Ticket:
    at = MONDAY + timedelta(minutes=minutes)
    due_at = None if due is None else MONDAY + timedelta(minutes=due)
    return Ticket(number, at.date(), "A", number, at, line="A", place_at=at, kind=kind, due_at=due_at)


def chosen(*tickets: Ticket, since: int = 2, minutes: float = 120) -> tuple[int, bool] | None:
    choice = choose(tickets, since, RULES, MONDAY + timedelta(minutes=minutes))
    return (choice.ticket.number, choice.overtakes) if choice else None


def test_the_order_is_that_of_coming() -> None:
    assert chosen() is None
    assert chosen(ticket(2, minutes=2), ticket(1, minutes=1)) == (1, False)


@pytest.mark.parametrize("kind", [TicketKind.PRIORITY, TicketKind.RETURNING])
def test_a_favoured_one_overtakes_once_for_two_others(kind: TicketKind) -> None:
    both = ticket(1), ticket(2, kind, minutes=5)
    assert chosen(*both, since=2) == (2, True)
    assert chosen(*both, since=1) == (1, False)
    assert chosen(ticket(1, kind), ticket(2)) == (1, False)


def test_who_came_an_hour_earlier_is_not_overtaken() -> None:
    assert chosen(ticket(1), ticket(2, TicketKind.PRIORITY, minutes=59)) == (2, True)
    assert chosen(ticket(1), ticket(2, TicketKind.PRIORITY, minutes=60)) == (1, False)


def test_an_appointment_takes_nobodys_turn_before_its_time() -> None:
    booked = ticket(1, TicketKind.APPOINTMENT, due=60)
    assert chosen(booked, ticket(2, minutes=1), minutes=49) == (2, False)
    assert chosen(booked, ticket(2, minutes=1), minutes=50) == (1, False)
    assert chosen(ticket(2, minutes=1), ticket(3, TicketKind.APPOINTMENT, 2, due=60), minutes=50) == (3, True)
    assert chosen(booked, minutes=5) == (1, False)


@settings(max_examples=200)
@given(
    every=st.integers(1, 4),
    counters=st.integers(1, 4),
    events=st.lists(st.sampled_from(["ordinary", "favoured", "call"]), max_size=80),
)
def test_nobody_waits_for_more_calls_than_the_rule_says(every: int, counters: int, events: list[str]) -> None:
    """With `a` people ahead, an ordinary ticket is called after at most a + a / N + c others."""
    rules = CallingRules(priority_every=every)
    waiting: list[Ticket] = []
    ahead: dict[int, int] = {}
    before: dict[int, int] = {}
    since = [every] * counters
    for number, event in enumerate([*events, *["call"] * len(events)]):
        if event != "call":
            kind = TicketKind.ORDINARY if event == "ordinary" else TicketKind.PRIORITY
            waiting.append(ticket(number, kind, minutes=number / 10))
            ahead[number], before[number] = len(waiting) - 1, 0
            continue
        counter = number * 7 % counters  # any counter may be the next
        choice = choose(waiting, since[counter], rules, MONDAY)
        if choice is None:
            continue
        since[counter] = 0 if choice.overtakes else since[counter] + 1
        waiting.remove(choice.ticket)
        for one in waiting:
            before[one.number] += 1
        if choice.ticket.kind is TicketKind.ORDINARY:
            mine = choice.ticket.number
            assert before[mine] <= ahead[mine] + ahead[mine] / every + counters
    assert waiting == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("favoured", [0.1, 0.25, 0.5])
def test_on_a_busy_day_nobody_waits_twice_as_long_as_without_priority(shape: str, favoured: float) -> None:
    """The longest wait of an ordinary ticket, beside the same day without priority; and priority is worth something."""
    sooner = []
    for seed in SEEDS:
        people = visitors(seed, SHAPES[shape], favoured)
        with_priority, without = play(people, RULES), play(people, None)
        assert len(with_priority.called) == len(people)
        assert max(with_priority.waits(people)) <= 2 * max(without.waits(people))
        favoured_wait = statistics.fmean(with_priority.waits(people, TicketKind.PRIORITY))
        sooner.append(favoured_wait < statistics.fmean(without.waits(people, TicketKind.PRIORITY)))
    assert all(sooner)
    assert len(COUNTERS) == 4
