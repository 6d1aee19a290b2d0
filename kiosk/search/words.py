"""Everyday words for procedures, and how a word may be written: by ear, glued together, in raw Telex."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from devices.registry import explain, unknown
from kiosk.catalogue import NOBODY, Catalogue, CatalogueError, read_yaml, told
from kiosk.catalogue.models import Data
from kiosk.catalogue.remains import remains_of
from kiosk.text import APOSTROPHES, fold, nfc

WORD = re.compile(r"[^\W_]+")  # letters and digits; marks, signs, emoji and invisible characters part words
LONGEST_SYLLABLE = 7  # nghieng
LEAST_MEAN = 2.5  # letters a syllable: no heap of single letters
# how syllables are heard, in the north and in the south: (what is written, what it sounds like)
BY_EAR = (
    (re.compile(r"^(?:gi|d|r)(?=[aeiouy])"), "z"),
    (re.compile(r"^gi$"), "zi"),
    (re.compile(r"^(?:ch|tr)"), "c^"),
    (re.compile(r"^(?:s|x)"), "s"),
    (re.compile(r"^(?:l|n)(?!g|h)"), "l"),
    (re.compile(r"^(?:c|k|q)(?!\^)"), "k"),
    (re.compile(r"^ngh?"), "ng"),
    (re.compile(r"^gh?"), "g"),
    (re.compile(r"^ph"), "f"),
    (re.compile(r"y"), "i"),
    (re.compile(r"anh$"), "inh"),
    (re.compile(r"ng$"), "n"),
    (re.compile(r"[ct]$"), "t"),
)
GROUP = re.compile(r"<([^<>]+)>")
NOTHING = {
    "say": [NOBODY],
    "means": [NOBODY],
}  # in the place of phrases that cannot be read: the others keep their places
TELEX = ((re.compile(r"([adeo])\1"), r"\1"), (re.compile(r"w"), ""), (re.compile(r"(?<=[a-z])[sfrxj]$"), ""))


class Phrases(Data):
    """Phrases that all mean the same procedures, the best first."""

    say: tuple[str, ...] = Field(min_length=1)
    means: tuple[str, ...] = Field(min_length=1)


class Words(Data):
    """What people say, and what says nothing. Where a phrase has `<name>`, each word of that one of the `groups` may
    stand."""

    ignore: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    phrases: tuple[Phrases, ...] = ()


def words_of(text: str) -> list[str]:
    """The words of a text as they are written, in small letters; apostrophes within a word stay out of it."""
    return WORD.findall(nfc(text).translate(APOSTROPHES).replace("'", "").casefold())


def folded_words(text: str) -> list[str]:
    """The words of a text without marks."""
    return [fold(word) for word in words_of(text)]


def load_words(folder: Path, catalogue: Catalogue, own: Path | None = None) -> Words:
    """`synonyms.yaml`, and what the site adds in `own`. Raises `CatalogueError` with every mistake."""
    words, problems = read_words(folder, catalogue, own)
    if problems:
        raise CatalogueError(problems)
    return words


def read_words(
    folder: Path, catalogue: Catalogue, own: Path | None = None, whole: bool = True
) -> tuple[Words, list[str]]:
    """As `load_words`, as far as they can be read, and every mistake; of a catalogue that is not `whole` nobody can
    say that a procedure is not in it.
    """
    problems: list[str] = []
    paths = [folder / "synonyms.yaml", *([own / "synonyms.yaml"] if own else [])]
    read = [_read(path, catalogue, whole, problems) for path in paths if path.exists() or path.parent == folder]
    groups: dict[str, tuple[str, ...]] = {}
    for words in read:
        groups |= {name: (*groups.get(name, ()), *own) for name, own in words.groups.items()}
    for file, words in zip(paths, read, strict=False):
        problems += _unknown_groups(file.name, words, groups)
    words = Words(
        ignore=tuple(word for words in read for word in words.ignore),
        groups=groups,
        phrases=tuple(_written_out(phrases, groups) for words in reversed(read) for phrases in words.phrases),
    )
    return words, problems


def _unknown_groups(file: str, words: Words, groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for n, phrases in enumerate(words.phrases):
        for say in phrases.say:
            if (name := GROUP.search(say)) and name[1] not in groups:
                yield f"{file}: phrases.{n}.say: no such group of words: {unknown(name[1], groups)}"


def _written_out(phrases: Phrases, groups: Mapping[str, tuple[str, ...]]) -> Phrases:
    """With each word of a group in its place; a phrase whose group is nowhere says nothing."""
    say = []
    for one in phrases.say:
        name = GROUP.search(one)
        say += [one.replace(name[0], word) for word in groups.get(name[1], ())] if name else [one]
    return phrases.model_copy(update={"say": tuple(dict.fromkeys(say))})


def _read(path: Path, catalogue: Catalogue, whole: bool, problems: list[str]) -> Words:
    row = read_yaml(path, problems) or {}
    try:
        words = Words.model_validate(row)
    except ValidationError as error:
        problems += [told(path.name, where, what) for where, what in explain(Words, error)]
        left = remains_of(Words, row, {"phrases": NOTHING})
        words = left[0] if left else Words()
    known = {*catalogue.procedures, *catalogue.entries, *catalogue.index, *catalogue.rules.hidden, NOBODY}
    means = ((n, code) for n, phrases in enumerate(words.phrases) for code in phrases.means)
    nowhere = [(n, code) for n, code in means if whole and code not in known]
    problems += [
        f"{path.name}: phrases.{n}.means: {catalogue.no_procedure(code, told)}"
        for told, (n, code) in enumerate(nowhere)
    ]
    return words


def by_ear(word: str) -> str:
    """How a folded syllable sounds, the same for those that are mistaken for each other (thường chú, khai xinh)."""
    for pattern, sound in BY_EAR:
        word = pattern.sub(sound, word, count=1)
    return word


def without_telex(word: str) -> str:
    """A folded word as it would read if its Telex keys had not been typed as letters (ddangw → dang)."""
    for pattern, plain in TELEX:
        word = pattern.sub(plain, word)
    return word


def parted(word: str, known: frozenset[str]) -> list[str]:
    """The syllables of a word that was typed without spaces (khaisinh), as few as can be; [] when it is none."""
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for part, before in _ends(word, end, best):
            if part in known and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                best[end] = [*before, part]
    found = best[-1] or []
    return found if len(found) > 1 and len(word) / len(found) >= LEAST_MEAN else []


def _ends(word: str, end: int, best: list[list[str] | None]) -> Iterator[tuple[str, list[str]]]:
    for start in range(max(0, end - LONGEST_SYLLABLE), end):
        before = best[start]
        if before is not None:
            yield word[start:end], before
