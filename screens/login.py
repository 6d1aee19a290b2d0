"""The other two doors: choose your name, type your PIN."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, Option, Press

MAX_PIN = 12
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "back")
KEY_ICONS = {"clear": "close", "back": "backspace-outline"}


class PinKey(Press):
    """One key of the PIN pad."""

    text = StringProperty("")
    icon = StringProperty("")


class LoginScreen(KioskScreen):
    """Names at the top, PIN pad below; wrong PINs delay, they never lock anybody out."""

    role = StringProperty("staff")
    name = StringProperty("")
    officer = StringProperty("")
    pin = StringProperty("")
    revealed = BooleanProperty(False)
    names = ListProperty()
    message = StringProperty("")
    message_detail = StringProperty("")

    def on_kv_post(self, _base: object) -> None:
        """Build the pad once."""
        for key in KEYS:
            button = PinKey(key=key, text="" if key in KEY_ICONS else key, icon=KEY_ICONS.get(key, ""))
            button.bind(on_release=lambda b: self.press(b.key))
            self.ids.pad.add_widget(button)

    def shown(self, _state: AppState) -> None:
        """Nothing of an earlier try is left."""
        self.pin = ""
        self.revealed = False
        self.officer = ""

    def render(self, state: AppState) -> None:
        """Names of this door, and what came of the last try."""
        view = state.staff
        if view.role != self.role or list(view.names) != self.names:
            self.role = view.role
            self.names = list(view.names)
            self._show_names()
        if len(self.names) == 1 or self.officer not in self.names:
            self._choose(self.names[0] if self.names else "")
        self.message = tr.error(view.code) if self.names else tr._("Chưa có tài khoản nào cho cửa này.")
        self.message_detail = tr.advice(view.code)
        self.main_text = tr._("Đăng nhập")
        self.main_icon = "login"
        self.main_disabled = view.checking or not self.officer or len(self.pin) < 4

    def _show_names(self) -> None:
        box = self.ids.names
        box.clear_widgets()
        for name in self.names:
            option = Option(text=name)
            option.bind(on_release=lambda o: self._choose(o.text))
            box.add_widget(option)

    def _choose(self, name: str) -> None:
        self.officer = name
        for option in self.ids.names.children:
            option.selected = option.text == name

    def press(self, key: str) -> None:
        """One key of the pad."""
        if key == "clear":
            self.pin = ""
        elif key == "back":
            self.pin = self.pin[:-1]
        elif len(self.pin) < MAX_PIN:
            self.pin += key
        self.main_disabled = self.kiosk.state.staff.checking or not self.officer or len(self.pin) < 4

    def reveal(self) -> None:
        """Show or hide what was typed."""
        self.revealed = not self.revealed

    def main(self) -> None:
        """Try the PIN; it leaves this screen at once."""
        pin, self.pin, self.revealed = self.pin, "", False
        self.kiosk.log_in(self.officer, pin)

    def on_leave(self, *_: object) -> None:
        """No PIN stays in a widget."""
        self.pin, self.revealed = "", False


SCREEN = LoginScreen
