"""One group of questions: fields, and the keyboard or a picker beside or below them while one of them is edited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk import forms
from kiosk.forms import REQUESTER, Question, QuestionType, Section
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.identity import Method, Relative
from kiosk.state import AppState, Session
from screens import theme
from screens.dates import DatePicker
from screens.fields import DIGITS, Field, Showing, field_for
from screens.form_words import called, filled, name_in, of_chip, proven, ready, scan_text
from screens.keyboard import SIDE_WIDTH, keyboard, lay_keyboard, letters_layout
from screens.pickers import Endings, ListPicker
from screens.tr import tr
from screens.widgets import ARROW_STRIP, Action, KioskScreen, show_list

KEYBOARDS = ("letters", "digits")
PAD_WIDTH = 620  # dp
DATES_WIDTH = 800


class Known(Action):
    """Somebody whom the registers know: a touch fills the section."""

    relative: Relative = ObjectProperty(None, allownone=True)


class FormScreen(KioskScreen):
    """Fields are built once for each question and kept; their answers go with the session."""

    title = StringProperty("")
    help = StringProperty("")
    scan_text = StringProperty("")  # "" = nobody's card can fill this section now
    scanned = BooleanProperty(False)
    filled = StringProperty("")  # who has answered something of what is on the glass
    taken = StringProperty("")  # whose data were taken from the registers by a touch
    taken_detail = StringProperty("")  # and that what was typed before has made way
    proven = StringProperty("")  # why some of it cannot be typed over
    chip_tone = StringProperty("info")
    chip_said = StringProperty("")  # how far the chip of a card is that was laid down here
    chip_detail = StringProperty("")
    scan_error = StringProperty("")
    scan_advice = StringProperty("")
    picking = BooleanProperty(False)  # a list covers the screen
    editing = BooleanProperty(False)
    relatives_text = StringProperty("")  # "" = nobody is known who could fill this section
    add_text = StringProperty("")  # of a table: one more row
    remove_text = StringProperty("")
    beside = NumericProperty(0)  # dp of the tool that stands at the right of the fields; 0: it lies below them

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._section: Section | None = None
        self._fields: dict[tuple[str, str], Field] = {}
        self._edited: Field | None = None
        self._taken: dict[str, tuple[str, bool]] = {}  # by section: who was touched, whether answers made way
        self._dates = DatePicker()
        self._list = ListPicker()
        self._endings = Endings()
        self._wanted: Widget | None = None
        self._bring_soon = Clock.create_trigger(self._bring_now, 0)
        self.ids.scroll.bind(height=self._bring_soon, viewport_size=self._bring_soon)
        for kind in KEYBOARDS:
            keyboard(kind)  # built while nobody waits

    def shown(self, _state: AppState) -> None:
        """Nothing is edited yet."""
        self.stop_editing()
        self._section = None

    def render(self, state: AppState) -> None:
        """The section of the session with its answers and errors."""
        session = state.session
        if session is None or session.section is None or session.form is None:
            return
        if session.section is not self._section:
            self.stop_editing()
            self._section = session.section
            self.ids.scroll.scroll_y = 1
        case = session.case.id if session.case else ""
        questions = self.kiosk.questions_shown()
        self._show_section(state, session, session.section, questions)
        self._show_people(session.section)
        wanted = [self._field(session.form.id, question) for question in questions]
        box = self.ids.fields
        if list(reversed(box.children)) != wanted:
            self._replace(wanted)
            self._bring_question()
        locked, warnings = self.kiosk.locked(), self.kiosk.warnings()
        followed = forms.resolved(session.form, case, session.answers)
        for question, field in zip(questions, wanted, strict=True):
            follows = question.same_as
            field.show(
                Showing(
                    session.answers.get(question.id, ""),
                    session.errors.get(question.id, ""),
                    warnings.get(question.id, ""),
                    question.id in locked,
                    follows is not None and forms.holds(follows.when, case, session.answers),
                    followed.get(follows.question, "") if follows else "",
                )
            )

    def _field(self, form_id: str, question: Question) -> Field:
        key = (form_id, question.id)
        if key not in self._fields:
            self._fields[key] = field_for(question, self.kiosk.answer, self.edit)
        return self._fields[key]

    def _replace(self, wanted: list[Field]) -> None:
        """Conditional fields come and go; the others stay where they are, also the one that is edited."""
        box = self.ids.fields
        if self._edited is not None and self._edited.owner not in wanted:
            self.stop_editing()
        for field in list(box.children):
            if field not in wanted:
                box.remove_widget(field)
        for place, field in enumerate(wanted):
            if field.parent is None:
                box.add_widget(field, index=len(box.children) - place)

    def _show_section(self, state: AppState, session: Session, section: Section, questions: Sequence[Question]) -> None:
        self.title = tr._(section.title)
        self.help = tr._(section.help)
        own_card = session.citizen is not None and session.citizen.method is not Method.TYPED
        self.scanned = session.scanned_person == section.id or (section.person == REQUESTER and own_card)
        told = [question.id for question in questions if question.fills]
        answered = any(session.answers.get(question) for question in told)
        self.filled = filled(session, questions, self.scanned)
        name, replaced = self._taken.get(section.id, ("", False))
        still = answered and name and name == name_in(section, session.answers)
        self.taken = tr._("Đã điền thông tin của {name}. Hãy xem lại cho đúng.").format(name=name) if still else ""
        self.taken_detail = tr._("Những gì bạn đã nhập ở phần này đã được thay.") if replaced else ""
        self.proven = proven(session, {question.id for question in questions} & self.kiosk.locked())
        self.scan_text = scan_text(section.person) if told and ready(state, "code_scanner") else ""
        code = session.errors.get("scan", "")
        self.scan_error, self.scan_advice = tr.error(code), tr.advice(code)
        self._show_chip(state, session, section)
        self.steps_number = session.step_number
        if self.picking:
            self._list.fit()
        small = self.picking and self._list.layout == "low"
        self.folded = self.editing and (small or (theme.T.REACH and not self.wide))
        low = self.picking or self.folded or (self.editing and self.wide)
        self.steps_count = 0 if low else session.step_count  # keyboard and list need the room
        number, count = self.kiosk.question_number()
        numbered = tr._("{title}, câu {n} / {count}").format(title=self.title, n=number, count=count)
        self.steps_name = numbered if count else self.title
        last = session.editing and number == count
        self.main_text = tr._("Lưu và kiểm tra lại") if last else tr._("Tiếp tục")

    def _show_chip(self, state: AppState, session: Session, section: Section) -> None:
        """A card on the reader is never without a word."""
        before = self.chip_tone if self.chip_said else ""
        more = self.scanned and not self.proven
        self.chip_tone, self.chip_said, self.chip_detail = of_chip(state, session, section, more)
        if self.chip_said and self.chip_tone != before:
            self._bring(self.ids.chip)

    def on_scan_error(self, *_: object) -> None:
        """Not out of sight where somebody has scrolled down."""
        if self.scan_error:
            self._bring(self.ids.scan)

    def _show_people(self, section: Section) -> None:
        """Whom the registers know, one touch each; of a table its rows."""
        offered = () if self.picking else self.kiosk.offered()
        self.relatives_text = tr._("Chạm vào tên để điền nhanh") if offered else ""
        rows = [{"text": called(one), "relative": one} for one in offered]
        show_list(self.ids.relatives, self._known, rows)
        if section.row:
            self.title = tr._("{title}: người thứ {n}").format(title=tr._(section.title), n=section.row)
        assert section.rows is not None or not section.row
        self.add_text = tr._(section.rows.label) if section.rows and self.kiosk.can_add_row() else ""
        removable = bool(section.rows) and self.kiosk.can_remove_row()
        self.remove_text = tr._("Bỏ người này") if removable or self.kiosk.can_forget_person() else ""

    def _known(self) -> Known:
        known = Known()
        known.bind(on_release=lambda one: self.take(one.relative))
        return known

    def take(self, relative: Relative) -> None:
        """Fill the section with what the registers know of this person, and say so."""
        self.stop_editing()
        section, before = self.kiosk.session.section, self.kiosk.session.answers
        assert section is not None
        self.kiosk.choose_relative(relative)
        after = self.kiosk.session.answers
        if after is before:
            return
        replaced = any(before.get(one.id, "") not in ("", after.get(one.id)) for one in section.questions)
        self._taken[section.id] = name_in(section, after), replaced
        self.render(self.kiosk.state)
        self._bring(self.ids.filled)

    def add_row(self) -> None:
        """One more person."""
        self.stop_editing()
        self.kiosk.add_row()

    def remove_row(self) -> None:
        """Not this person: the row goes, or what their card has told."""
        self.stop_editing()
        if self.kiosk.can_remove_row():
            self.kiosk.remove_row()
        else:
            self.kiosk.forget_person()

    # -- editing -------------------------------------------------------------------------------------------------
    def edit(self, field: Field) -> None:
        """Bring up what this field is answered with."""
        self.stop_editing()
        if field.locked:
            return
        self._edited, field.editing, self.editing = field, True, True
        kind = field.question.type
        if kind is QuestionType.DATE:
            self._pick_date(field)
        elif kind in (QuestionType.ETHNIC, QuestionType.COMMUNE, QuestionType.CHOICE):
            self._pick(field)
        else:
            self._type(field)
        self.render(self.kiosk.state)
        self._bring(field)

    def _type(self, field: Field) -> None:
        question = field.question
        digits = question.type in DIGITS
        if self.wide:
            self.beside = PAD_WIDTH if digits else (SIDE_WIDTH if letters_layout() == "side" else 0)
        keys = lay_keyboard(self.ids.tools, "digits" if digits else "letters")
        if question.type is QuestionType.EMAIL:
            self.ids.tools.add_widget(self._endings, index=1)
            self._endings.begin(keys)
        keys.begin(
            field.value,
            lambda text: field.answer(question.id, text),
            self._next_field,
            names=question.type is QuestionType.NAME,
            max_length=DIGITS.get(question.type, form_checks.longest(question)),
            on_cursor=field.place_caret,
        )

    def _pick_date(self, field: Field) -> None:
        now, question = self.kiosk.state.now, field.question
        assert now is not None
        assert self._section is not None
        year = form_filling.year_alone(self._section, question)
        self.beside = DATES_WIDTH if self.wide else 0
        self.ids.tools.add_widget(self._dates)
        self._dates.begin(
            field.value,
            now.date(),
            question.past,
            lambda text: field.answer(question.id, text),
            self._next_field,
            since=None if question.past else now.year - 1,
            near=not question.past,
            on_close=self.stop_editing,
            can_clear=not question.required,
            on_year=partial(self._year_known, field, year) if year else None,
        )

    def _year_known(self, field: Field, question: Question, year: int) -> None:
        """No more is known of a date: its year answers the question for that alone, which comes into sight."""
        self.stop_editing()
        field.answer(field.question.id, "")
        field.answer(question.id, str(year))
        form = self.kiosk.session.form
        assert form is not None
        self._bring(self._field(form.id, question))

    def _pick(self, field: Field) -> None:
        question = field.question
        self.picking = True
        self.ids.sheet.add_widget(self._list)
        self._list.begin(
            question,
            tr._(field.owner.question.label),  # of an address: whose it is
            field.value,
            self.kiosk.state.province,
            lambda value: self._picked(field, value),
            self.stop_editing,
        )

    def _picked(self, field: Field, value: str) -> None:
        field.answer(field.question.id, value)
        self._next_field()

    def _next_field(self) -> None:
        """On to the next field that is still empty; it opens where nothing but an answer of its own will do."""
        fields = [part for field in reversed(self.ids.fields.children) for part in field.editors()]
        place = fields.index(self._edited) if self._edited in fields else len(fields)
        left = self._edited.owner if self._edited else None
        field = next((field for field in fields[place + 1 :] if not field.value), None)
        goes_on = field is not None and field.owner is left  # an address is one answer in two parts
        self.stop_editing(settle=not goes_on)
        if field and field.editable and (goes_on or field.owner.must_be_given):
            self.edit(field)
        elif field:
            self._bring(field)
        else:
            self._bring_question()

    def stop_editing(self, settle: bool = True) -> None:
        """Put keyboard and pickers away; what is wrong with the answer is told at once."""
        if left := self._edited:
            left.editing = False
            self._edited = None
            if settle:
                self.kiosk.settle(left.owner.question.id)
        for kind in KEYBOARDS:
            keyboard(kind).forget()
        self._dates.forget()
        self._endings.forget()
        self._list.forget()
        self.ids.tools.clear_widgets()
        self.ids.sheet.clear_widgets()
        self.picking = self.editing = self.folded = False
        self.beside = 0
        self._wanted = None
        if self.kiosk.state.session:
            self.steps_count = self.kiosk.state.session.step_count

    def _bring(self, widget: Widget) -> None:
        """Scroll a field into sight, now and whenever the place for the fields changes."""
        self._wanted = widget
        self._bring_soon()

    def _bring_question(self) -> None:
        """Where one question is asked at a time, it is what is seen, whatever stands above it."""
        fields = self.ids.fields.children
        if self.kiosk.state.comfort.simple and len(fields) == 1:  # of what is all known, all is shown
            self._bring(fields[0])

    def _bring_now(self, _dt: float) -> None:
        scroll, field = self.ids.scroll, self._wanted
        hidden = scroll.viewport_size[1] - scroll.height
        if hidden <= 0:
            scroll.scroll_y = 1
        if hidden <= 0 or field is None or field.parent is None:
            return
        top = scroll.children[0].top - field.top  # from the top of what scrolls
        seen = (1 - scroll.scroll_y) * hidden
        clear = dp(24 if self.editing else ARROW_STRIP + 8)  # nothing is read below the arrow
        lowest, highest = top + field.height + clear - scroll.height, max(0, top - dp(24))
        if getattr(field, "error", ""):
            highest = max(highest, lowest)  # of what is higher than its place the end is seen: there it is told
        scroll.scroll_y = 1 - min(max(seen, lowest), highest, hidden) / hidden

    def main(self) -> None:
        """Check this section and go on; what was only looked for in a list is taken, or it stays open, as does a date
        that is half chosen.
        """
        if self.picking and self._list.query:
            self._list.enter()
            if self.picking:
                return
        if self._dates.half_chosen():
            return
        self.stop_editing()
        self.kiosk.next()
        session = self.kiosk.state.session
        for field in reversed(self.ids.fields.children):
            if session and field.question.id in session.errors:
                self._bring(field)
                return

    def forget(self) -> None:
        """Drop every answer from its widget; whoever gave them has gone."""
        self.stop_editing(settle=False)
        self.ids.fields.clear_widgets()
        self.ids.relatives.clear_widgets()
        for field in self._fields.values():
            field.forget()
        self._section = None
        self._taken.clear()


SCREEN = FormScreen
