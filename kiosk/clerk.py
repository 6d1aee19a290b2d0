"""The clerk: one thread for work that is too slow for the glass (hashing a PIN, writing a page, sealing a dossier)."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from offline_queue.errors import surprise

log = logging.getLogger(__name__)
Work = Callable[[], object]


class Clerk:
    """Does one piece of work after the other; each returns an event for the inbox, or None."""

    def __init__(self, inbox: queue.SimpleQueue[object]) -> None:
        self._inbox = inbox
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was asked for, then end: a page or dossier that was accepted is not dropped."""
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join()

    def do(self, work: Work, failed: object) -> None:
        """Queue a piece of work; `failed` is the event for the inbox when it ends with a surprise."""

        def guarded() -> object:
            try:
                return work()
            except Exception as error:  # noqa: BLE001  a surprise must become an event: no exception crosses a thread
                log.error("clerk: %s", surprise(error))
                return failed

        self._work.put(guarded)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if (event := work()) is not None:
                self._inbox.put(event)
