"""What the page of a procedure says of it in plain words: its name, money, places."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.catalogue import Channel, Fee, Procedure, load_catalogue
from kiosk.config import ASSETS
from screens import guide_words

TODAY = date(2026, 11, 26)
OFFERED = load_catalogue(ASSETS / "catalogue")
SOME = OFFERED.procedures["2.000635"]


def named(name: str) -> Procedure:
    return SOME.model_copy(update={"name": name})


def test_a_name_of_half_a_page_is_cut_at_a_word_and_stands_whole_among_the_small_print() -> None:
    whole = "Giao đất ở cho cán bộ, công chức, viên chức " * 12
    shown = guide_words.name(named(whole))
    assert len(shown) <= guide_words.LONGEST_NAME
    assert whole.startswith(shown.removesuffix("…"))
    assert shown.removesuffix("…").split()[-1] in whole.split()
    assert whole in guide_words.small_print(named(whole))


def test_a_name_that_fits_stands_once() -> None:
    assert guide_words.name(SOME) == SOME.name
    assert SOME.name not in guide_words.small_print(SOME)


def test_what_is_free_is_not_told_twice() -> None:
    free = SOME.model_copy(update={"fee": Fee(amount_vnd=0, note="Miễn phí")})
    assert guide_words.fees(free, TODAY) == [("", "Miễn phí", "")]


def test_places_and_ways_begin_with_a_capital() -> None:
    both = SOME.model_copy(update={"levels": ("commune", "province"), "channels": (Channel(way="counter"),)})
    assert guide_words.authorities(both) == "Xã, phường, tỉnh"
    assert guide_words.ways(both) == "Ở quầy"


@pytest.mark.parametrize(("code", "only_there"), [("1.000894", True), ("2.000635", False)])
def test_what_is_prepared_for_the_counter_is_done_there_whatever_the_portal_says(code: str, only_there: bool) -> None:
    told = guide_words.level(OFFERED.procedures[code].model_copy(update={"level": "full"}))
    assert (told == "Chỉ làm được ở quầy") is only_there


@pytest.mark.parametrize(
    ("fees", "told"),
    [
        ([Fee(amount_vnd=0)], "Miễn phí"),
        ([Fee(province=True)], "Do tỉnh quy định, hỏi tại quầy"),
        ([Fee(amount_vnd=8000), Fee(amount_vnd=9000)], "Hỏi tại quầy"),
        ([], "Hỏi tại quầy"),
    ],
)
def test_the_fee_of_who_hands_in_here_is_one_or_is_asked_for(fees: list[Fee], told: str) -> None:
    ways = (Channel(way="online", fees=tuple(fees)), Channel(way="post", fees=(Fee(amount_vnd=1),)))
    assert guide_words.fee_online(SOME.model_copy(update={"fee": None, "channels": ways}), TODAY)[0] == told
