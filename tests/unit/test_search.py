"""Search: queries of real life, how words may be written, codes, fields, choices, what is never found."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.catalogue import CatalogueError, load_catalogue
from kiosk.config import ASSETS
from kiosk.search import MOST_LETTERS, Search, why_text
from kiosk.search.choices import Choices
from kiosk.search.index import MOST_RESULTS, Why
from kiosk.search.words import by_ear, load_words, parted, without_telex
from kiosk.text import fold
from tests.bench.search import QUERIES, recall_at_5, wanted
from tests.bench.targets import LEAST

FOLDER = ASSETS / "catalogue"
CATALOGUE = load_catalogue(FOLDER)
SEARCH = Search(CATALOGUE, load_words(FOLDER, CATALOGUE))
DAY = date(2026, 11, 23)
LEAST_RECALL_UNSEEN = 0.9


def found(query: str) -> list[str]:
    return [hit.code for hit in SEARCH.find(query)]


def test_queries_of_real_life() -> None:
    assert len(wanted(QUERIES)) >= 200
    recall, missed = recall_at_5(SEARCH, QUERIES)
    assert recall >= LEAST["search recall_at_5"], missed


def test_queries_that_it_was_not_tuned_with() -> None:
    recall, missed = recall_at_5(SEARCH, "queries_unseen.yaml")
    assert recall >= LEAST_RECALL_UNSEEN, missed


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("lam giay khai sinh", "1.001193"),
        ("LÀM GIẤY KHAI SINH", "1.001193"),
        ("thu tuc dang ky khai sinh", "1.001193"),
        ("Thủ tục", "1.001193"),  # what is only begun is no mistake
        ("khaisinh", "1.001193"),  # without spaces
        ("ddawng kys khai sinh", "1.001193"),  # Telex without its keyboard
        ("đăng kí thường chú", "1.004222"),  # by ear
        ("trứng thực trữ ký", "2.000884"),
        ("chanh trấp đất", "1.012812"),
        ("chợ cấp", "1.001776"),
        ("sao y", "2.000815"),
        ("🙂 sao\u200b y \u202e", "2.000815"),
        ("trich luc", "2.000635"),
        ("2.000815", "2.000815"),
        ("2000815", "2.000815"),
        ("2 000 815", "2.000815"),
        ("1.00487", "1.004873"),
        ("004873", "1.004873"),
    ],
)
def test_one_is_found(query: str, code: str) -> None:
    assert code in found(query)[: 1 if query != "Thủ tục" else MOST_RESULTS]


def test_nothing_and_everything() -> None:
    assert found("") == found("  ") == list(CATALOGUE.procedures)
    assert found("(*[") == list(CATALOGUE.procedures)  # no word at all
    assert found("xyzzy qwrtp") == []
    assert found("9.999999") == []


def test_a_field_is_found() -> None:
    hits = SEARCH.find("thủy lợi")
    assert {hit.field for hit in hits[:5]} == {"Thủy lợi"}


def test_results_say_why() -> None:
    said = {query: why_text(SEARCH.find(query)[0]) for query in ("sao y", "2.000815", "khai tuwr", "")}
    assert said["sao y"] == "Thường gọi: sao y"
    assert said["2.000815"] == "Mã thủ tục: 2.000815"
    assert said["khai tuwr"].startswith("Gần giống: ")
    assert said[""] == "Làm được tại máy này"
    assert SEARCH.find("đăng ký khai tử")[0].why in (Why.NAME, Why.WORD)


@pytest.mark.parametrize(("query", "code"), [("birth", "1.001193"), ("marriage", "1.000894"), ("Death", "1.000656")])
def test_what_the_glass_calls_it_in_english_is_found(query: str, code: str) -> None:
    assert found(query)[0] == code


def test_a_name_of_a_thousand_letters_is_no_reason_to_read() -> None:
    hits = SEARCH.find("xây chuồng heo")
    assert max(len(hit.said) for hit in hits) > 200
    assert max(len(why_text(hit)) for hit in hits) < 100


def test_what_can_be_done_here_comes_before_what_a_ministry_does() -> None:
    ranks = [SEARCH.rank(code) for code in found("cấp lại")]
    assert ranks[0] != "ministry"


def test_hidden_procedures_are_never_found() -> None:
    hidden = CATALOGUE.rules.hidden
    assert hidden
    assert not set(hidden) & set(found("chính sách an sinh xã hội Hà Tĩnh"))
    assert all(hidden_code not in found(hidden_code) for hidden_code in hidden)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=MOST_LETTERS * 2))
def test_anything_may_be_typed(text: str) -> None:
    assert len(SEARCH.find(text)) <= max(MOST_RESULTS, len(CATALOGUE.procedures))


def test_ten_thousand_letters_are_cut() -> None:
    assert found("khai sinh " * 1000)[0] == found("khai sinh " * 12)[0]


# -- words -----------------------------------------------------------------------------------------------------------
SOUNDS = [("tru", "chu"), ("sinh", "sanh"), ("xinh", "sinh"), ("ky", "ki"), ("giay", "day")]


@pytest.mark.parametrize(("one", "other"), SOUNDS)
def test_the_same_by_ear(one: str, other: str) -> None:
    assert by_ear(one) == by_ear(other)
    assert by_ear(one) != by_ear("hon")


def test_telex_and_words_without_spaces() -> None:
    assert [without_telex(word) for word in ("ddawng", "kys", "khai")] == ["dang", "ky", "khai"]
    known = frozenset({"dang", "ky", "khai", "sinh", "si"})
    assert parted("dangkykhaisinh", known) == ["dang", "ky", "khai", "sinh"]
    assert parted("abc", known) == parted("khai", known) == []


def test_a_site_adds_words_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "synonyms.yaml").write_text('phrases: [{say: [giấy bà mụ], means: ["1.001193"]}]', encoding="utf-8")
    search = Search(CATALOGUE, load_words(FOLDER, CATALOGUE, tmp_path))
    assert search.find("giay ba mu")[0].code == "1.001193"
    assert search.find("giay ba mu")[0].said == "giấy bà mụ"
    assert search.find("sao y")[0].code == "2.000815"


RELATIVES = ("chồng", "vợ", "con", "con trai", "anh trai", "em gái", "ông cụ", "ông nội", "bà ngoại", "mẹ vợ", "cháu")


@pytest.mark.parametrize("relative", RELATIVES)
def test_whoever_has_died_the_death_registration_comes_first(relative: str) -> None:
    for query in (f"{relative} mất", f"{relative} qua đời", fold(f"{relative} chết")):
        assert found(query)[0] == "1.000656", query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("con mất căn cước", "1.014064"),
        ("vợ mất giấy khai sinh", "2.000635"),
        ("cháu mất thẻ bảo hiểm", "1.002759"),
        ("mất hộ chiếu", "1.010386"),
        ("giấy phép buôn bán", "1.001612"),
    ],
)
def test_what_was_lost_is_no_death(query: str, code: str) -> None:
    assert found(query)[0] == code


@pytest.mark.parametrize(
    "query",
    [
        "sửa ngày sinh trên giấy khai sinh",
        "sua ngay sinh tren giay khai sinh",
        "đính chính giấy khai sinh",
        "giấy khai sinh ghi sai năm sinh",
        "sai họ tên trên giấy khai sinh",
        "sửa giấy khai sinh cho con",
    ],
)
def test_a_paper_that_is_wrong_is_put_right_not_made_anew(query: str) -> None:
    assert found(query)[0] == "1.004859"


@pytest.mark.parametrize("query", ["làm hộ chiếu", "lam ho chieu", "hộ chiếu", "gia hạn hộ chiếu", "làm passport"])
def test_who_wants_a_passport_has_not_lost_one(query: str) -> None:
    assert found(query)[0] == "1.001456"
    assert found("báo mất hộ chiếu")[0] == "1.010386"


def test_words_that_stand_in_each_others_place_are_data(tmp_path: Path) -> None:
    text = """
