"""One field for each kind of question: label, help, the answer, and its error right below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kivy.properties import AliasProperty, BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget
from kivy.utils import escape_markup

from kiosk import telephone
from kiosk.forms import FOLLOWS, Question, QuestionType, clean, display_value
from kiosk.places import Address
from screens import theme
from screens.tr import tr
from screens.widgets import PAGE_END, Column, Counter, Option, Press, Scroll, show_list

COUNTER_UP_TO = 99  # larger numbers, such as years, are typed
SHORT_CHOICES = 2  # side by side
LONG_CHOICES = 6  # more are picked from a list
CURRENCY = " đồng"
MASKED = (QuestionType.ID_NUMBER, QuestionType.PHONE)
GROUPED = (*MASKED, QuestionType.TIME, QuestionType.MONEY)
PICKED = (QuestionType.DATE, QuestionType.ETHNIC, QuestionType.COMMUNE)
DIGITS = {  # and how many of them
    QuestionType.ID_NUMBER: 12,
    QuestionType.PHONE: telephone.LONGEST_TYPED,
    QuestionType.NUMBER: 4,
    QuestionType.MONEY: 12,
    QuestionType.TAX_CODE: 13,
    QuestionType.TIME: 4,
}


class AnswerBox(Press):
    """What was typed or picked: touch it to change it."""

    text = StringProperty("")
    icon = StringProperty("")
    hint = BooleanProperty(False)  # the words ask for an answer, they are none
    editing = BooleanProperty(False)
    wrong = BooleanProperty(False)


class Answer(Option):
    """One of a few answers, marked while none of them is right."""

    wrong = BooleanProperty(False)


@dataclass(frozen=True)
class Showing:
    """What a field shows: the answer, codes of what is wrong or unusual, and whether a genuine chip has said it.

    `can_follow`: it may be taken from another answer, which now is `followed`.
    """

    value: str = ""
    error: str = ""
    warning: str = ""
    locked: bool = False
    can_follow: bool = False
    followed: str = ""


class Field(Column):
    """Base: a subclass shows the answer in `ids.body`. `code` is that of the answer's error, "" for none."""

    question: Question = ObjectProperty()
    answer: Callable[[str, str], None] = ObjectProperty()
    edit: Callable[[Field], None] = ObjectProperty()
    label = StringProperty("")
    optional = StringProperty("")
    help = StringProperty("")
    error = StringProperty("")
    error_detail = StringProperty("")
    warning = StringProperty("")
    warning_detail = StringProperty("")
    followed = StringProperty("")
    following = BooleanProperty(False)
    value = StringProperty("")
    editing = BooleanProperty(False)
    locked = BooleanProperty(False)  # known for certain: nobody types over it
    editable = False  # opens the keyboard or a picker

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.owner = self  # the field whose part this is
        self._can_follow = False
        self._parts: list[Widget] = []  # what the body holds while nothing is followed

    def show(self, showing: Showing) -> None:
        """The answer and all that belongs to it."""
        self.locked = showing.locked
        self.label = tr._(self.question.label)
        self.optional = "" if self.question.required else tr._("(không bắt buộc)")
        if self.locked:
            self.optional = tr._("(máy đã biết)")
        self.help = tr._(self.question.help)
        self.error, self.error_detail = tr.error(showing.error), tr.advice(showing.error)
        warned = "" if showing.error else showing.warning
        self.warning, self.warning_detail = tr.error(warned), tr.advice(warned)
        follows = self.question.same_as
        can_follow = follows is not None and showing.can_follow and not self.locked
        self._can_follow = can_follow
        self.following = can_follow and showing.value == FOLLOWS
        tie = [{"text": tr._(follows.label), "selected": self.following}] if follows and can_follow else []
        show_list(self.ids.ties, self._tie, tie)
        self.followed = showing.followed or tr._("(chưa có)") if self.following else ""
        self.value = "" if showing.value == FOLLOWS else showing.value
        self.refresh()

    @property
    def must_be_given(self) -> bool:
        """Whether nothing but an answer of its own will do: it may neither stay empty nor follow another one."""
        return self.question.required and not self._can_follow

    def refresh(self) -> None:
        """Show `value`."""

    def editors(self) -> Sequence[Field]:
        """The fields that are edited one after the other: this one, or its parts; none while it follows."""
        return () if self.following else (self,)

    def on_following(self, *_: object) -> None:
        """What follows is not asked for: its place is empty."""
        body = self.ids.body
        if self.following:
            self._parts = list(reversed(body.children))
            body.clear_widgets()
        else:
            for part in self._parts:
                if part.parent is None:
                    body.add_widget(part)

    def _tie(self) -> Option:
        """The box to tick: take the answer from the other question, or no longer."""
        option = Option(many=True)
        option.bind(on_release=lambda _o: self.answer(self.question.id, "" if self.following else FOLLOWS))
        return option

    def forget(self) -> None:
        """No answer stays in the widget."""
        self.editing = self.locked = self.following = False
        self.error = self.error_detail = self.warning = self.warning_detail = self.value = self.followed = ""
        self.refresh()


