"""Choosing instead of typing: one of a long list with a search, the end of an e-mail address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

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
from kivy.uix.recycleview import RecycleView

from kiosk import forms, places
from kiosk.forms import Question, QuestionType
from kiosk.text import fold
from screens.dates import ignore, nothing
from screens.keyboard import Keyboard, keyboard, lay_keyboard, letters_layout
from screens.tr import tr
from screens.widgets import Action

ENDINGS = ("@gmail.com", "@yahoo.com", "@")


class Endings(BoxLayout):
    """What an e-mail address goes on with after its name: the keyboard of letters has no @."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._add: Callable[[str], None] = ignore
        for ending in ENDINGS:
            self.add_widget(Action(text=ending, size_hint_y=1, on_release=lambda action: self._add(action.text)))

    def begin(self, keys: Keyboard) -> None:
        """Add to what is typed on `keys`; another ending takes the place of the first."""
        self._add = lambda ending: keys.put(keys.text.partition("@")[0].strip() + ending)

    def forget(self) -> None:
        """Nobody types an address."""
        self._add = ignore


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
        self._on_value: Callable[[str], None] = ignore
        self._on_close: Callable[[], None] = nothing

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
        self._search, self._on_value, self._on_close = _finds_nothing, ignore, nothing


def _finds_nothing(_query: str) -> Sequence[Row]:
    return ()


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
