"""An appointed time: what it is for, when, and its number."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kiosk.errands import Asked, Coming
from kiosk.errands.appointments import in_time
from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen


class AppointmentScreen(KioskScreen):
    """The appointment, large; one touch takes its number."""

    tone = StringProperty("info")
    said = StringProperty("")
    detail = StringProperty("")
    code = StringProperty("")
    hours = StringProperty("")
    day = StringProperty("")
    procedure = StringProperty("")
    known = BooleanProperty(False)
    again = BooleanProperty(False)
    asks = BooleanProperty(False)  # nothing is known: an officer can help

    def render(self, state: AppState) -> None:
        """One appointment."""
        coming = state.session.coming if state.session else None
        if coming is None or state.now is None:
            return
        self.code = coming.code
        found, zone = coming.appointment, state.now.tzinfo
        self.known = found is not None
        self.again = coming.asked is Asked.FAILED
        if found is None:
            self.tone, self.said, self.detail = _unknown(coming)
            self.hours = self.day = self.procedure = ""
        else:
            start, end = found.start.astimezone(zone), found.end.astimezone(zone)
            self.hours, self.day = f"{start:%H:%M} – {end:%H:%M}", f"{start:%d/%m/%Y}"
            procedure = self.kiosk.parts.catalogue.procedures.get(found.procedure_code)
            self.procedure = tr._(procedure.name) if procedure else ""
            if in_time(found, state.now):
                self.tone, self.said = "ok", tr._("Bạn đến đúng hẹn.")
                self.detail = tr._("Lấy số để được gọi theo giờ hẹn.")
            elif state.now.date() < start.date():
                self.tone, self.said = "info", tr._("Lịch hẹn của bạn là ngày {day}.").format(day=self.day)
                self.detail = tr._("Mời bạn quay lại ngày đó, hoặc lấy số thường bây giờ.")
            elif state.now < found.start:
                self.tone, self.said = "info", tr._("Chưa đến giờ hẹn.")
                self.detail = tr._("Bạn có thể đợi đến giờ hẹn, hoặc lấy số thường bây giờ.")
            else:
                self.tone, self.said = "warn", tr._("Đã qua giờ hẹn.")
                self.detail = tr._("Bạn vẫn được phục vụ. Mời lấy số thường.")
        self.asks = coming.asked in (Asked.UNKNOWN, Asked.FAILED)
        self.main_text = tr._("Lấy số") if found or self.asks else ""
        self.main_icon = "ticket-outline"

    def main(self) -> None:
        """The number; without an appointment one as any other."""
        if self.known:
            self.kiosk.take_appointed_number()
        else:
            self.kiosk.take_ordinary_number()

    def forget(self) -> None:
        """No code stays on this screen."""
        self.code = self.hours = self.day = self.procedure = self.said = self.detail = ""


def _unknown(coming: Coming) -> tuple[str, str, str]:
    match coming.asked:
        case Asked.WAITING:
            return "info", tr._("Đang hỏi hệ thống của tỉnh…"), tr._("Thường chỉ mất vài giây.")
        case Asked.UNKNOWN:
            return (
                "warn",
                tr._("Không có lịch hẹn mang mã này."),
                tr._("Bạn xem lại mã, lấy số như thường, hoặc gọi cán bộ."),
            )
    return (
        "warn",
        tr._("Chưa kết nối được với hệ thống của tỉnh."),
        tr._("Bạn thử lại, lấy số như thường, hoặc gọi cán bộ."),
    )


SCREEN = AppointmentScreen
