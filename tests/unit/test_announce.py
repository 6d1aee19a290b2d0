"""Numbers, letters and tickets in Vietnamese words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.voice.announce import LARGEST, LETTER_NAMES, Words, call_sentence, number_words, spoken, ticket_words

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8"))
DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
VALUES = {word: value for value, word in enumerate(DIGITS)}
VALUES |= {"mốt": 1, "tư": 4, "lăm": 5, "lẻ": 0}


def heard(text: str) -> int:
    """The number that a listener understands."""
    total = group = digit = 0
    for word in text.split():
        if word in ("triệu", "nghìn"):
            total, group, digit = total + (group + digit) * (1_000_000 if word == "triệu" else 1000), 0, 0
        elif word in ("trăm", "mươi"):
            group, digit = group + digit * (100 if word == "trăm" else 10), 0
        elif word == "mười":
            group += 10
        else:
            digit = VALUES[word]
    return total + group + digit


@pytest.mark.parametrize("row", VECTORS["number_reading"], ids=lambda row: str(row["n"]))
def test_numbers_as_they_are_read(row: dict[str, Any]) -> None:
    assert number_words(row["n"]) == row["read"]
    assert number_words(row["n"], Words(odd="linh")) == row["read_linh"]
    assert number_words(row["n"], Words(thousand="ngàn")) == row["read"].replace("nghìn", "ngàn")


@pytest.mark.parametrize("row", VECTORS["ticket_call"], ids=lambda row: row["ticket"])
def test_calls_as_they_are_said(row: dict[str, Any]) -> None:
    assert call_sentence(row["ticket"], row["counter"]) == row["say"]


@given(st.integers(0, LARGEST))
def test_every_number_is_understood(number: int) -> None:
    assert heard(number_words(number)) == number


@given(st.integers(1, 9999))
def test_no_two_tickets_sound_the_same(number: int) -> None:
    letter, said = ticket_words(f"A-{number:03d}").split(" ", 1)
    assert letter == "A"
    assert heard(said.removeprefix("không không ").removeprefix("không ")) == number
    assert said.startswith("không không ") == (number < 10)
    assert said.startswith("không ") == (number < 100)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("A-K2-003", "A K hai không không ba"),
        ("C-K12-110", "C K mười hai một trăm mười"),
        ("A-010", "A không mười"),
        ("A-115", "A một trăm mười lăm"),
        ("B-1024", "B một nghìn không trăm hai mươi tư"),
    ],
)
def test_tickets_of_a_kiosk_that_is_by_itself_and_long_numbers(label: str, said: str) -> None:
    assert ticket_words(label) == said


@pytest.mark.parametrize("label", ["", "A", "025", "A-25", "A-02x", "A--025", "A-00025", "-025", "<b>-025", "A-٠٢٥"])
def test_what_is_no_ticket_is_not_said(label: str) -> None:
    with pytest.raises(ValueError, match="no ticket"):
        ticket_words(label)


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_numbers_have_their_bounds(number: int) -> None:
    with pytest.raises(ValueError, match="is not between"):
        number_words(number)


def test_a_voice_calls_letters_by_their_names() -> None:
    assert spoken(call_sentence("B-K2-101", 12)) == (
        "Xin mời số thứ tự bê ca hai một trăm lẻ một, đến quầy số mười hai"
    )
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") <= set(LETTER_NAMES)
    assert len(set(LETTER_NAMES.values())) == len(LETTER_NAMES)
