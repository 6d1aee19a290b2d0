"""The list of open numbers on paper: with it a hall goes on by hand when the machine cannot."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from devices.interfaces import TicketPrinter
from kiosk import slips
from kiosk.core import Parts
from kiosk.hall.tickets import HallError
from kiosk.slip_picture import draw

log = logging.getLogger(__name__)
JOB = "numbers:open"
LEAVING_SECONDS = 8.0  # systemd gives a service 90 s to end, an uninterruptible power supply some minutes


def list_of(parts: Parts) -> slips.Slip:
    """The slip with all numbers that have not ended. Raises `HallError`."""
    now = parts.clock()
    return slips.open_numbers(centre=parts.config.site.name, tickets=parts.hall.rows(now).open, printed_at=now)


def print_before_leaving(parts: Parts) -> None:
    """At shutdown: print the list if anybody waits and the printer does it soon; nothing waits for it longer."""
    worker = parts.workers.get("printer")
    if worker is None or not parts.config.hall.list_at_shutdown:
        return
    try:
        if not parts.hall.rows(parts.clock()).open:
            return
        slip = list_of(parts)
    except HallError as error:
        log.error("hall: no list of open numbers at shutdown: %s", error.code)
        return
    ended = threading.Event()

    def print_list(printer: TicketPrinter) -> Iterator[object]:
        try:
            printer.print_page(draw(slip, printer.width_dots))
        finally:
            ended.set()
        yield from ()

    worker.submit(JOB, "", print_list)
    ended.wait(LEAVING_SECONDS)
