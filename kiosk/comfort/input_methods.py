"""Typing Vietnamese with plain keys: Telex, VNI, and letters with marks; pure, key by key, no syllable refused.

One key acts on the word before the cursor. What a method cannot use stays what was typed, the same key again takes a
mark back and gives the key itself ("aaa" → "aa"), and a word with a second group of vowels and no mark of its own
("facebook") is left alone: a dictionary of syllables would make "Ea H'Leo" and "Y Moan Êban" impossible to write.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from kiosk.text import TONES, VOWELS, apply_tone, nfc

NEW_STYLE = ("oa", "oe", "uy")  # hoà, khoẻ, thuý: the same tone key again, after the traditional hòa, khỏe, thúy


class InputMethod(StrEnum):
    """How the keys of the keyboard on the glass are read."""

    LETTERS = "letters"  # every letter and tone has its own key
    TELEX = "telex"
    VNI = "vni"


@dataclass(frozen=True)
class Tone:
    """Sets a tone (a name of `TONES`), "" takes it away."""

    name: str


@dataclass(frozen=True)
class Mark:
    """Changes the last of these letters: plain → marked, lower case."""

    letters: Mapping[str, str]


CIRCUMFLEX, HORN, BREVE = {"a": "â", "e": "ê", "o": "ô"}, {"o": "ơ", "u": "ư"}, {"a": "ă"}
STROKE = Mark({"d": "đ"})
ACTS: Mapping[InputMethod, Mapping[str, Tone | Mark]] = {
    InputMethod.LETTERS: {},
    InputMethod.TELEX: {
        **{key: Tone(name) for key, name in zip("fsrxjz", [*TONES, ""], strict=True)},
        **{key: Mark({key: letter}) for key, letter in CIRCUMFLEX.items()},
        "w": Mark(HORN | BREVE),
        "d": STROKE,
    },
    InputMethod.VNI: {
        **{key: Tone(name) for key, name in zip("213450", [*TONES, ""], strict=True)},
        "6": Mark(CIRCUMFLEX),
        "7": Mark(HORN),
        "8": Mark(BREVE),
        "9": STROKE,
    },
}


@dataclass(frozen=True)
class Word:
    """The letters before the cursor; `tone_key` is the key that gave the tone, and after how many letters it came."""

    text: str = field(default="", repr=False)
    tone_key: tuple[int, str] | None = field(default=None, repr=False)


def press(word: Word, key: str, method: InputMethod) -> Word:
    """The word after one more key. `key` is one character, or the name of a tone key (huyen, sac, hoi, nga, nang)."""
    if key in TONES:
        return Word(_next_tone(word.text, key))
    act = ACTS[method].get(key.lower())
    if act is None or not word.text or _is_foreign(word.text):
        return _append(word, key)
    return _tone(word, key, act) if isinstance(act, Tone) else _mark(word, key, act)


def _next_tone(text: str, tone: str) -> str:
    """A key with a tone on it: the traditional place, then the other one where there are two, then none."""
    letters = strip_tone(text)
    traditional = apply_tone(letters, tone)
    if text == traditional != letters and letters.lower().endswith(NEW_STYLE) and letters[-3:-2].lower() != "q":
        return letters[:-1] + nfc(letters[-1] + TONES[tone])
    return letters if tone_of(text) == tone else traditional


def _tone(word: Word, key: str, act: Tone) -> Word:
    letters, old = strip_tone(word.text), tone_of(word.text)
    if not act.name:
        return Word(letters) if old else _append(word, key)
    if old == act.name:
        return Word(letters + key)
    toned = apply_tone(letters, act.name)
    return Word(toned, (len(letters), key)) if toned != letters else _append(word, key)


def _mark(word: Word, key: str, act: Mark) -> Word:
    letters, tone = list(strip_tone(word.text)), tone_of(word.text)
    places = _stroke_place(letters) if act is STROKE else _vowel_places(letters, act.letters)
    if not places:
        return _append(word, key)
    wanted = [_cased(act.letters[plain(letters[i])], letters[i]) for i in places]
    undone = all(letters[i] == letter for i, letter in zip(places, wanted, strict=True))
    for i, letter in zip(places, wanted, strict=True):
        letters[i] = _cased(plain(letter), letter) if undone else letter
    if undone:
        letters.append(key)
    return Word(apply_tone("".join(letters), tone), word.tone_key)


def _stroke_place(letters: list[str]) -> list[int]:
    """The d just typed, else the one that the word begins with."""
    if plain(letters[-1]) == "d":
        return [len(letters) - 1]
    return [0] if plain(letters[0]) == "d" and letters[0] in "dD" else []


def _vowel_places(letters: list[str], marks: Mapping[str, str]) -> list[int]:
    """Which letters of the last group of vowels take the mark: the last that can, uo together, the u of ua."""
    group = _groups(letters)[-1:]
    places = [i for i in group[0] if plain(letters[i]) in marks] if group else []
    if "u" not in marks or len(places) < 2:
        return places[-1:]
    first, second = places[-2:]
    pair = plain(letters[first]) + plain(letters[second])
    if pair[0] != "u" or second != first + 1 or letters[first - 1 : first] in (["q"], ["Q"]):
        return [second]
    if pair == "ua":
        return [first]
    alone = second == len(letters) - 1 and letters[first] in "uU"  # thuở; what follows makes it thương
    return [second] if alone else [first, second]


def _append(word: Word, key: str) -> Word:
    if not key.isalpha():
        return Word(word.text + key)
    letters, tone = strip_tone(word.text), tone_of(word.text)
    if word.tone_key and len(_groups(letters + key)) > 1 and _is_latin(letters):
        at, typed = word.tone_key  # "system": what looked like a tone was a letter
        return Word(letters[:at] + typed + letters[at:] + key)
    if letters[-2:].lower() == "uơ" and letters[-3:-2].lower() != "q":
        letters = letters[:-2] + _cased("ư", letters[-2]) + letters[-1]
    longer = letters + key
    return Word(apply_tone(longer, tone) if tone else longer, word.tone_key)


def _is_foreign(text: str) -> bool:
    """Several groups of vowels, and nothing that only Vietnamese has."""
    return len(_groups(text)) > 1 and _is_latin(text)


def _is_latin(text: str) -> bool:
    return text == "".join(map(unmarked, text))


def _groups(letters: str | list[str]) -> list[list[int]]:
    """Where the vowels stand, neighbours together."""
    places = [i for i, letter in enumerate(letters) if plain(letter) in VOWELS]
    groups = [places[:1]] if places else []
    for one, other in pairwise(places):
        if other == one + 1:
            groups[-1].append(other)
        else:
            groups.append([other])
    return groups


def tone_of(word: str) -> str:
    """The name of the tone that a word bears, "" for none."""
    marks = unicodedata.normalize("NFD", word)
    return next((name for name, mark in TONES.items() if mark in marks), "")


def strip_tone(word: str) -> str:
    """The word without its tone; the marks that make other letters stay."""
    kept = "".join(c for c in unicodedata.normalize("NFD", word) if c not in TONES.values())
    return nfc(kept)


def unmarked(letter: str) -> str:
    """The Latin letter under a Vietnamese one, in its case."""
    base = unicodedata.normalize("NFD", letter)[0]
    return {"đ": "d", "Đ": "D"}.get(base, base)


def plain(letter: str) -> str:
    """`unmarked`, in lower case."""
    return unmarked(letter).lower()


def _cased(letter: str, like: str) -> str:
    return letter.upper() if like.isupper() else letter
