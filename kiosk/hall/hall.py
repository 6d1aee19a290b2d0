"""The rules for giving numbers: who may have the next one, and what the tiles of home say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kiosk.hall.opening import OpeningHours
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import HallError, Series, Ticket
from kiosk.state import SeriesView

QR_PREFIX = "MC1"
_QR = re.compile(QR_PREFIX + r"\|([A-Z0-9.]+)\|([0-9]{4}-[0-9]{2}-[0-9]{2})\|([A-Z])-([0-9]{3,4})")


@dataclass(frozen=True)
class TicketReference:
    """Which ticket a QR code names."""

    agency_code: str
    day: date
    series: str
    number: int


class Hall:
    """One hall: its series, its hours (whose time zone is the site's), its store. Every `now` is aware."""

    def __init__(self, store: TicketStore, series: Iterable[Series], opening: OpeningHours, agency_code: str) -> None:
        self.store = store
        self.series = {one.letter: one for one in series}
        self.opening = opening
        self.agency_code = agency_code

    def day(self, now: datetime) -> date:
        """The site's day, on which numbering starts again at 1."""
        return now.astimezone(self.opening.timezone).date()

    def series_of(self, letter: str) -> Series:
        """One series. Raises `HallError("series_unknown")`."""
        try:
            return self.series[letter]
        except KeyError:
            raise HallError("series_unknown") from None

    def letter_for(self, field: str, letter: str) -> str:
        """The series that handles a field of procedures; else the suggested one; else the first of this hall."""
        by_field = next((one.letter for one in self.series.values() if field in one.fields), "")
        return by_field or (letter if letter in self.series else next(iter(self.series), letter))

    def why_closed(self, now: datetime) -> str:
        """Why nobody gets a number now, "" while numbers are given. Raises `HallError`."""
        behind = "clock_behind" if self.store.has_later(self.day(now)) else ""
        return self.opening.why_closed(now) or behind

    def take(self, letter: str, now: datetime, priority: str = "") -> Ticket:
        """Store and return the next number of a series. Raises `HallError` with the reason when there is none."""
        series = self.series_of(letter)
        if code := self.opening.why_closed(now):
            raise HallError(code)
        if letter in self.store.paused():
            raise HallError("series_paused")
        local = now.astimezone(self.opening.timezone)
        return self.store.issue(series, local.date(), local, priority)

    def views(self, now: datetime) -> tuple[SeriesView, ...]:
        """The tiles of home, in the configured order."""
        day = self.day(now)
        waiting, highest, paused = self.store.waiting(day), self.store.highest(day), self.store.paused()
        closed = self.why_closed(now)

        def code(series: Series) -> str:
            if closed:
                return closed
            if series.letter in paused:
                return "series_paused"
            full = series.daily_limit is not None and highest.get(series.letter, 0) >= series.daily_limit
            return "series_full" if full else ""

        return tuple(
            SeriesView(one.letter, one.title, one.counters, waiting.get(one.letter, 0), one.icon, code(one))
            for one in self.series.values()
        )

    def qr_text(self, ticket: Ticket) -> str:
        """`MC1|agency|day|A-025`: names the ticket and nobody's person."""
        return f"{QR_PREFIX}|{self.agency_code}|{ticket.day.isoformat()}|{ticket.label}"


def parse_qr(text: str) -> TicketReference:
    """Read the QR code of a ticket. Raises `HallError("ticket_qr_unknown")` for every other text."""
    match = _QR.fullmatch(text.strip())
    try:
        if match and (number := int(match[4])):
            return TicketReference(match[1], date.fromisoformat(match[2]), match[3], number)
    except ValueError:
        pass
    raise HallError("ticket_qr_unknown")
