"""Who you are: the printed QR code of the ID card, or the number typed."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from devices.interfaces import Condition
from kiosk.state import AppState
from screens.fields import grouped
from screens.keyboard import keyboard
from screens.tr import tr
from screens.widgets import KioskScreen

NUMBER_LENGTH = 12


class IdentifyScreen(KioskScreen):
    """Two pictures of cards with the code marked; a number pad for those who type."""

    typing = BooleanProperty(False)
    number = StringProperty("")
    shown_number = StringProperty("|")
    error = StringProperty("")
    error_detail = StringProperty("")
    can_scan = BooleanProperty(True)

    def shown(self, state: AppState) -> None:
        """Scanning first; typing at once where there is no scanner."""
        self.forget()
        status = state.devices.get("code_scanner")
        if status is None or status.condition is not Condition.READY:
            self.type_number()

    def render(self, state: AppState) -> None:
        """The scanner's state and what was wrong with the last code or number."""
        status = state.devices.get("code_scanner")
        self.can_scan = status is not None and status.condition is Condition.READY
        errors = state.session.errors if state.session else {}
        code = errors.get("id_number" if self.typing else "scan", "")
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self.main_text = tr._("Tiếp tục") if self.typing else ""
        self.main_disabled = len(self.number) != NUMBER_LENGTH

    def type_number(self) -> None:
        """Bring up the number pad."""
        self.typing = True
        keys = keyboard("digits")
        if keys.parent:
            keys.parent.remove_widget(keys)
        self.ids.pad.add_widget(keys)
        keys.begin(self.number, self._typed, self.main)
        self.render(self.kiosk.state)

    def _typed(self, text: str) -> None:
        keys = keyboard("digits")
        self.number = keys.text = text[:NUMBER_LENGTH]
        self.shown_number = grouped(self.number) + "|"
        self.main_disabled = len(self.number) != NUMBER_LENGTH

    def main(self) -> None:
        """Go on with the typed number."""
        if self.typing and len(self.number) == NUMBER_LENGTH:
            self.kiosk.type_id_number(self.number)

    def forget(self) -> None:
        """No number stays on this screen."""
        self.number, self.shown_number, self.typing = "", "|", False
        keyboard("digits").forget()
        self.ids.pad.clear_widgets()


SCREEN = IdentifyScreen
