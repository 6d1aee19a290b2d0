"""Search on every keystroke: without marks, with wrong ones, with slips, by code, by field, by everyday words.

Each procedure has several texts: its names, its field, what people call it (`search_words.py`). A query is compared
with all of them at once (`search_index.py`); then what can be done here comes before what is only known by name, and
what people here choose comes earlier (`search_choices.py`). Each result says why it was found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten
from types import MappingProxyType

from kiosk import i18n
from kiosk.catalogue import Catalogue, Procedure
from kiosk.search.index import MOST_RESULTS, Index, Text, Why
from kiosk.search.words import Words, words_of
from kiosk.text import fold

MOST_LETTERS, MOST_WORDS = 120, 12  # what is longer was not typed by hand
SAID, FIELD = 1.06, 0.62  # factors of everyday words and of the field beside a name
NEXT_MEANING = 0.03  # less for each further procedure that an everyday phrase may mean
BY_LEVEL = {"offered": 1.1, "described": 1.04, "commune": 1.0, "province": 0.9, "ministry": 0.8}
CHOSEN = 0.2  # how much the choices of people here may lift
LONGEST_SAID = 60  # letters: names of the law can have a thousand
CODE = re.compile(r"^[\d\s.,-]*\d[\d\s.,-]*$")
LEAST_DIGITS, INNER_DIGITS = 2, 4


@dataclass(frozen=True)
class Hit:
    """One result: enough to show it. `said` is the text that was found; `near`: it is not quite what was typed."""

    code: str
    name: str
    field: str
    icon: str
    online: bool = False
    prepare: bool = False
    described: bool = False
    why: Why = Why.OFFERED
    said: str = ""
    near: bool = False


WORDS = {
    Why.OFFERED: "Làm được tại máy này",
    Why.NAME: "Theo tên thủ tục",
    Why.WORD: "Thường gọi: {said}",
    Why.FIELD: "Lĩnh vực: {said}",
    Why.CODE: "Mã thủ tục: {said}",
}
NEAR = "Gần giống: {said}"


def why_text(hit: Hit, translate: Callable[[str], str] = str) -> str:
    """Why it was found, in a few words."""
    near = hit.near and hit.why in (Why.NAME, Why.WORD)
    return translate(NEAR if near else WORDS[hit.why]).format(said=shorten(hit.said, LONGEST_SAID, placeholder="…"))


class Search:
    """Looks up in one catalogue. `ready` builds what it needs (a tenth of a second); else the first query does."""

    def __init__(self, catalogue: Catalogue, words: Words) -> None:
        self.catalogue = catalogue
        self.words = words

    def ready(self) -> None:
        """Build the index now."""
        self.find("san sang")

    def find(self, query: str, chosen: Mapping[str, float] = MappingProxyType({})) -> tuple[Hit, ...]:
        """The best first, at most 30; what is offered here for an empty query. `chosen`: how often, by code."""
        query = query[:MOST_LETTERS]
        if CODE.match(query):
            digits = "".join(c for c in query if c.isdigit())
            if (found := self._by_code(digits, chosen)) or len(digits) > INNER_DIGITS:
                return found
        words = words_of(query)[:MOST_WORDS]
        while [fold(word) for word in words[:2]] == ["thu", "tuc"]:  # many names begin so
            words = words[2:]
        if not words:
            return tuple(self.hit(p.code, Why.OFFERED) for p in self.catalogue.procedures.values())
        best = self._index.find(words, self.lift(chosen))
        return tuple(self.hit(one.code, one.why, one.said, one.near) for one in best)

    def _by_code(self, digits: str, chosen: Mapping[str, float]) -> tuple[Hit, ...]:
        if len(digits) < LEAST_DIGITS:
            return ()
        lift = self.lift(chosen)
        found = [
            (not plain.startswith(digits), -lift(code), code)
            for code, plain in self._plain_codes
            if plain.startswith(digits) or (len(digits) >= INNER_DIGITS and digits in plain)
        ]
        return tuple(self.hit(code, Why.CODE, code) for _, _, code in sorted(found)[:MOST_RESULTS])

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All that can be found."""
        c = self.catalogue
        return tuple(dict.fromkeys((*c.procedures, *c.entries, *c.index)))

    @cached_property
    def _plain_codes(self) -> tuple[tuple[str, str], ...]:
        return tuple((code, code.replace(".", "")) for code in self.codes)

    @cached_property
    def _index(self) -> Index:
        return Index(_Texts(self).all(), self.words.ignore)

    def lift(self, chosen: Mapping[str, float]) -> Callable[[str], float]:
        """By code: what is at hand comes first, and what people here choose."""
        most = math.log1p(max(chosen.values(), default=0.0)) or 1.0
        return lambda code: BY_LEVEL[self.rank(code)] * (1 + CHOSEN * math.log1p(chosen.get(code, 0.0)) / most)

    def rank(self, code: str) -> str:
        """How near at hand a procedure is: offered here, described, or only named, by who decides."""
        if code in self.catalogue.procedures:
            return "offered"
        if code in self.catalogue.entries:
            return "described"
        levels = self.catalogue.index[code].levels
        return next((level for level in ("commune", "province") if level in levels), "ministry")

    def names(self, code: str) -> tuple[str, ...]:
        """What a procedure is called, the plain name first."""
        if offered := self.catalogue.procedures.get(code):
            return (offered.short_name, offered.name)
        return ((self.catalogue.entries.get(code) or self.catalogue.index[code]).name,)

    def field(self, code: str) -> str:
        """Its field of law."""
        c = self.catalogue
        return (c.procedures.get(code) or c.entries.get(code) or c.index[code]).field

    def hit(self, code: str, why: Why, said: str = "", near: bool = False) -> Hit:
        """A result for a code."""
        offered: Procedure | None = self.catalogue.procedures.get(code)
        field = self.field(code)
        return Hit(
            code=code,
            name=self.names(code)[0],
            field=field,
            icon=offered.icon if offered else self.catalogue.icon(field),
            online=bool(offered and offered.online),
            prepare=bool(offered and offered.prepare),
            described=bool(offered) or code in self.catalogue.entries,
            why=why,
            said=said,
            near=near,
        )


