"""The notice on the use of personal data, with optional consents that nobody has ticked yet."""

from __future__ import annotations

from kivy.properties import ListProperty, StringProperty

from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, Option, show_list

# Law 91/2025/QH15: the public duty is told in a notice; everything beyond it needs consent for each purpose
PURPOSES = {
    "sms_updates": "Nhắn tin cho tôi khi có kết quả",
    "survey": "Gọi cho tôi để hỏi ý kiến về dịch vụ",
}


class NoticeScreen(KioskScreen):
    """What, why, who, how long, which rights; then one box for each purpose that needs consent."""

    procedure = StringProperty("")
    ticked = ListProperty()

    def shown(self, state: AppState) -> None:
        """What this person consented to before, nothing for a new one."""
        self.ticked = list(state.session.consents) if state.session else []

    def render(self, state: AppState) -> None:
        """Show the procedure and the boxes."""
        session = state.session
        self.procedure = tr._(session.procedure.name) if session and session.procedure else ""
        self._boxes()

    def main(self) -> None:
        """Read; with or without consents the way goes on."""
        self.kiosk.accept_notice(tuple(purpose for purpose in PURPOSES if purpose in self.ticked))

    def _boxes(self) -> None:
        rows = [{"key": p, "text": tr._(text), "selected": p in self.ticked} for p, text in PURPOSES.items()]
        show_list(self.ids.purposes, self._box, rows)

    def _box(self) -> Option:
        box = Option(many=True)
        box.bind(on_release=lambda b: self._toggle(b.key))
        return box

    def _toggle(self, purpose: str) -> None:
        if purpose in self.ticked:
            self.ticked.remove(purpose)
        else:
            self.ticked.append(purpose)
        self._boxes()


SCREEN = NoticeScreen
