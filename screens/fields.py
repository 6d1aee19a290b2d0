"""One field for each kind of question: label, help, the answer, and its error right below."""

from __future__ import annotations

from collections.abc import Callable

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.forms import Question, QuestionType, display_value
from kiosk.identity import mask
from screens.tr import tr
from screens.widgets import Counter, Option

COUNTER_UP_TO = 99  # larger numbers, such as years, are typed
SHORT_CHOICES = 2  # side by side


class Field(BoxLayout):
    """Base: a subclass shows the answer in `ids.body`."""

    question: Question = ObjectProperty()
    answer: Callable[[str, str], None] = ObjectProperty()
    edit: Callable[[Field], None] = ObjectProperty(lambda _field: None)
    label = StringProperty("")
    help = StringProperty("")
    error = StringProperty("")
    error_detail = StringProperty("")
    value = StringProperty("")
    editing = BooleanProperty(False)

    def show(self, value: str, code: str) -> None:
        """The answer and the code of its error, "" for none."""
        self.label = tr._(self.question.label)
        if not self.question.required:
            self.label += " " + tr._("(không bắt buộc)")
        self.help = tr._(self.question.help)
        self.error = tr.error(code)
        self.error_detail = tr.advice(code)
        self.value = value
        self.refresh()

    def refresh(self) -> None:
        """Show `value`."""


class TextBox(BoxLayout):
    """What was typed, and the eye that shows a masked number."""

    field: Field = ObjectProperty(None, allownone=True)


class PickedBox(BoxLayout):
    """What was picked."""

    field: Field = ObjectProperty(None, allownone=True)


class TextField(Field):
    """Typed: text, names, numbers; an ID number is masked unless it is typed or its owner asks to see it."""

    shown = StringProperty("")
    revealed = BooleanProperty(False)
    maskable = BooleanProperty(False)

    def refresh(self) -> None:
        """The answer with a caret while it is edited."""
        if not self.ids.body.children:
            self.ids.body.add_widget(TextBox(field=self))
        self.maskable = self.question.type is QuestionType.ID_NUMBER
        text = self.value
        if self.maskable and not self.editing and not self.revealed:
            text = mask(text)
        elif self.question.type in (QuestionType.ID_NUMBER, QuestionType.PHONE):
            text = grouped(text)
        self.shown = text + ("|" if self.editing else "")

    def on_editing(self, *_: object) -> None:
        """The caret comes and goes."""
        self.refresh()

    def reveal(self) -> None:
        """Show or hide the number."""
        self.revealed = not self.revealed
        self.refresh()


class PickedField(Field):
    """Chosen in a picker: dates, communes, ethnic groups."""

    shown = StringProperty("")

    def refresh(self) -> None:
        """The answer as a person reads it."""
        if not self.ids.body.children:
            self.ids.body.add_widget(PickedBox(field=self))
        self.shown = tr._(display_value(self.question, self.value)) if self.value else tr._("Chạm để chọn")


class ChoiceField(Field):
    """One of a few answers, all in sight."""

    columns = NumericProperty(1)

    def refresh(self) -> None:
        """Rings; built once."""
        box = self.ids.body
        if not box.children:
            self.columns = len(self.question.choices) if len(self.question.choices) <= SHORT_CHOICES else 1
            for choice in self.question.choices:
                option = Option()
                option.bind(on_release=lambda _o, value=choice.value: self.answer(self.question.id, value))
                box.add_widget(option)
        for option, choice in zip(reversed(box.children), self.question.choices, strict=True):
            option.text = tr._(choice.label)
            option.selected = choice.value == self.value


class NumberField(Field):
    """A small number between a minus and a plus."""

    def refresh(self) -> None:
        """The counter; built once."""
        box = self.ids.body
        if not box.children:
            counter = Counter(
                minimum=self.question.minimum or 0, maximum=self.question.maximum or COUNTER_UP_TO, value=self._number()
            )
            counter.bind(value=lambda _c, value: self._counted(int(value)))
            box.add_widget(counter)
        box.children[0].value = self._number()

    def _number(self) -> int:
        return int(self.value) if self.value.isdigit() else self.question.minimum or 0

    def _counted(self, value: int) -> None:
        if str(value) != self.value:
            self.answer(self.question.id, str(value))


def field_for(question: Question, answer: Callable[[str, str], None], edit: Callable[[Field], None]) -> Field:
    """The field that asks a question."""
    kind: type[Field] = TextField
    match question.type:
        case QuestionType.CHOICE:
            kind = ChoiceField
        case QuestionType.DATE | QuestionType.ETHNIC | QuestionType.COMMUNE:
            kind = PickedField
        case QuestionType.NUMBER if (question.maximum or COUNTER_UP_TO) <= COUNTER_UP_TO:
            kind = NumberField
    return kind(question=question, answer=answer, edit=edit)


def grouped(digits: str) -> str:
    """Digits in threes: `027 190 012 345`."""
    return " ".join(digits[i : i + 3] for i in range(0, len(digits), 3))
