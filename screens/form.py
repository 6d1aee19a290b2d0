"""One group of questions: fields above, the keyboard or a picker below while one of them is edited."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty

from kiosk import forms
from kiosk.forms import QuestionType, Section
from kiosk.state import AppState, Session
from screens.fields import Field, field_for
from screens.keyboard import keyboard
from screens.pickers import DatePicker, ListPicker, commune_rows, ethnic_rows
from screens.tr import tr
from screens.widgets import KioskScreen

PERSONS = {
    "requester": "Quét mã QR trên thẻ căn cước của bạn để điền nhanh",
    "mother": "Quét mã QR trên thẻ căn cước của người mẹ để điền nhanh",
    "father": "Quét mã QR trên thẻ căn cước của người cha để điền nhanh",
    "subject": "Quét mã QR trên thẻ căn cước của người đó để điền nhanh",
}
DIGITS = (QuestionType.ID_NUMBER, QuestionType.PHONE, QuestionType.NUMBER)
NAMES = (QuestionType.NAME,)


class FormScreen(KioskScreen):
    """Fields are kept per section while the citizen is here, and dropped with the session."""

    title = StringProperty("")
    help = StringProperty("")
    scan_text = StringProperty("")
    scanned = BooleanProperty(False)
    scan_error = StringProperty("")
    scan_advice = StringProperty("")
    picking = BooleanProperty(False)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._section: Section | None = None
        self._fields: dict[str, Field] = {}
        self._edited: Field | None = None
        self._dates = DatePicker()
        self._list = ListPicker()

    def shown(self, _state: AppState) -> None:
        """Nothing is edited yet."""
        self.stop_editing()

    def render(self, state: AppState) -> None:
        """The section of the session with its answers and errors."""
        session = state.session
        if session is None or session.section is None:
            return
        if session.section is not self._section:
            self.stop_editing()
            self._section = session.section
            self._fields.clear()
            self.ids.scroll.scroll_y = 1
        self._show_section(session, session.section)
        case = session.case.id if session.case else ""
        questions = forms.visible_questions(session.section, case, session.answers)
        for question in questions:
            if question.id not in self._fields:
                self._fields[question.id] = field_for(question, self.kiosk.answer, self.edit)
        wanted = [self._fields[question.id] for question in questions]
        box = self.ids.fields
        if list(reversed(box.children)) != wanted:
            box.clear_widgets()
            for field in wanted:
                box.add_widget(field)
        for question, field in zip(questions, wanted, strict=True):
            field.show(session.answers.get(question.id, ""), session.errors.get(question.id, ""))

    def _show_section(self, session: Session, section: Section) -> None:
        self.title = tr._(section.title)
        self.help = tr._(section.help)
        self.scan_text = tr._(PERSONS.get(section.person, "")) if section.person else ""
        self.scanned = session.scanned_person == section.id
        self.scan_error = tr.error(session.errors.get("scan", ""))
        self.scan_advice = tr.advice(session.errors.get("scan", ""))
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = self.title
        self.main_text = tr._("Lưu và kiểm tra lại") if session.editing else tr._("Tiếp tục")

    # -- editing -------------------------------------------------------------------------------------------------
    def edit(self, field: Field) -> None:
        """Bring up what this field is answered with."""
        self.stop_editing()
        self._edited, field.editing = field, True
        kind = field.question.type
        if kind is QuestionType.DATE:
            self._open(self._dates)
            self._dates.begin(lambda text: self.kiosk.answer(field.question.id, text), self.stop_editing)
        elif kind in (QuestionType.ETHNIC, QuestionType.COMMUNE):
            self._pick(field)
        else:
            keys = keyboard("digits" if kind in DIGITS else "letters")
            self._open(keys)
            keys.begin(
                field.value,
                lambda text: self.kiosk.answer(field.question.id, text),
                self._next_field,
                names=kind in NAMES,
            )
        Clock.schedule_once(lambda _dt: self.ids.scroll.scroll_to(field, padding=24, animate=False), 0)

    def _open(self, tool: Any) -> None:
        if tool.parent:
            tool.parent.remove_widget(tool)
        self.ids.tools.add_widget(tool)

    def _pick(self, field: Field) -> None:
        commune = field.question.type is QuestionType.COMMUNE
        search = commune_rows(self.kiosk.state.province) if commune else ethnic_rows
        self.picking = True
        self.ids.sheet.add_widget(self._list)
        self._list.begin(tr._(field.question.label), search, lambda value: self._picked(field, value))

    def _picked(self, field: Field, value: str) -> None:
        self.stop_editing()
        self.kiosk.answer(field.question.id, value)

    def _next_field(self) -> None:
        """«Xong» goes on to the next field that is typed and still empty."""
        fields = list(reversed(self.ids.fields.children))
        place = fields.index(self._edited) if self._edited in fields else len(fields)
        self.stop_editing()
        for field in fields[place + 1 :]:
            if field.question.required and not field.value and field.question.type is not QuestionType.CHOICE:
                self.edit(field)
                return

    def stop_editing(self) -> None:
        """Put keyboard and pickers away."""
        if self._edited is not None:
            self._edited.editing = False
            self._edited = None
        for layout in ("letters", "digits"):
            keyboard(layout).forget()
        self.ids.tools.clear_widgets()
        self.ids.sheet.clear_widgets()
        self.picking = False

    def main(self) -> None:
        """Check this section and go on."""
        self.stop_editing()
        self.kiosk.next()
        self._show_first_error()

    def _show_first_error(self) -> None:
        session = self.kiosk.state.session
        for field in reversed(self.ids.fields.children):
            if session and field.question.id in session.errors:
                self.ids.scroll.scroll_to(field, padding=24, animate=False)
                return

    def forget(self) -> None:
        """Drop every answer with its widget."""
        self.stop_editing()
        self.ids.fields.clear_widgets()
        self._fields.clear()
        self._section = None


SCREEN = FormScreen
