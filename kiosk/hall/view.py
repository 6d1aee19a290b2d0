"""What counters, board and glass show of the hall: one frozen picture, never anything invented.

No names of citizens are in it, but `Call.priority` tells of age or illness: it is for officers, never for the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kiosk.hall.tickets import TicketKind, TicketState


class CounterState(StrEnum):
    """Whether a counter calls."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True)
class Estimate:
    """Minutes until the call: the expected, and a range that four of five really come within."""

    minutes: int
    low: int
    high: int

    @property
    def in_minutes(self) -> str:
        """`5–12`: the range, since nobody can know the minute; "" for who is called at once."""
        low = max(1, self.low)
        return "" if not self.high else str(low) if low >= self.high else f"{low}–{self.high}"


@dataclass(frozen=True)
class Call:
    """A number and the counter that has called it.

    `series` is the letter of the line in which it was called, `state` what has become of it since. An announcement has
    the key (`ticket_id`, `announced_at`): a recall changes `announced_at` and `times_called` (1 to 3 in one turn),
    `called_at` is the first call of all. `day` is an earlier one only for numbers that were kept over night.
    """

    ticket_id: int
    label: str
    series: str
    counter: int
    state: TicketState
    issued_at: datetime
    called_at: datetime
    announced_at: datetime
    times_called: int
    day: date
    kind: TicketKind = TicketKind.ORDINARY
    priority: str = ""
    absences: int = 0
    linked_entry: str = ""  # as `Ticket.entry`: often an id in the outbox


@dataclass(frozen=True)
class Waiting:
    """A number that waits. `since` is when it was taken; `kind`, `priority`: as for a call."""

    ticket_id: int
    label: str
    series: str
    since: datetime
    state: TicketState
    kind: TicketKind = TicketKind.ORDINARY
    priority: str = ""
    absences: int = 0


@dataclass(frozen=True)
class CounterView:
    """One counter. `series`: letters that it serves; `reason`: why it is paused; `current`: who is called or served.

    `held`: numbers that this counter has put aside, the longest first.
    """

    number: int
    state: CounterState
    officer: str
    reason: str
    series: tuple[str, ...]
    current: Call | None = None
    held: tuple[Call, ...] = ()


@dataclass(frozen=True)
class LineView:
    """One line: how many wait, for how long the first to have come, and how long one who came now would."""

    letter: str
    title: str
    waiting: int
    longest_wait_seconds: int
    estimate: Estimate | None


@dataclass(frozen=True)
class HallView:
    """The hall at the aware time `as_of`, when it was read from the database.

    `stale`: the database cannot be reached, so this is how it was then; `age` says how long ago. There are no `lines`
    where it has never been reached: nobody knows who waits. `calls`: the last
    announcements of the day, the newest first, whatever has become of the numbers since. `waiting`: all who wait,
    in the order in which they came. `notices`: codes, translated with advice, such as `hall_away`.
    """

    counters: tuple[CounterView, ...]
    lines: tuple[LineView, ...]
    calls: tuple[Call, ...]
    waiting: tuple[Waiting, ...]
    as_of: datetime
    stale: bool = False
    notices: tuple[str, ...] = ()

    @property
    def last_called(self) -> Call | None:
        """The newest announcement."""
        return self.calls[0] if self.calls else None

    def age(self, now: datetime) -> float:
        """Seconds since this was read."""
        return max(0.0, (now - self.as_of).total_seconds())

    def counter(self, number: int) -> CounterView | None:
        """One counter; None when the hall has none of this number."""
        return next((one for one in self.counters if one.number == number), None)
