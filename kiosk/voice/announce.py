"""What is said when a number is called: numbers, letters and tickets in Vietnamese words (DOMAIN 5, 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
AFTER_TENS = {1: "mốt", 4: "tư", 5: "lăm"}  # hai mươi mốt, hai mươi tư, hai mươi lăm
LARGEST = 999_999_999
WRITTEN_DIGITS = 3  # of a ticket: below 100 its zeros are said, as they are printed
# as these letters are called; a voice reads a bare letter by its sound, or by its English name
LETTER_NAMES = dict(
    zip(
        "ABCDĐEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *("a", "bê", "xê", "dê", "đê", "e", "ép", "giê", "hát", "i", "di", "ca", "e lờ", "em mờ", "en nờ", "o"),
            *("pê", "quy", "e rờ", "ét sì", "tê", "u", "vê", "vê kép", "ích xì", "i dài", "dét"),
        ),
        strict=True,
    )
)
BEFORE, BETWEEN = "Xin mời số thứ tự", "đến quầy số"


@dataclass(frozen=True)
class Words:
    """Words that differ from region to region: `odd` lẻ (South, Centre) or linh (North); `thousand` nghìn or ngàn."""

    odd: str = "lẻ"
    thousand: str = "nghìn"


USUAL_WORDS = Words()


def number_words(number: int, words: Words = USUAL_WORDS) -> str:
    """A number from 0 to `LARGEST` in words: 205 → «hai trăm lẻ năm». Raises ValueError for others."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not between 0 and {LARGEST}")
    if number == 0:
        return DIGITS[0]
    said: list[str] = []
    for value, unit in ((number // 1_000_000, "triệu"), (number // 1000 % 1000, words.thousand), (number % 1000, "")):
        if value:
            said += [*_below_thousand(value, bool(said), words), *([unit] if unit else [])]
    return " ".join(said)


def _below_thousand(value: int, follows: bool, words: Words) -> Iterator[str]:
    """1 to 999; hundreds are said even when they are 0 where the group `follows` another."""
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    if hundreds or follows:
        yield from (DIGITS[hundreds], "trăm")
        if ones and not tens:
            yield words.odd
    if tens == 1:
        yield "mười"
    elif tens:
        yield from (DIGITS[tens], "mươi")
    if ones:
        yield AFTER_TENS.get(ones, DIGITS[ones]) if tens > 1 else "lăm" if tens and ones == 5 else DIGITS[ones]


def ticket_words(label: str, words: Words = USUAL_WORDS) -> str:
    """A ticket as it is called: `A-025` → «A không hai mươi lăm», `A-K2-003` → «A K hai không không ba».

    Capital letters stand for their names, see `spoken`. Raises ValueError for a text that is no ticket.
    """
    *parts, digits = label.split("-")
    if not parts or not all(part.isalnum() for part in parts) or not re.fullmatch("[0-9]{3,4}", digits):
        raise ValueError("no ticket")
    said = [word for part in parts for word in _one_by_one(part.upper(), words)]
    number = int(digits)
    if number >= 100 or len(digits) > WRITTEN_DIGITS:
        return " ".join((*said, number_words(number, words)))
    zeros = (DIGITS[0],) if number >= 10 else (DIGITS[0], DIGITS[0])
    return " ".join((*said, *zeros, number_words(number, words)))


def _one_by_one(part: str, words: Words) -> Iterator[str]:
    """Letters one after the other, the digits between them as one number."""
    for is_number, signs in groupby(part, str.isdecimal):
        text = "".join(signs)
        yield from (number_words(int(text[:9]), words),) if is_number else text


def call_sentence(label: str, counter: int, words: Words = USUAL_WORDS) -> str:
    """«Xin mời số thứ tự A không hai mươi lăm, đến quầy số ba». Raises ValueError for what is no ticket."""
    return f"{BEFORE} {ticket_words(label, words)}, {BETWEEN} {number_words(counter, words)}"


def spoken(sentence: str) -> str:
    """The same for a voice: letters that stand alone by their names."""
    return re.sub(r"\b[A-ZĐ]\b", lambda letter: LETTER_NAMES[letter[0]], sentence)
