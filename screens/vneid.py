"""Identification by phone: a code for VNeID, then the answer of the phone; where to get an account of level 2."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kiosk.errands import Phone, PhoneStage
from kiosk.state import AppState
from screens.qr_view import QrBeside, QrCard
from screens.tr import tr
from screens.widgets import KioskScreen

__all__ = ["SCREEN", "QrBeside", "QrCard"]


class VneidScreen(KioskScreen):
    """One code, three short steps; every end says what to do next."""

    tone = StringProperty("info")
    said = StringProperty("")
    detail = StringProperty("")
    qr = StringProperty("")
    waiting = BooleanProperty(False)
    low_level = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """One identification."""
        phone = state.session.phone if state.session else None
        if phone is None:
            return
        self.waiting = phone.stage is PhoneStage.WAITING
        self.low_level = phone.stage is PhoneStage.LOW_LEVEL
        self.qr = phone.session.qr if phone.session and self.waiting else ""
        self.tone, self.said, self.detail = _standing(phone)
        again = phone.stage in (PhoneStage.REFUSED, PhoneStage.EXPIRED, PhoneStage.FAILED)
        self.main_text = tr._("Lấy số gặp công an") if self.low_level else (tr._("Lấy mã mới") if again else "")
        self.main_icon = "ticket-outline" if self.low_level else "refresh"

    def shown(self, _state: AppState) -> None:
        """What is said first."""
        self.ids.scroll.scroll_y = 1

    def main(self) -> None:
        """The number for the police, or another code."""
        if self.low_level:
            self.kiosk.take_level_2_number()
        else:
            self.kiosk.identify_by_phone()

    def forget(self) -> None:
        """No code stays on this screen."""
        self.qr = self.said = self.detail = ""


def _standing(phone: Phone) -> tuple[str, str, str]:
    match phone.stage:
        case PhoneStage.STARTING:
            return "info", tr._("Đang lấy mã VNeID…"), tr._("Thường chỉ mất vài giây.")
        case PhoneStage.WAITING if phone.why:
            return (
                "warn",
                tr._("Chưa kết nối được với hệ thống của tỉnh."),
                tr._("Máy đang tiếp tục hỏi. Bạn đợi chút."),
            )
        case PhoneStage.WAITING:
            return "info", tr._("Đang đợi bạn đồng ý trên điện thoại…"), tr._("Mã dùng được trong vài phút.")
        case PhoneStage.LOW_LEVEL:
            return (
                "warn",
                tr._("Tài khoản VNeID của bạn chưa ở mức 2."),
                tr._("Công an xã, phường cấp mức 2 miễn phí, cần thẻ căn cước và chính bạn. Mời lấy số."),
            )
        case PhoneStage.REFUSED:
            return (
                "warn",
                tr._("Bạn đã từ chối trên điện thoại."),
                tr._("Không có gì được gửi đi. Bạn có thể làm cách khác."),
            )
        case PhoneStage.EXPIRED:
            return "warn", tr._("Mã đã hết hạn."), tr._("Bạn lấy mã mới, hoặc làm cách khác.")
    said = tr.error(phone.why) if phone.why.startswith("id_number") else ""
    said = said or tr._("Chưa kết nối được với hệ thống của tỉnh.")
    return "warn", said, tr._("Bạn dùng thẻ căn cước, hoặc thử lại sau ít phút.")


SCREEN = VneidScreen
