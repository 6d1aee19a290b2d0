"""The rules for giving numbers: who may have the next one, and what the tiles of home say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kiosk.hall.calling import CallingRules, place
from kiosk.hall.opening import OpeningHours
from kiosk.hall.rows import HallRows
from kiosk.hall.store import TicketStore, Wish
from kiosk.hall.tickets import WAITING, HallError, Series, Ticket, TicketKind
from kiosk.hall.waiting import Forecast, ForecastError, forecast, forecast_error
from kiosk.state import SeriesView

QR_PREFIX = "MC1"
_QR = re.compile(QR_PREFIX + r"\|([A-Z0-9.]+)\|([0-9]{4}-[0-9]{2}-[0-9]{2})\|([A-Z](?:-[A-Z0-9]{1,4})?)-([0-9]{3,4})")
RETURNING = "Quay lại bổ sung hồ sơ"  # the priority group of those who bring what was missing
LONGEST_NIGHT = timedelta(days=14)  # numbers that are kept over night outlast Tết, not more


@dataclass(frozen=True)
class TicketReference:
    """Which ticket a QR code names."""

    agency_code: str
    day: date
    series: str
    number: int


class Hall:
    """One hall: its series, its hours (whose time zone is the site's), its store. Every `now` is aware."""

    def __init__(
        self,
        store: TicketStore,
        series: Iterable[Series],
        opening: OpeningHours,
        agency_code: str,
        rules: CallingRules | None = None,
    ) -> None:
        self.store = store
        self.series = {one.letter: one for one in series}
        self.opening = opening
        self.agency_code = agency_code
        self.rules = rules or CallingRules()
        numbers = {number for one in self.series.values() for number in one.counters} or {1}
        self.serves = {number: self._served_by(number) for number in sorted(numbers)}

    def _served_by(self, counter: int) -> tuple[str, ...]:
        """The letters of a counter's lines; a line without counters is served by all."""
        return tuple(one.letter for one in self.series.values() if counter in one.counters or not one.counters)

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

    def first_day(self, now: datetime) -> date:
        """Numbers of this day and later are still called; none of today's once the hall has closed and cancels them.

        Nothing is written for that: a clock that jumps into another day and back loses nobody's number.
        """
        today = self.day(now)
        if self.opening.always:
            return today - timedelta(days=1)  # it has no night: who came before midnight is called after
        if self.rules.at_closing == "cancel" and self.opening.over_today(now):
            return today + timedelta(days=1)
        return today - LONGEST_NIGHT if self.rules.over_night == "keep" else today

    def rows(self, now: datetime) -> HallRows:
        """The hall as it lies in the store. Raises `HallError`."""
        return self.store.rows(self.day(now), self.first_day(now), now)

    def why_closed(self, now: datetime) -> str:
        """Why nobody gets a number now, "" while numbers are given. Raises `HallError`."""
        behind = "clock_behind" if self.rows(now).has_later else ""
        return self.opening.why_closed(now) or self.store.refusal or behind

    def take(
        self, letter: str, now: datetime, priority: str = "", due_at: datetime | None = None, entry: str = ""
    ) -> Ticket:
        """Store and return the next number of a series. Raises `HallError` with the reason when there is none.

        `priority`: the group; `due_at`: the time of an appointment; `entry`: as `Ticket.entry`.
        """
        series = self.series_of(letter)
        if code := self.opening.why_closed(now):
            raise HallError(code)
        rows = self.rows(now)
        if letter in rows.paused:
            raise HallError("series_paused")
        local = now.astimezone(self.opening.timezone)
        kind, told = _kind(priority, due_at), self.forecast(now)
        wait = (told.ordinary if kind is TicketKind.ORDINARY else told.favoured).get(letter)
        return self.store.issue(series, local.date(), local, priority, Wish(kind, due_at, entry, wait))

    def forecast(self, now: datetime) -> Forecast:
        """How long those will wait who wait, and who takes a number now."""
        return forecast(self.rows(now), self.store.history(self.day(now)), self.serves, self.rules, now)

    def forecast_error(self, first: date, last: date) -> ForecastError | None:
        """How good the waits were that tickets told in these days; None when none did. Not for the glass: it reads."""
        return forecast_error(self.store.told_and_waited(first, last))

    def ahead(self, ticket: Ticket, now: datetime) -> int | None:
        """How many wait in the same line and came before; None while the database is away, so that nobody knows."""
        rows = self.rows(now)
        if rows.away:
            return None
        waiting = (one for one in rows.open if one.state in WAITING and one.line == ticket.line)
        return sum(place(one) < place(ticket) for one in waiting)

    def views(self, now: datetime) -> tuple[SeriesView, ...]:
        """The tiles of home, in the configured order."""
        rows, closed, told = self.rows(now), self.why_closed(now), self.forecast(now)
        waiting = Counter(ticket.line for ticket in rows.open if ticket.state in WAITING)

        def code(series: Series) -> str:
            if closed:
                return closed
            if series.letter in rows.paused:
                return "series_paused"
            full = series.daily_limit is not None and rows.highest.get(series.letter, 0) >= series.daily_limit
            return "series_full" if full else ""

        return tuple(
            SeriesView(
                one.letter,
                one.title,
                one.counters,
                None if rows.unknown else waiting[one.letter],
                one.icon,
                code(one),
                told.ordinary.get(one.letter),
            )
            for one in self.series.values()
        )

    def find(self, qr: str, now: datetime) -> Ticket:
        """The number on a scanned ticket, while it has not ended.

        Raises `HallError`: `ticket_qr_unknown`, `ticket_over`, and `hall_away` while nobody knows.
        """
        named, rows = parse_qr(qr), self.rows(now)
        label = f"{named.series}-{named.number:03d}"
        if named.agency_code == self.agency_code:
            for ticket in rows.open:
                if (ticket.day, ticket.label) == (named.day, label):
                    return ticket
        raise HallError("hall_away" if rows.away else "ticket_over")

    def of_appointment(self, code: str, now: datetime) -> Ticket | None:
        """The number that an appointment has got today, while it has not ended. Raises `HallError`."""
        today = self.day(now)
        return next((one for one in self.rows(now).open if one.day == today and one.entry == code), None)

    def qr_text(self, ticket: Ticket) -> str:
        """`MC1|agency|day|A-025`: names the ticket and nobody's person."""
        return f"{QR_PREFIX}|{self.agency_code}|{ticket.day.isoformat()}|{ticket.label}"


def _kind(priority: str, due_at: datetime | None) -> TicketKind:
    if due_at is not None:
        return TicketKind.APPOINTMENT
    if priority == RETURNING:
        return TicketKind.RETURNING
    return TicketKind.PRIORITY if priority else TicketKind.ORDINARY


def parse_qr(text: str) -> TicketReference:
    """Read the QR code of a ticket. Raises `HallError("ticket_qr_unknown")` for every other text."""
    match = _QR.fullmatch(text.strip())
    try:
        if match and (number := int(match[4])):
            return TicketReference(match[1], date.fromisoformat(match[2]), match[3], number)
    except ValueError:
        pass
    raise HallError("ticket_qr_unknown")
