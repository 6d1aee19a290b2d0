"""All texts of a catalogue, compared with a query at once.

Every typed word is compared with every known word (the same, its beginning, the same by ear, one slip away), weighted
by how rare it is. A text counts by how much of the query it explains and how little else it says. Each candidate is
then looked at closely: which words stand side by side as they were typed, and with just those marks.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING, Any

from kiosk.search.words import by_ear, parted, without_telex
from kiosk.text import fold, nfc

if TYPE_CHECKING:
    import numpy

    Numbers = numpy.ndarray[Any, numpy.dtype[numpy.float32]]
    Places = numpy.ndarray[Any, numpy.dtype[numpy.int32]]

MOST_RESULTS = 30
CANDIDATES = 60  # texts that are looked at closely
SAME, BEGINS, BY_EAR, TELEX, SLIP, TWO_SLIPS = 1.0, 0.92, 0.86, 0.84, 0.72, 0.5
KNOWN = 0.1  # less, when what was typed is a word itself
LEAST_LETTERS, TWO_SLIPS_FROM, TWO_SYLLABLES = 3, 6, 5
UNSAID = 0.15  # weight of a word that says nothing
LEAST, NEXT_TO_BEST = 0.14, 0.4  # a worse text is no result: by itself, and beside the best
OTHER_MARKS = 0.65  # how much a word is worth that stands with other marks than were typed
MARKS = 0.2  # for words that were typed with just these marks
STRICT, LENIENT = 1.5, 0.75  # how much unexplained words cost, and how much less beside a whole everyday phrase
IN_ORDER, INSIDE, WHOLE = 0.26, 0.32, 0.1  # words side by side, the text within the query, nothing else typed


class Why(StrEnum):
    """What has led to a result."""

    OFFERED = "offered"  # nothing was typed
    NAME = "name"
    WORD = "word"  # what people call it
    FIELD = "field"
    CODE = "code"


@dataclass(frozen=True)
class Text:
    """One text that may be found, and the codes for which it stands."""

    codes: tuple[str, ...]
    why: Why
    text: str
    words: tuple[str, ...]  # without marks
    written: frozenset[str]  # with them
    factor: float


@dataclass(frozen=True)
class Found:
    """A code, the text that has led to it, and whether that is only near to what was typed."""

    code: str
    why: Why
    said: str
    near: bool


class Index:
    """All texts of a catalogue, ready to be compared with a query."""

    def __init__(self, texts: Iterable[Text], ignore: Iterable[str]) -> None:
        import numpy

        self._numpy = numpy
        self._texts = tuple(texts)
        self._unsaid = frozenset(nfc(word).casefold() for word in ignore)
        said = {fold(word) for text in self._texts for word in text.written if word not in self._unsaid}
        self._unsaid_unmarked = frozenset(fold(word) for word in self._unsaid) - said  # tu may be từ or tử
        places: dict[str, list[int]] = {}
        for number, text in enumerate(self._texts):
            for word in set(text.words):
                places.setdefault(word, []).append(number)
        self._known = tuple(sorted(places))
        self._written: dict[str, Places] = _by_form(self._texts)
        self._places: dict[str, Places] = {w: numpy.array(p, dtype=numpy.int32) for w, p in places.items()}
        count = len(self._texts)
        self._rarity = {
            word: math.log(1 + count / len(p)) * (UNSAID if word in self._unsaid_unmarked else 1)
            for word, p in places.items()
        }
        self._unknown = math.log(1 + count) * 0.6
        self._sounds: dict[str, list[str]] = {}
        for word in self._known:
            self._sounds.setdefault(by_ear(word), []).append(word)
        self._syllables = frozenset(word for word in self._known if len(word) > 1)
        whole = [sum(self._rarity[word] for word in set(text.words)) for text in self._texts]
        self._whole: Numbers = numpy.array(whole, dtype=numpy.float32)
        lenient = [LENIENT if text.why is Why.WORD else 0.0 for text in self._texts]
        self._lenient: Numbers = numpy.array(lenient, dtype=numpy.float32)
        self._factor: Numbers = numpy.array([text.factor for text in self._texts], dtype=numpy.float32)

    def find(self, typed: list[str], lift: Callable[[str], float]) -> list[Found]:
        """Codes with the text that they were found by, the best first; `lift` favours codes."""
        words = [part for word in typed for part in self._parts(fold(word))]
        unsaid = self._unsaid_of(typed)
        likes = [self._like(word, word in unsaid, last=n == len(words) - 1) for n, word in enumerate(words)]
        weights = [self._weight_of(word in unsaid, like) for word, like in zip(words, likes, strict=True)]
        scores = self._score(weights, likes, self._just_so(typed, words))
        masks: dict[str, int] = {}  # known word → the typed words that it is like, one bit each
        for n, like in enumerate(likes):
            for word in like:
                masks[word] = masks.get(word, 0) | 1 << n
        marked = {word for word in typed if not word.isascii()}
        best: dict[str, tuple[float, Text]] = {}
        for number in self._candidates(scores):
            text = self._texts[number]
            score = float(scores[number]) + _order(text.words, masks, weights) * text.factor
            score += MARKS * len(marked & text.written) / len(typed)
            for code in text.codes:
                lifted = score * lift(code)
                if code not in best or best[code][0] < lifted:
                    best[code] = lifted, text
        ranked = sorted(best.items(), key=lambda pair: (-pair[1][0], pair[0]))[:MOST_RESULTS]
        least = ranked[0][1][0] * NEXT_TO_BEST if ranked else 0.0
        said = [word for word in words if word not in unsaid]
        return [
            Found(code, text.why, text.text, near=not _literal(said, text))
            for code, (score, text) in ranked
            if score >= least
        ]

    def _candidates(self, scores: Numbers) -> Numbers:
        numpy = self._numpy
        count = min(CANDIDATES, len(scores))
        best = numpy.argpartition(-scores, count - 1)[:count]
        worth = scores[best]
        found: Numbers = best[worth >= max(LEAST, NEXT_TO_BEST * float(worth.max()))]
        return found

    def _parts(self, word: str) -> list[str]:
        """A word that nobody knows may be several that were typed without spaces."""
        if word in self._places or len(word) < TWO_SYLLABLES:
            return [word]
        return parted(word, self._syllables) or [word]

    def _unsaid_of(self, typed: list[str]) -> set[str]:
        """The folded words that say nothing; one without marks may be another word, unless its person types marks."""
        marks = any(not word.isascii() for word in typed)
        return {
            plain
            for word, plain in ((word, fold(word)) for word in typed)
            if plain in self._unsaid_unmarked or (word in self._unsaid and marks)
        }

    def _like(self, word: str, unsaid: bool, last: bool) -> dict[str, float]:
        """Known words for a typed one, and how much each is like it, the likest last."""
        found: dict[str, float] = {}
        if unsaid and not last:
            return {word: SAME} if word in self._places else {}
        known = word in self._places
        if len(word) >= LEAST_LETTERS and not word.isdigit():
            found |= self._slips(word, known)
        for other in self._sounds.get(by_ear(word), ()):
            found[other] = max(found.get(other, 0.0), BY_EAR - (KNOWN if known else 0.0))
        if last:
            first = bisect_left(self._known, word)
            for other in takewhile(lambda other: other.startswith(word), islice(self._known, first, None)):
                found[other] = BEGINS - 0.02 * min(4, len(other) - len(word))
        if not known and (meant := without_telex(word)) in self._places:
            found[meant] = max(found.get(meant, 0.0), TELEX)
        if known:
            found[word] = SAME
        return dict(sorted(found.items(), key=lambda pair: pair[1]))

    def _slips(self, word: str, known: bool) -> dict[str, float]:
        """Words that are one slip of the finger away, in long words two; a word that is known is less likely one."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = 1 if len(word) < TWO_SLIPS_FROM else 2
        found = {}
        for other, distance, _ in process.extract(
            word, self._known, scorer=OSA.distance, processor=None, score_cutoff=most, limit=40
        ):
            if len(other) >= LEAST_LETTERS - 1 and not other.isdigit() and (distance == 1 or not known):
                less = (0.12 if other[0] != word[0] else 0.0) + (0.12 if len(word) == LEAST_LETTERS else 0.0)
                found[other] = (SLIP if distance == 1 else TWO_SLIPS) - less - (2 * KNOWN if known else 0.0)
        return found

    def _just_so(self, typed: Sequence[str], words: Sequence[str]) -> list[Places | None]:
        """For each word where it stands with the marks that were typed; None where none were, or nowhere."""
        marked = {fold(word): self._written.get(word) for word in typed if not word.isascii()}
        return [marked.get(word) for word in words]

    def _score(
        self, weights: Sequence[float], likes: Sequence[dict[str, float]], just_so: Sequence[Places | None]
    ) -> Numbers:
        """For each text how much of the query it explains, and how little else it says; times its factor."""
        numpy = self._numpy
        count = len(self._texts)
        explained = numpy.zeros(count, dtype=numpy.float32)
        covered = numpy.zeros(count, dtype=numpy.float32)
        for weight, like, written in zip(weights, likes, just_so, strict=True):
            if not like:
                continue
            places = numpy.concatenate([self._places[other] for other in like])
            sizes = [len(self._places[other]) for other in like]
            much = numpy.array(list(like.values()), dtype=numpy.float32)
            rare = numpy.array([self._rarity[other] for other in like], dtype=numpy.float32)
            one = numpy.zeros(count, dtype=numpy.float32)
            one[places] = numpy.repeat(much, sizes)  # the likest comes last and stays
            if written is not None:
                one *= OTHER_MARKS
                one[written] = SAME
            explained += weight * one
            one[places] = numpy.repeat(much * rare, sizes)
            covered += one
        share = explained / max(sum(weights), 1e-6)
        own = numpy.minimum(1.0, covered / numpy.maximum(self._whole, 1e-6))
        strictness = STRICT - self._lenient * own**4
        scores: Numbers = share**strictness * (0.55 + 0.45 * numpy.sqrt(own)) * self._factor
        return scores

    def _weight_of(self, unsaid: bool, like: dict[str, float]) -> float:
        if unsaid:
            return self._unknown * UNSAID
        if not like:
            return self._unknown
        best = max(like.values())
        return max(self._rarity[other] for other, much in like.items() if much >= best - 0.1)


def _by_form(texts: Sequence[Text]) -> dict[str, Places]:
    import numpy

    places: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        for word in text.written:
            if not word.isascii():
                places.setdefault(word, []).append(number)
    return {word: numpy.array(numbers, dtype=numpy.int32) for word, numbers in places.items()}


def _order(own: Sequence[str], masks: Mapping[str, int], weights: Sequence[float]) -> float:
    """More for words that stand side by side as they were typed, and for a text that stands in the query as a whole."""
    bits = [masks.get(word, 0) for word in own]
    pairs = 0
    for before, after in pairwise(bits):
        pairs |= before & (after >> 1)
    size = [a + b for a, b in pairwise(weights)]
    share = sum(w for n, w in enumerate(size) if pairs >> n & 1) / sum(size) if size else 0.0
    run = bits[0] if bits else 0
    for bit in bits[1:]:
        run = (run << 1) & bit
    whole = (INSIDE * min(1.0, len(own) / 3) if run else 0.0) + (WHOLE if run and len(own) == len(weights) else 0.0)
    return IN_ORDER * share + whole


def _literal(words: Iterable[str], text: Text) -> bool:
    """Every typed word stands in the text, or begins one of its words."""
    return all(any(own.startswith(word) for own in text.words) for word in words)
