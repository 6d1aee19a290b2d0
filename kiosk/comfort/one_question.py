"""The simple mode: one question of a form on the glass at a time, the same form, answers and checks as always."""

from __future__ import annotations

from kiosk import forms
from kiosk.forms import Question
from kiosk.journey import JourneyVerbs
from kiosk.state import Step


class OneQuestionVerbs(JourneyVerbs):
    """Onward and back, question by question, while a person wants it so.

    What a chip has answered is not asked once more: it is seen at the review, and where a section has nothing else.
    """

    def questions_shown(self) -> tuple[Question, ...]:
        """The questions of the section that are on the glass: all of them, or one."""
        questions = self._singly()
        if not questions:
            return self._questions()
        place = min(self.session.asked, len(questions) - 1)
        return questions[place : place + 1]

    def question_number(self) -> tuple[int, int]:
        """«câu 2 / 5»: which of how many; (0, 0) where all are shown."""
        count = len(self._singly())
        return (min(self.session.asked, count - 1) + 1, count) if count > 1 else (0, 0)

    def next(self) -> None:
        """Onward; what is wrong with the question on the glass, or with one before it, is shown with it."""
        if self._simple_form() and self._next_question():
            return
        section = self.session.section
        super().next()
        if self._simple_form() and self.session.section is section:
            wrong = [n for n, question in enumerate(self._singly()) if question.id in self.session.errors]
            if wrong:
                self.change_session(asked=wrong[0])

    def previous_step(self) -> None:
        """Back to the question before this one; before the first, as always."""
        place = min(self.session.asked, len(self._singly()) - 1)
        if self._simple_form() and place > 0:
            self.change_session(asked=place - 1, errors={})
            return
        left = self.state.step, self.session.section
        super().previous_step()
        if self._simple_form() and left != (Step.FORM, self.session.section):
            self.change_session(asked=max(0, len(self._singly()) - 1))

    def _next_question(self) -> bool:
        session, questions = self.session, self._singly()
        place = min(session.asked, len(questions) - 1)
        if session.section is None or place < 0:
            return False
        if code := self._section_errors(session.section).get(questions[place].id):
            self.change_session(errors={questions[place].id: code})
            return True
        if place + 1 < len(questions):
            self.change_session(asked=place + 1, errors={})
            return True
        return False

    def _simple_form(self) -> bool:
        return self.state.comfort.simple and self.state.step is Step.FORM

    def _singly(self) -> tuple[Question, ...]:
        """The questions that are shown one at a time; none where they are shown together."""
        session = self.state.session
        if session is None or not self.state.comfort.simple:
            return ()
        known = self.locked() - session.errors.keys()
        return tuple(question for question in self._questions() if question.id not in known)

    def _questions(self) -> tuple[Question, ...]:
        session = self.state.session
        if session is None or session.section is None:
            return ()
        return forms.visible_questions(session.section, self.case_id(), session.answers)
