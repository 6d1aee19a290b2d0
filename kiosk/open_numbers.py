"""The list of open numbers on paper: with it a hall goes on by hand when the machine cannot."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from devices.interfaces import TicketPrinter
from kiosk.core import Parts
from kiosk.hall.calling import place
from kiosk.hall.rows import HallRows
from kiosk.hall.tickets import WAITING, HallError, Ticket
from kiosk.slip_picture import draw
from kiosk.slips import TIME_FORMAT, Banner, Block, Pair, Rule, Slip, Style, Text

log = logging.getLogger(__name__)
JOB = "numbers:open"
PRIORITY_MARK = "*"
AS_OF = "Số liệu lúc {}, sau đó chưa nối được sổ số."
LEAVING_SECONDS = 8.0  # systemd gives a service 90 s to end, an uninterruptible power supply some minutes


def slip_of(centre: str, rows: HallRows, printed_at: datetime) -> Slip:
    """The numbers that have not ended, for staff: in Vietnamese only; how old it is when the database is away.

    First who is called, served or put aside at a counter; then who waits, line by line in the order of calling.
    """
    blocks: list[Block] = [Text(centre, Style.CENTRE), Rule(), Text("CÁC SỐ CHƯA XONG", Style.TITLE)]
    blocks.append(Pair("Giờ in", printed_at.strftime(TIME_FORMAT)))
    if rows.away:
        told = (
            "Chưa nối được sổ số của trung tâm." if rows.unknown else AS_OF.format(rows.read_at.strftime(TIME_FORMAT))
        )
        blocks.append(Banner(told))
    in_order = sorted(rows.open, key=lambda ticket: (ticket.line, place(ticket)))
    if at_counters := [one for one in in_order if one.state not in WAITING]:
        blocks += [Rule(), Text("Đang ở quầy", Style.HEADING, centred=False)]
        blocks += [Pair(_label(one), f"Quầy {one.counter}") for one in at_counters]
    waits = (ticket for ticket in in_order if ticket.state in WAITING)
    for letter, waiting in groupby(waits, key=lambda ticket: ticket.line):
        labels = [_label(ticket) for ticket in waiting]
        blocks += [Rule(), Text(f"{letter}: {len(labels)}", Style.HEADING, centred=False)]
        blocks.append(Text(", ".join(labels), centred=False))
    return Slip((*blocks, Rule(), Text("Dấu * là số ưu tiên.", Style.NOTE)))


def _label(ticket: Ticket) -> str:
    return f"{ticket.label}{PRIORITY_MARK if ticket.priority else ''}"


def list_of(parts: Parts) -> Slip:
    """The slip with all numbers that have not ended. Raises `HallError`."""
    now = parts.clock()
    return slip_of(parts.config.site.name, parts.hall.rows(now), now)


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
