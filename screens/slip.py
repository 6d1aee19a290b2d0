"""The provisional slip: where the dossier is, what to do next, and whether the paper came out."""

from __future__ import annotations

from datetime import datetime, tzinfo

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.identity import Assurance
from kiosk.state import AppState, Job, Session
from offline_queue.entry import Receipt
from screens.tr import tr
from screens.widgets import KioskScreen
from screens.wording import listed, not_printed


class SlipScreen(KioskScreen):
    """Says «received» only once the province has said so."""

    received = BooleanProperty(False)
    whereabouts = StringProperty("")
    whereabouts_detail = StringProperty("")
    code = StringProperty("")
    number = StringProperty("")
    next_text = StringProperty("")
    next_detail = StringProperty("")
    tone = StringProperty("warn")
    problem = StringProperty("")
    problem_detail = StringProperty("")
    printing = BooleanProperty(False)
    pointing = BooleanProperty(False)
    failed = BooleanProperty(False)
    asking = BooleanProperty(False)  # the printer has not told whether the slip came out
    picture = ObjectProperty(None, allownone=True)

    def render(self, state: AppState) -> None:
        """Show whereabouts, next step and print."""
        session = state.session
        if session is None:
            return
        self.code = session.provisional_code
        self.picture = session.slip_picture
        self.printing = session.slip_print is Job.RUNNING
        self.pointing = session.slip_print in (Job.CONFIRMED, Job.UNCONFIRMED)
        self.failed = session.slip_print is Job.FAILED
        self.asking = session.slip_print is Job.UNCONFIRMED
        self._whereabouts(session, state)
        self._next(session)
        self._problem(session)

    def _whereabouts(self, session: Session, state: AppState) -> None:
        # who has a number waits for it; their dossier goes on its way without them
        rest = tr._("Bạn không cần chờ ở đây.") if not session.ticket else tr._("Bạn không phải làm gì thêm ở máy này.")
        self.received = session.receipt is not None
        if session.receipt is not None:
            self.whereabouts = tr._("Tỉnh đã nhận: {code}").format(code=session.receipt.code)
            self.whereabouts_detail = _due(session.receipt, state.now.tzinfo if state.now else None) or tr._(
                "Đây là mã hồ sơ chính thức của bạn."
            )
        elif state.online is False:
            self.whereabouts = tr._("Hồ sơ đã lưu an toàn, sẽ tự gửi khi có mạng.")
            self.whereabouts_detail = rest
        else:
            self.whereabouts = tr._("Hồ sơ đã lưu an toàn và đang được gửi đi.")
            self.whereabouts_detail = rest

    def _next(self, session: Session) -> None:
        ticket = session.ticket
        self.number = ticket.number if ticket else ""
        if session.assurance is not Assurance.DECLARED:
            self.next_text = tr._("Bạn đã xong việc ở đây.")
            self.next_detail = tr._("Hãy giữ phiếu để hỏi về hồ sơ.")
        elif ticket and ticket.counters:
            self.next_text = tr._("Mang thẻ căn cước đến quầy {counters} để hoàn tất.").format(
                counters=listed(ticket.counters)
            )
            self.next_detail = tr._("Mời ngồi chờ đến khi số này được gọi.")
        elif ticket:
            self.next_text = tr._("Mang thẻ căn cước đến quầy khi số này được gọi để hoàn tất.")
            self.next_detail = ""
        else:
            self.next_text = tr._("Mang thẻ căn cước đến quầy để hoàn tất.")
            self.next_detail = tr._("Khi đến, mời lấy số thứ tự tại máy này.")

    def _problem(self, session: Session) -> None:
        self.problem = self.problem_detail = ""
        if self.failed:
            self.tone = "error"
            self.problem = tr._("Chưa in được phiếu. Hồ sơ của bạn vẫn an toàn.")
            self.problem_detail = not_printed(session.slip_code, tr._("Hoặc hãy ghi lại hay chụp ảnh mã hồ sơ tạm."))
        elif self.asking:
            self.tone = "warn"
            self.problem = tr._("Phiếu của bạn đã ra chưa?")
            self.problem_detail = tr._("Máy in không báo lại. Hãy nhìn vào khe lấy phiếu.")

    def main(self) -> None:
        """Done; everything personal is cleared."""
        self.kiosk.leave_slip()

    def on_leave(self, *_: object) -> None:
        """Nothing of this dossier stays on a screen that is kept."""
        self.picture, self.pointing = None, False
        self.code = self.number = self.whereabouts = self.problem = ""


def _due(receipt: Receipt, zone: tzinfo | None) -> str:
    """The day of the result here, only when the province has given one."""
    if not receipt.due_at:
        return ""
    due = datetime.fromisoformat(receipt.due_at).astimezone(zone)
    return tr._("Hẹn trả kết quả ngày {day}.").format(day=f"{due:%d/%m/%Y}")


SCREEN = SlipScreen
