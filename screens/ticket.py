"""The ticket: the number, where to sit, and whether the paper came out."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.state import AppState, Job, TicketView
from screens.tr import tr
from screens.widgets import KioskScreen
from screens.wording import listed, not_printed


class TicketScreen(KioskScreen):
    """The number large, what to do with it, and the slip as printed."""

    number = StringProperty("")
    series_title = StringProperty("")
    where = StringProperty("")
    ahead = StringProperty("")
    estimate = StringProperty("")
    tone = StringProperty("warn")
    problem = StringProperty("")
    problem_detail = StringProperty("")
    printing = BooleanProperty(False)
    pointing = BooleanProperty(False)
    asking = BooleanProperty(False)  # the printer has not told whether the slip came out
    picture = ObjectProperty(None, allownone=True)

    def render(self, state: AppState) -> None:
        """Show the ticket and how far its print is."""
        ticket = state.session.ticket if state.session else None
        if ticket is None:
            return
        self.number = ticket.number
        self.series_title = tr._(ticket.series_title)
        self.where = tr._("Quầy {counters}").format(counters=listed(ticket.counters)) if ticket.counters else ""
        if ticket.ahead is None:
            self.ahead = ""
        else:
            self.ahead = tr._("{n} người").format(n=ticket.ahead) if ticket.ahead else tr._("Không có ai")
        told = ticket.estimate
        self.estimate = tr._("Khoảng {n} phút").format(n=told.in_minutes) if told and told.in_minutes else ""
        self.picture = ticket.picture
        self.printing = ticket.print is Job.RUNNING
        self.pointing = ticket.print in (Job.CONFIRMED, Job.UNCONFIRMED)
        self.asking = ticket.print is Job.UNCONFIRMED
        self._problem(ticket)

    def _problem(self, ticket: TicketView) -> None:
        self.problem = self.problem_detail = ""
        if ticket.print is Job.FAILED:
            self.tone = "error"
            self.problem = tr._("Chưa in được phiếu, nhưng số {number} là của bạn.").format(number=ticket.number)
            self.problem_detail = not_printed(
                ticket.code,
                tr._("Hoặc hãy ghi lại hay chụp ảnh số này. Số đã được lưu, cán bộ sẽ in lại phiếu cho bạn."),
            )
        elif ticket.print is Job.UNCONFIRMED:
            self.tone = "warn"
            self.problem = tr._("Phiếu của bạn đã ra chưa?")
            self.problem_detail = tr._("Máy in không báo lại. Hãy nhìn vào khe lấy phiếu.")

    def main(self) -> None:
        """Done."""
        self.kiosk.done_with_ticket()

    def on_leave(self, *_: object) -> None:
        """The next person's number starts without this one's picture."""
        self.picture, self.pointing, self.problem = None, False, ""


SCREEN = TicketScreen
