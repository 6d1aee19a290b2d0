"""Preparing certified copies: kind of paper, pages, copies; the fee is seen at once."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty

from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen, Option, show_list
from screens.wording import money


class PrepareScreen(KioskScreen):
    """Kinds as options, two counters, the fee."""

    title = StringProperty("")
    pages = NumericProperty(1)
    copies = NumericProperty(1)
    fee = StringProperty("")
    sum_text = StringProperty("")
    fee_note = StringProperty("")
    error = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show what was chosen and what it costs."""
        session = state.session
        if session is None or session.procedure is None:
            return
        given = session.preparation
        self.title = tr._(session.procedure.short_name or session.procedure.name)
        self.pages, self.copies = given.pages, given.copies
        kinds = [{"key": k, "text": tr._(k), "selected": k == given.kind} for k in session.procedure.kinds]
        show_list(self.ids.kinds, self._option, kinds)
        self.fee = tr._("Do tỉnh quy định") if given.fee_vnd is None else money(given.fee_vnd)
        self.sum_text = "" if given.fee_vnd is None else _sum(given.fee_vnd, given.copies)
        self.fee_note = tr._(session.procedure.fee.note) if session.procedure.fee else ""
        self.error = tr.error(session.errors.get("kind", ""))

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


def _sum(fee_vnd: int, copies: int) -> str:
    """How the fee comes about: so much a copy, times the copies."""
    words = tr._("{copies} bản × {each} một bản")
    return words.format(copies=copies, each=money(fee_vnd // copies)) if copies else ""


SCREEN = PrepareScreen
