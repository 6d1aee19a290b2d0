"""Every button of the counters' list does a verb that there is, whatever state a counter is in."""

from __future__ import annotations

from kiosk.hall.acts import VERBS
from screens.counter_rows import rows_of
from tests.screens.desk_scenes import _counters


def test_each_counter_offers_its_next_verbs() -> None:
    offered = [[(row.verb, row.other_verb) for row in rows_of(counter)] for counter in _counters()]
    assert offered == [
        [("done-next", "done"), ("absent", "recall"), ("transfer", "hold")],
        [("done-next", "done"), ("transfer", "hold")],
        [("next", "pause")],
        [("done", "open"), ("transfer", "hold")],
        [("open", "close")],
        [("next", "pause"), ("resume", "")],
        [("open", "")],
    ]
    assert {verb for rows in offered for row in rows for verb in row if verb} <= set(VERBS)
