"""Check your answers before submitting, with a way back to each part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kivy.properties import AliasProperty, BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk import forms
from kiosk.catalogue import Component
from kiosk.forms import Question, QuestionType, Section
from kiosk.state import AppState, Session
from screens.fields import grouped, masked
from screens.tr import tr
from screens.widgets import KioskScreen, Panel, Scroll, show_list

CARDS, ROWS = 10, 4  # of a long dossier
NUMBERS = (QuestionType.ID_NUMBER, QuestionType.PHONE)
Part = tuple[str, Callable[[], None], list[Mapping[str, object]]]  # title, way back, rows


class Answered(BoxLayout):
    """One question and its answer."""

    label = StringProperty("")
    value = StringProperty("")
    wrong = BooleanProperty(False)  # without it nothing can be handed in


class ReviewCard(Panel):
    """One part of the dossier, with the way back to it."""

    title = StringProperty("")
    edit_text = StringProperty("")
    edit: Callable[[], None] = ObjectProperty(lambda: None)


class ReviewScroll(Scroll):
    """Its arrow stands in the middle: at the right it would lie on the targets."""

    arrow_x = AliasProperty(lambda self: self.center_x, bind=("center_x",))


class ReviewScreen(KioskScreen):
    """Cards of all sections, then the papers; two columns where the glass is wide. The cards are kept."""

    revealed = BooleanProperty(False)
    _shown: tuple[object, ...] = ()  # what the cards were filled from

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._cards = [ReviewCard() for _ in range(CARDS)]  # built while nobody waits; more come when needed
        for card in self._cards:
            show_list(card.ids.rows, Answered, [{}] * ROWS)

    def shown(self, _state: AppState) -> None:
        """Start at the top, with numbers masked."""
        self.revealed = False
        self.ids.scroll.scroll_y = 1

    def render(self, state: AppState) -> None:
        """Fill the cards when an answer has changed."""
        session = state.session
        if session is None or session.form is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Kiểm tra lại")
        self.main_text = tr._("Đúng, tiếp tục")
        key = (session.answers, session.papers, session.case, state.language, self.revealed, self.wide)
        if key != self._shown:
            self._shown = key
            self._show(self._parts(session))

    def on_wide(self, *_: object) -> None:
        """One column or two."""
        if self._shown:
            self.render(self.kiosk.state)

    def _parts(self, session: Session) -> list[Part]:
        assert session.form is not None
        case = session.case.id if session.case else ""
        parts = [self._part(session, s, case) for s in forms.visible_sections(session.form, case, session.answers)]
        needed = forms.needed_papers(session.case, session.answers)
        if self.kiosk.supplementing:  # of all that its procedure may need only what was asked for
            needed = tuple(one for one in needed if session.papers.get(one.id))
        if needed:
            rows = [_paper(one, len(session.papers.get(one.id, ()))) for one in needed]
            parts.append((tr._("Giấy tờ"), self.kiosk.edit_papers, rows))
        return parts

    def _part(self, session: Session, section: Section, case: str) -> Part:
        assert session.form is not None
        said = forms.resolved(session.form, case, session.answers)
        rows: list[Mapping[str, object]] = [
            {"label": tr._(question.label), "value": self._text(question, value), "wrong": False}
            for question in forms.visible_questions(section, case, session.answers)
            if (value := forms.clean(question, said.get(question.id, "")))
        ]
        title = tr._(section.title)
        if section.row:
            title = tr._("{title}: người thứ {n}").format(title=title, n=section.row)
        return title, lambda: self.kiosk.edit(section.id), rows

    def _text(self, question: Question, value: str) -> str:
        if question.type in NUMBERS:
            return grouped(value, question.type) if self.revealed else masked(value)
        return tr._(forms.display_value(question, value))

    def _show(self, parts: list[Part]) -> None:
        while len(self._cards) < len(parts):
            self._cards.append(ReviewCard())
        for card, (title, edit, rows) in zip(self._cards, parts, strict=False):
            card.title, card.edit, card.edit_text = title, edit, tr._("Sửa")
            show_list(card.ids.rows, Answered, rows)
        used = self._cards[: len(parts)]
        columns = [used[0::2], used[1::2]] if self.wide else [used, []]
        for box, cards in zip((self.ids.left, self.ids.right), columns, strict=True):
            if list(reversed(box.children)) != cards:
                box.clear_widgets()
        for box, cards in zip((self.ids.left, self.ids.right), columns, strict=True):
            if not box.children:
                for card in cards:
                    box.add_widget(card)

    def reveal(self) -> None:
        """Show or hide the numbers."""
        self.revealed = not self.revealed
        self.render(self.kiosk.state)

    def main(self) -> None:
        """All is right."""
        self.kiosk.next()

    def forget(self) -> None:
        """No answer stays in the cards."""
        self._shown = ()
        for card in self._cards:
            card.edit = lambda: None
            for row in card.ids.rows.children:
                row.value = ""


def _paper(paper: Component, pages: int) -> Mapping[str, object]:
    missing = tr._("Còn thiếu") if paper.required else tr._("Chưa quét")
    value = tr._("{n} trang").format(n=pages) if pages else missing
    return {"label": tr._(paper.title), "value": value, "wrong": paper.required and not pages}


SCREEN = ReviewScreen
