"""How long somebody will wait: from what was really seen, with its range, and nothing without ground."""

from __future__ import annotations

import heapq
import math
import statistics
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kiosk.hall.calling import CallingRules, choose, place
from kiosk.hall.rows import HallRows, Seconds
from kiosk.hall.tickets import AT_COUNTER, WAITING, Ticket, TicketKind
from kiosk.hall.view import CounterState, Estimate

SAMPLES = 30  # the newest; a morning's pace says more than last month's
ENOUGH_TODAY = 5
ENOUGH_IN_ALL = 20
OUTLIER = 3.0  # medians: an officer who forgets «done» over lunch
FOUR_OF_FIVE = 1.28  # standard deviations of a normal distribution on either side
DRIFT = 0.15  # a day goes on otherwise than it began
HOUR_SECONDS = 3600.0
TO_COME = 0  # the id of tickets that nobody has yet
RESIDUAL = 0.5  # of a mean: what is left of a service that already takes longer than the mean


@dataclass(frozen=True)
class Service:
    """What numbers of one line take at the desk, in seconds."""

    mean: float
    deviation: float
    count: int


@dataclass(frozen=True)
class Desk:
    """An open counter: the lines that it serves, seconds until it is free, calls since one overtook."""

    letters: tuple[str, ...]
    free_in: float = 0.0
    since_overtaking: int = 0


@dataclass(frozen=True)
class Turn:
    """When a ticket is called, in seconds from now, and how many calls of the hall come before."""

    seconds: float
    before: int


