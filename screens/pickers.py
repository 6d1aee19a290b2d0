"""Choosing instead of typing: a date by decade, year, month and day; one of a long list with a search."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from kivy.core.window import Window
from kivy.properties import (
    AliasProperty,
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.recycleview import RecycleView

from kiosk import forms, places
from kiosk.forms import Question, QuestionType
from kiosk.forms.checks import EARLIEST_YEAR
from kiosk.text import fold
from screens import theme
from screens.keyboard import Keyboard, keyboard, lay_keyboard, letters_layout
from screens.tr import tr
from screens.widgets import Action, Column

LONGEST_MONTH = 31
ENDINGS = ("@gmail.com", "@yahoo.com", "@")
YEARS_AHEAD = 10  # for a date that may lie in the future


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
        self._on_date: Callable[[str], None] = _ignore
        self._on_done: Callable[[], None] = _nothing
        self._on_close: Callable[[], None] = _nothing
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
        self._on_date, self._on_done, self._on_close = on_date, on_done, on_close or _nothing
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
        self._on_date, self._on_done, self._on_close = _ignore, _nothing, _nothing

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


class Endings(BoxLayout):
    """What an e-mail address goes on with after its name: the keyboard of letters has no @."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._add: Callable[[str], None] = _ignore
        for ending in ENDINGS:
            self.add_widget(Action(text=ending, size_hint_y=1, on_release=lambda action: self._add(action.text)))

    def begin(self, keys: Keyboard) -> None:
        """Add to what is typed on `keys`; another ending takes the place of the first."""
        self._add = lambda ending: keys.put(keys.text.partition("@")[0].strip() + ending)

    def forget(self) -> None:
        """Nobody types an address."""
        self._add = _ignore


class PickRow(ButtonBehavior, BoxLayout):
    """One name of a list."""

    value = StringProperty("")
    title = StringProperty("")
    detail = StringProperty("")
    selected = BooleanProperty(False)
    picker: ListPicker = ObjectProperty(allownone=True)

    def on_release(self) -> None:
        """This one."""
        if self.picker is not None:
            self.picker.picked(self.value)


class PickList(RecycleView):
    """The rows; only those in sight have widgets."""

    thumb = NumericProperty(0)
    more = BooleanProperty(False)


Row = tuple[str, str, str]  # value, name, detail
Search = Callable[[str], Sequence[Row]]


