"""Turns what happens on the glass into figures: when a visit begins and ends, how long, and the time without a line.

Durations come from the monotonic clock, days from the site's: a clock that jumps moves nothing but the name of a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kiosk.figures.metrics import Purpose, Visit
from kiosk.state import DESK_STEPS, AppState, Job, Step

DOSSIER = (
    *(Step.IDENTIFY, Step.VNEID, Step.CARD, Step.NOTICE),
    *(Step.FORM, Step.PAPERS, Step.SCAN, Step.REVIEW, Step.DECLARE),
)
ERRANDS = {  # what has begun with a step; whatever comes before is a look, which nobody abandons
    **dict.fromkeys(DOSSIER, Purpose.DOSSIER),
    **dict.fromkeys((Step.PREPARE, Step.CHECKLIST), Purpose.COUNTER),
    Step.FOLLOW: Purpose.LOOKUP,
    Step.LOOKUP: Purpose.LOOKUP,
    Step.APPOINTMENT: Purpose.NUMBER,
    Step.PETITION: Purpose.PETITION,
}
AFTER_THE_JOB = (Step.COLLECT, Step.SLIP, Step.RATING)


@dataclass(frozen=True)
class _Open:
    """The visit under way."""

    day: date
    purpose: Purpose = Purpose.LOOK
    step: Step = Step.HOME
    finished: bool = False
    identified_at: float | None = None
    submitted_at: float | None = None


class VisitWatch:
    """Sees every state, and tells a visit when it has ended."""

    def __init__(self) -> None:
        self._open: _Open | None = None

    def watch(self, state: AppState, day: date, monotonic: float) -> Visit | None:
        """The visit that this state ends, None while nobody has gone."""
        away = state.step in DESK_STEPS or (state.step is Step.HOME and state.session is None)
        if away:
            return self.end()
        self._open = _seen(self._open or _Open(day), state, monotonic)
        return None

    def end(self) -> Visit | None:
        """The visit under way ends where it is, None while nobody is there."""
        ended, self._open = self._open, None
        return _ended(ended) if ended else None


def _seen(visit: _Open, state: AppState, monotonic: float) -> _Open:
    session, step = state.session, state.step
    values: dict[str, object] = {} if step in (Step.HOME, *AFTER_THE_JOB) else {"step": step}
    if step in ERRANDS and visit.purpose is Purpose.LOOK:
        values["purpose"] = ERRANDS[step]
    if step is Step.LOOKUP:
        values["finished"] = True
    elif step in DOSSIER:  # of who looks a dossier up and brings what is missing, this counts
        values["finished"] = visit.submitted_at is not None
    if session is not None and step is Step.TICKET and session.ticket is not None:
        values |= {"finished": True}
        if visit.purpose is Purpose.LOOK:
            values["purpose"] = Purpose.NUMBER
    if session is not None and session.citizen is not None and visit.identified_at is None:
        values["identified_at"] = monotonic
    if session is not None and session.submit is Job.CONFIRMED and visit.submitted_at is None:
        values |= {"finished": True, "submitted_at": monotonic}
    return replace(visit, **values)  # type: ignore[arg-type]


def _ended(visit: _Open) -> Visit:
    took = None
    if visit.identified_at is not None and visit.submitted_at is not None:
        took = visit.submitted_at - visit.identified_at
    came_to_its_end = visit.finished or visit.purpose is Purpose.LOOK
    return Visit(visit.day, visit.purpose, "" if came_to_its_end else visit.step.value, took)


class OfflineWatch:
    """Adds up the time without a line, day by day."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._sum: dict[date, float] = {}

    def watch(self, online: bool | None, now: datetime, monotonic: float) -> None:
        """What the state says now; called at each change and each second."""
        if self._since is not None:
            for day, seconds in split_days(now, monotonic - self._since).items():
                self._sum[day] = self._sum.get(day, 0.0) + seconds
        self._since = monotonic if online is False else None

    def take(self) -> dict[date, float]:
        """What has come together since the last time."""
        taken, self._sum = self._sum, {}
        return taken


def split_days(end: datetime, seconds: float) -> dict[date, float]:
    """The time that ended at `end`, shared out to the days of its zone."""
    shares: dict[date, float] = {}
    while seconds > 0:
        midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
        today = (end - midnight).total_seconds()
        share = min(seconds, today) if today > 0 else 0.0
        if share:
            shares[end.date()] = share
        seconds -= share
        end = midnight - timedelta(microseconds=1) if seconds > 0 else end
    return shares