@dataclass(frozen=True)
class Forecast:
    """Estimates: of those who wait by the id of their ticket, of who takes a number now by letter."""

    tickets: dict[int, Estimate] = field(default_factory=dict)
    ordinary: dict[str, Estimate] = field(default_factory=dict)
    favoured: dict[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class ForecastError:
    """What was told against what came: mean absolute error in minutes, share within the told range, of `count`."""

    count: int
    mean_absolute_minutes: float
    within_range: float


def service(today: Sequence[float], before: Sequence[float]) -> Service | None:
    """The pace of a line from the seconds of its services, today's first; None while there is no ground."""
    if len(today) < ENOUGH_TODAY and len(today) + len(before) < ENOUGH_IN_ALL:
        return None
    newest = today[-SAMPLES:]
    samples = [*before[len(before) - max(0, min(len(before), SAMPLES - len(newest))) :], *newest]
    cap = OUTLIER * statistics.median(samples)
    capped = [min(seconds, cap) for seconds in samples]
    return Service(statistics.fmean(capped), statistics.stdev(capped), len(capped))


def forecast(
    rows: HallRows,
    history: Seconds,
    serves: Mapping[int, tuple[str, ...]],
    rules: CallingRules,
    now: datetime,
) -> Forecast:
    """How long everybody will wait, and who took a number now.

    `serves`: the letters of each counter. Whoever waits in a line without an open counter, or without enough services
    that were really seen, is not in it. The calls to come are played through by the rules of calling.
    """
    letters = sorted({letter for served in serves.values() for letter in served})
    pace = {letter: service(rows.desk_seconds.get(letter, ()), history.get(letter, ())) for letter in letters}
    known = [one.mean for one in pace.values() if one]
    if not known:
        return Forecast()
    means = {letter: one.mean if one else statistics.fmean(known) for letter, one in pace.items()}
    waiting = [ticket for ticket in rows.open if ticket.state in WAITING]
    asking = list(_asking(letters, max([now, *(place(ticket)[0] for ticket in waiting)])))
    desks = open_desks(rows, serves, means, now)
    turns = play([*waiting, *asking], desks, means, rules, now, rows.favoured_an_hour)
    told = Forecast()
    for ticket in (*waiting, *asking):
        if (here := pace.get(ticket.line)) is not None and ticket.id in turns:
            share = sum(ticket.line in desk.letters for desk in desks) / len(desks)
            newcomers = told.ordinary if ticket.kind is TicketKind.ORDINARY else told.favoured
            into: dict[Any, Estimate] = newcomers if ticket.id < 0 else told.tickets
            into[ticket.line if ticket.id < 0 else ticket.id] = _estimate(turns[ticket.id], here, share)
    return told


def _asking(letters: Sequence[str], at: datetime) -> Iterator[Ticket]:
    """Two tickets of each line that nobody has, at its end: what would become of them is what is told."""
    for index, letter in enumerate(letters):
        for offset, kind in enumerate((TicketKind.ORDINARY, TicketKind.PRIORITY), start=1):
            yield Ticket(
                -2 * index - offset,
                at.date(),
                letter,
                0,
                at,
                line=letter,
                place_at=at + timedelta(microseconds=1),
                kind=kind,
            )


def open_desks(
    rows: HallRows, serves: Mapping[int, tuple[str, ...]], means: Mapping[str, float], now: datetime
) -> list[Desk]:
    """The counters that are open today, and when each will be free."""
    busy = {ticket.counter: ticket for ticket in rows.open if ticket.state in AT_COUNTER}
    desks = []
    for number, letters in serves.items():
        row = rows.counters.get(number)
        if row is None or row.state is not CounterState.OPEN or row.day != rows.day:
            continue
        free_in = 0.0
        if (ticket := busy.get(number)) is not None and ticket.desk_since is not None:
            mean = means.get(ticket.line, 0.0)
            since = max(0.0, (now - ticket.desk_since).total_seconds())  # 0: the clock has jumped back
            free_in = max(mean - since, RESIDUAL * mean)
        desks.append(Desk(letters, free_in, row.since_overtaking))
    return desks


def play(
    waiting: Sequence[Ticket],
    desks: Sequence[Desk],
    means: Mapping[str, float],
    rules: CallingRules,
    now: datetime,
    favoured_an_hour: Mapping[str, float],
) -> dict[int, Turn]:
    """Call all who wait, each service taking its line's mean; who asks only (id below 0) takes no time.

    Favoured tickets that have not come yet will overtake some: they come as often as in the hour before.
    """
    coming = [(HOUR_SECONDS / 2 / rate, line) for line, rate in favoured_an_hour.items() if rate]
    heapq.heapify(coming)
    left, lines = len(waiting), _queues(waiting)
    free = [(desk.free_in, index) for index, desk in enumerate(desks)]
    heapq.heapify(free)
    since = [desk.since_overtaking for desk in desks]
    turns: dict[int, Turn] = {}
    calls = 0
    while free and left:
        at, index = heapq.heappop(free)
        while coming and coming[0][0] <= at:
            came, line = heapq.heappop(coming)
            lines[line, False].append(_to_come(line, now + timedelta(seconds=came)))
            heapq.heappush(coming, (came + HOUR_SECONDS / favoured_an_hour[line], line))
        queues = [lines[letter, ordinary] for letter in desks[index].letters for ordinary in (True, False)]
        heads = [queue[0] for queue in queues if queue]
        choice = choose(heads, since[index], rules, now + timedelta(seconds=at))
        if choice is None:
            continue  # nobody comes in this play: the counter has done its work
        ticket = choice.ticket
        lines[_queue_of(ticket)].popleft()
        if ticket.id != TO_COME:
            turns[ticket.id] = Turn(at, calls)
            left -= 1
        if ticket.id < 0:
            heapq.heappush(free, (at, index))
            continue
        since[index] = 0 if choice.overtakes else since[index] + 1
        calls += 1
        heapq.heappush(free, (at + means[ticket.line], index))
    return turns


def _queues(waiting: Iterable[Ticket]) -> dict[tuple[str, bool], deque[Ticket]]:
    """Who waits, in order, by line and whether they are ordinary."""
    lines: dict[tuple[str, bool], deque[Ticket]] = defaultdict(deque)
    for ticket in sorted(waiting, key=place):
        lines[_queue_of(ticket)].append(ticket)
    return lines


def _queue_of(ticket: Ticket) -> tuple[str, bool]:
    return ticket.line, ticket.kind is TicketKind.ORDINARY


def _to_come(line: str, at: datetime) -> Ticket:
    return Ticket(TO_COME, at.date(), line, 0, at, line=line, place_at=at, kind=TicketKind.PRIORITY)


def forecast_error(told_and_waited: Iterable[tuple[Estimate, float]]) -> ForecastError | None:
    """How good estimates were, from pairs of what was told and the minutes that were waited; None without any."""
    pairs = list(told_and_waited)
    if not pairs:
        return None
    errors = [abs(told.minutes - waited) for told, waited in pairs]
    within = sum(told.low <= waited <= told.high for told, waited in pairs)
    return ForecastError(len(pairs), statistics.fmean(errors), within / len(pairs))


def _estimate(turn: Turn, pace: Service, here: float) -> Estimate:
    """The range: the services before vary, the mean is known from some samples only, and the day may change."""
    variation = pace.deviation / pace.mean if pace.mean else 0.0
    services = turn.before * here + 1
    relative = math.sqrt(variation**2 / services + variation**2 / pace.count + DRIFT**2)
    spread = FOUR_OF_FIVE * relative * turn.seconds
    minutes = turn.seconds / 60
    return Estimate(round(minutes), math.floor(max(0.0, minutes - spread / 60)), math.ceil(minutes + spread / 60))
