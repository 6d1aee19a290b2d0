"""Measuring while the kiosk runs: what has ended goes to the clerk, who writes it down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kiosk.core import KioskCore, Parts
from kiosk.figures.metrics import Metrics, Purpose, Rating
from kiosk.figures.visits import OfflineWatch, VisitWatch
from kiosk.state import Step
from kiosk.text import nfc

SAVE_SECONDS = 60
STARS = range(1, 6)
WORDS = 300  # letters


class MeasuringVerbs(KioskCore):
    """Visits, ratings, time without a line. A disk that does not take them stops nobody."""

    def __init__(self, parts: Parts) -> None:
        self._visits, self._line = VisitWatch(), OfflineWatch()  # first: what follows changes the state already
        self._saved_at = 0.0
        self._rating: Rating | None = None
        super().__init__(parts)

    def change(self, **values: Any) -> None:
        """As always, and look whether a visit has ended."""
        super().change(**values)
        now, monotonic = self.now(), time.monotonic()
        visit = self._visits.watch(self.state, now.date(), monotonic)
        if "online" in values:
            self._line.watch(self.state.online, now, monotonic)
        if visit is not None:
            self._keep(lambda metrics: metrics.add_visit(visit))

    def watch_line_to_province(self) -> None:
        """Once a second; written down once a minute."""
        monotonic = time.monotonic()
        self._line.watch(self.state.online, self.now(), monotonic)
        if monotonic - self._saved_at >= SAVE_SECONDS:
            self._saved_at = monotonic
            self.save_line()

    def save_line(self) -> None:
        """Write down how long there was no line since the last time."""
        if seconds := self._line.take():
            self._keep(lambda metrics: metrics.add_offline(seconds))

    def note_rating(self, stars: int, reasons: tuple[str, ...] = (), words: str = "") -> None:
        """What somebody thinks so far, 1 to 5, 0 for nothing; it counts also when they just walk away."""
        purpose = {Step.TICKET: Purpose.NUMBER, Step.LOOKUP: Purpose.LOOKUP}.get(self.state.step, Purpose.DOSSIER)
        rating = Rating(self.now().date(), purpose, stars, reasons, nfc(words.strip())[:WORDS])
        self._rating = rating if stars in STARS else None

    def rate(self, stars: int, reasons: tuple[str, ...] = (), words: str = "") -> None:
        """The rating is done; kept without anything about the person."""
        self.note_rating(stars, reasons, words)
        self.finish_session()

    def finish_session(self) -> None:
        """The visit ends: what was said of it so far is kept."""
        self._keep_rating()
        super().finish_session()

    def keep_before_leaving(self) -> None:
        """The kiosk stops: who stands there was here as well. While the clerk still works."""
        if (visit := self._visits.end()) is not None:
            self._keep(lambda metrics: metrics.add_visit(visit))
        self._keep_rating()
        self._line.watch(self.state.online, self.now(), time.monotonic())
        self.save_line()

    def _keep_rating(self) -> None:
        rating, self._rating = self._rating, None
        if rating is not None:
            self._keep(lambda metrics: metrics.add_rating(rating))

    def _keep(self, write: Callable[[Metrics], None]) -> None:
        if metrics := self.parts.metrics:
            self.parts.clerk.do(lambda: write(metrics), failed=None)
