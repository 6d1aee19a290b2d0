"""What became of a dossier: by the code on its slip, without anything about the person."""

from __future__ import annotations

from datetime import datetime

from kivy.properties import BooleanProperty, StringProperty

from kiosk.state import AppState
from offline_queue.entry import RETURNED, EntryState
from screens.tr import tr
from screens.widgets import KioskScreen

TIME = "%H:%M · %d/%m/%Y"


class LookupScreen(KioskScreen):
    """The official code, large, once there is one; else since when it waits, or that staff should look."""

    code = StringProperty("")  # official, or provisional as long as there is no other
    label = StringProperty("")
    provisional = StringProperty("")
    tone = StringProperty("ok")
    said = StringProperty("")
    detail = StringProperty("")
    stored = StringProperty("")
    received = StringProperty("")
    due = StringProperty("")
    official = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """One entry of the outbox."""
        entry = state.session.lookup if state.session else None
        if entry is None or state.now is None:
            return
        zone = state.now.tzinfo
        self.official = entry.receipt is not None
        self.code = entry.receipt.code if entry.receipt else entry.provisional_code
        self.label = tr._("Mã hồ sơ chính thức") if self.official else tr._("Mã hồ sơ tạm")
        self.provisional = entry.provisional_code if self.official else ""
        self.stored = entry.created_at.astimezone(zone).strftime(TIME)
        receipt = entry.receipt
        self.received = datetime.fromisoformat(receipt.received_at).astimezone(zone).strftime(TIME) if receipt else ""
        due = datetime.fromisoformat(receipt.due_at) if receipt and receipt.due_at else None
        self.due = due.astimezone(zone).strftime("%d/%m/%Y") if due else ""
        match entry.state:
            case EntryState.DELIVERED:
                self.tone, self.said = "ok", tr._("Tỉnh đã nhận hồ sơ của bạn.")
                self.detail = tr._("Hãy ghi lại hoặc chụp ảnh mã này.")
            case EntryState.REJECTED:
                self.tone, self.said = "warn", tr._("Hồ sơ cần cán bộ xem lại.")
                self.detail = tr._("Mời bạn mang phiếu này đến quầy.")
            case EntryState.CLOSED if entry.last_error == RETURNED:
                self.tone, self.said = "warn", tr._("Hồ sơ này đã được trả lại cho bạn để bổ sung.")
                self.detail = tr._("Hãy nộp lại tại máy này, hoặc hỏi cán bộ ở quầy.")
            case EntryState.CLOSED:
                self.tone, self.said = "info", tr._("Hồ sơ này đã được chuyển sang máy khác của trung tâm.")
                self.detail = tr._("Mời bạn mang phiếu này đến quầy để tra cứu.")
            case _:
                self.tone, self.said = "info", tr._("Hồ sơ được giữ an toàn ở máy này và đang chờ gửi.")
                self.detail = tr._("Máy sẽ tự gửi khi có mạng. Bạn không phải làm gì thêm.")
        self.main_text = tr._("Xong")

    def main(self) -> None:
        """Back to home, for the next person."""
        self.kiosk.finish()

    def forget(self) -> None:
        """No code stays on this screen."""
        self.code = self.provisional = self.stored = self.received = self.due = ""


SCREEN = LookupScreen
