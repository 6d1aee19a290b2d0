"""The verbs of a counter. The glass' staff screen and the pages of the desks use the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kiosk.hall.calling import CallingRules
from kiosk.hall.hall import Hall
from kiosk.hall.view import Call, HallView


class Counters:
    """Counters open, call and end. Any thread may call any verb; each is one transaction, on the disk afterwards.

    Every verb raises `HallError`: `counter_unknown`, `hall_away` while the database cannot be reached, `hall_busy`,
    `hall_store`, `disk_full`; verbs that call need an open counter (`counter_not_open`); verbs about the number at the
    counter need one (`counter_idle`), and with `ticket_id`, the number that the officer has seen there, they refuse
    with `call_changed` when another browser was faster. `officer` is the name of the account; `audit` gets every act.
    """

    def __init__(
        self, hall: Hall, rules: CallingRules, audit: Callable[..., None], clock: Callable[[], datetime]
    ) -> None:
        self._hall = hall
        self._rules = rules
        self._audit: Callable[..., Any] = audit
        self._clock = clock

    def open(self, counter: int, officer: str) -> None:
        """Open a counter, or go on after a pause. What it has called stays called."""
        raise NotImplementedError

    def pause(self, counter: int, officer: str, reason: str) -> None:
        """Pause; a number that is at the counter can be ended. Raises `HallError("pause_reason_missing")`."""
        raise NotImplementedError

    def close(self, counter: int, officer: str) -> None:
        """Close for the day. Raises `HallError("counter_busy")` while somebody is called, served or held here."""
        raise NotImplementedError

    def call_next(self, counter: int, officer: str) -> Call | None:
        """Call the next number (`calling.choose`); None when nobody waits.

        Raises `HallError("counter_busy")` while a number is called or served here: it is ended first, so that a second
        browser's touch calls nobody.
        """
        raise NotImplementedError

    def recall(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Announce the number again. Raises `HallError`: `recall_too_soon`, `recall_too_often`, `ticket_state`."""
        raise NotImplementedError

    def serve(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """The citizen is at the desk."""
        raise NotImplementedError

    def absent(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Nobody came: to the end of the line, cancelled the third time. Raises `HallError("absent_too_soon")`."""
        raise NotImplementedError

    def hold(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """Put the number aside, e.g. while a form is filled in; `resume` goes on with it."""
        raise NotImplementedError

    def resume(self, ticket_id: int, counter: int, officer: str) -> Call:
        """Go on with a held number, at any open counter. Raises `HallError`: `counter_busy`, `ticket_state`."""
        raise NotImplementedError

    def transfer(self, counter: int, officer: str, letter: str, ticket_id: int | None = None) -> Call:
        """Send the number to another line; its place there is by the time at which it was taken.

        Raises `HallError("series_unknown")`.
        """
        raise NotImplementedError

    def done(self, counter: int, officer: str, ticket_id: int | None = None) -> Call:
        """The citizen has been served (a number that is still `called` is served by this)."""
        raise NotImplementedError

    def snapshot(self) -> HallView:
        """Everything that board, counters and glass show. Never raises: without a database the last one, stale."""
        raise NotImplementedError

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, on any thread, whenever the hall may have changed; returns how to end that.

        `wake` must be quick and not raise, e.g. `loop.call_soon_threadsafe(event.set)`.
        """
        raise NotImplementedError
