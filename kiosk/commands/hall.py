"""`main.py ticket` and `main.py hall list`: numbers without a window."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from devices.interfaces import PrintOutcome, PrintResult
from kiosk import slips
from kiosk.builders import open_devices, site_clock
from kiosk.config import Config
from kiosk.hall.setup import hall_of
from kiosk.hall.tickets import HallError, TicketState
from kiosk.open_numbers import slip_of
from kiosk.slip_picture import draw
from kiosk.stores import open_stores


def give_ticket(options: argparse.Namespace, config: Config) -> dict[str, Any]:
    """Store the next number of a series, then print it. Raises `HallError` when there is none."""
    started = time.perf_counter()
    with ExitStack() as exits:
        stores = open_stores(config)
        exits.callback(stores.close)
        hall, now = hall_of(config, stores.tickets), site_clock(config)()
        due_at = datetime.combine(now.date(), options.at, now.tzinfo) if options.at else None
        taken = hall.take(options.series, now, options.priority, due_at)
        series = hall.series_of(taken.line)
        slip = slips.ticket_slip(
            centre=config.site.name,
            number=taken.label,
            series_title=series.title,
            counters=series.counters,
            issued_at=taken.issued_at,
            ahead=hall.ahead(taken, now),
            estimate=hall.forecast(now).tickets.get(taken.id),
            qr=hall.qr_text(taken),
            priority=taken.priority,
            language="vi",
            kept=hall.rules.over_night == "keep",
        )
        outcome = _print(config, slip, exits)
        failed = outcome.result is PrintResult.FAILED
        stores.tickets.set_print(taken.id, TicketState.PRINT_FAILED if failed else TicketState.PRINTED, outcome.code)
    seconds = round(time.perf_counter() - started, 3)
    return {"number": taken.label, **_printed(outcome), "seconds": seconds}


def list_numbers(config: Config) -> dict[str, Any]:
    """The numbers that have not ended, printed and told. `away`: as of when the database was last seen.

    Raises `HallError("hall_away")` when it never was: the list would miss whom others have given a number.
    """
    with ExitStack() as exits:
        stores = open_stores(config)
        exits.callback(stores.close)
        now = site_clock(config)()
        rows = hall_of(config, stores.tickets).rows(now)
        if rows.unknown:
            raise HallError("hall_away")
        slip = slip_of(config.site.name, rows, now)
        outcome = _print(config, slip, exits)
    numbers = [
        {"number": one.label, "line": one.line, "state": one.state.value, "counter": one.counter or None}
        for one in rows.open
    ]
    return {"numbers": numbers, "as_of": rows.read_at.isoformat(), "away": rows.away, **_printed(outcome)}


def _print(config: Config, slip: slips.Slip, exits: ExitStack) -> PrintOutcome:
    printer = open_devices(config).get("printer")
    if printer is None:
        return PrintOutcome(PrintResult.FAILED, "printer_absent")
    exits.callback(printer.close)
    outcome: PrintOutcome = printer.print_page(draw(slip, printer.width_dots))
    return outcome


def _printed(outcome: PrintOutcome) -> dict[str, Any]:
    return {"print": outcome.result.value, "device_code": outcome.code or None}
