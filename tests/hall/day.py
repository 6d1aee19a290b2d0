"""A day of a hall played through in memory: people come, counters call, services take as long as they take."""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kiosk.hall.calling import CallingRules, choose
from kiosk.hall.rows import HOUR as HOUR_LONG
from kiosk.hall.rows import CounterRow, HallRows, favoured_rate
from kiosk.hall.tickets import Ticket, TicketKind, TicketState
from kiosk.hall.view import CounterState, Estimate
from kiosk.hall.waiting import Forecast, forecast
from tests.hall.house import MONDAY

HOUR = 3600.0
MEAN_SECONDS, VARIATION = 300.0, 0.6  # of a service: lognormal, as such times usually are
Shape = Callable[[float], float]  # hour of the day since opening → people an hour, as a share of what counters can do
SHAPES: Mapping[str, Shape] = {
    "steady": lambda hour: 0.95,
    "morning rush": lambda hour: 1.8 if hour < 1.5 else 0.6,
    "two peaks": lambda hour: 1.5 if hour < 1 or 4 < hour < 5 else 0.7,
    "overload": lambda hour: 1.25,
}
COUNTERS: Mapping[int, tuple[str, ...]] = {1: ("A",), 2: ("A",), 3: ("B",), 4: ("A", "B")}


@dataclass(frozen=True)
class Visitor:
    """A ticket, and how long its service takes."""

    ticket: Ticket
    seconds: float


@dataclass
class Day:
    """What came of it: by ticket, when it was called, what was told on arrival, who was called in which order."""

    called: dict[int, float] = field(default_factory=dict)
    told: dict[int, Estimate] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    ahead: dict[int, int] = field(default_factory=dict)  # how many waited when it came, in all lines

    def waits(self, visitors: Sequence[Visitor], kind: TicketKind = TicketKind.ORDINARY) -> list[float]:
        """Seconds that tickets of a kind have waited."""
        return [self.called[one.ticket.id] - came(one) for one in visitors if one.ticket.kind is kind]


def came(visitor: Visitor) -> float:
    """Seconds since opening."""
    return (visitor.ticket.issued_at - MONDAY).total_seconds()


def visitors(seed: int, shape: Shape, favoured: float = 0.25, hours: float = 6.0) -> list[Visitor]:
    """People of one day: Poisson arrivals of a changing rate."""
    chance = random.Random(seed)
    sigma = math.sqrt(math.log(1 + VARIATION**2))
    found: list[Visitor] = []
    at = 0.0
    while True:
        at += chance.expovariate(shape(at / HOUR) * len(COUNTERS) / MEAN_SECONDS)
        if at >= hours * HOUR:
            return found
        when = MONDAY + timedelta(seconds=at)
        kind = TicketKind.PRIORITY if chance.random() < favoured else TicketKind.ORDINARY
        line = "A" if chance.random() < 0.62 else "B"
        number = len(found) + 1
        ticket = Ticket(number, when.date(), line, number, when, line=line, place_at=when, kind=kind)
        found.append(Visitor(ticket, chance.lognormvariate(math.log(MEAN_SECONDS) - sigma**2 / 2, sigma)))


def play(people: Sequence[Visitor], rules: CallingRules | None, telling: bool = False) -> Day:
    """Play the day; `rules` None: everybody strictly in the order in which they came. `telling`: with estimates."""
    day, hall = Day(), _Hall(rules or CallingRules(), rules is None)
    coming = iter(people)
    following = next(coming, None)
    while hall.free:
        at, counter = heapq.heappop(hall.free)
        while following is not None and came(following) <= at:
            hall.come(following, day, telling)
            following = next(coming, None)
        if hall.call(at, counter, day):
            continue
        if following is not None:
            heapq.heappush(hall.free, (came(following), counter))
    return day


class _Hall:
    def __init__(self, rules: CallingRules, in_order: bool) -> None:
        self.rules, self.in_order = rules, in_order
        self.free = [(0.0, number) for number in COUNTERS]
        self.waiting: list[Visitor] = []
        self.busy: dict[int, tuple[float, Visitor]] = {}  # counter: since when, with whom
        self.since = dict.fromkeys(COUNTERS, rules.priority_every)
        self.favoured: list[tuple[datetime, str]] = []
        self.done: dict[str, list[float]] = defaultdict(list)

    def come(self, visitor: Visitor, day: Day, telling: bool) -> None:
        day.ahead[visitor.ticket.id] = len(self.waiting)
        if telling:
            told = self.forecast(came(visitor))
            newcomers = told.ordinary if visitor.ticket.kind is TicketKind.ORDINARY else told.favoured
            if estimate := newcomers.get(visitor.ticket.line):
                day.told[visitor.ticket.id] = estimate
        self.waiting.append(visitor)
        if visitor.ticket.kind is not TicketKind.ORDINARY:
            self.favoured.append((visitor.ticket.issued_at, visitor.ticket.line))

    def call(self, at: float, counter: int, day: Day) -> bool:
        now = MONDAY + timedelta(seconds=at)
        if counter in self.busy:
            visitor = self.busy.pop(counter)[1]
            self.done[visitor.ticket.line].append(visitor.seconds)
        here = [one for one in self.waiting if one.ticket.line in COUNTERS[counter]]
        tickets = [one.ticket for one in here]
        choice = choose(tickets, -1 if self.in_order else self.since[counter], self.rules, now)
        if choice is None:
            return False
        self.since[counter] = 0 if choice.overtakes else self.since[counter] + 1
        visitor = next(one for one in here if one.ticket is choice.ticket)
        self.waiting.remove(visitor)
        self.busy[counter] = at, visitor
        day.called[visitor.ticket.id] = at
        day.order.append(visitor.ticket.id)
        heapq.heappush(self.free, (at + visitor.seconds, counter))
        return True

    def forecast(self, at: float) -> Forecast:
        now = MONDAY + timedelta(seconds=at)
        rows = HallRows(
            now.date(),
            now.date(),
            now,
            open=(*(one.ticket for one in self.waiting), *self._at_counters()),
            counters={
                number: CounterRow(number, CounterState.OPEN, day=now.date(), since_overtaking=self.since[number])
                for number in COUNTERS
            },
            favoured_an_hour={line: self.rate(line, now) for line in "AB"},
            desk_seconds={line: tuple(seconds) for line, seconds in self.done.items()},
        )
        return forecast(rows, {}, COUNTERS, self.rules, now)

    def rate(self, line: str, now: datetime) -> float:
        """As `read_rows` counts it."""
        recent = [at for at, where in self.favoured if where == line and at >= now - HOUR_LONG]
        return favoured_rate(len(recent), now - MONDAY)

    def _at_counters(self) -> Iterator[Ticket]:
        for counter, (since, visitor) in self.busy.items():
            ticket = visitor.ticket
            yield Ticket(
                ticket.id,
                ticket.day,
                ticket.series,
                ticket.number,
                ticket.issued_at,
                TicketState.SERVING,
                line=ticket.line,
                counter=counter,
                desk_since=MONDAY + timedelta(seconds=since),
            )
