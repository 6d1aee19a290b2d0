"""The catalogue: what can be done here, what it needs, what it costs; and of everything else, where to ask.

Four files in `assets/catalogue`, each checked whole: `national.json` (the commune's procedures as the national portal
describes them), `index.json` (names of all others), `procedures.yaml` (what this site offers at the kiosk) and
`site.yaml` (tiles of home, what is not shown). A site's own `procedures.yaml` and `site.yaml` lie in the folder
`catalogue` of the data folder, added to ours, and so does what the province has sent (`update.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from devices.registry import explain
from kiosk.catalogue.mistakes import mistakes_of, mistakes_of_entry
from kiosk.catalogue.models import (
    PORTAL,
    Authority,
    Case,
    CatalogueError,
    Channel,
    Component,
    Condition,
    Data,
    Entry,
    Fee,
    HomeTile,
    Named,
    PageTariff,
    Paper,
    Procedure,
    SiteRules,
)
from kiosk.catalogue.own_files import SENT, lines_about
from kiosk.catalogue.remains import remains_of
from kiosk.data_files import Unreadable, json_of, reason, yaml_of

__all__ = [
    "Case",
    "Catalogue",
    "CatalogueError",
    "Channel",
    "Component",
    "Condition",
    "Data",
    "Entry",
    "Fee",
    "HomeTile",
    "PageTariff",
    "Procedure",
    "Reading",
    "load_catalogue",
    "read_catalogue",
    "read_rows",
    "read_yaml",
    "result_of",
    "texts",
    "told",
]

LEVELS: Mapping[str, Authority] = {"c": "commune", "p": "province", "m": "ministry", "o": "other"}
DEFAULT_ICON = "file-document-outline"
ANY_SERIES = "A"
NEAR = 0.8  # of the digits of a code: one is another one, or two are exchanged
NOBODY = "?"  # stands where a text or a name cannot be read
SPARE: Mapping[type[BaseModel], Mapping[str, Any]] = {  # what stands in the place of what must be there
    Procedure: {"code": "0.000000", "online": False, "icon": DEFAULT_ICON, "series": ANY_SERIES}
    | dict.fromkeys(("name", "short_name", "field", "title"), NOBODY),
    Entry: {"code": "0.000000"} | dict.fromkeys(("name", "field", "title"), NOBODY),
    SiteRules: {"icon": DEFAULT_ICON, "jobs": {"title": NOBODY, "icon": DEFAULT_ICON, "query": NOBODY}}
    | dict.fromkeys(("title", "hidden"), NOBODY),
}
MOST_OFFERED, MOST_ENTRIES = 1000, 10_000  # procedures of a site, of a province; the whole country has some 6,000
MOST_NEAREST = 100  # names for which the one that may have been meant is looked for, which takes milliseconds
LONGEST_KEY = 40  # letters of a row's name in a sentence
ENOUGH = 1000  # mistakes; of a row after so many nothing more is told than what is wrong with its shape
NAMES = frozenset({"code", "field"})  # by which a procedure is found


@dataclass(frozen=True)
class Catalogue:
    """What the site offers (`procedures`, in its order), what is described (`entries`), what is named (`index`)."""

    procedures: Mapping[str, Procedure] = field(default_factory=lambda: MappingProxyType({}))
    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    index: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    rules: SiteRules = field(default_factory=SiteRules)
    withdrawn: Set[str] = frozenset()  # codes that only the province had, and has no more

    def find(self, code: str) -> Procedure | None:
        """All that is known of a procedure; None for an unknown code."""
        if offered := self.procedures.get(code):
            return offered
        if described := self.entries.get(code):
            return self._described(described)
        named = self.index.get(code)
        return self._described(Entry(**named.model_dump())) if named else None

    def no_procedure(self, code: str, told: int = 0) -> str:
        """A sentence about a code that nothing has, with the nearest one, unless so many have been `told` already that
        nobody waits for it.
        """
        if told >= MOST_NEAREST:
            return f"no procedure {code}"
        parts = (self.procedures, self.entries, self.index)  # what is offered here is rather meant than others
        found = (one for part in parts for one in difflib.get_close_matches(code, part, n=1, cutoff=NEAR))
        near = self.find(next(found, ""))
        return f"no procedure {code}" + (f"; did you mean «{near.code}» ({near.name})?" if near else "")

    def _described(self, entry: Entry) -> Procedure:
        cases = (
            Case(id=f"case_{n}", title=case.title, components=self._components(case.papers))
            for n, case in enumerate(entry.cases, start=1)
        )
        return Procedure(
            code=entry.code,
            name=entry.name,
            short_name=entry.name,
            field=entry.field,
            icon=self.icon(entry.field),
            online=False,
            series=self.rules.series or ANY_SERIES,
            cases=tuple(cases),
            papers=self._components(entry.papers),
            **_facts(entry),
        )

    def _components(self, papers: tuple[Paper, ...]) -> tuple[Component, ...]:
        return tuple(
            Component(
                id=f"paper_{n}",
                title=paper.title,
                scan=False,
                copy_type="original" if paper.originals else "copy",
                originals=paper.originals,
                copies=paper.copies,
                part=paper.part,
                plain=next((p.say for p in self.rules.plain if paper.title.startswith(p.begins)), ""),
            )
            for n, paper in enumerate(papers, start=1)
        )

    def icon(self, field_of_law: str) -> str:
        """The picture of a field."""
        return self.rules.icons.get(field_of_law, DEFAULT_ICON)


def result_of(entry: Entry) -> str:
    """What one gets in the end."""
    return "; ".join(entry.results)


def _facts(entry: Entry) -> dict[str, Any]:
    """What a procedure of the site takes over where it says nothing itself."""
    return {
        "channels": entry.channels,
        "level": entry.level,
        "levels": entry.levels,
        "notes": entry.notes,
        "conditions": entry.conditions,
        "legal": entry.legal,
        "result": result_of(entry),
        "page": PORTAL + entry.page if entry.page else "",
    }


def texts(procedure: Procedure) -> Iterator[str]:
    """Everything in a procedure of the site that a person reads; what the portal says stays in Vietnamese."""
    yield from (procedure.name, procedure.short_name, procedure.duration_text)
    yield from (*procedure.bring, *procedure.kinds)
    if procedure.result:
        yield procedure.result
    if procedure.fee:
        yield procedure.fee.note
    for case in procedure.cases:
        yield case.title
        for component in case.components:
            yield from (component.title, component.hint)


# -- reading ---------------------------------------------------------------------------------------------------------
def read_yaml(path: Path, problems: list[str]) -> Any:
    """A YAML file; what is wrong with it goes to `problems`."""
    try:
        document, twice = yaml_of(path)
    except (Unreadable, OSError) as error:
        problems.append(f"{path.name}: cannot be read: {reason(error)}")
        return None
    problems += [f"{path.name}: {told}" for told in twice]
    return document


def told(file: str, where: str, what: str) -> str:
    """One mistake as `file: path: sentence`; a mistake of the whole has no path."""
    return f"{file}: {where}: {what}" if where else f"{file}: {what}"


@dataclass(frozen=True)
class Reading:
    """A catalogue as far as its files can be read, with every mistake in them.

    `harmless`: mistakes in spite of which it can be used. `own`: what the site itself has said: codes of procedures,
    keys of its rules. `lost`: of what has mistakes the keys about which not all is known.
    """

    catalogue: Catalogue
    problems: list[str]
    harmless: list[str]
    own: Set[str]
    lost: Mapping[str, Set[str]]

    @property
    def whole(self) -> bool:
        """Every procedure has been read with its code and field: what is not found is nowhere."""
        return not any(keys & NAMES for keys in self.lost.values())


def load_catalogue(folder: Path, own: Path | None = None, sent: Path | None = None) -> Catalogue:
    """Read `folder`, with files of the site in `own` and what the province has `sent`.

    Raises `CatalogueError` with every mistake.
    """
    reading = read_catalogue(folder, own, sent)
    if reading.problems:
        raise CatalogueError(reading.problems)
    return reading.catalogue


def read_catalogue(folder: Path, own: Path | None = None, sent: Path | None = None) -> Reading:
    """As `load_catalogue`, as far as it can be read. A procedure of the site takes the place of ours of the same code,
    and of its rules each key that of ours.
    """
    problems: list[str] = []
    lost: dict[str, Set[str]] = {}
    rules, offered = _rules(folder / "site.yaml", problems), _offered(folder / "procedures.yaml", problems, lost)
    said: set[str] = set()
    if own is not None and (own / "site.yaml").exists():
        ours, rules = rules, _rules(own / "site.yaml", problems)
        said |= rules.model_fields_set
        rules = ours.model_copy(update={key: getattr(rules, key) for key in rules.model_fields_set})
    entries = read_entries(folder / "national.json", problems, lost)
    gone: set[str] = set()
    if sent is not None and sent.exists():
        entries = entries | read_entries(sent, problems, lost, SENT, gone)
    index = _index(folder / "index.json", problems, lost)
    if own is not None and (own / "procedures.yaml").exists():
        added = _offered(own / "procedures.yaml", problems, lost)
        said, offered = said | set(added), offered | added
    every = {*offered, *entries, *index}
    gone -= every
    known = every | gone
    entries, index = _shown(entries, rules.hidden), _shown(index, rules.hidden)
    tiles = tuple(job for job in rules.jobs if job.code not in (*rules.hidden, *gone))
    whole = {code: _completed(one, entries.get(code)) for code, one in _shown(offered, rules.hidden).items()}
    shown = rules.model_copy(update={"jobs": tiles, "hidden": (*rules.hidden, *sorted(gone))})
    parts = MappingProxyType(whole), MappingProxyType(entries), MappingProxyType(index)
    catalogue = Catalogue(*parts, shown, frozenset(gone))
    reading = Reading(catalogue, problems, list(lines_about(own, gone)) if own else [], said, lost)
    if reading.whole:
        for number, job in enumerate(rules.jobs):
            if job.code and job.code not in known:
                problems.append(f"site.yaml: jobs.{number}.code: {catalogue.no_procedure(job.code, len(problems))}")
        for number, code in enumerate(rules.hidden):
            if code not in known and code != NOBODY:
                reading.harmless.append(
                    f"site.yaml: hidden.{number}: {catalogue.no_procedure(code, len(reading.harmless))}"
                )
    return reading


T = TypeVar("T")


def _shown(part: Mapping[str, T], hidden: Iterable[str]) -> dict[str, T]:
    return {code: one for code, one in part.items() if code not in hidden}


def _completed(procedure: Procedure, entry: Entry | None) -> Procedure:
    """What the site leaves out is said by the portal or the province."""
    if entry is None:
        return procedure
    return procedure.model_copy(update={k: v for k, v in _facts(entry).items() if not getattr(procedure, k)})


def _rules(path: Path, problems: list[str]) -> SiteRules:
    row = read_yaml(path, problems) or {}
    try:
        return SiteRules.model_validate(row)
    except ValidationError as error:
        problems += [told(path.name, where, what) for where, what in explain(SiteRules, error)]
        left = remains_of(SiteRules, row, SPARE[SiteRules])
        return left[0] if left else SiteRules()


def read_entries(
    path: Path, problems: list[str], lost: dict[str, Set[str]], name: str = "", withdrawn: set[str] | None = None
) -> dict[str, Entry]:
    """The described procedures of a JSON file `{"procedures": […]}` by code; `problems` and `lost` of `read_rows`.

    `name`: what the file is called in sentences, where that is not its own name. Codes that the file calls `withdrawn`
    are added to that.
    """
    try:
        document = json_of(path)
        rows = document.get("procedures") if isinstance(document, dict) else None
    except (Unreadable, OSError) as error:
        problems.append(f"{name or path.name}: cannot be read: {reason(error)}")
    else:
        if withdrawn is not None and isinstance(document, dict):
            withdrawn |= codes_of(document.get("withdrawn"))
        if _is_list(rows, f"{name or path.name}: procedures: must be a list", MOST_ENTRIES, problems):
            return read_rows(rows, Entry, "code", name or path.name, problems, mistakes_of_entry, lost)
    lost[name or path.name] = NAMES
    return {}


def codes_of(rows: object) -> set[str]:
    """The codes in a list, of whatever it is."""
    return {one for one in rows if isinstance(one, str)} if isinstance(rows, list) else set()


def _is_list(rows: object, sentence: str, most: int, problems: list[str]) -> TypeGuard[list[Any]]:
    if isinstance(rows, list) and len(rows) <= most:
        return True
    problems.append(f"{sentence}, of not more than {most}" if isinstance(rows, list) else sentence)
    return False


M = TypeVar("M", bound=BaseModel)


def read_rows(
    rows: list[Any],
    kind: type[M],
    key: str,
    file: str,
    problems: list[str],
    mistakes: Callable[[M, Set[str]], Iterable[str]] = lambda _one, _lost: (),
    lost: dict[str, Set[str]] | None = None,
) -> dict[str, M]:
    """Rows of a file by the value of their `key`; everything that is wrong in any of them goes to `problems`.

    Of one whose shape is wrong, what can be read: with the keys about which not all is known in `lost`.
    """
    found: dict[str, M] = {}
    for number, row in enumerate(rows, start=1):
        given, gone = row.get(key) if isinstance(row, dict) else None, frozenset[str]()
        name = str(given) if isinstance(given, str | float) and len(str(given)) <= LONGEST_KEY else str(number)
        try:
            one = kind.model_validate(row)
        except ValidationError as error:
            problems += [told(f"{file}: {name}", where, what) for where, what in explain(kind, error)]
            left = remains_of(kind, row, SPARE[kind]) if kind in SPARE and len(problems) < ENOUGH else None
            if lost is not None:
                lost[f"{file}: {name}"] = left[1] if left else NAMES
            if left is None:
                continue
            one, gone = left
        if name in found:
            problems.append(f"{file}: {name}: stands here twice")
        problems += [f"{file}: {name}: {sentence}" for sentence in mistakes(one, gone)]
        found[name] = one
    return found


_ROWS: TypeAdapter[list[tuple[str, str, int, str]]] = TypeAdapter(list[tuple[str, str, int, str]])
_FIELDS: TypeAdapter[list[str]] = TypeAdapter(list[str])


def _index(path: Path, problems: list[str], lost: dict[str, Set[str]]) -> dict[str, Named]:
    """Rows of (code, name, number of the field, letters of the levels)."""
    try:
        document = json_of(path)
        fields, rows = _FIELDS.validate_python(document["fields"]), _ROWS.validate_python(document["procedures"])
        return {
            code: Named.model_construct(
                code=code, name=name, field=fields[number], levels=tuple(LEVELS[letter] for letter in letters)
            )
            for code, name, number, letters in rows
        }
    except ValidationError as error:
        problems += [told(path.name, ".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
    except (LookupError, TypeError) as error:
        problems.append(f"{path.name}: no such field or level: {error}")
    except (Unreadable, OSError) as error:
        problems.append(f"{path.name}: cannot be read: {reason(error)}")
    lost[path.name] = NAMES
    return {}


def _offered(path: Path, problems: list[str], lost: dict[str, Set[str]]) -> dict[str, Procedure]:
    before = len(problems)
    rows = read_yaml(path, problems)
    found = problems if len(problems) == before else []  # one that cannot be read is told already
    if not _is_list(rows, f"{path.name}: must be a list of procedures", MOST_OFFERED, found):
        lost[path.name] = NAMES
        return {}
    return read_rows(rows, Procedure, "code", path.name, problems, mistakes_of, lost)
