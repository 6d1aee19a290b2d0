"""Keyboards, lists and dates in a real window: each has room in every look, and a way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.screens.probing import answer

SECONDS = 150

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """One run; it needs no screen."""
    return answer("tools_probe", seconds=SECONDS)


def test_a_list_shows_names_and_one_keyboard_to_whoever_sits_and_to_the_next_one() -> None:
    usual, low = [True, ["letters"], [], "09190"], [True, ["reach"], [], "09190"]
    assert probed()["lists"] == [usual, low, usual]


@pytest.mark.parametrize("place", ["search", "petition", "form", "list"])
def test_what_is_typed_goes_on_when_the_controls_come_down_and_stays_in_no_keyboard(place: str) -> None:
    assert probed()["looks"][place] == ["kê", ["reach"], [], ["", ""]]


def test_a_date_can_be_left_and_an_optional_one_emptied() -> None:
    seen = probed()["dates"]
    assert seen["without footer"]
    assert seen["closed"] == [False, False]
    assert seen["clearable"] == [False, True]
    assert seen["cleared"] == ["", False]


def test_births_are_offered_from_the_first_year_that_is_accepted() -> None:
    assert probed()["dates"]["first"] == "1900 – 1909"


def test_nothing_opens_by_itself_that_may_stay_empty_or_follow_another_answer() -> None:
    assert not probed()["dates"]["opened"]
    assert probed()["address"] == [False, "Nơi cư trú cuối cùng"]


def test_whose_data_were_filled_in_is_told_in_sight_and_that_something_made_way() -> None:
    said, detail, in_sight, typed_over = probed()["relative"]
    assert said.startswith("Đã điền thông tin của")
    assert detail == "Những gì bạn đã nhập ở phần này đã được thay."
    assert in_sight
    assert not typed_over


def test_two_options_abreast_are_equally_high() -> None:
    one, other = probed()["options"]
    assert one == other


def test_groups_of_people_are_brought_into_sight() -> None:
    assert probed()["groups"] == [True, True, "Hồ sơ đã lưu. Bạn có thể trả sau tại quầy.", True]


def test_the_line_of_a_suggestion_that_is_typed_stands_above_the_arrow() -> None:
    assert probed()["low_words"] == [True, True, True]


def test_what_comes_next_after_a_dossier_stands_above_the_arrow() -> None:
    assert probed()["low_slip"]


def test_what_is_wrong_with_a_suggestion_opens_in_sight() -> None:
    assert probed()["wrong_phone"] == ["phone", True, True]
