"""What to bring, per case, before any typing."""

from __future__ import annotations

from collections.abc import Mapping

from kivy.properties import BooleanProperty, StringProperty

from kiosk.catalogue import Case, Component, Procedure
from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import Fact, KioskScreen, Option, show_list
from screens.wording import fee_amount


class BringScreen(KioskScreen):
    """The cases, then the papers of the chosen one, the fee and the time."""

    title = StringProperty("")
    fee = StringProperty("")
    fee_note = StringProperty("")
    duration = StringProperty("")
    result = StringProperty("")
    several = BooleanProperty(False)
    chosen = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """Show procedure, cases, papers."""
        session = state.session
        if session is None or session.procedure is None:
            return
        procedure, case = session.procedure, session.case
        self.title = tr._(procedure.name)
        self.several = len(procedure.cases) > 1
        self.chosen = case is not None
        self.main_disabled = not self.chosen
        self.fee = fee_amount(procedure.fee)
        self.fee_note = tr._(procedure.fee.note) if procedure.fee else ""
        self.duration = tr._(procedure.duration_text) or tr._("Do tỉnh quy định")
        self.result = tr._(procedure.result)
        cases = procedure.cases if self.several else ()
        show_list(
            self.ids.cases,
            self._option,
            [{"key": c.id, "text": tr._(c.title), "selected": case is not None and c.id == case.id} for c in cases],
        )
        show_list(self.ids.papers, Fact, _papers(procedure, case))

    def main(self) -> None:
        """Begin."""
        self.kiosk.start_dossier()

    def _option(self) -> Option:
        option = Option()
        option.bind(on_release=lambda o: self.kiosk.choose_case(o.key))
        return option


def _papers(procedure: Procedure, case: Case | None) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = [
        {"icon": _bring_icon(text), "label": "", "value": tr._(text), "detail": ""} for text in procedure.bring
    ]
    return rows + [_paper(component) for component in (case.components if case else ())]


def _paper(component: Component) -> Mapping[str, object]:
    """A paper, what happens to it here, and how it must lie."""
    how = tr._("Quét tại máy này.") if component.scan else tr._("Đưa cho cán bộ ở quầy.")
    needed = "" if component.required else tr._("Nếu có.")
    return {
        "icon": "scanner" if component.scan else "file-document-outline",
        "label": "",
        "value": tr._(component.title),
        "detail": " ".join(filter(None, (needed, how, tr._(component.hint)))),
    }


def _bring_icon(text: str) -> str:
    words = text.casefold()
    return (
        "card-account-details-outline"
        if "thẻ căn cước" in words or "giấy tờ tùy thân" in words
        else "file-document-outline"
    )


SCREEN = BringScreen
