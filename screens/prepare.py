"""Preparing what is done at the counter: kind of paper or case, pages, copies; the fee is seen at once."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty

from kiosk import preparing
from kiosk.catalogue import Procedure
from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, Option, show_list
from screens.wording import fee_amount, money


class PrepareScreen(KioskScreen):
    """Kinds as options, two counters, the fee."""

    title = StringProperty("")
    pages = NumericProperty(1)
    copies = NumericProperty(1)
    fee = StringProperty("")
    sum_text = StringProperty("")
    fee_note = StringProperty("")
    error = StringProperty("")
    question = StringProperty("")
    columns = NumericProperty(2)
    copies_label = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show what was chosen and what it costs."""
        session = state.session
        if session is None or session.procedure is None:
            return
        given = session.preparation
        self.title = tr._(session.procedure.short_name or session.procedure.name)
        self.pages, self.copies = given.pages, given.copies
        by_case = bool(session.procedure.cases)
        self.question = tr._("Bạn ở trường hợp nào?") if by_case else tr._("Bạn cần chứng thực giấy tờ gì?")
        self.columns = 1 if by_case else 2
        self._count(session.procedure)
        kinds = [{"key": k, "text": tr._(k), "selected": k == given.kind} for k in session.procedure.kinds]
        show_list(self.ids.kinds, self._option, kinds)
        self.fee = fee_amount(session.procedure.fee) if not given.fee_vnd else money(given.fee_vnd)
        counted = given.fee_vnd is not None and preparing.counts_copies(session.procedure)
        by_pages = preparing.counts_pages(session.procedure)
        self.sum_text = _sum(given.fee_vnd or 0, given.copies, by_pages) if counted else ""
        self.fee_note = tr._(session.procedure.fee.note) if session.procedure.fee else ""
        self.error = tr.error(session.errors.get("kind", ""))

    def _count(self, procedure: Procedure) -> None:
        """Only what the fee goes by is counted."""
        wanted = [
            *([self.ids.pages] if preparing.counts_pages(procedure) else []),
            *([self.ids.copies] if preparing.counts_copies(procedure) else []),
        ]
        by_pages = preparing.counts_pages(procedure)
        self.copies_label = tr._("Số bản cần sao") if by_pages else tr._("Số giấy tờ cần chứng thực")
        box, facts = self.ids.counters, self.ids.facts
        if list(reversed(box.children)) != wanted:
            box.clear_widgets()
            for counter in wanted:
                box.add_widget(counter)
        if not wanted and box.parent:
            facts.remove_widget(box)
        elif wanted and box.parent is None:
            facts.add_widget(box, index=len(facts.children))

    def main(self) -> None:
        """To the checklist."""
        self.kiosk.next()

    def count_pages(self, pages: int) -> None:
        """The citizen counted; what `render` shows is no news."""
        if pages != self.pages:
            self.kiosk.prepare(pages=pages)

    def count_copies(self, copies: int) -> None:
        """As for pages."""
        if copies != self.copies:
            self.kiosk.prepare(copies=copies)

    def _option(self) -> Option:
        option = Option(size_hint_y=1)
        option.bind(on_release=lambda o: self.kiosk.prepare(kind=o.key))
        return option


def _sum(fee_vnd: int, copies: int, by_pages: bool) -> str:
    """How the fee comes about: so much a copy or a paper, times how many."""
    words = tr._("{copies} bản × {each} một bản") if by_pages else tr._("{copies} giấy tờ × {each}")
    return words.format(copies=copies, each=money(fee_vnd // copies)) if copies else ""


SCREEN = PrepareScreen
