"""A hall as its site has configured it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.config import Config
from kiosk.hall.calling import CallingRules
from kiosk.hall.hall import Hall
from kiosk.hall.opening import OpeningHours
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import Series


def tickets_of(config: Config, issuer: str, clock: Callable[[], datetime]) -> TicketStore:
    """The hall's tickets: on a server when one is configured, else in a file."""
    folder, database = config.storage.data_dir, config.hall.database
    if database.startswith("postgresql"):
        return SharedStore(database, folder, config.site.kiosk_id.upper(), issuer, clock)
    return TicketStore(database or str(folder / "tickets.db"), issuer)


def hall_of(config: Config, tickets: TicketStore) -> Hall:
    """The hall with the rules of the configuration."""
    table = config.hall
    opening = OpeningHours(
        table.hours,
        config.site.timezone,
        weekdays=table.weekdays,
        holidays=table.holidays,
        workdays=table.workdays,
        last_ticket_minutes=table.last_ticket_minutes,
    )
    rules = CallingRules(
        priority_every=table.priority_every,
        head_start=timedelta(minutes=table.head_start_minutes),
        appointment_early=timedelta(minutes=table.appointment_early_minutes),
        recall_after=timedelta(seconds=table.recall_after_seconds),
        recalls=table.recalls,
        absent_after=timedelta(seconds=table.absent_after_seconds),
        absences=table.absences,
        at_closing=table.at_closing,
        over_night=table.over_night,
    )
    series = tuple(Series(s.letter, s.title, s.fields, s.counters, s.daily_limit, s.icon) for s in table.series)
    return Hall(tickets, series, opening, config.site.agency_code, rules)
