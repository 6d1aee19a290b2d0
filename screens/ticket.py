"""The ticket: the number, where to sit, and whether the paper came out."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.hall.tickets import WAITING, TicketState
from kiosk.state import AppState, Job, TicketView
from screens.tr import tr
from screens.widgets import KioskScreen
from screens.wording import listed, not_printed

STANDING = {  # of a number whose ticket was scanned: tone, what is said, what to do
    TicketState.CALLED: ("ok", "Số của bạn đang được gọi.", "Mời đến quầy {number} ngay."),
    TicketState.SERVING: ("ok", "Số của bạn đang được phục vụ ở quầy {number}.", ""),
    TicketState.HELD: ("info", "Cán bộ quầy {number} đang giữ số cho bạn.", "Xong phần bổ sung, mời quay lại quầy đó."),
    TicketState.ABSENT: (
        "warn",
        "Số của bạn đã được gọi mà chưa thấy bạn.",
        "Số đã chuyển xuống cuối hàng và sẽ được gọi lại. Mời ngồi gần quầy.",
    ),
}


class TicketScreen(KioskScreen):
    """The number large, what to do with it, and the slip as printed."""

    heading = StringProperty("")
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
    waits = BooleanProperty(True)
    picture = ObjectProperty(None, allownone=True)

    def render(self, state: AppState) -> None:
        """Show the ticket and how far its print is."""
        ticket = state.session.ticket if state.session else None
        if ticket is None:
            return
        self.heading = tr._("Số của bạn") if ticket.standing else tr._("Bạn đã có số")
        self.number = ticket.number
        self.waits = ticket.standing is None or ticket.standing in WAITING
        self.series_title = tr._(ticket.series_title)
        self.where = tr._("Quầy {counters}").format(counters=listed(ticket.counters)) if ticket.counters else ""
        if ticket.ahead is None or not self.waits:
            self.ahead = ""
        else:
            self.ahead = tr._("{n} người").format(n=ticket.ahead) if ticket.ahead else tr._("Không có ai")
        told = ticket.estimate if self.waits else None
        self.estimate = tr._("Khoảng {n} phút").format(n=told.in_minutes) if told and told.in_minutes else ""
        if not self.waits:
            self.where = tr._("Quầy {number}").format(number=ticket.counter)
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
        elif ticket.standing in STANDING:
            self.tone, said, detail = STANDING[ticket.standing]
            self.problem = tr._(said).format(number=ticket.counter)
            self.problem_detail = tr._(detail).format(number=ticket.counter)

    def main(self) -> None:
        """Done."""
        self.kiosk.done_with_ticket()

    def on_leave(self, *_: object) -> None:
        """The next person's number starts without this one's picture."""
        self.picture, self.pointing, self.problem = None, False, ""


SCREEN = TicketScreen
