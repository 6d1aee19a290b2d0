"""The other two doors: staff and technicians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kiosk import open_numbers, staff
from kiosk.clerk_events import PinChecked
from kiosk.core import Parts
from kiosk.desk_events import DeskAsked
from kiosk.errands.paying import PayVerbs
from kiosk.hall.tickets import HallError, Ticket
from kiosk.needs import HELP_CALLED, SEEN_BY_STAFF
from kiosk.state import AppState, StaffTicket, StaffView, Step
from offline_queue.entry import OutboxEntry

DOORS = {"staff": Step.STAFF, "technician": Step.DIAGNOSTICS}
STOPPED = "stopped_by_staff"
REASONS = {"paper": "Hết hoặc kẹt giấy", "lost": "Người dân làm mất", "unreadable": "In mờ", "other": "Lý do khác"}
PETITION_NAME = "Góp ý, phản ánh"
OUTBOX_ROWS = 50


class DeskVerbs(PayVerbs):
    """Logging in, tickets of the day, reprints, series, outbox."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._delay = staff.LoginDelay()
        self.rang_for = ""  # id of the session in which staff were rung for
        self._asking: DeskAsked | None = None  # the officer at the pages for whom a verb runs
        if STOPPED in self.state.outbox.notices:
            self.change(trouble=STOPPED)

    def desk_asked(self, event: DeskAsked) -> None:
        """Do for an officer at the pages what they could do here; `event.answer` gets the code of what came of it."""
        if not event.answer.set_running_or_notify_cancel():
            return  # the page has given up waiting, and told so
        self._asking = event
        try:
            ASKED[event.verb](self, *event.arguments)
        finally:
            self._asking = None
            if not event.answer.done():
                event.answer.set_result("desk_not_done")

    def open_door(self, role: str) -> None:
        """→ LOGIN with the names that may use this door."""
        names = tuple(a.name for a in self.parts.accounts if a.role == role)
        self.change(step=Step.LOGIN, toast="", staff=StaffView(names=names, role=role))

    def log_in(self, name: str, pin: str) -> None:
        """Check a PIN on the clerk's thread; wrong ones delay the next try but never lock anybody out."""
        view = self.state.staff
        now = self.now()
        retry_at = self._delay.retry_at(name, now)
        if view.checking:
            return
        if retry_at and now < retry_at:
            self.change(staff=replace(view, retry_at=retry_at, code="pin_wait"))
            return
        account = next((a for a in self.parts.accounts if a.name == name and a.role == view.role), None)
        self.change(staff=replace(view, checking=True, code=""))
        self.parts.clerk.do(lambda: PinChecked(name, staff.verify(account, pin)), failed=PinChecked(name, right=False))

    def pin_checked(self, event: PinChecked) -> None:
        """Open the door, or say that the PIN was wrong and when the next try is taken."""
        view = self.state.staff
        if self.state.step is not Step.LOGIN:
            return
        if not event.right:
            retry_at = self._delay.wrong(event.name, self.now())
            self.audit(event.name, "pin_wrong")
            self.change(staff=replace(view, checking=False, wrong=view.wrong + 1, retry_at=retry_at, code="pin_wrong"))
            return
        self._delay.right(event.name)
        self.audit(event.name, "logged_in", role=view.role)
        self.change(step=DOORS[view.role], staff=replace(view, checking=False, name=event.name, code=""))
        self.refresh_desk()

    def log_out(self) -> None:
        """Back to the citizens."""
        if self.state.staff.name:
            self.audit(self.state.staff.name, "logged_out")
        self.change(step=Step.HOME, staff=StaffView(), toast="")

    def reprint_ticket(self, ticket_id: int, reason: str) -> None:
        """Print a ticket again, marked as a reprint; the reason goes to the audit log."""
        who = self._officer()
        if not who or reason not in REASONS:
            return
        try:
            ticket = self.parts.hall.store.reprint(ticket_id, reason, who)
        except HallError as error:
            self._refused(error.code)
            return
        self.audit(who, "reprinted", ticket=ticket.label, reason=reason)
        self.leave_to_staff(f"ticket:{ticket_id}")
        self.print_slip(f"reprint:{ticket_id}", "", self.ticket_slip(ticket, self.view_of(ticket), reprint=True))
        self._said("reprint_sent")

    def pause_series(self, letter: str) -> None:
        """Give no more numbers of this series."""
        self._switch(letter, self.parts.hall.store.pause, "series_paused", "series_was_paused")

    def reopen_series(self, letter: str) -> None:
        """Give numbers of this series again."""
        self._switch(letter, self.parts.hall.store.reopen, "series_reopened", "series_was_reopened")

    def print_open_numbers(self) -> None:
        """The numbers that have not ended, on paper: so the hall can go on by hand."""
        if who := self._officer():
            try:
                slip = open_numbers.list_of(self.parts)
            except HallError as error:
                self.tell(error.code)
                return
            self.audit(who, "open_numbers_printed")
            self.print_slip(open_numbers.JOB, "", slip)
            self._said("list_sent")

    def retry_entry(self, entry_id: str) -> None:
        """Send an entry of the outbox now."""
        if who := self._officer():
            self.parts.outbox.retry_now(entry_id)
            self.audit(who, "entry_retried")
            self.parts.sender.wake()
            self._said("entry_will_be_sent")

    @property
    def desk_page(self) -> str:
        """Where officers open their pages; "" when there are none."""
        hall = self.parts.config.hall
        return f"{'https' if hall.certificate else 'http'}://{hall.listen}" if hall.listen else ""

    def entry_title(self, entry: OutboxEntry) -> str:
        """What staff and citizen both know it by: the procedure's short name and the code on the slip."""
        procedure = self.parts.catalogue.procedures.get(entry.procedure_code)
        table = self.parts.config.feedback
        if table and procedure is None and entry.procedure_code == table.procedure_code:
            return f"{PETITION_NAME} · {entry.provisional_code}"
        name = procedure.short_name if procedure else entry.procedure_code
        return f"{name} · {entry.provisional_code or entry.id[:8]}"

    def reprint_entry(self, entry_id: str, reason: str) -> None:
        """Print the provisional slip of a stored dossier again; the reason goes to the audit log."""
        who, entry = self._officer(), self.parts.outbox.get(entry_id)
        if not who or entry is None or reason not in REASONS:
            return
        slip = self.slip_of_entry(entry)
        if slip is None:
            self._said("slip_unknown_procedure")
            return
        self.audit(who, "slip_reprinted", entry=entry_id, reason=reason)
        self.print_slip(f"entry:{entry_id[:8]}", "", slip)
        self._said("reprint_sent")

    def call_help(self) -> None:
        """A citizen rings for staff: told on the screens and pages of the desk until somebody comes."""
        if HELP_CALLED not in self.state.outbox.notices:
            self.parts.outbox.notice(HELP_CALLED, self.now().strftime("%H:%M"))
            self.audit("kiosk", "help_called", step=self.state.step.value)
            self.change(outbox=self.parts.outbox.counts())
        self.rang_for = self.state.session.id if self.state.session else ""
        self.tell("help_is_coming")

    def seen(self, code: str) -> None:
        """Staff have read a notice that does not end by itself."""
        if (who := self._officer()) and code in SEEN_BY_STAFF:
            self.parts.outbox.end_notice(code)
            self.audit(who, "notice_seen", code=code)
            self.change(outbox=self.parts.outbox.counts())
            self._answer("notice_was_seen")

    def refunded(self, payment_id: str) -> None:
        """A fee was given back, or settled otherwise."""
        if who := self._officer():
            self.audit(who, "refunded")
            self.parts.clerk.do(lambda: self.parts.ledger.refunded(payment_id), failed=None)
            self.read_refunds()

    def confirm_clock(self) -> None:
        """The clock is right, and was ahead once: cancel the tickets of later days, give numbers again."""
        if who := self._officer():
            try:
                count = self.parts.hall.store.cancel_later(self.parts.hall.day(self.now()))
            except HallError as error:
                self.tell(error.code)
                return
            self.audit(who, "clock_confirmed", tickets_cancelled=count)
            self._said("clock_confirmed")

    def stop_service(self) -> None:
        """Citizens see that the machine rests, also after a restart; both doors stay open."""
        if who := self._officer():
            self.audit(who, "service_stopped")
            self.change(trouble=STOPPED)
            self.parts.outbox.notice(STOPPED, self.now().strftime("%H:%M"))
            self.change(outbox=self.parts.outbox.counts())

    def resume_service(self) -> None:
        """Serve citizens again."""
        if who := self._officer():
            self.audit(who, "service_resumed")
            self.change(trouble="")
            self.parts.outbox.end_notice(STOPPED)
            self.change(outbox=self.parts.outbox.counts())

    def refresh_desk(self) -> None:
        """Read the lists again while they are on the glass."""
        if self.state.step not in (Step.STAFF, Step.DIAGNOSTICS):
            return
        hall = self.parts.hall
        tickets = tuple(_row(t) for t in reversed(hall.store.of_day(hall.day(self.now()))))
        entries = tuple(replace(e, payload={}) for e in self.parts.outbox.list(limit=OUTBOX_ROWS))
        paused = tuple(sorted(hall.store.paused()))
        self.change(staff=replace(self.state.staff, tickets=tickets, entries=entries, paused=paused))

    def _switch(self, letter: str, verb: Callable[[str, str], None], act: str, said: str) -> None:
        who = self._officer()
        if not who:
            return
        try:
            verb(letter, who)
        except HallError as error:
            self.tell(error.code)
            return
        self.audit(who, act, series=letter)
        self._said(said)

    def _officer(self) -> str:
        if self._asking is not None:
            return self._asking.officer
        state: AppState = self.state
        return state.staff.name if state.step in (Step.STAFF, Step.PAPER, Step.DIAGNOSTICS) else ""

    def _said(self, code: str) -> None:
        self.refresh_hall()
        self.refresh_desk()
        if not self._answer(code):
            self.change(staff=replace(self.state.staff, code=code))

    def _refused(self, code: str) -> None:
        if not self._answer(code):
            self.tell(code)

    def _answer(self, code: str) -> bool:
        """Tell it to the page that has asked; False when nobody at a page has: then it belongs on the glass."""
        if self._asking is None:
            return False
        if not self._asking.answer.done():
            self._asking.answer.set_result(code)
        return True


def _row(ticket: Ticket) -> StaffTicket:
    return StaffTicket(
        ticket.id,
        ticket.label,
        ticket.state.value,
        ticket.issued_at,
        ticket.print_code,
        ticket.priority,
        ticket.reprints,
    )


# what the pages may ask for, by name
ASKED: Mapping[str, Callable[..., None]] = {
    "reprint_ticket": DeskVerbs.reprint_ticket,
    "seen": DeskVerbs.seen,
}
