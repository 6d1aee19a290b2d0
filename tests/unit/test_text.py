"""Folding, the normal form and the tone keys."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.text import TONES, apply_tone, fold, nfc, search_key, sort_key

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8"))
TONE_OF_KEY = {"f": "huyen", "s": "sac", "r": "hoi", "x": "nga", "j": "nang"}
NAME_OF_TONE = {mark: name for name, mark in TONES.items()}
WORDS = sorted({word for row in VECTORS["telex"] for word in row["out"].split()})
MORE = [
    *("huế", "khuỷu", "ngoài", "khỏe", "hoàng", "toán", "thuở", "mía", "múa", "giếng", "yến"),
    *("quốc", "loạn", "quặc", "giầm", "VIỆT", "Ếban", "khuấy", "ngoéo", "quạ"),
]
LETTERS = st.characters() | st.sampled_from("aăâeêioôơuưyqgđĐ \u0323\u0301")


def without_tones(text: str) -> str:
    return nfc("".join(c for c in unicodedata.normalize("NFD", text) if c not in NAME_OF_TONE))


def tone_of(word: str) -> str:
    return next((NAME_OF_TONE[c] for c in unicodedata.normalize("NFD", word) if c in NAME_OF_TONE), "")


@pytest.mark.parametrize("row", VECTORS["search_fold"], ids=lambda row: row["folded"])
def test_fold_vectors(row: dict[str, str]) -> None:
    assert fold(row["text"]) == row["folded"]
    assert fold(unicodedata.normalize("NFD", row["text"])) == row["folded"]


def test_look_alikes_of_d_and_spaces() -> None:
    assert fold("Ðăk  Lăk\t") == fold("Đăk Lăk") == "dak lak"


def test_a_search_takes_every_apostrophe() -> None:
    assert search_key("Ea H’Leo") == search_key("Ea H'Leo") == search_key("ea h‘leo") == "ea h'leo"


def test_sorting_vectors() -> None:
    wanted = VECTORS["collation"]["sorted"]
    mixed = random.sample(wanted, len(wanted))
    assert sorted(mixed, key=sort_key) == wanted
    assert sorted((unicodedata.normalize("NFD", word) for word in mixed), key=sort_key) == [
        unicodedata.normalize("NFD", word) for word in wanted
    ]


def test_sorting_letters_first_then_tones_then_capitals() -> None:
    assert sorted(["bạn", "Bàn", "bàn", "ban", "bang", "ba na"], key=sort_key) == [
        *("ba na", "ban", "bàn", "Bàn", "bạn", "bang")
    ]
    assert sort_key("Mŏ") > sort_key("Mn")  # a letter of the Ê-đê stands with its base letter
    assert sort_key("2 tháng 9") < sort_key("A")


@settings(deadline=None)
@given(st.lists(st.text()))
def test_any_text_can_be_sorted(words: list[str]) -> None:
    once = sorted(words, key=sort_key)
    assert [sort_key(word) for word in sorted(random.sample(words, len(words)), key=sort_key)] == [
        sort_key(word) for word in once
    ]


def test_nfc() -> None:
    assert nfc(unicodedata.normalize("NFD", "Nguyễn Thị Đào")) == "Nguyễn Thị Đào"


@pytest.mark.parametrize("word", [*WORDS, *MORE])
def test_the_tone_stands_on_the_right_letter(word: str) -> None:
    plain, tone = without_tones(word), tone_of(word)
    assert apply_tone(plain, tone) == word
    assert apply_tone(unicodedata.normalize("NFD", plain), tone) == word
    assert apply_tone(plain.upper(), tone) == nfc(word.upper())
    if tone:
        assert apply_tone(word, tone) == plain  # the same tone again takes it away
        assert apply_tone(word, "") == plain
        other = "sac" if tone != "sac" else "nang"
        assert apply_tone(word, other) == apply_tone(plain, other)


def test_only_the_last_syllable_is_touched() -> None:
    assert apply_tone("khánh hoa", "huyen") == "khánh hòa"
    assert apply_tone("Ea H'Leo", "sac") == "Ea H'Léo"
    assert apply_tone("a/hoa", "sac") == "a/hóa"


@pytest.mark.parametrize("text", ["", " ", "hoa ", "hoa,", "123", "x", "đ"])
def test_without_a_vowel_at_the_end_nothing_happens(text: str) -> None:
    assert apply_tone(text, "sac") == text


@settings(deadline=None)
@given(st.text(alphabet=LETTERS), st.sampled_from(["", *TONES]))
def test_nothing_but_tones_changes(text: str, tone: str) -> None:
    changed = apply_tone(text, tone)
    assert changed == nfc(changed)
    assert without_tones(changed) == without_tones(nfc(text))


@settings(deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text(alphabet="aăâeêioôơuưybcdđghklmnpqrstvx", min_size=1), st.sampled_from(sorted(TONES)))
def test_no_syllable_is_refused(text: str, tone: str) -> None:
    assert (apply_tone(text, tone) != text) is any(c in "aăâeêioôơuưy" for c in text)
