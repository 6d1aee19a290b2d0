"""The figures that the province asks a centre for, of a day or a month; pure: what is known in, numbers out."""

from __future__ import annotations

import calendar
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from kiosk.figures.metrics import Purpose, Rating, Visit
from kiosk.hall.tickets import Waits
from kiosk.hall.waiting import ForecastError
from offline_queue.entry import REPLACED, OutboxEntry

SATISFIED = 4  # stars from here on
PORTAL_LEVELS = {5: "Rất hài lòng", 4: "Hài lòng", 3: "Không hài lòng", 2: "Không hài lòng", 1: "Không hài lòng"}
REASONS = {  # of a rating: key → what the glass shows
    "easy": "Dễ làm",
    "quick": "Nhanh",
    "clear": "Chữ rõ, dễ hiểu",
    "hard": "Khó làm",
    "slow": "Lâu",
    "unclear": "Khó hiểu",
    "broken": "Máy trục trặc",
}


@dataclass(frozen=True)
class Period:
    """Days of the site, both included. `name` is `2026-11-24` or `2026-11`."""

    name: str
    first: date
    last: date

    @classmethod
    def day(cls, text: str) -> Period:
        """One day; raises ValueError for what is none."""
        day = date.fromisoformat(text)
        return cls(day.isoformat(), day, day)

    @classmethod
    def month(cls, text: str) -> Period:
        """A whole month, `2026-11`; raises ValueError for what is none."""
        first = date.fromisoformat(f"{text}-01")
        return cls(f"{first:%Y-%m}", first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))

    def has(self, moment: datetime, zone: tzinfo) -> bool:
        """Whether a moment lies in it, by the clocks of the site."""
        return self.first <= moment.astimezone(zone).date() <= self.last


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds; None without a single case."""

    count: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        """Of every case; `p90` is the shortest time that nine of ten do not exceed."""
        ordered = sorted(seconds)
        if not ordered:
            return cls()
        ninth = ordered[-(-9 * len(ordered) // 10) - 1]
        return cls(len(ordered), statistics.fmean(ordered), statistics.median(ordered), ninth)


@dataclass(frozen=True)
class Figures:
    """All figures of a period."""

    period: Period
    purposes: Mapping[str, int]  # visits by what they were for
    finished: int  # what was begun and came to its end; a look has begun nothing
    abandoned: Mapping[str, int]  # by the step that was left, the most frequent first
    filling: Spread  # from identification to submission
    stars: Mapping[int, int]
    reasons: Mapping[str, int]
    tickets: Mapping[str, int]  # by state
    waiting: Spread  # from the number to the call
    counter: Spread  # from the number to the end of service
    online: Spread  # from submission here to the province's receipt
    promised: Spread  # from submission here to the day for which the province promised the result
    offline_hours: float
    words: tuple[str, ...] = field(default=(), repr=False)
    forecast: ForecastError | None = None  # how good the waits were that tickets told
    online_from: date | None = None  # the first day of which no dossier is forgotten, where that is in the period

    @property
    def online_forgotten(self) -> bool:
        """Whether nothing is known any more of the dossiers of this period: that is not none."""
        return self.online_from is not None and self.period.last < self.online_from and not self.online.count

    @property
    def visits(self) -> int:
        """How many came."""
        return sum(self.purposes.values())

    @property
    def rated(self) -> int:
        """How many said what they think."""
        return sum(self.stars.values())

    @property
    def satisfied(self) -> float | None:
        """The share of the two best faces, 0 to 1."""
        return sum(n for stars, n in self.stars.items() if stars >= SATISFIED) / self.rated if self.rated else None

    @property
    def levels(self) -> dict[str, int]:
        """Ratings in the three levels of the National Portal."""
        found = dict.fromkeys(dict.fromkeys(PORTAL_LEVELS.values()), 0)
        for stars, count in self.stars.items():
            found[PORTAL_LEVELS[stars]] += count
        return found


def dossiers(entries: Sequence[OutboxEntry], suggestions: str) -> list[OutboxEntry]:
    """Those with a result of their own: no `suggestions` (their procedure code), no missing papers of another one.

    An entry that corrects one of them is what that one is.
    """
    corrected = {entry.id: entry for entry in entries if entry.last_error == REPLACED}

    def completes(entry: OutboxEntry) -> bool:
        before = corrected.get(entry.replaces)
        return completes(before) if before else bool(entry.replaces)

    return [entry for entry in entries if entry.procedure_code != suggestions and not completes(entry)]


def figures(
    period: Period,
    visits: Sequence[Visit],
    ratings: Sequence[Rating],
    tickets: Sequence[Waits],
    entries: Sequence[OutboxEntry],
    offline_seconds: float,
    zone: tzinfo,
) -> Figures:
    """Put together what the stores know of a period; `entries` are `dossiers`, of any day: others are left out."""
    purposes = Counter(visit.purpose.value for visit in visits)
    sent = [entry for entry in entries if period.has(entry.created_at, zone)]
    receipts = [(entry.created_at, entry.receipt) for entry in sent if entry.receipt is not None]
    return Figures(
        period=period,
        purposes={purpose.value: purposes[purpose.value] for purpose in Purpose if purposes[purpose.value]},
        finished=sum(not visit.abandoned_at and visit.purpose is not Purpose.LOOK for visit in visits),
        abandoned=dict(Counter(visit.abandoned_at for visit in visits if visit.abandoned_at).most_common()),
        filling=Spread.of(visit.seconds for visit in visits if visit.seconds is not None),
        stars=dict(sorted(Counter(rating.stars for rating in ratings).items(), reverse=True)),
        reasons=dict(Counter(reason for rating in ratings for reason in rating.reasons).most_common()),
        tickets=dict(Counter(ticket.state for ticket in tickets).most_common()),
        waiting=Spread.of(_seconds(t.issued_at, t.called_at) for t in tickets if t.called_at),
        counter=Spread.of(_seconds(t.issued_at, t.done_at) for t in tickets if t.done_at),
        online=Spread.of(_seconds(at, datetime.fromisoformat(receipt.received_at)) for at, receipt in receipts),
        promised=Spread.of(_seconds(at, datetime.fromisoformat(r.due_at)) for at, r in receipts if r.due_at),
        offline_hours=offline_seconds / 3600,
        words=tuple(rating.words for rating in ratings if rating.words),
    )


def _seconds(start: datetime, end: datetime) -> float:
    """Never negative: clocks of two machines may be apart."""
    return max(0.0, (end - start).total_seconds())
