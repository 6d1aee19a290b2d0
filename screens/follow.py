"""A code: of a slip, of a receipt, of an appointment. Shown to the scanner, or typed on large keys."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from devices.interfaces import Condition
from kiosk.state import AppState
from screens import theme
from screens.keyboard import Keyboard, keyboard, lay_keyboard
from screens.tr import tr
from screens.widgets import KioskScreen

LONGEST_TYPED = 40
LEAST_TYPED = 6


class FollowScreen(KioskScreen):
    """What was typed, large, as it stands on paper; no key types what no code holds."""

    typed = StringProperty("")
    error = StringProperty("")
    error_detail = StringProperty("")
    can_scan = BooleanProperty(True)
    low = BooleanProperty(False)  # within reach on an upright glass: there is room for the keys and what they type

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        keyboard("code")  # built while nobody waits

    def shown(self, _state: AppState) -> None:
        """What was typed is kept when somebody comes back from a mistyped code."""
        self._lay_keys()

    def render(self, state: AppState) -> None:
        """The scanner's state, and what was wrong with the last code."""
        status = state.devices.get("code_scanner")
        self.can_scan = status is not None and status.condition is Condition.READY
        code = state.session.errors.get("code", "") if state.session else ""
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self.main_text = tr._("Xem hồ sơ")
        self.main_disabled = len(self.typed) < LEAST_TYPED
        low = bool(theme.T.REACH) and not self.wide
        if low is not self.low:
            self.low = low
            self._lay_keys()
        keyboard(self._keys).key_height = 88 if low else 96 if self.wide else 108

    def _typed(self, text: str) -> None:
        self.typed = text.upper()
        self.main_disabled = len(text) < LEAST_TYPED
        self._capitals(keyboard(self._keys))

    @property
    def _keys(self) -> str:
        return "code-reach" if self.low else "code"

    def _lay_keys(self) -> None:
        keys = lay_keyboard(self.ids.pad, self._keys)
        keys.begin(self.typed, self._typed, self.main, max_length=LONGEST_TYPED)
        self._capitals(keys)

    @staticmethod
    def _capitals(keys: Keyboard) -> None:
        keys.shift = True

    def main(self) -> None:
        """Look it up."""
        self.kiosk.type_code(self.typed)

    def forget(self) -> None:
        """No code stays on this screen."""
        self.typed = self.error = self.error_detail = ""
        for kind in ("code", "code-reach"):
            keyboard(kind).forget()


SCREEN = FollowScreen
