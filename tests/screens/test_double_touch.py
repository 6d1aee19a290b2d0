"""Whoever touches twice where once is meant presses nothing unread."""

from __future__ import annotations

import pytest

from tests.screens.probing import answer

SECONDS = 150

pytestmark = pytest.mark.timeout(SECONDS + 10)


def test_the_second_touch_of_a_double_one_presses_nothing_that_has_just_appeared() -> None:
    seen = answer("double_probe", seconds=SECONDS)
    after = {
        "card": ["notice", ""],
        "notice": ["form", ""],
        "finish": ["form", "leave"],  # asked, and neither answered nor put away
        "prepare": ["checklist", ""],
        "petition": ["petition", ""],  # the thanks, with the code
    }
    assert seen == {button: [what] * 3 for button, what in after.items()}
