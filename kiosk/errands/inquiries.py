"""Inquiries: one thread that asks the province for whoever stands there, so that the glass never waits for the network.

Beside the sender, with a line and short time-outs of its own: nobody stands for half a minute before a clock.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from offline_queue.errors import surprise
from offline_queue.gateway import Desk, SubmitError

log = logging.getLogger(__name__)
TIMEOUT = (3.0, 7.0)  # to connect, between two bytes; seconds
LONGEST = 10.0  # for a whole answer
STOP_SECONDS = 2.0
Question = Callable[[Desk], object]


@dataclass(frozen=True)
class Answered:
    """Event: what came of a question. `code` is why there is no answer, `answer` what the question returned."""

    session_id: str
    job: str
    answer: object = field(default=None, repr=False)
    code: str = ""


@dataclass(frozen=True)
class _Asked:
    session_id: str
    job: str
    question: Question


class Inquiries:
    """Asks one question after the other; those of an ended session are not asked any more."""

    def __init__(self, inbox: queue.SimpleQueue[object], province: Desk) -> None:
        self._inbox = inbox
        self._province = province
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._session_id = ""  # of who stands there
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="inquiries", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End; a question under way is left behind after a moment: nobody is there any more to hear its answer."""
        self._stopping = True
        if self._thread.is_alive():
            self._asked.put(None)
            self._thread.join(STOP_SECONDS)

    def ask(self, session_id: str, job: str, question: Question) -> None:
        """Queue a question; `Answered` with this job comes into the inbox. Without a session it is the kiosk's own."""
        self._session_id = session_id or self._session_id
        self._asked.put(_Asked(session_id, job, question))

    def cancel(self, session_id: str) -> None:
        """The session has ended: its questions that still wait are dropped."""
        if session_id == self._session_id:
            self._session_id = ""

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None and not self._stopping:
            if asked.session_id in ("", self._session_id):
                self._inbox.put(self._answer(asked))

    def _answer(self, asked: _Asked) -> Answered:
        try:
            return Answered(asked.session_id, asked.job, asked.question(self._province))
        except SubmitError as error:
            return Answered(asked.session_id, asked.job, code=error.code)
        except Exception as error:  # noqa: BLE001  a surprise must become an event: no exception crosses a thread
            log.error("inquiries: %s", surprise(error))
            return Answered(asked.session_id, asked.job, code="province_error")
