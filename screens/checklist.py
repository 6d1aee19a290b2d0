"""What to hand over at the counter, the fee, and then the number."""

from __future__ import annotations

from collections.abc import Mapping

from kivy.properties import StringProperty

from kiosk import preparing
from kiosk.catalogue import Procedure
from kiosk.state import AppState, Preparation, SeriesView
from screens.tr import tr
from screens.widgets import Fact, KioskScreen, show_list
from screens.wording import fee_amount, listed, money


class ChecklistScreen(KioskScreen):
    """The papers to have ready; the main action takes the number for the right counter."""

    title = StringProperty("")
    fee = StringProperty("")
    wanted = StringProperty("")
    wanted_label = StringProperty("")
    amount = StringProperty("")
    where = StringProperty("")
    closed = StringProperty("")
    closed_detail = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show what was prepared, and whether a number can be had now."""
        session = state.session
        if session is None or session.procedure is None:
            return
        procedure, given = session.procedure, session.preparation
        self.title = tr._(procedure.short_name or procedure.name)
        self.wanted = tr._(given.kind)
        asked = tr._("Trường hợp của bạn") if procedure.cases else tr._("Bạn cần")
        self.wanted_label = asked if self.wanted else ""
        self.amount = _amount(procedure, given)
        self.fee = money(given.fee_vnd) if given.fee_vnd else fee_amount(procedure.fee)
        show_list(self.ids.papers, Fact, [_paper(text) for text in preparing.to_bring(procedure, session.case)])
        series = next((s for s in state.series if s.letter == procedure.series), None)
        self._counter(series, state.closed_code)

    def _counter(self, series: SeriesView | None, closed_code: str) -> None:
        code = closed_code or (series.closed_code if series else "")
        self.closed, self.closed_detail = tr.error(code), tr.advice(code)
        self.main_disabled = bool(code)
        self.where = (
            tr._("Quầy {counters}").format(counters=listed(series.counters)) if series and series.counters else ""
        )

    def main(self) -> None:
        """A number of the series that handles this procedure."""
        session = self.kiosk.state.session
        if session is not None and session.procedure is not None:
            self.kiosk.take_number(session.procedure.series)


def _amount(procedure: Procedure, given: Preparation) -> str:
    """How many, where the fee goes by it."""
    if preparing.counts_pages(procedure):
        words = tr._("Bản chính {pages} trang, cần {copies} bản sao")
        return words.format(pages=given.pages, copies=given.copies)
    return tr._("{n} giấy tờ").format(n=given.copies) if preparing.counts_copies(procedure) else ""


def _paper(text: str) -> Mapping[str, object]:
    return {"icon": "checkbox-marked-circle-outline", "value": tr._(text)}


SCREEN = ChecklistScreen
