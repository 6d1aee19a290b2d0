"""The technician's screen: each device's state with advice, and the log of changes."""

from __future__ import annotations

from typing import Any

from kivy.properties import ColorProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus
from kiosk.state import AppState
from screens import theme
from screens.tr import tr
from screens.widgets import KioskScreen

NAMES = {
    "printer": "Máy in phiếu",
    "code_scanner": "Máy đọc mã",
    "document_scanner": "Máy quét giấy tờ",
    "card_reader": "Đầu đọc thẻ",
}
ICONS = {
    "printer": "printer",
    "code_scanner": "barcode-scan",
    "document_scanner": "scanner",
    "card_reader": "card-account-details-outline",
}
CONDITIONS = {
    Condition.READY: ("Sẵn sàng", theme.GREEN_TEXT),
    Condition.ATTENTION: ("Cần người xử lý", theme.AMBER_TEXT),
    Condition.FAULT: ("Hỏng", theme.RED),
    Condition.OFFLINE: ("Không tìm thấy", theme.RED),
}
LOG_ROWS = 30


class DeviceCard(BoxLayout):
    """One device: what it is, how it is, what to do."""

    title = StringProperty("")
    icon = StringProperty("")
    state_text = StringProperty("")
    state_color = ColorProperty(theme.MUTED)
    advice = StringProperty("")

    def show(self, kind: str, status: DeviceStatus | None) -> None:
        """Fill the card; None: this kiosk has no such device."""
        self.title = tr._(NAMES[kind])
        self.icon = ICONS[kind]
        if status is None:
            self.state_text, self.state_color, self.advice = tr._("Không có trong cấu hình"), theme.MUTED, ""
            return
        words, self.state_color = CONDITIONS[status.condition]
        self.state_text = tr._(words)
        line = tr.technician_line(status.code) or tr.advice(status.code)
        self.advice = " ".join(part for part in (tr.error(status.code), line) if part)


class LogRow(BoxLayout):
    """One change of one device."""

    time = StringProperty("")
    text = StringProperty("")


class DiagnosticsScreen(KioskScreen):
    """Cards above, log below."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._logged: tuple[object, ...] = ()
        self.cards = {kind: DeviceCard() for kind in DEVICE_KINDS}
        for card in self.cards.values():
            self.ids.cards.add_widget(card)

    def main(self) -> None:
        """Lock."""
        self.kiosk.log_out()

    def render(self, state: AppState) -> None:
        """States now, and what changed."""
        for kind, card in self.cards.items():
            card.show(kind, state.devices.get(kind))
        key = (state.device_log, state.language)
        if key == self._logged:
            return
        self._logged = key
        rows = self.ids.rows
        rows.clear_widgets()
        for line in state.device_log[:LOG_ROWS]:
            words = tr._(CONDITIONS[line.status.condition][0])
            reason = f" – {tr.error(line.status.code)}" if line.status.code else ""
            rows.add_widget(
                LogRow(time=line.at.strftime("%H:%M:%S"), text=f"{tr._(NAMES[line.device])}: {words}{reason}")
            )


SCREEN = DiagnosticsScreen