class BoxField(Field):
    """Shows its answer in an `AnswerBox` and is edited with a tool below."""

    shown = StringProperty("")
    icon = StringProperty("")
    masked = BooleanProperty(False)  # has an eye beside it
    revealed = BooleanProperty(False)
    caret = NumericProperty(0)
    editable = True

    def on_editing(self, *_: object) -> None:
        """The caret comes and goes."""
        self.refresh()

    def reveal(self) -> None:
        """Show or hide the number."""
        self.revealed = not self.revealed
        self.refresh()

    def place_caret(self, caret: int) -> None:
        """Before which letter the next one comes."""
        self.caret = caret
        self.refresh()


class TextField(BoxField):
    """Typed: text, names, numbers; a personal number is masked unless it is typed or its owner asks to see it."""

    def refresh(self) -> None:
        """The answer, with a caret while it is edited."""
        kind = self.question.type
        self.masked = kind in MASKED and bool(self.value) and not self.editing
        self.icon = "" if self.editing or self.masked else ("lock-outline" if self.locked else "pencil-outline")
        text = typed_text(self.question, self.value)
        if self.editing:
            text = text.removesuffix(CURRENCY)
        if self.masked and not self.revealed:
            text = masked(self.value)
        place = self.caret if kind not in GROUPED else len(text)  # what is grouped is typed from the left only
        caret = theme.T.caret() if self.editing else ""
        self.shown = escape_markup(text[:place]) + caret + escape_markup(text[place:])

    def forget(self) -> None:
        """The next person's number is masked again."""
        self.revealed = False
        super().forget()


class PickedField(BoxField):
    """Chosen in a picker: dates, communes, ethnic groups, one of many."""

    def refresh(self) -> None:
        """The answer as a person reads it."""
        self.icon = "calendar-month-outline" if self.question.type is QuestionType.DATE else "chevron-down"
        if self.locked:
            self.icon = "lock-outline"
        answer = tr._(display_value(self.question, self.value)) if self.value else ""
        self.shown = escape_markup(answer or tr._("Chạm để chọn"))


class ChoiceField(Field):
    """One of a few answers, all in sight."""

    columns = NumericProperty(1)

    def refresh(self) -> None:
        """Rings; built once."""
        choices = self.question.choices
        self.columns = len(choices) if len(choices) <= SHORT_CHOICES else 1
        abreast = self.columns > 1  # then all are as high as the highest
        rows = [
            {
                "key": c.value,
                "text": tr._(c.label),
                "selected": c.value == self.value,
                "wrong": bool(self.error),
                "disabled": self.locked and c.value != self.value,
                "size_hint_y": 1 if abreast else None,
            }
            for c in choices
        ]
        show_list(self.ids.body, self._option, rows)

    def _option(self) -> Answer:
        option = Answer()
        option.bind(on_release=lambda o: self.answer(self.question.id, o.key))
        return option


