"""Calling numbers at the glass, for a hall whose desks have no computer, or whose computer is broken."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.core import Parts
from kiosk.desk import DeskVerbs
from kiosk.hall.acts import VERBS, Act
from kiosk.hall.counters import Counters
from kiosk.hall.tickets import HallError
from kiosk.state import Step

FAILED = "desk_not_done"


@dataclass(frozen=True)
class CounterActed:
    """Event: what an officer asked for at a counter was done, or `code` says why not."""

    officer: str
    code: str


class CallingVerbs(DeskVerbs):
    """The verbs of `hall.acts`; the clerk does them, since a database may be far away."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.counters = Counters(parts.hall, parts.hall.rules, self.audit, parts.clock)

    def at_counter(
        self, verb: str, counter: int, ticket: int | None = None, *, reason: str = "", letter: str = ""
    ) -> None:
        """Do a verb of `acts.VERBS` at a counter; `ticket`: the number that the officer has seen there.

        `reason`: of a pause, a key of `acts.PAUSES`; `letter`: of the line to which a number is transferred.
        """
        who = self._officer()
        if not who or self.state.step is not Step.STAFF:
            return
        act = Act(counter, who, ticket, reason, letter)
        self.parts.clerk.do(lambda: self._acted(verb, act), failed=CounterActed(who, FAILED))

    def counter_acted(self, event: CounterActed) -> None:
        """Show the counters as they are now; dropped once the officer has left."""
        if self.state.step is Step.STAFF and self.state.staff.name == event.officer:
            self._said("")
            self.tell(event.code)

    def refresh_desk(self) -> None:
        """Also the counters, for staff."""
        super().refresh_desk()
        if self.state.step is Step.STAFF:
            counters = self.counters.snapshot().counters
            self.change(staff=replace(self.state.staff, counters=counters))

    def _acted(self, verb: str, act: Act) -> CounterActed:
        try:
            return CounterActed(act.officer, VERBS[verb](self.counters, act))
        except HallError as error:
            return CounterActed(act.officer, error.code)
