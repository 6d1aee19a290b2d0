"""A small hall for tests: lines, counters, an audit log in memory, a clock that stands until it is moved."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.hall.calling import CallingRules
from kiosk.hall.counters import Counters
from kiosk.hall.hall import Hall
from kiosk.hall.opening import OpeningHours
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import HallError, Series, Ticket, TicketState
from kiosk.hall.view import Call

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
SERIES = (Series("A", "Hộ tịch", counters=(1, 2, 4)), Series("B", "Chứng thực", counters=(3, 4)))
HOURS = ("07:30-11:30", "13:30-17:00")
AN = "An"


class House:
    """A kiosk's hall and its counters."""

    def __init__(
        self,
        location: str,
        folder: Path,
        rules: CallingRules | None = None,
        hours: tuple[str, ...] = HOURS,
        kiosk_id: str = "k1",
        daily_limit: int | None = None,
        alone: bool = False,
    ) -> None:
        """`alone`: a server without the line to it, its threads and its patience."""
        self.now, self.folder, self.location = MONDAY, folder, location
        folder.mkdir(parents=True, exist_ok=True)
        self.store: TicketStore
        self.acts: list[tuple[str, str, dict[str, Any]]] = []
        if alone:
            self.store = TicketStore(location, issuer=kiosk_id)
            self.store.database.create()
        elif "://" in location:
            self.store = SharedStore(location, folder, kiosk_id.upper(), kiosk_id, lambda: self.now)
        else:
            self.store = TicketStore(location, issuer=kiosk_id)
        self.rules = rules or CallingRules()
        series = [replace(one, daily_limit=daily_limit) for one in SERIES]
        self.hall = Hall(self.store, series, OpeningHours(hours), "H05.114", self.rules)
        self.counters = Counters(self.hall, self.rules, self._audit, lambda: self.now)

    def _audit(self, who: str, act: str, **facts: Any) -> None:
        self.acts.append((who, act, facts))

    def forget_joining(self) -> None:
        """Forget that own numbers have joined the others."""
        with closing(sqlite3.connect(self.folder / "tickets-own.db")) as own:
            own.execute("DELETE FROM joined")
            own.commit()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def later(self, **time: float) -> None:
        """Move the clock."""
        self.now += timedelta(**time)

    def take(self, letter: str = "A", priority: str = "", **more: Any) -> Ticket:
        """A number that was printed, one second after the one before."""
        self.later(seconds=1)
        ticket = self.hall.take(letter, self.now, priority, **more)
        self.store.set_print(ticket.id, TicketState.PRINTED)
        self._written(ticket)
        self.store.refresh()
        return ticket

    def _written(self, ticket: Ticket, seconds: float = 10.0) -> None:
        """Wait until the database says it is printed: it is told beside, and who is just written to is overtaken."""
        until = time.monotonic() + seconds
        with suppress(HallError):  # it is away: it will be told when it is back
            while self.state(ticket) is not TicketState.PRINTED and time.monotonic() < until:
                time.sleep(0.01)

    def open(self, *numbers: int) -> None:
        """Open counters."""
        for number in numbers:
            self.counters.open(number, AN)

    def called(self, counter: int = 1) -> str:
        """Call the next, serve and end it; its label, "" when nobody waits."""
        call = self.counters.call_next(counter, AN)
        if call is not None:
            self.counters.done(counter, AN)
        return call.label if call else ""

    def all_called(self, counter: int = 1) -> list[str]:
        """Call until nobody waits."""
        return list(iter(lambda: self.called(counter), ""))

    def state(self, ticket: Ticket | Call) -> TicketState:
        """What has become of a ticket."""
        found = self.store.get(ticket.id if isinstance(ticket, Ticket) else ticket.ticket_id)
        assert found is not None
        return found.state


def refused(verb: Any, *arguments: Any, **more: Any) -> str:
    """The code with which the hall refuses."""
    try:
        verb(*arguments, **more)
    except HallError as error:
        return error.code
    return ""
