"""What is wrong with an answer stands in sight, a list drops nothing silently, one question is what is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.screens.probing import answer

SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """One run; it needs no screen."""
    return answer("form_probe", seconds=SECONDS)


def test_what_is_wrong_is_in_sight_and_a_choice_is_marked() -> None:
    assert len(probed()["wrong"]) == 4
    assert all(probed()["wrong"].values()), probed()["wrong"]
    assert probed()["choice"] == [True, False]


def test_what_was_looked_for_is_taken_or_the_list_stays_and_says_why() -> None:
    nowhere, several, one = probed()["lists"]  # cursor moved, open, nothing found, which one?, answer
    assert nowhere == [True, True, True, False, ""]
    assert several == [True, True, False, True, ""]
    assert one[0]
    assert one[4] == "09190"


def test_six_answers_are_all_on_the_page() -> None:
    assert probed()["death"]["relations"] == 6


def test_a_date_half_chosen_is_not_dropped_and_its_year_alone_is_an_answer() -> None:
    seen = probed()["death"]
    assert seen["half"] == [True, True]  # the picker is open, and says so
    assert seen["goes_on"] == [False, True]
    assert seen["year"] == [False, "1943", True]
    assert seen["given_up"] is False


def test_one_question_is_what_is_seen_and_the_card_is_named_where_it_has_answered() -> None:
    seen = probed()["one_question"]
    assert {question: told for question, (_, told, _) in seen.items()} == {
        "requester.full_name": False,
        "requester.id_number": True,
        "requester.date_of_birth": False,
        "requester.phone": False,
    }
    assert all(before and after for before, _, after in seen.values()), seen


def test_a_section_that_is_all_known_is_read_from_its_top() -> None:
    assert probed()["all_known"] == [5, 1]


def test_a_correction_of_one_question_goes_on_until_the_last() -> None:
    assert probed()["corrected"] == ["Tiếp tục"] * 3 + ["Lưu và kiểm tra lại"]


def test_a_number_that_the_registers_know_was_told_by_no_card() -> None:
    assert probed()["told_phone"] == ["Số này do hệ thống quốc gia cho biết. Hãy xem lại cho đúng.", ""]


def test_the_cursor_of_the_search_stands_where_letters_go_in() -> None:
    assert probed()["search"] == [len("ket ho"), True]
