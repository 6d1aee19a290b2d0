"""Choosing a date by decade, year, month and day instead of typing it."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from kivy.core.window import Window
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label

from kiosk.forms.checks import EARLIEST_YEAR
from screens import theme
from screens.tr import tr
from screens.widgets import Column

LONGEST_MONTH = 31
YEARS_AHEAD = 10  # for a date that may lie in the future


def ignore(_value: str) -> None:
    """Nobody waits for an answer."""


def nothing() -> None:
    """Nobody waits for the end."""


class Cell(ButtonBehavior, Label):
    """One number or word of a picker."""

    selected = BooleanProperty(False)
    longest = StringProperty("")  # as long as the longest of its neighbours: all are written in one size


@dataclass(frozen=True)
class _Choice:
    text: str
    act: Callable[[], None]
    selected: bool = False
    possible: bool = True


class DatePicker(Column):
    """Four touches: decade → year → month → day; impossible dates are never offered."""

    title = StringProperty("")
    can_up = BooleanProperty(False)
    can_clear = BooleanProperty(False)  # at the first choice, where there is none to go back to
    columns = NumericProperty(3)
    rows = NumericProperty(5)  # as many as the fullest choice needs
    unfinished = BooleanProperty(False)  # somebody wanted to go on with a date half chosen

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._cells = [Cell() for _ in range(LONGEST_MONTH)]  # built while nobody waits
        for cell in self._cells:
            cell.bind(on_release=self._touched)
        self._choices: Sequence[_Choice] = ()
        self._old: date | None = None
        self._since = 0
        self._up: Callable[[], None] | None = None
        self._clearable = self._begun = False
        self._on_date: Callable[[str], None] = ignore
        self._on_done: Callable[[], None] = nothing
        self._on_close: Callable[[], None] = nothing
        self._on_year: Callable[[int], None] | None = None

    def begin(
        self,
        value: str,
        today: date,
        past: bool,
        on_date: Callable[[str], None],
        on_done: Callable[[], None],
        ahead: int = YEARS_AHEAD,
        since: int | None = None,
        near: bool = False,
        on_close: Callable[[], None] | None = None,
        can_clear: bool = False,
        on_year: Callable[[int], None] | None = None,
    ) -> None:
        """Start with the decades, or with the years `near` today; `past` dates end today, others `ahead` years later;
        `since`: the first year; `on_close`: without another date; `can_clear`: it may be left empty; `on_year`: the
        year alone is an answer too.

        `value` is the ISO date chosen before, or "".
        """
        self._since = since or 0
        self._on_date, self._on_done, self._on_close = on_date, on_done, on_close or nothing
        self._on_year, self._begun = on_year, False
        self._last = today if past else date(today.year + ahead, 12, 31)
        try:
            self._old = date.fromisoformat(value)
        except ValueError:
            self._old = None
        self._clearable = can_clear and self._old is not None
        if near:
            self.years(today.year // 10 * 10)
        else:
            self.decades()

    def decades(self) -> None:
        """First: about when."""
        newest = self._last.year // 10 * 10
        decades = range(EARLIEST_YEAR // 10 * 10, newest + 1, 10)
        old = self._old.year // 10 * 10 if self._old else None
        choices = [_Choice(f"{d} – {d + 9}", partial(self.years, d), d == old) for d in decades if d + 9 >= self._since]
        self._show(tr._("Chọn khoảng năm"), 3, choices, None)

    def years(self, decade: int) -> None:
        """Then: the year."""
        old = self._old.year if self._old else None
        choices = [
            _Choice(str(y), partial(self.months, y), y == old, self._since <= y <= self._last.year)
            for y in range(decade, decade + 10)
        ]
        self._show(tr._("Chọn năm"), 4, choices, self.decades)

    def months(self, year: int) -> None:
        """Then: the month."""
        old = self._old.month if self._old and self._old.year == year else None
        choices = [
            _Choice(
                tr._("Tháng {n}").format(n=m),
                partial(self.days, year, m),
                m == old,
                date(year, m, 1) <= self._last,
            )
            for m in range(1, 13)
        ]
        if self._on_year:
            choices.append(_Choice(tr._("Chỉ biết năm"), partial(self._on_year, year)))
        self._show(tr._("Năm {year}, chọn tháng").format(year=year), 3, choices, lambda: self.years(year // 10 * 10))

    def days(self, year: int, month: int) -> None:
        """Last: the day; only days that this month has."""
        dates = [date(year, month, d) for d in range(1, monthrange(year, month)[1] + 1)]
        choices = [_Choice(str(d.day), partial(self._chosen, d), d == self._old, d <= self._last) for d in dates]
        title = tr._("Tháng {month}, năm {year}: chọn ngày").format(month=month, year=year)
        self._show(title, 7, choices, lambda: self.months(year))

    def up(self) -> None:
        """One choice back."""
        if self._up:
            self._up()
            self._begun = self._begun and self.can_up

    def half_chosen(self) -> bool:
        """Whether part of a date is chosen; then it is said that the rest is missing."""
        self.unfinished = self._begun
        return self._begun

    def clear(self) -> None:
        """No date after all."""
        on_date, on_close = self._on_date, self._on_close
        on_date("")
        on_close()

    def close(self) -> None:
        """Leave the date as it was."""
        self._on_close()

    def forget(self) -> None:
        """No date stays here."""
        self._old = self._up = self._on_year = None
        self._begun = self.unfinished = False
        self._on_date, self._on_done, self._on_close = ignore, nothing, nothing

    def _show(self, title: str, columns: int, choices: Sequence[_Choice], up: Callable[[], None] | None) -> None:
        self.title, self._choices, self._up, self.can_up = title, choices, up, up is not None
        self.can_clear = self._clearable and up is None
        self.unfinished = False
        grid = self.ids.grid
        grid.clear_widgets()
        low = theme.T.REACH and Window.height > Window.width  # one row less: the field stays in sight above it
        self.columns, self.rows = (columns + 1, 4) if low else (columns, 5)
        longest = re.sub(r"\d", "0", max((choice.text for choice in choices), key=len))  # no digit is wider
        for cell, choice in zip(self._cells, choices, strict=False):
            cell.longest = longest
            cell.text, cell.selected, cell.disabled = choice.text, choice.selected, not choice.possible
            grid.add_widget(cell)

    def _touched(self, cell: Cell) -> None:
        self._begun = True
        self._choices[self._cells.index(cell)].act()

    def _chosen(self, day: date) -> None:
        on_date, on_done = self._on_date, self._on_done
        on_date(day.isoformat())
        on_done()
