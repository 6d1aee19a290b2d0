"""Who you are: the printed QR code of the ID card, or the number typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kivy.metrics import dp
from kivy.properties import AliasProperty, BooleanProperty, NumericProperty, StringProperty

from devices.interfaces import Condition
from kiosk.state import AppState
from screens import theme
from screens.fields import grouped
from screens.keyboard import keyboard, lay_keyboard
from screens.tr import tr
from screens.widgets import WIDE, KioskScreen

NUMBER_LENGTH = 12
LOW_SCALE = 0.6  # of the pictures on an upright glass whose controls are kept low


class IdentifyScreen(KioskScreen):
    """Two pictures of cards with the code marked; a number pad for those who type."""

    typing = BooleanProperty(False)
    number = StringProperty("")
    shown_number = StringProperty("")
    digits = NumericProperty(0)
    error = StringProperty("")
    error_detail = StringProperty("")
    offline = StringProperty("")
    left = StringProperty("")  # the card of who was here before
    laid = StringProperty("")  # a card lies on the reader
    can_scan = BooleanProperty(True)
    wide = AliasProperty(lambda self: self.width > self.height * 1.1, bind=("width", "height"))  # also a low one
    beside = AliasProperty(lambda self: self.wide and self.width > dp(WIDE), bind=("wide",))  # cards, other ways
    low = BooleanProperty(False)  # an upright glass whose controls are all in its lower half
    scale = AliasProperty(  # of a card
        lambda self: LOW_SCALE if self.low or (self.wide and not self.beside) else 1, bind=("beside", "low")
    )
    by_phone = BooleanProperty(False)  # the site offers VNeID

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._before: Mapping[str, str] | None = None  # what was wrong before the number pad came up
        keyboard("number")  # built while nobody waits

    def shown(self, state: AppState) -> None:
        """Scanning first; typing at once where there is no scanner."""
        self.forget()
        self._look(state)
        self.by_phone = self.kiosk.parts.config.vneid is not None
        if not self.can_scan:
            self.type_number()

    def render(self, state: AppState) -> None:
        """The scanner's state and what was wrong with the last code or number."""
        self._look(state)
        if not self.can_scan and not self.typing:
            self.type_number()
            return
        errors = state.session.errors if state.session else {}
        code = errors.get("scan", "")
        if self.typing and ("id_number" in errors or errors is self._before):
            code = errors.get("id_number", "")
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self.offline = "" if self.can_scan else tr._("Máy đọc mã đang nghỉ. Bạn nhập số bằng tay nhé.")
        own = state.card_present and not state.card_left
        self.laid = tr._("Đã thấy thẻ trên đầu đọc.") if own and not self.error else ""
        self.left = tr.error("card_left") if state.card_left else ""
        self.main_text = tr._("Tiếp tục") if self.typing else tr._("Nhập số bằng tay")
        self.main_icon = "arrow-right" if self.typing else "dialpad"
        self.main_plain = not self.typing
        self._judge()
        self.on_wide()

    def on_wide(self, *_: object) -> None:
        """Taller keys where there is room."""
        keyboard("number").key_height = 96 if self.wide or theme.T.REACH else 120
        self.low = theme.T.REACH and not self.wide

    def _look(self, state: AppState) -> None:
        status = state.devices.get("code_scanner")
        self.can_scan = status is not None and status.condition is Condition.READY

    def type_number(self) -> None:
        """Bring up the number pad."""
        self.typing = True
        session = self.kiosk.state.session
        self._before = session.errors if session else None
        keys = lay_keyboard(self.ids.pad, "number")
        keys.begin(self.number, self._typed, self.main, max_length=NUMBER_LENGTH)
        self._typed(self.number)
        self.render(self.kiosk.state)

    def scan_instead(self) -> None:
        """Put the number pad away."""
        self.forget()
        self.render(self.kiosk.state)

    def _typed(self, text: str) -> None:
        self.number, self.digits = text, len(text)
        self.shown_number = grouped(text)
        self._judge()

    def _judge(self) -> None:
        self.main_disabled = self.typing and self.digits != NUMBER_LENGTH

    def main(self) -> None:
        """Type the number, then go on with it."""
        if not self.typing:
            self.type_number()
        elif self.digits == NUMBER_LENGTH:
            self.kiosk.type_id_number(self.number)

    def forget(self) -> None:
        """No number stays on this screen."""
        self._typed("")
        self.typing = False
        self.error = self.error_detail = ""
        keyboard("number").forget()
        self.ids.pad.clear_widgets()


SCREEN = IdentifyScreen
