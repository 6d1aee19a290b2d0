"""Wishes and the keyboard in a real window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.screens.probing import answer

SECONDS = 170
LEAK = 4 * 1024 * 1024  # of 48 switches; 224 of them were seen to take nothing

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """One run; it needs no screen."""
    return answer("comfort_probe", seconds=SECONDS)


def test_a_few_touches_make_it_easier_and_the_next_person_finds_it_as_usual() -> None:
    assert probed()["worn"]
    assert probed()["usual_again"]


def test_long_words_in_the_largest_letters_get_wider_tiles() -> None:
    assert probed()["columns"] == [3, 2]


def test_whoever_sits_reaches_the_way_to_low_buttons() -> None:
    assert probed()["low"] == [True, True, False]


def test_a_name_that_no_dictionary_knows_is_typed_in_every_way() -> None:
    assert probed()["typed"] == dict.fromkeys(["letters", "telex", "vni"], "Đắk Lắk")


def test_many_switches_leave_nothing_behind() -> None:
    before, after = probed()["watchers"]
    assert after <= before
    assert probed()["grown"] < LEAK
