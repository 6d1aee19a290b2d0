"""Check your answers before submitting, with a way back to each part."""

from __future__ import annotations

from typing import Any

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk import forms
from kiosk.forms import Question, QuestionType, Section
from kiosk.identity import mask
from kiosk.state import AppState, Session
from screens.tr import tr
from screens.widgets import KioskScreen


class Answered(BoxLayout):
    """One question and its answer."""

    label = StringProperty("")
    value = StringProperty("")


class ReviewCard(BoxLayout):
    """One part of the dossier, with the way back to it."""

    title = StringProperty("")
    edit = ObjectProperty(lambda: None)


class ReviewScreen(KioskScreen):
    """Cards of all sections, then the papers."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._shown: tuple[object, ...] = ()
        self._revealed = False

    def shown(self, _state: AppState) -> None:
        """Start at the top, with numbers masked."""
        self._revealed = False
        self.ids.scroll.scroll_y = 1

    def render(self, state: AppState) -> None:
        """Build the cards when an answer has changed."""
        session = state.session
        if session is None or session.form is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.steps_name = tr._("Kiểm tra lại")
        self.main_text = tr._("Đúng, tiếp tục")
        key = (session.answers, session.papers, session.case, state.language, self._revealed)
        if key == self._shown:
            return
        self._shown = key
        box = self.ids.cards
        box.clear_widgets()
        case = session.case.id if session.case else ""
        for section in forms.visible_sections(session.form, case, session.answers):
            box.add_widget(self._card(session, section, case))
        if session.case and (needed := forms.needed_papers(session.case.components)):
            card = ReviewCard(title=tr._("Giấy tờ đã quét"), edit=self.kiosk.edit_papers)
            for component in needed:
                pages = len(session.papers.get(component.id, ()))
                text = tr._("{n} trang").format(n=pages) if pages else tr._("Chưa quét")
                card.ids.rows.add_widget(Answered(label=tr._(component.title), value=text))
            box.add_widget(card)

    def _card(self, session: Session, section: Section, case: str) -> ReviewCard:
        card = ReviewCard(title=tr._(section.title), edit=lambda: self.kiosk.edit(section.id))
        for question in forms.visible_questions(section, case, session.answers):
            if value := session.answers.get(question.id, ""):
                text = self._text(question, value)
                card.ids.rows.add_widget(Answered(label=tr._(question.label), value=text))
        return card

    def _text(self, question: Question, value: str) -> str:
        if question.type is QuestionType.ID_NUMBER and not self._revealed:
            return mask(value)
        return tr._(forms.display_value(question, value))

    def reveal(self) -> None:
        """Show or hide the ID numbers."""
        self._revealed = not self._revealed
        self.render(self.kiosk.state)

    def main(self) -> None:
        """All is right."""
        self.kiosk.next()

    def forget(self) -> None:
        """No answer stays."""
        self._shown = ()
        self.ids.cards.clear_widgets()


SCREEN = ReviewScreen
