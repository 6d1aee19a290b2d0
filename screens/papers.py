"""The papers that this case needs: which are scanned, which are still missing."""

from __future__ import annotations

from collections.abc import Mapping

from kivy.properties import BooleanProperty, StringProperty

from kiosk import forms
from kiosk.catalogue import Component
from kiosk.state import AppState, Session
from screens import theme
from screens.tr import tr
from screens.widgets import KioskScreen, RowTile, show_list


class PapersScreen(KioskScreen):
    """One row a paper."""

    asked = StringProperty("")  # in the province's words, what an earlier dossier lacks
    error = StringProperty("")
    error_detail = StringProperty("")
    lacking = BooleanProperty(False)  # a paper that is needed, and perhaps is not in anybody's bag

    def render(self, state: AppState) -> None:
        """Rows with their pages and errors."""
        session = state.session
        if session is None or session.case is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Giấy tờ")
        self.main_text = tr._("Lưu và kiểm tra lại") if session.editing else tr._("Tiếp tục")
        needed = forms.needed_papers(session.case, session.answers)
        progress = session.following.progress if session.following and self.kiosk.supplementing else None
        self.asked = progress.ask if progress else ""
        rows = [_row(session, component, told=not self.asked) for component in needed]
        show_list(self.ids.rows, self._row, rows)
        code = session.errors.get("papers", "")
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self.lacking = any(session.errors.get(paper.id) for paper in needed) and not self.asked

    def _row(self) -> RowTile:
        row = RowTile()
        row.bind(on_release=lambda r: self.kiosk.open_paper(r.key))
        return row

    def main(self) -> None:
        """Go on."""
        self.kiosk.next()

    def forget(self) -> None:
        """Nothing of the papers stays."""
        self.asked = ""
        self.ids.rows.clear_widgets()
        self.ids.scroll.scroll_y = 1


def _row(session: Session, component: Component, told: bool) -> Mapping[str, object]:
    """A paper, how far it is, and what is wrong; whether it is needed where the case has `told` that."""
    pages, code = len(session.papers.get(component.id, ())), session.errors.get(component.id, "")
    if code:
        detail = " ".join(filter(None, (tr.error(code), _why(session, component), tr.advice(code))))
    elif pages:
        detail = tr._("Đã quét {n} trang. Chạm để xem lại.").format(n=pages)
    else:
        words = tr._("Chưa quét.") if component.required or not told else tr._("Chưa quét (không bắt buộc).")
        detail = f"{words} {_why(session, component) or tr._(component.hint)}".strip()
    icon, color = ("alert-circle", theme.RED) if code else ("file-document-outline", theme.BLUE)
    if pages and not code:
        icon, color = "check-circle", theme.GREEN
    return {
        "key": component.id,
        "title": tr._(component.title),
        "detail": detail,
        "icon": icon,
        "icon_color": color,
        "selected": bool(code),
    }


def _why(session: Session, component: Component) -> str:
    """The answer because of which a paper is asked for."""
    if component.when is None or session.form is None:
        return ""
    said = forms.answer_text(session.form, component.when.question, session.answers)
    return tr._("Cần có, vì bạn chọn «{answer}».").format(answer=tr._(said))


SCREEN = PapersScreen
