"""Asking the province for whoever stands there: one question for each purpose, and what comes late is dropped."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from kiosk.core import KioskCore, Parts
from kiosk.errands.inquiries import Answered, Question

Then = Callable[[Answered], None]


class AskingVerbs(KioskCore):
    """The one way to the inquiries' thread and back."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._awaited: dict[str, tuple[str, Then]] = {}  # purpose → job, what to do with its answer

    def ask(self, purpose: str, question: Question, then: Then) -> None:
        """Ask; `then` is called with the answer on the main thread, unless the session has ended, or another
        question for the same purpose was asked since."""
        job = uuid.uuid4().hex
        self._awaited[purpose] = job, then
        self.parts.inquiries.ask(self.session.id, job, question)

    def asking(self, purpose: str) -> bool:
        """Whether an answer is waited for."""
        return purpose in self._awaited

    def drop_question(self, purpose: str) -> None:
        """Its answer is not wanted any more."""
        self._awaited.pop(purpose, None)

    def answered(self, event: Answered) -> None:
        """An answer has come, or will not."""
        for purpose, (job, then) in list(self._awaited.items()):
            if job == event.job and self.is_current(event.session_id):
                del self._awaited[purpose]
                then(event)

    def wipe(self) -> None:
        """Nobody waits for an answer any more."""
        self._awaited.clear()
        if self.state.session:
            self.parts.inquiries.cancel(self.state.session.id)
        super().wipe()
