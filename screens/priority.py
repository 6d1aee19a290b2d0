"""Priority: which group the next number is for."""

from __future__ import annotations

from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, RowTile, show_list

# group (also kept with the ticket) → icon, detail
GROUPS = {
    "Người cao tuổi": ("human-cane", "Từ 60 tuổi"),
    "Người khuyết tật nặng": ("wheelchair", ""),
    "Phụ nữ mang thai": ("human-pregnant", ""),
    "Có con nhỏ dưới 36 tháng": ("baby-carriage", ""),
    "Người có công với cách mạng": ("medal-outline", ""),
    "Trẻ em": ("human-child", ""),
    "Quay lại bổ sung hồ sơ": ("file-undo-outline", ""),
    "": ("account-outline", ""),
}


class PriorityScreen(KioskScreen):
    """One touch chooses a group; home then shows it."""

    def render(self, state: AppState) -> None:
        """The groups, with the chosen one marked."""
        chosen = state.session.priority if state.session else ""
        rows = [
            {
                "key": group,
                "title": tr._(group) if group else tr._("Không ưu tiên"),
                "detail": tr._(detail),
                "icon": icon,
                "selected": bool(group) and group == chosen,
            }
            for group, (icon, detail) in GROUPS.items()
        ]
        show_list(self.ids.groups, self._row, rows)

    def _row(self) -> RowTile:
        row = RowTile(size_hint_y=1)
        row.bind(on_release=lambda r: self.kiosk.choose_priority(r.key))
        return row


SCREEN = PriorityScreen
