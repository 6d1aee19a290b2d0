"""Printing a slip, and the one whole copy of it that its citizen must leave with.

A slip that came out broken is printed again by itself while its citizen still stands there; of one that may have come
out, only the citizen knows. Who has left is served by staff: what waits here is dropped with the session.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from PIL import Image

from devices.events import TicketPrinted
from devices.interfaces import NO_STATUS, Condition, CutTeller, PrintOutcome, PrintResult, TicketPrinter
from kiosk.core import KioskCore
from kiosk.slip_picture import draw
from kiosk.slips import Slip
from kiosk.state import Job

PRINTER_ABSENT = "printer_absent"
CAME_OUT = PrintOutcome(PrintResult.CONFIRMED)
LEFT_TO_STAFF = "print_left_to_staff"
NOT_BY_ITSELF = (PRINTER_ABSENT, LEFT_TO_STAFF)  # after these nothing is printed again without staff
MOST_TRIES = 5  # a printer that says it is well and fails every time: then staff must look
PAUSE_SECONDS = 1.0  # between the failure and the next try: the printer's state is asked for meanwhile


@dataclass(frozen=True)
class SlipDrawn:
    """Event: the picture of a slip, for the preview on the glass."""

    job: str
    session_id: str
    picture: Image.Image = field(repr=False)


@dataclass(frozen=True)
class SlipSettled:
    """Event: what the printer itself says of a slip whose line died; None when it cannot tell."""

    job: str
    session_id: str
    came_out: bool | None


@dataclass
class _Wanted:
    """The slip for which somebody stands there, until it has come out whole."""

    job: str
    session_id: str
    slip: Slip = field(repr=False)
    tries: int = 1
    again_at: float | None = None  # monotonic; None while it is being printed, or only the citizen knows


class PrintingVerbs(KioskCore):
    """The printer's side of tickets and provisional slips."""

    _wanted: _Wanted | None = None

    def print_slip(self, job: str, session_id: str, slip: Slip, awaited: bool = False) -> None:
        """Draw and print on the printer's thread; without a printer the failure is told at once.

        `awaited`: the citizen of the session stands there and is shown how it goes.
        """
        if awaited:
            self._wanted = _Wanted(job, session_id, slip)
        self._print(job, session_id, slip)

    def slip_came_out(self) -> None:
        """The citizen holds the slip of which the printer has told nothing."""
        if (wanted := self._wanted) is not None and self._print_state() is Job.UNCONFIRMED:
            self.printed(TicketPrinted("printer", wanted.job, wanted.session_id, CAME_OUT))

    def slip_is_missing(self) -> None:
        """The citizen sees no whole slip: print it again."""
        wanted = self._wanted
        if wanted is None or self._print_state() is not Job.UNCONFIRMED:
            return
        self.audit("kiosk", "slip_missing", job=wanted.job.partition(":")[0], tries=wanted.tries)
        self._try_again(wanted)

    def watch_printer(self) -> None:
        """Once a second: as soon as the printer is well again, print what came out broken, or ask it what it knows."""
        wanted, status = self._wanted, self.state.devices.get("printer")
        if wanted is None or wanted.again_at is None or status is None:
            return
        if status.condition is not Condition.READY or time.monotonic() < wanted.again_at:
            return
        if self._print_state() is Job.FAILED:
            self._try_again(wanted)
        elif worker := self.parts.workers.get("printer"):
            wanted.again_at = None
            job, session_id = wanted.job, wanted.session_id
            worker.submit(f"settle:{job}", session_id, lambda printer: _settle(printer, job, session_id))

    def slip_settled(self, event: SlipSettled) -> None:
        """The printer knows: it came out, or it is printed again. It does not know: the citizen is asked."""
        wanted = self._wanted
        if wanted is None or wanted.job != event.job or self._print_state() is not Job.UNCONFIRMED:
            return
        if event.came_out:
            self.slip_came_out()
        elif event.came_out is False:
            self._try_again(wanted)

    def leave_to_staff(self, job: str) -> None:
        """An officer prints it: it does not come by itself as well."""
        if self._wanted is not None and self._wanted.job == job:
            self._wanted = None

    def slip_drawn(self, event: SlipDrawn) -> None:
        """Keep the picture for the preview."""
        session = self.state.session
        if session is None:
            return
        if session.ticket and event.job == f"ticket:{session.ticket.id}":
            self.change_session(ticket=replace(session.ticket, picture=event.picture))
        elif event.session_id == session.id:
            self.change_session(slip_picture=event.picture)

    def wipe(self) -> None:
        """Nobody waits for the slip any more: nothing of it comes out when the next person stands there."""
        self._wanted = None
        super().wipe()

    def printed(self, event: TicketPrinted) -> None:
        """A print job has ended: how the awaited slip came out."""
        wanted, result = self._wanted, event.outcome.result
        if wanted is None or wanted.job != event.job or wanted.session_id != event.session_id:
            return
        code = event.outcome.code
        if result is PrintResult.CONFIRMED:
            self._wanted = None
        elif result is PrintResult.FAILED and wanted.tries >= MOST_TRIES:
            self._wanted, code = None, LEFT_TO_STAFF
        elif code != NO_STATUS:
            wanted.again_at = time.monotonic() + PAUSE_SECONDS
        self._show_print(Job(result.value), code)

    # -- inside --------------------------------------------------------------------------------------------------
    def _try_again(self, wanted: _Wanted) -> None:
        wanted.tries += 1
        wanted.again_at = None
        self._show_print(Job.RUNNING, "")
        self._print(wanted.job, wanted.session_id, wanted.slip)

    def _print(self, job: str, session_id: str, slip: Slip) -> None:
        worker = self.parts.workers.get("printer")
        if worker is None:
            self.printed(TicketPrinted("printer", job, session_id, PrintOutcome(PrintResult.FAILED, PRINTER_ABSENT)))
            return
        worker.submit(job, session_id, lambda printer: _draw_and_print(printer, job, session_id, slip))

    def _print_state(self) -> Job:
        session = self.state.session
        if session is None:
            return Job.NONE
        return session.slip_print or (session.ticket.print if session.ticket else Job.NONE)

    def _show_print(self, job: Job, code: str) -> None:
        """On the slip of a dossier, else on the ticket."""
        session = self.state.session
        if session is None:
            return
        if session.slip_print:
            self.change_session(slip_print=job, slip_code=code)
        elif session.ticket:
            self.change_session(ticket=replace(session.ticket, print=job, code=code))


def _draw_and_print(printer: TicketPrinter, job: str, session_id: str, slip: Slip) -> Iterator[object]:
    picture = draw(slip, printer.width_dots)
    yield SlipDrawn(job, session_id, picture)
    yield TicketPrinted("printer", job, session_id, printer.print_page(picture))


def _settle(printer: TicketPrinter, job: str, session_id: str) -> Iterator[object]:
    yield SlipSettled(job, session_id, printer.came_out() if isinstance(printer, CutTeller) else None)
