"""News of the hall for the glass: one event, however many numbers were called since it was read."""

from __future__ import annotations

import queue
from dataclasses import dataclass


@dataclass(frozen=True)
class HallChanged:
    """Event: numbers were given or called, counters were opened, or the database went away or came back."""

    news: HallNews


class HallNews:
    """Puts one event into the inbox, and no other until it is read. Any thread may call it."""

    def __init__(self, inbox: queue.SimpleQueue[object]) -> None:
        self._inbox = inbox
        self._told = False

    def __call__(self) -> None:
        """Something may have changed."""
        if not self._told:
            self._told = True
            self._inbox.put(HallChanged(self))

    def read(self) -> None:
        """The event is being handled: what changes from now on is told again."""
        self._told = False
