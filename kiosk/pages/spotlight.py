"""Which numbers the board shows as being called: each for its full time, however many are called at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.hall.view import Call

FULL_TIME = timedelta(seconds=20)  # data/queue.json, spotlight_s
PLACES = 8  # as many as can be read from the back of the hall at the same time


@dataclass(frozen=True)
class Spotlight:
    """The calls in the light, the newest first, and when that changes next (None: not by time alone)."""

    calls: tuple[Call, ...]
    changes_at: datetime | None = None


def spotlight(calls: Iterable[Call], now: datetime, places: int = PLACES) -> Spotlight:
    """Who stands in the light at `now`.

    Each announcement has one of the `places` for `FULL_TIME`, from the moment at which it was made, or, when all places
    are taken, from the moment at which the first of them becomes free; so they come in their order, and none is cut.
    """
    taken: list[tuple[datetime, datetime, Call]] = []  # from, until, who
    for call in sorted(calls, key=lambda one: (one.announced_at, one.ticket_id)):
        ends = sorted(until for _, until, _ in taken)
        start = call.announced_at if len(ends) < places else max(call.announced_at, ends[-places])
        taken.append((start, start + FULL_TIME, call))
    shown = [call for start, until, call in taken if start <= now < until]
    changes = [moment for start, until, _ in taken for moment in (start, until) if moment > now]
    return Spotlight(tuple(reversed(shown)), min(changes, default=None))
