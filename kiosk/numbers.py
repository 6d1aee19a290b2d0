"""Numbers: one touch stores a ticket, then prints it (DESIGN 4: durable before promised)."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from devices.events import TicketPrinted
from devices.interfaces import NO_STATUS, PrintOutcome, PrintResult
from kiosk import slips
from kiosk.hall.tickets import HallError, Ticket, TicketState
from kiosk.printing import PrintingVerbs
from kiosk.state import Job, Step, TicketView

log = logging.getLogger(__name__)


class NumberVerbs(PrintingVerbs):
    """Taking numbers."""

    def ask_priority(self) -> None:
        """HOME → PRIORITY."""
        self.change(step=Step.PRIORITY, toast="")

    def choose_priority(self, group: str) -> None:
        """PRIORITY → HOME with the group shown; "" for none."""
        self.change_session(Step.HOME, priority=group)

    def take_number(self, letter: str) -> None:
        """Give the next number of a series and print it; also the counter's number of a prepared dossier."""
        if self.state.step is Step.TICKET:
            return  # a second touch on the same tile is no second number
        procedure = self.session.procedure if self.state.step is Step.CHECKLIST else None
        if procedure is not None:
            letter = self.parts.hall.letter_for(procedure.field, procedure.series)
        ticket = self.issue(letter)
        if ticket is None:
            return
        self.change_session(Step.TICKET, ticket=self.view_of(ticket), priority="")
        view = self.session.ticket
        assert view is not None
        slip = self.ticket_slip(ticket, view)
        if procedure is not None:
            slip = slips.with_checklist(slip, procedure, self.session.preparation, self.state.language)
        # no session: a number that was given is printed also when its citizen has touched «done» meanwhile
        self.print_slip(f"ticket:{ticket.id}", "", slip, awaited=True)

    def take_any_number(self) -> None:
        """→ HOME, where the citizen chooses the series; TICKET where the hall has only one."""
        series = tuple(self.parts.hall.series)
        if len(series) == 1:
            self.take_number(series[0])
        else:
            self.change_session(Step.HOME, coming=None, following=None, errors={})

    def show_ticket(self, qr: str) -> None:
        """HOME, FOLLOW → TICKET: what has become of a number, by the code on its ticket. Raises `HallError`."""
        self.show_number(self.parts.hall.find(qr, self.now()))

    def show_number(self, ticket: Ticket) -> None:
        """→ TICKET: what has become of a number that was given before."""
        view = replace(self.view_of(ticket), print=Job.NONE, standing=ticket.state, counter=ticket.counter)
        self.change_session(Step.TICKET, ticket=view, priority="", errors={})

    def done_with_ticket(self) -> None:
        """TICKET → HOME."""
        self.finish_session()

    def issue(self, letter: str, entry: str = "") -> Ticket | None:
        """A stored number, for the dossier `entry` if there is one; or None with the reason on the glass."""
        try:
            return self.parts.hall.take(letter, self.now(), self.session.priority, self.appointed_for(), entry)
        except HallError as error:
            self.tell(error.code)
            return None

    def appointed_for(self) -> datetime | None:
        """The time of the appointment with which the citizen comes; None without one."""
        return None

    def view_of(self, ticket: Ticket) -> TicketView:
        """A ticket as the glass shows it."""
        hall, now = self.parts.hall, self.now()
        series = hall.series_of(ticket.line)
        return TicketView(
            id=ticket.id,
            number=ticket.label,
            series_title=series.title,
            counters=series.counters,
            issued_at=ticket.issued_at,
            ahead=hall.ahead(ticket, now),
            estimate=hall.forecast(now).tickets.get(ticket.id),
        )

    def ticket_slip(self, ticket: Ticket, view: TicketView, reprint: bool = False) -> slips.Slip:
        """The slip of a ticket."""
        return slips.ticket_slip(
            centre=self.parts.config.site.name,
            number=view.number,
            series_title=view.series_title,
            counters=view.counters,
            issued_at=view.issued_at,
            ahead=view.ahead,
            estimate=view.estimate,
            qr=self.parts.hall.qr_text(ticket),
            priority=ticket.priority,
            language=self.state.language,
            reprint=reprint,
            kept=self.parts.hall.rules.over_night == "keep",
        )

    # -- printing ------------------------------------------------------------------------------------------------
    def printed(self, event: TicketPrinted) -> None:
        """A print job has ended: write it down for staff, show it to the citizen."""
        kind, _, key = event.job.partition(":")
        if kind in ("ticket", "reprint", "linked"):
            self._ticket_printed(int(key.split(":")[0]), event.outcome)
        if kind in ("entry", "numbers") and event.outcome.result is PrintResult.FAILED:
            self.change(staff=replace(self.state.staff, code=event.outcome.code))  # who has asked for it stands there
        session = self.state.session
        linked = session.ticket if session and event.session_id == session.id else None
        if kind == "slip" and session and linked and session.assurance == "declared":
            self._ticket_printed(linked.id, event.outcome)  # its number stands on the same slip
        super().printed(event)

    def _ticket_printed(self, ticket_id: int, outcome: PrintOutcome) -> None:
        # of a slip whose line died nobody knows: it counts as failed until its citizen, or the printer, has told
        failed = outcome.result is not PrintResult.CONFIRMED and outcome.code != NO_STATUS
        state = TicketState.PRINT_FAILED if failed else TicketState.PRINTED
        try:
            self.parts.hall.store.set_print(ticket_id, state, outcome.code)
        except HallError as error:  # a full disk: the ticket stays `issued` and is reconciled at the next start
            log.error("ticket %d: its print was not written down: %s", ticket_id, error.code)
        if failed:
            self.audit("kiosk", "print_failed", ticket=ticket_id, code=outcome.code)
        self.refresh_desk()