groups: {người thân: [bầm], bánh: [mì, bao]}
phrases:
  - {say: [giấy <bánh>, gió], means: ["1.001193"]}
"""
    (tmp_path / "synonyms.yaml").write_text(text, encoding="utf-8")
    search = Search(CATALOGUE, load_words(FOLDER, CATALOGUE, tmp_path))
    assert search.find("bầm mất")[0].said == "bầm mất"  # ours in the words of a region
    assert search.find("giấy bao")[0].said == "giấy bao"
    (tmp_path / "synonyms.yaml").write_text(text.replace("<bánh>", "<banh>"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"phrases\.0\.say: no such group of words: .*«bánh»"):
        load_words(FOLDER, CATALOGUE, tmp_path)


def test_mistakes_in_the_words_are_told(tmp_path: Path) -> None:
    text = 'phrases: [{say: [a], means: ["9.999999"]}, {sai: [b], means: []}]'
    (tmp_path / "synonyms.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_words(FOLDER, CATALOGUE, tmp_path)
    assert any("phrases.1.sai: unknown key" in problem for problem in caught.value.problems)
    (tmp_path / "synonyms.yaml").write_text(text.split(", {sai")[0] + "]", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"synonyms\.yaml: phrases\.0\.means: no procedure 9\.999999"):
        load_words(FOLDER, CATALOGUE, tmp_path)


# -- choices ---------------------------------------------------------------------------------------------------------
def test_what_people_here_choose_comes_earlier() -> None:
    before = found("đăng ký")
    last = before[-1]
    lifted = [hit.code for hit in SEARCH.find("đăng ký", {last: 40.0})]
    assert lifted.index(last) < before.index(last)


def test_choices_fade_and_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "catalogue" / "choices.json"
    choices = Choices(path)
    for _ in range(4):
        choices.add("1.001193", DAY)
    choices.add("2.000815", DAY)
    choices.save()
    again = Choices(path)
    assert again.on(DAY) == {"1.001193": 4, "2.000815": 1}
    assert again.on(DAY + timedelta(days=30)) == {"1.001193": 2, "2.000815": 0.5}
    assert again.on(DAY + timedelta(days=150)) == {"1.001193": 0.125}
    again.add("2.000815", DAY + timedelta(days=30))
    assert again.on(DAY + timedelta(days=30)) == {"1.001193": 2, "2.000815": 1.5}
    assert again.on(DAY) == again.on(DAY + timedelta(days=30))  # a clock that goes back brings nothing back
    assert set(json.loads(path.read_bytes())) == {"day", "counts"}  # nothing else is kept of anybody


@pytest.mark.parametrize("content", [b"", b"[]", b'{"day": "x", "counts": {}}', b'{"day": "2026-01-01", "counts": 1}'])
def test_a_broken_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "choices.json"
    path.write_bytes(content)
    choices = Choices(path)
    assert choices.on(DAY) == {}
    choices.add("1.001193", DAY)
    choices.save()
    assert Choices(path).on(DAY) == {"1.001193": 1}
