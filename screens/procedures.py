"""What can be done at this machine."""

from __future__ import annotations

from collections.abc import Iterable

from kivy.properties import BooleanProperty

from kiosk.search import Hit, why_text
from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, RowTile, show_list


class ProceduresScreen(KioskScreen):
    """Two groups: what is submitted here, and what is prepared here for a counter."""

    some_online = BooleanProperty(False)
    some_prepare = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """The procedures that were found, each in its group, best first."""
        online = [procedure for procedure in state.results if not procedure.prepare]
        prepare = [procedure for procedure in state.results if procedure.prepare]
        self.some_online, self.some_prepare = bool(online), bool(prepare)
        self._show(self.ids.online, online)
        self._show(self.ids.prepare, prepare)

    def _show(self, box: object, hits: Iterable[Hit]) -> None:
        rows = [
            {"key": hit.code, "title": tr._(hit.name), "detail": why_text(hit, tr._), "icon": hit.icon} for hit in hits
        ]
        show_list(box, self._row, rows)

    def _row(self) -> RowTile:
        row = RowTile(size_hint_y=1)
        row.bind(on_release=lambda r: self.kiosk.choose_procedure(r.key))
        return row


SCREEN = ProceduresScreen
