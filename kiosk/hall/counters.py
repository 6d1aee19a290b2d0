"""The verbs of a counter. The glass' staff screen and the pages of the desks use the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from kiosk.hall import calls
from kiosk.hall.calling import CallingRules, in_turn
from kiosk.hall.hall import Hall
from kiosk.hall.picture import picture
from kiosk.hall.rows import CounterRow, call_of
from kiosk.hall.tickets import HallError, Ticket, TicketState
from kiosk.hall.view import Call, CounterState, HallView

FRESH = timedelta(seconds=1)  # waits are told in minutes


@dataclass(frozen=True)
class _Act:
    """One act at one counter, within its transaction."""

    connection: Connection
    counter: CounterRow
    current: Ticket | None
    now: datetime
    first_day: date  # of those who wait
    desk_day: date  # of those who were called


class Counters:
    """Counters open, call and end. Any thread may call any verb; each is one transaction, on the disk afterwards.

    Every verb raises `HallError`: `counter_unknown`, `hall_away` while the database cannot be reached, `hall_busy`,
    `hall_store`, `disk_full`; verbs that call need an open counter (`counter_not_open`); verbs about the number at the
    counter need one (`counter_idle`), and with `ticket_id`, the number that the officer has seen there, they refuse
    with `call_changed` when another browser was faster. `officer` is the name of the account; `audit` gets every act.
    """

    def __init__(
        self, hall: Hall, rules: CallingRules, audit: Callable[..., None], clock: Callable[[], datetime]
    ) -> None:
        self._hall = hall
        self._rules = rules
        self._audit: Callable[..., Any] = audit
        self._clock = clock
        self._view: HallView | None = None
        self._view_at = clock()
        self._seen: object = None

    def open(self, counter: int, officer: str) -> None:
        """Open a counter, or go on after a pause. What it has called stays called."""
        with self._act(counter, officer) as act:
            self._set(act, CounterState.OPEN, officer)
        self._hall.store.refresh()
        self._audit(officer, "counter_opened", counter=counter)

    def pause(self, counter: int, officer: str, reason: str) -> None:
        """Pause; a number that is at the counter can be ended. Raises `HallError("pause_reason_missing")`."""
        if not reason.strip():
            raise HallError("pause_reason_missing")
        with self._act(counter, officer) as act:
            self._set(act, CounterState.PAUSED, officer, reason.strip())
        self._hall.store.refresh()
        self._audit(officer, "counter_paused", counter=counter, reason=reason.strip())

    def close(self, counter: int, officer: str) -> None:
        """Close for the day. Raises `HallError("counter_busy")` while somebody is called, served or held here."""
        with self._act(counter, officer) as act:
            if act.current is not None or calls.holds(act.connection, counter, act.desk_day):
                raise HallError("counter_busy")
            self._set(act, CounterState.CLOSED, officer)
        self._hall.store.refresh()
        self._audit(officer, "counter_closed", counter=counter)

    def call_next(self, counter: int, officer: str) -> Call | None:
        """Call the next number (`calling.choose`); None when nobody waits.

        Raises `HallError("counter_busy")` while a number is called or served here: it is ended first, so that a second
        browser's touch calls nobody.
        """
        with self._act(counter, officer, calling=True) as act:
            if act.current is not None:
                raise HallError("counter_busy")
            taken = self._take(act, officer)
        return self._told_of(taken, officer)

    def done_next(self, counter: int, officer: str, ticket_id: int | None = None) -> Call | None:
        """`done`, and then `call_next`, as one act: of both or of none, at an open counter only."""
        with self._current(counter, officer, ticket_id, calling=True) as (act, ticket):
            ended = self._end(act, ticket)
            taken = self._take(act, officer)
        self._audited(ended, officer, "done")
        return self._told_of(taken, officer)

    def recall(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Announce the number again. Raises `HallError`: `recall_too_soon`, `recall_too_often`, `ticket_state`."""
        with self._current(counter, officer, ticket_id) as (act, ticket):
            if ticket.state is not TicketState.CALLED:
                raise HallError("ticket_state")
            if ticket.times_called > self._rules.recalls:
                raise HallError("recall_too_often")
            if _sooner(act.now, ticket.announced_at, self._rules.recall_after):
                raise HallError("recall_too_soon")
            values = {"announced_at": act.now, "times_called": ticket.times_called + 1}
            ticket = calls.change(act.connection, ticket, **values)
        return self._told(ticket, officer, "recalled", times=ticket.times_called)

    def serve(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """The citizen is at the desk."""
        with self._current(counter, officer, ticket_id) as (act, ticket):
            ticket = calls.move(act.connection, ticket, TicketState.SERVING, act.now, serving_at=act.now)
        return self._told(ticket, officer, "serving")

    def absent(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Nobody came: to the end of the line, cancelled the third time. Raises `HallError("absent_too_soon")`."""
        with self._current(counter, officer, ticket_id) as (act, ticket):
            if ticket.state is TicketState.CALLED and _sooner(act.now, ticket.desk_since, self._rules.absent_after):
                raise HallError("absent_too_soon")
            absences = ticket.absences + 1
            if absences >= self._rules.absences:
                ticket = calls.move(act.connection, ticket, TicketState.CANCELLED, act.now, absences=absences)
            else:
                last = calls.last_place(act.connection, ticket.line, act.first_day)
                place_at = max(act.now, last or act.now)
                ticket = calls.move(
                    act.connection, ticket, TicketState.ABSENT, act.now, absences=absences, place_at=place_at
                )
        return self._told(ticket, officer, "absent", absences=absences, state=ticket.state.value)

    def hold(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Put the number aside, e.g. while a form is filled in; `resume` goes on with it."""
        with self._current(counter, officer, ticket_id) as (act, ticket):
            ticket = calls.move(act.connection, ticket, TicketState.HELD, act.now)
        return self._told(ticket, officer, "held")

    def resume(self, ticket_id: int, counter: int, officer: str) -> Call:
        """Go on with a held number, at any open counter. Raises `HallError`: `counter_busy`, `ticket_state`."""
        with self._act(counter, officer, calling=True) as act:
            if act.current is not None:
                raise HallError("counter_busy")
            ticket = calls.lock_ticket(act.connection, ticket_id)
            if ticket.day < act.desk_day:
                raise HallError("ticket_state")
            ticket = calls.move(
                act.connection, ticket, TicketState.SERVING, act.now, counter=counter, serving_at=act.now
            )
        return self._told(ticket, officer, "resumed")

    def transfer(self, counter: int, officer: str, letter: str, ticket_id: int | None = None) -> Call:
        """Send the number to another line; its place there is by the time at which it was taken.

        Raises `HallError("series_unknown")`.
        """
        self._hall.series_of(letter)
        with self._current(counter, officer, ticket_id) as (act, ticket):
            ticket = calls.move(act.connection, ticket, TicketState.TRANSFERRED, act.now, line=letter)
        return self._told(ticket, officer, "transferred", line=letter)

    def done(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """The citizen has been served (a number that is still `called` is served by this)."""
        with self._current(counter, officer, ticket_id) as (act, ticket):
            ticket = self._end(act, ticket)
        return self._told(ticket, officer, "done")

    def snapshot(self) -> HallView:
        """Everything that board, counters and glass show. Never raises: without a database the last one, stale."""
        now = self._clock()
        try:
            rows = self._hall.rows(now)
            seen = rows.open, rows.calls, rows.counters, rows.paused, rows.away
            if self._view is None or seen != self._seen or not self._view_at <= now < self._view_at + FRESH:
                self._view, self._view_at, self._seen = picture(self._hall, rows, now), now, seen
        except HallError as error:
            before = self._view or HallView((), (), (), (), now)
            return replace(before, stale=True, notices=tuple(dict.fromkeys((error.code, *before.notices))))
        return self._view

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, on any thread, whenever the hall may have changed; returns how to end that.

        `wake` must be quick and not raise, e.g. `loop.call_soon_threadsafe(event.set)`.
        """
        return self._hall.store.database.subscribe(wake)

    # -- inside --------------------------------------------------------------------------------------------------
    @contextmanager
    def _act(self, counter: int, officer: str, calling: bool = False) -> Iterator[_Act]:
        """A transaction that has one counter for itself; `calling`: only while it is open."""
        if counter not in self._hall.serves:
            raise HallError("counter_unknown")
        now = self._clock()
        today, first_day = self._hall.day(now), self._hall.first_day(now)
        desk_day = min(first_day, today)
        with self._hall.store.database.write() as connection:
            row = calls.lock_counter(connection, counter, self._rules.priority_every)
            if row.day != today:
                row = CounterRow(counter, CounterState.CLOSED, day=today, since_overtaking=self._rules.priority_every)
            if calling and row.state is not CounterState.OPEN:
                raise HallError("counter_not_open")
            current = calls.at_counter(connection, counter)
            if current is not None and current.day < desk_day:
                self._left_over_night(connection, current, now)
                current = None
            yield _Act(connection, row, current, now, first_day, desk_day)

    @contextmanager
    def _current(
        self, counter: int, officer: str, ticket_id: int | None, calling: bool = False
    ) -> Iterator[tuple[_Act, Ticket]]:
        """A transaction about the number that is at a counter, which may be paused meanwhile unless it is `calling`."""
        with self._act(counter, officer, calling) as act:
            if act.current is None:
                raise HallError("counter_idle" if ticket_id is None else "call_changed")
            if ticket_id not in (None, act.current.id):
                raise HallError("call_changed")
            yield act, act.current

    def _set(self, act: _Act, state: CounterState, officer: str, reason: str = "") -> None:
        values = {"state": state, "officer": officer, "reason": reason, "day": self._hall.day(act.now)}
        if act.counter.state is CounterState.CLOSED:
            values["since_overtaking"] = act.counter.since_overtaking
        calls.set_counter(act.connection, act.counter.number, **values)

    def _end(self, act: _Act, ticket: Ticket) -> Ticket:
        """The ticket, served."""
        values: dict[str, Any] = {"done_at": act.now}
        if ticket.state is TicketState.CALLED and ticket.desk_since is not None:
            ticket, values = replace(ticket, state=TicketState.SERVING), {**values, "serving_at": ticket.desk_since}
        return calls.move(act.connection, ticket, TicketState.DONE, act.now, **values)

    def _take(self, act: _Act, officer: str) -> tuple[Ticket, bool] | None:
        """The next ticket, called by the officer, and whether it overtook; None when nobody waits."""
        taken = self._first(act)
        if taken is not None:
            counter = act.counter
            since = 0 if taken[1] else min(counter.since_overtaking + 1, self._rules.priority_every)
            if (since, officer) != (counter.since_overtaking, counter.officer):
                calls.set_counter(act.connection, counter.number, since_overtaking=since, officer=officer)
        return taken

    def _first(self, act: _Act) -> tuple[Ticket, bool] | None:
        """The next ticket, called, and whether it overtook; another counter that is just taking one keeps it.

        When all of the first have been called since they were read, there may be others behind them.
        """
        counter = act.counter
        while waiting := calls.heads(act.connection, self._hall.serves[counter.number], act.first_day):
            turns = in_turn(waiting, counter.since_overtaking, self._rules, act.now, calls.HEADS)
            ticket_ids = [choice.ticket.id for choice in turns]
            if ticket := calls.take(act.connection, ticket_ids, counter.number, act.now):
                return ticket, turns[ticket_ids.index(ticket.id)].overtakes
        return None

    def _left_over_night(self, connection: Connection, ticket: Ticket, now: datetime) -> None:
        """Who was still at the counter when it was left: served, or called and never came."""
        ended = TicketState.DONE if ticket.state is TicketState.SERVING else TicketState.CANCELLED
        calls.move(connection, replace(ticket, desk_since=None), ended, now, desk_since=None)

    def _told_of(self, taken: tuple[Ticket, bool] | None, officer: str) -> Call | None:
        if taken is None:
            self._hall.store.refresh()
            return None
        return self._told(taken[0], officer, "called", overtakes=taken[1])

    def _told(self, ticket: Ticket, officer: str, act: str, **facts: Any) -> Call:
        self._audited(ticket, officer, act, **facts)
        self._hall.store.refresh()
        return call_of(ticket)

    def _audited(self, ticket: Ticket, officer: str, act: str, **facts: Any) -> None:
        self._audit(officer, f"ticket_{act}", ticket=ticket.label, counter=ticket.counter, **facts)


def _sooner(now: datetime, since: datetime | None, pause: timedelta) -> bool:
    """Whether the pause is not over; a clock that has jumped back keeps nobody waiting."""
    return since is not None and timedelta() <= now - since < pause
