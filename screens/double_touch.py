"""The second touch of a double one counts for nothing when the glass has changed under the finger meanwhile.

An unsure finger touches twice. The second touch would press whatever has appeared in that place, unread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from kivy.metrics import dp

SECONDS = 0.6  # between the two; nobody reads what has appeared faster
NEAR = 120  # dp between the two: a trembling hand


class _Last(NamedTuple):
    at: float  # monotonic
    x: float
    y: float
    page: object


class DoubleTouch:
    """`page` tells what is on the glass now, as far as buttons go: two equal ones have the same in the same places."""

    def __init__(self, page: Callable[[], object]) -> None:
        self._page = page
        self._last = _Last(0.0, 0.0, 0.0, None)

    def seconds_left(self, x: float, y: float) -> float:
        """How long a touch there would still count for nothing."""
        last = self._last
        if last.page == self._page() or max(abs(x - last.x), abs(y - last.y)) > dp(NEAR):
            return 0.0
        return max(0.0, last.at + SECONDS - time.monotonic())

    def swallows(self, x: float, y: float) -> bool:
        """Whether the touch that has just begun counts for nothing; further ones follow from here."""
        swallowed = self.seconds_left(x, y) > 0
        page = self._last.page if swallowed else self._page()
        self._last = _Last(time.monotonic(), x, y, page)
        return swallowed
