"""Choosing instead of typing: a date by decade, year, month and day; one of a long list with a search."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk import places
from kiosk.places import Place
from kiosk.text import fold
from screens.keyboard import keyboard
from screens.tr import tr
from screens.widgets import Action, RowTile

FIRST_DECADE = 1920
ROWS = 40


class DatePicker(BoxLayout):
    """Four touches: decade → year → month → day; impossible dates are never offered."""

    title = StringProperty("")

    def begin(self, on_date: Callable[[str], None], on_done: Callable[[], None]) -> None:
        """Start with the decades."""
        self._on_date, self._on_done = on_date, on_done
        self._today = date.today()  # noqa: DTZ011  the calendar offers days, the rules check them in the site's zone
        self._decades()

    def _show(self, title: str, columns: int, choices: Sequence[tuple[str, Callable[[], None]]]) -> None:
        self.title = title
        grid = self.ids.grid
        grid.clear_widgets()
        grid.cols = columns
        for text, act in choices:
            button = Action(text=text)
            button.bind(on_release=lambda _b, act=act: act())
            grid.add_widget(button)

    def _decades(self) -> None:
        decades = range(self._today.year // 10 * 10, FIRST_DECADE - 1, -10)
        choices = [(f"{d} – {d + 9}", lambda d=d: self._years(d)) for d in decades]
        self._show(tr._("Sinh vào những năm nào?"), 3, choices)

    def _years(self, decade: int) -> None:
        years = range(decade, min(decade + 10, self._today.year + 1))
        self._show(tr._("Năm nào?"), 4, [(str(y), lambda y=y: self._months(y)) for y in years])

    def _months(self, year: int) -> None:
        choices = [(tr._("Tháng {n}").format(n=m), lambda m=m: self._days(year, m)) for m in range(1, 13)]
        self._show(str(year), 3, choices)

    def _days(self, year: int, month: int) -> None:
        days = range(1, monthrange(year, month)[1] + 1)
        choices = [(str(d), lambda d=d: self._chosen(date(year, month, d))) for d in days]
        self._show(f"{month:02d}/{year}", 7, choices)

    def _chosen(self, day: date) -> None:
        self._on_date(day.isoformat())
        self._on_done()


class ListPicker(BoxLayout):
    """One of many: a search, the matching names, the first ones before anything is typed."""

    title = StringProperty("")
    query = StringProperty("")

    def begin(
        self, title: str, search: Callable[[str], Sequence[tuple[str, str, str]]], on_value: Callable[[str], None]
    ) -> None:
        """`search(words)` gives (value, name, detail); `on_value` gets the chosen value."""
        self.title, self.query = title, ""
        self._search, self._on_value = search, on_value
        keys = keyboard("letters")
        if keys.parent:
            keys.parent.remove_widget(keys)
        self.ids.pad.add_widget(keys)
        keys.begin("", self._typed, lambda: None)
        self._typed("")

    def _typed(self, text: str) -> None:
        self.query = text
        rows = self.ids.rows
        rows.clear_widgets()
        for value, name, detail in self._search(text)[:ROWS]:
            row = RowTile(title=name, detail=detail)
            row.bind(on_release=lambda _r, value=value: self._on_value(value))
            rows.add_widget(row)
        self.ids.scroll.scroll_y = 1


def ethnic_rows(query: str) -> list[tuple[str, str, str]]:
    """The 54 groups that match."""
    wanted = fold(query)
    return [(g.code, g.name, "") for g in places.ethnic_groups() if wanted in fold(g.name)]


def commune_rows(province: str) -> Callable[[str], list[tuple[str, str, str]]]:
    """Communes that match, those of the site's province first."""
    names = {p.code: p.name for p in places.provinces()}

    def search(query: str) -> list[tuple[str, str, str]]:
        found: Sequence[Place] = places.search_communes(query, province) if query else places.communes(province)
        return [(p.code, p.name, names.get(p.parent, "")) for p in found]

    return search