class _Texts:
    """Makes the texts of a catalogue; each syllable is folded once."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._folded: dict[str, str] = {}

    def all(self) -> Iterator[Text]:
        """Names, fields of law, everyday words."""
        search = self._search
        fields: dict[str, list[str]] = {}
        for code in search.codes:
            fields.setdefault(search.field(code), []).append(code)
            for name in dict.fromkeys(search.names(code)):
                yield self._text((code,), Why.NAME, name, 1.0)
        for field, codes in fields.items():
            yield self._text(tuple(codes), Why.FIELD, field, FIELD)
        for procedure in search.catalogue.procedures.values():
            for keyword in procedure.keywords:
                yield self._text((procedure.code,), Why.WORD, keyword, SAID)
            for text in self._in_other_languages(procedure):
                yield self._text((procedure.code,), Why.WORD, text, SAID)
        for phrases in search.words.phrases:
            for place, code in enumerate(phrases.means):
                if code not in search.catalogue.rules.hidden:
                    yield from (self._text((code,), Why.WORD, say, SAID - NEXT_MEANING * place) for say in phrases.say)

    def _in_other_languages(self, procedure: Procedure) -> Iterator[str]:
        """What the glass calls it in another language: its names, and its tile of home."""
        tiles = (job.title for job in self._search.catalogue.rules.jobs if job.code == procedure.code)
        names = dict.fromkeys((procedure.short_name, procedure.name, *tiles))
        for language in i18n.languages():
            known = i18n.catalogue(language)
            yield from dict.fromkeys(known[key] for name in names if (key := ("", name)) in known)

    def _text(self, codes: tuple[str, ...], why: Why, text: str, factor: float) -> Text:
        written = words_of(text)
        folded = self._folded
        for word in written:
            if word not in folded:
                folded[word] = fold(word)
        return Text(codes, why, text, tuple(folded[word] for word in written), frozenset(written), factor)
