"""Who is called next, and how long and how often: rules without any input or output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Literal, Protocol, TypeVar

from kiosk.hall.tickets import TicketKind


@dataclass(frozen=True)
class CallingRules:
    """The settings of a hall (`[hall]` in the configuration). Of data/queue.json: 45 s, three absences."""

    priority_every: int = 2  # 1 : N: after a favoured ticket was called out of turn, N others come in their turn
    head_start: timedelta = timedelta(minutes=60)  # whoever came so much earlier is not overtaken (ageing)
    appointment_early: timedelta = timedelta(minutes=10)  # before its time an appointment takes nobody's turn
    recall_after: timedelta = timedelta(seconds=20)
    recalls: int = 2
    absent_after: timedelta = timedelta(seconds=45)
    absences: int = 3
    at_closing: Literal["keep", "cancel"] = "keep"  # those who still wait at closing time
    over_night: Literal["keep", "cancel"] = "cancel"  # those who still wait when the next day begins


class InLine(Protocol):
    """What the rules ask of a ticket."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> TicketKind: ...
    @property
    def issued_at(self) -> datetime: ...
    @property
    def place_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...


T = TypeVar("T", bound=InLine)


@dataclass(frozen=True)
class Choice(Generic[T]):
    """The ticket to call, and whether it overtakes an ordinary one that came earlier."""

    ticket: T
    overtakes: bool


def choose(waiting: Iterable[T], since_overtaking: int, rules: CallingRules, now: datetime) -> Choice[T] | None:
    """The next ticket for a counter, out of those that wait in its lines; None when nobody does.

    The written rule:

    1. Everybody is called in the order in which they came (`place_at`).
    2. A favoured ticket (priority, returning, or an appointment whose time has come) may overtake ordinary ones that
       came up to `head_start` before it, but only when this counter has called `priority_every` others in their turn
       since the last one that overtook.
    3. An appointment before its time goes only when nobody else waits.

    So nobody starves: of a line with `a` people ahead, served by `c` counters, an ordinary ticket is called after at
    most a + a / N + c others, and no later than all who came `head_start` after it. `since_overtaking` is how many this
    counter has called since it last called one that overtook; at the beginning of a day it is N.
    """
    in_order = sorted(waiting, key=place)
    ready = [ticket for ticket in in_order if not _early(ticket, rules, now)]
    if not ready:
        return Choice(in_order[0], False) if in_order else None
    first = ready[0]
    favoured = next((ticket for ticket in ready if ticket.kind is not TicketKind.ORDINARY), None)
    if favoured is None or favoured is first or since_overtaking < rules.priority_every:
        return Choice(first, False)
    came_before = place(favoured)[0] - place(first)[0]
    return Choice(favoured, True) if came_before < rules.head_start else Choice(first, False)


def in_turn(
    waiting: Iterable[T], since_overtaking: int, rules: CallingRules, now: datetime, count: int
) -> list[Choice[T]]:
    """The first `count` that a counter would call, each as if other counters had just taken those before it."""
    left, turns = list(waiting), list[Choice[T]]()
    while len(turns) < count and (choice := choose(left, since_overtaking, rules, now)):
        left.remove(choice.ticket)
        turns.append(choice)
    return turns


def place(ticket: InLine) -> tuple[datetime, int]:
    """What orders a line."""
    return ticket.place_at or ticket.issued_at, ticket.id


def _early(ticket: InLine, rules: CallingRules, now: datetime) -> bool:
    return ticket.due_at is not None and now < ticket.due_at - rules.appointment_early