class NumberField(Field):
    """A small number between a minus and a plus."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        low, high = self.question.minimum or 0, self.question.maximum or COUNTER_UP_TO
        self._counter = Counter(minimum=low, maximum=high, value=low)
        self._counter.bind(value=lambda _c, value: self._counted(int(value)))
        self._counter.remove_widget(self._counter.children[-1])  # its label: the question stands above
        self._counter.size_hint_x, self._counter.width = None, self._counter.minimum_width
        self.ids.body.add_widget(self._counter)

    def refresh(self) -> None:
        """The number, or the smallest one while there is none."""
        self._counter.value = int(self.value) if self.value.isdigit() else self._counter.minimum

    def _counted(self, value: int) -> None:
        shown = self.value or str(int(self._counter.minimum))
        if str(value) != shown:
            self.answer(self.question.id, str(value))


class AddressField(Field):
    """Commune first, chosen from the list, then the line of one's own; both are one answer."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        own, longest = self.question.id, self.question.max_length
        commune = Question(id=f"{own}.commune", type=QuestionType.COMMUNE, label="Xã, phường")
        line = Question(
            id=f"{own}.line", type=QuestionType.TEXT, label="Số nhà, đường, thôn hoặc tổ", max_length=longest - 60
        )
        self._commune = field_for(commune, lambda _id, code: self._changed(self._address().moved_to(code)), self.edit)
        self._line = field_for(line, lambda _id, text: self._changed(replace(self._address(), line=text)), self.edit)
        self._commune.owner = self._line.owner = self
        self.ids.body.add_widget(self._commune)
        self.ids.body.add_widget(self._line)

    def _address(self) -> Address:
        return Address.read(self.value)

    def _changed(self, address: Address) -> None:
        self.answer(self.question.id, address.text)

    def show(self, showing: Showing) -> None:
        """Each part with what is wrong with it."""
        lacks_line = showing.error == "address_line_missing"
        super().show(showing if showing.value == FOLLOWS else replace(showing, error=""))
        address = Address.read(self.value)
        error = "" if self.following else showing.error
        self._commune.show(Showing(address.commune, "" if lacks_line else error, locked=self.locked))
        self._line.show(Showing(address.line, error if lacks_line else "", locked=self.locked))
        self._commune.optional = self._line.optional = ""

    def editors(self) -> Sequence[Field]:
        """Its two parts."""
        return () if self.following else (self._commune, self._line)

    def forget(self) -> None:
        """Nor in its parts."""
        super().forget()
        self._commune.forget()
        self._line.forget()


class EyeBox(BoxLayout):
    """An `AnswerBox` and, beside a masked number, the eye that shows it."""

    field: BoxField = ObjectProperty()


def field_for(question: Question, answer: Callable[[str, str], None], edit: Callable[[Field], None]) -> Field:
    """The field that asks a question."""
    kind: type[Field] = TextField
    match question.type:
        case QuestionType.ADDRESS:
            kind = AddressField
        case QuestionType.CHOICE:
            kind = ChoiceField if len(question.choices) <= LONG_CHOICES else PickedField
        case QuestionType.NUMBER if max(question.minimum or 0, question.maximum or 0) <= COUNTER_UP_TO:
            kind = NumberField
        case picked if picked in PICKED:
            kind = PickedField
    field = kind(question=question, answer=answer, edit=edit)
    if isinstance(field, BoxField):
        field.ids.body.add_widget(EyeBox(field=field))
    return field


def typed_text(question: Question, value: str) -> str:
    """What was typed, in the groups in which people read it."""
    match question.type:
        case kind if kind in MASKED:
            return grouped(value, kind)
        case QuestionType.TIME:
            return clean(question, value)
        case QuestionType.MONEY:
            return display_value(question, value)
        case _:
            return value


def masked(digits: str) -> str:
    """`•••• 2345`: short, and always as long."""
    return f"•••• {digits[-4:]}" if len(digits) > 4 else "••••"


def grouped(digits: str, kind: QuestionType = QuestionType.ID_NUMBER) -> str:
    """Digits as they are read: `027 190 012 345`, a telephone number `0912 345 678`."""
    if kind is QuestionType.PHONE:
        return telephone.grouped(digits)
    rest = digits[3:]
    return " ".join(filter(None, [digits[:3], *(rest[i : i + 3] for i in range(0, len(rest), 3))]))


class FieldScroll(Scroll):
    """Without the arrow while a field is edited: the screen scrolls by itself to what is edited.

    In the middle the arrow lies on no target.
    """

    still = BooleanProperty(False)
    below = AliasProperty(
        lambda self: self.more and not self.still and self.scroll_y > PAGE_END, bind=("more", "scroll_y", "still")
    )
    arrow_x = AliasProperty(lambda self: self.center_x, bind=("center_x",))
