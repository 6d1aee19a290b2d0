"""«Tôi cam đoan…»: one tick, then the dossier is submitted."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kiosk.state import AppState, Job
from screens.tr import tr
from screens.widgets import KioskScreen


class DeclareScreen(KioskScreen):
    """The declaration in full, a large box, and what became of submitting."""

    procedure = StringProperty("")
    ticked = BooleanProperty(False)
    saving = BooleanProperty(False)
    problem = StringProperty("")
    problem_detail = StringProperty("")

    def shown(self, _state: AppState) -> None:
        """Nobody declares by somebody else's tick, nor by one from before a change."""
        self.ticked = False

    def render(self, state: AppState) -> None:
        """Show whether it is being stored, or why it was not."""
        session = state.session
        if session is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Cam đoan và nộp")
        self.procedure = tr._(session.procedure.name) if session.procedure else ""
        self.saving = session.submit is Job.RUNNING
        failed = session.submit is Job.FAILED
        self.problem = tr.error(session.submit_code) if failed else ""
        self.problem_detail = tr.advice(session.submit_code) if failed else ""
        self.can_back = not self.saving
        self.main_text = tr._("Đang lưu hồ sơ…") if self.saving else tr._("Nộp hồ sơ")
        self.main_icon = "timer-sand" if self.saving else "send"

    def main(self) -> None:
        """Submit."""
        self.kiosk.declare()


SCREEN = DeclareScreen
