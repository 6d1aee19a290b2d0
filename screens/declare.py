"""«Tôi cam đoan…»: one tick, then the dossier is submitted."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kiosk.dossier import SUPPLEMENT
from kiosk.errands.slips import counted
from kiosk.fees import COPIES
from kiosk.identity import Assurance
from kiosk.slips import format_vnd
from kiosk.state import AppState, Job, Session
from kiosk.submission import due_lines, priced_now
from screens.guide_words import fee_online
from screens.tr import tr
from screens.widgets import KioskScreen


class DeclareScreen(KioskScreen):
    """The declaration in full, a large box, and what became of submitting."""

    procedure = StringProperty("")
    fee = StringProperty("")
    fee_detail = StringProperty("")
    slip = StringProperty("")  # what comes out of the printer, and what it is for
    ticked = BooleanProperty(False)
    saving = BooleanProperty(False)
    problem = StringProperty("")
    problem_detail = StringProperty("")

    def shown(self, _state: AppState) -> None:
        """Nobody declares by somebody else's tick, nor by one from before a change."""
        self.ticked = False
        self.ids.scroll.scroll_y = 1

    def render(self, state: AppState) -> None:
        """Show whether it is being stored, or why it was not."""
        session = state.session
        if session is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Cam đoan và nộp")
        self.procedure = tr._(session.procedure.name) if session.procedure else ""
        self._show_fee(session)
        printed, here = tr._("Máy in cho bạn một phiếu có mã hồ sơ và việc cần làm tiếp."), Assurance.VERIFIED
        later = tr._("Máy in phiếu có số thứ tự: bạn mang phiếu và thẻ căn cước đến quầy để hoàn tất.")
        self.slip = printed if session.assurance is here else later
        self.saving = session.submit is Job.RUNNING
        failed = session.submit is Job.FAILED
        self.problem = tr.error(session.submit_code) if failed else ""
        self.problem_detail = tr.advice(session.submit_code) if failed else ""
        self.can_back = not self.saving
        self.main_text = tr._("Đang lưu hồ sơ…") if self.saving else tr._("Nộp hồ sơ")
        self.main_icon = "timer-sand" if self.saving else "send"

    def _show_fee(self, session: Session) -> None:
        """The sum before anything is handed in, and when it is paid."""
        lines = due_lines(session, self.kiosk.now())
        table = self.kiosk.parts.config.payment
        total = sum(line.total_vnd for line in lines)
        self.fee = self.fee_detail = ""
        if total:
            explained, whole = " + ".join(map(counted, lines)), format_vnd(total)
            whole = whole if explained == whole else f"{explained} = {whole}"
            self.fee = tr._("Lệ phí: {sum}").format(sum=whole)
            now, later = tr._("Bạn trả ngay sau đó, hoặc trả tại quầy."), tr._("Chưa phải trả bây giờ.")
            self.fee_detail = now if table and table.when == "submission" else later
        elif session.procedure and session.form and session.form.id != SUPPLEMENT:
            at = self.kiosk.now()
            amount, why = fee_online(priced_now(session, session.procedure, at), at.date())
            self.fee = tr._("Lệ phí: {sum}").format(sum=amount)
            beside = tr._("Bản sao có thể phải nộp lệ phí.") if session.answers.get(COPIES, "0") != "0" else ""
            self.fee_detail = ". ".join(filter(None, (why.rstrip("."), beside)))

    def main(self) -> None:
        """Submit."""
        self.kiosk.declare()


SCREEN = DeclareScreen
