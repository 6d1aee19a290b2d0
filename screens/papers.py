"""The papers that this case needs: which are scanned, which are still missing."""

from __future__ import annotations

from kivy.properties import StringProperty

from kiosk import forms
from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, RowTile


class PaperRow(RowTile):
    """One paper."""

    component_id = StringProperty("")


class PapersScreen(KioskScreen):
    """One row a paper."""

    def render(self, state: AppState) -> None:
        """Rows with their pages and errors."""
        session = state.session
        if session is None or session.case is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Giấy tờ")
        self.main_text = tr._("Lưu và kiểm tra lại") if session.editing else tr._("Tiếp tục")
        box = self.ids.rows
        needed = forms.needed_papers(session.case.components)
        if [row.component_id for row in reversed(box.children)] != [c.id for c in needed]:
            box.clear_widgets()
            for component in needed:
                row = PaperRow(component_id=component.id)
                row.bind(on_release=lambda r: self.kiosk.open_paper(r.component_id))
                box.add_widget(row)
        for row, component in zip(reversed(box.children), needed, strict=True):
            pages = len(session.papers.get(component.id, ()))
            row.title = tr._(component.title)
            row.icon = "check-circle" if pages else "file-document-outline"
            if component.id in session.errors:
                row.detail = f"{tr.error(session.errors[component.id])} {tr.advice(session.errors[component.id])}"
            elif pages:
                row.detail = tr._("Đã quét {n} trang").format(n=pages)
            else:
                row.detail = tr._("Chưa quét") if component.required else tr._("Chưa quét (không bắt buộc)")
            row.selected = component.id in session.errors

    def main(self) -> None:
        """Go on."""
        self.kiosk.next()


SCREEN = PapersScreen