class ListPicker(BoxLayout):
    """One of many: a search, and the matching names; for communes also the province that comes first."""

    title = StringProperty("")
    query = StringProperty("")
    province = StringProperty("")  # its name; "" hides the choice
    choosing_province = BooleanProperty(False)
    nothing = BooleanProperty(False)
    asking = BooleanProperty(False)  # «Xong» was touched, and more than one matches
    layout = StringProperty("letters")
    typing = BooleanProperty(True)
    cramped = AliasProperty(  # the keyboard leaves no room for names
        lambda self: self.typing and self.layout == "reach", bind=("typing", "layout")
    )
    caret = NumericProperty(0)  # before which letter of the query the next one comes
    rows = ListProperty()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._value = ""
        self._communes = False
        self._search: Search = _finds_nothing
        self._on_value: Callable[[str], None] = _ignore
        self._on_close: Callable[[], None] = _nothing

    def begin(
        self,
        question: Question,
        title: str,
        value: str,
        province: str,
        on_value: Callable[[str], None],
        on_close: Callable[[], None],
    ) -> None:
        """List what answers `question`; `value` is the answer so far, `province` the code that comes first."""
        self.title = title
        self._value, self._on_value, self._on_close = value, on_value, on_close
        self._communes = question.type is QuestionType.COMMUNE
        self._search = _searches(question)
        known = places.commune(value) if self._communes else None
        self._set_province((known.parent if known else province) if self._communes else "")

    def _set_province(self, code: str) -> None:
        self.choosing_province = False
        if self._communes:
            self.province = next((p.name for p in places.provinces() if p.code == code), "")
            self._search = _commune_rows(code)
        else:
            self.province = ""
        self._start_typing()

    def choose_province(self) -> None:
        """List the provinces instead; the chosen one comes first from then on."""
        self.choosing_province = True
        self._search = _province_rows
        self._start_typing()

    def _start_typing(self) -> None:
        self._typed("")
        self._put_keys_away()
        self.fit()

    def fit(self) -> None:
        """Where there is room for both, the keyboard is up; else the names, and the keyboard when it is asked for."""
        self.layout = letters_layout()
        if self.layout != "reach":
            self.type()

    def type(self) -> None:
        """Bring the keyboard up."""
        if self.typing:
            return
        self.typing = True
        keys = lay_keyboard(self.ids.keyboard, "letters")
        keys.begin(self.query, self._typed, self.enter, on_cursor=partial(setattr, self, "caret"))

    def _put_keys_away(self) -> None:
        self.typing = False
        keyboard("letters").forget()
        self.ids.keyboard.clear_widgets()

    def _typed(self, text: str) -> None:
        self.query = text
        found = self._search(text)
        self.rows = [self._row(row) for row in found]
        self.nothing, self.asking = not found, False
        self.ids.list.scroll_y = 1

    def _row(self, row: Row) -> Mapping[str, object]:
        value, name, detail = row
        return {"value": value, "title": name, "detail": detail, "selected": value == self._value, "picker": self}

    def enter(self) -> None:
        """«Xong» takes the only match, and puts the list away where nothing was looked for; it shows the names where
        the keyboard has hidden them.
        """
        hidden = self.cramped
        if hidden:
            self._put_keys_away()
        if self.query and len(self.rows) == 1:
            self.picked(self.rows[0]["value"])
        elif self.query:
            self.asking = bool(self.rows)  # which of them is for the person to say
        elif not hidden:
            self.close()

    def picked(self, value: str) -> None:
        """A row was touched."""
        if self.choosing_province:
            self._set_province(value)
        else:
            self._on_value(value)

    def close(self) -> None:
        """Leave the answer as it was."""
        if self.choosing_province:
            self._set_province(next((p.code for p in places.provinces() if p.name == self.province), ""))
        else:
            self._on_close()

    def forget(self) -> None:
        """Nothing that was looked for stays here."""
        self.query, self._value, self.rows = "", "", []
        self._communes = False
        self._search, self._on_value, self._on_close = _finds_nothing, _ignore, _nothing


def _finds_nothing(_query: str) -> Sequence[Row]:
    return ()


def _ignore(_value: str) -> None:
    """Nobody waits for an answer."""


def _nothing() -> None:
    """Nobody waits for the end."""


def _searches(question: Question) -> Search:
    if question.type is QuestionType.ETHNIC:
        return _named_rows([(g.code, g.name) for g in places.ethnic_groups()])
    return _named_rows([(c.value, forms.display_value(question, c.value)) for c in question.choices])


def _named_rows(named: Sequence[tuple[str, str]]) -> Search:
    """Search among a few dozen names, those that begin with the words first."""

    def search(query: str) -> list[Row]:
        wanted = fold(query)
        found = [(value, tr._(name), "") for value, name in named if wanted in fold(name)]
        return sorted(found, key=lambda row: not fold(row[1]).startswith(wanted)) if wanted else found

    return search


def _province_rows(query: str) -> Sequence[Row]:
    return _named_rows([(p.code, p.name) for p in places.provinces()])(query)


def _commune_rows(province: str) -> Search:
    """Communes that match, those of the chosen province first; all of that province before anything is typed."""
    names = {p.code: p.name for p in places.provinces()}

    def search(query: str) -> list[Row]:
        found = places.search_communes(query, province) if fold(query) else places.communes(province)
        return [(p.code, p.name, names.get(p.parent, "")) for p in found]

    return search
