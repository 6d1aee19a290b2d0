"""«Take your card and papers», before the slip; a warning while something still lies there."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kiosk.state import AppState
from screens import theme
from screens.tr import tr
from screens.widgets import KioskScreen


class CollectScreen(KioskScreen):
    """A picture of what must not be left behind; a warning while card or paper still lies there."""

    picture = str(theme.ASSETS / "illustrations" / "collect.png")
    left = BooleanProperty(False)
    said = StringProperty("")
    said_detail = StringProperty("")

    def render(self, state: AppState) -> None:
        """Warn while the card is on the reader, or a paper in the scanner."""
        paper = bool(state.session and state.session.paper_left)
        self.left = state.card_present or paper
        if state.card_present:
            self.said = tr._("Thẻ của bạn vẫn còn trên đầu đọc.")
            self.said_detail = tr._("Hãy cầm lấy thẻ rồi tiếp tục.")
        elif paper:
            self.said = tr._("Giấy tờ của bạn vẫn còn trong máy quét.")
            self.said_detail = tr._("Hãy mở nắp máy quét, lấy giấy rồi tiếp tục.")
        else:
            self.said = tr._("Hồ sơ đã được lưu an toàn.")
            self.said_detail = tr._("Máy sẽ in phiếu cho bạn ngay sau đây.")

    def main(self) -> None:
        """Everything is taken."""
        self.kiosk.collected()


SCREEN = CollectScreen
