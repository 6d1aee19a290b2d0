"""Nothing of one citizen reaches the next: no widget that is alive, on the glass or not, knows anything of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.screens.probing import answer

SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """One citizen in the real window, twice; it needs no screen."""
    return answer("wipe_probe", seconds=SECONDS)


def test_the_probe_sees_what_widgets_know() -> None:
    answer = probed()
    assert set(answer["known_at_review"]) == {"number", "phone", "name", "place", "masked number"}
    assert answer["textures_at_review"] >= 2
    assert answer["slip_shown"]


def test_finish_leaves_nothing_in_any_widget() -> None:
    answer = probed()
    assert answer["after_finish"] == []
    assert answer["textures_after_finish"] == 0


def test_who_ends_while_a_field_is_typed_into_leaves_no_session() -> None:
    assert not probed()["session_after_typing"]


def test_the_rating_knows_nobody() -> None:
    answer = probed()
    assert answer["at_rating"] == []
    assert not answer["code_at_rating"]
    assert answer["textures_at_rating"] == 0
