"""The catalogue: what can be done here, what it needs, what it costs; and of everything else, where to ask.

Four files in `assets/catalogue`, each checked whole: `national.json` (the commune's procedures as the national portal
describes them), `index.json` (names of all others), `procedures.yaml` (what this site offers at the kiosk) and
`site.yaml` (tiles of home, what is not shown). A site's own `procedures.yaml` and `site.yaml` lie in the folder
`catalogue` of the data folder, and so does what the province has sent (`update.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from devices.registry import explain
from kiosk.catalogue.models import (
    PORTAL,
    Authority,
    Case,
    CatalogueError,
    Channel,
    Component,
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

__all__ = [
    "Case",
    "Catalogue",
    "CatalogueError",
    "Channel",
    "Component",
    "Data",
    "Entry",
    "Fee",
    "HomeTile",
    "PageTariff",
    "Procedure",
    "load_catalogue",
    "read_rows",
    "read_yaml",
    "texts",
    "told",
]

LEVELS: Mapping[str, Authority] = {"c": "commune", "p": "province", "m": "ministry", "o": "other"}
DEFAULT_ICON = "file-document-outline"
ANY_SERIES = "A"


@dataclass(frozen=True)
class Catalogue:
    """What the site offers (`procedures`, in its order), what is described (`entries`), what is named (`index`)."""

    procedures: Mapping[str, Procedure] = field(default_factory=lambda: MappingProxyType({}))
    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    index: Mapping[str, Named] = field(default_factory=lambda: MappingProxyType({}))
    rules: SiteRules = field(default_factory=SiteRules)

    def find(self, code: str) -> Procedure | None:
        """All that is known of a procedure; None for an unknown code."""
        if offered := self.procedures.get(code):
            return offered
        if described := self.entries.get(code):
            return self._described(described)
        named = self.index.get(code)
        return self._described(Entry(**named.model_dump())) if named else None

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


def _facts(entry: Entry) -> dict[str, Any]:
    """What a procedure of the site takes over where it says nothing itself."""
    return {
        "channels": entry.channels,
        "level": entry.level,
        "levels": entry.levels,
        "notes": entry.notes,
        "conditions": entry.conditions,
        "legal": entry.legal,
        "result": "; ".join(entry.results),
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
    """A YAML file; a mistake goes to `problems`, also a key that stands twice, of which YAML keeps the last."""
    import yaml

    try:
        text = path.read_bytes()
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        problems += [f"{path.name}: {told}" for told in _twice_in(yaml.compose(text, loader))]
        return yaml.load(text, loader)  # noqa: S506  both are safe loaders
    except (OSError, yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-02-31
        problems.append(f"{path.name}: cannot be read: {' '.join(str(error).split())}")
        return None


def _twice_in(node: Any) -> Iterator[str]:
    """Keys that stand twice in a mapping of a YAML document."""
    if not isinstance(node.value if node else None, list):
        return
    keys = [pair[0].value for pair in node.value if isinstance(pair, tuple)]
    for key in _twice([key for key in keys if isinstance(key, str)]):
        yield f"line {node.start_mark.line + 1}: «{key}» stands here twice"
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            yield from _twice_in(one)


def told(file: str, where: str, what: str) -> str:
    """One mistake as `file: path: sentence`; a mistake of the whole has no path."""
    return f"{file}: {where}: {what}" if where else f"{file}: {what}"


def load_catalogue(folder: Path, own: Path | None = None, sent: Path | None = None) -> Catalogue:
    """Read `folder`; files of the site in `own` and what the province has `sent` take precedence.

    Raises `CatalogueError` with every mistake.
    """
    problems: list[str] = []
    rules = _rules(_path(folder, own, "site.yaml"), problems)
    entries = read_entries(folder / "national.json", problems)
    if sent is not None and sent.exists():
        entries = entries | read_entries(sent, problems)
    index = _index(folder / "index.json", problems)
    offered = _offered(_path(folder, own, "procedures.yaml"), problems)
    if problems:
        raise CatalogueError(problems)
    for code in rules.hidden:
        entries.pop(code, None)
        index.pop(code, None)
    whole = {code: _completed(procedure, entries.get(code)) for code, procedure in offered.items()}
    catalogue = Catalogue(MappingProxyType(whole), MappingProxyType(entries), MappingProxyType(index), rules)
    if unknown := [
        f"site.yaml: jobs: no procedure {j.code}" for j in rules.jobs if j.code and not catalogue.find(j.code)
    ]:
        raise CatalogueError(unknown)
    return catalogue


def _path(folder: Path, own: Path | None, name: str) -> Path:
    return own / name if own is not None and (own / name).exists() else folder / name


def _completed(procedure: Procedure, entry: Entry | None) -> Procedure:
    """What the site leaves out is said by the portal or the province."""
    if entry is None:
        return procedure
    return procedure.model_copy(update={k: v for k, v in _facts(entry).items() if not getattr(procedure, k)})


def _rules(path: Path, problems: list[str]) -> SiteRules:
    try:
        return SiteRules.model_validate(read_yaml(path, problems) or {})
    except ValidationError as error:
        problems += [told(path.name, where, what) for where, what in explain(SiteRules, error)]
        return SiteRules()


def read_entries(path: Path, problems: list[str]) -> dict[str, Entry]:
    """The described procedures of a JSON file by code; mistakes go to `problems`."""
    try:
        return entries_of(json.loads(path.read_bytes()), path.name, problems)
    except (OSError, ValueError) as error:
        problems.append(f"{path.name}: cannot be read: {error}")
        return {}


def entries_of(document: Any, file: str, problems: list[str]) -> dict[str, Entry]:
    """The described procedures of a document `{"procedures": […]}` by code."""
    rows = document.get("procedures") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        problems.append(f"{file}: procedures: must be a list")
        return {}
    return read_rows(rows, Entry, "code", file, problems, _mistakes_of_entry)


M = TypeVar("M", bound=BaseModel)


def read_rows(
    rows: list[Any],
    kind: type[M],
    key: str,
    file: str,
    problems: list[str],
    mistakes: Callable[[M], Iterable[str]] = lambda _: (),
) -> dict[str, M]:
    """Rows of a file by the value of their `key`; everything that is wrong in any of them goes to `problems`."""
    found: dict[str, M] = {}
    for number, row in enumerate(rows, start=1):
        name = row.get(key, number) if isinstance(row, dict) else number
        try:
            one = kind.model_validate(row)
        except ValidationError as error:
            problems += [told(f"{file}: {name}", where, what) for where, what in explain(kind, error)]
            continue
        if name in found:
            problems.append(f"{file}: {name}: stands here twice")
        problems += [f"{file}: {name}: {sentence}" for sentence in mistakes(one)]
        found[str(name)] = one
    return found


_ROWS: TypeAdapter[list[tuple[str, str, int, str]]] = TypeAdapter(list[tuple[str, str, int, str]])
_FIELDS: TypeAdapter[list[str]] = TypeAdapter(list[str])


def _index(path: Path, problems: list[str]) -> dict[str, Named]:
    """Rows of (code, name, number of the field, letters of the levels)."""
    try:
        document = json.loads(path.read_bytes())
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
    except (OSError, ValueError) as error:
        problems.append(f"{path.name}: cannot be read: {error}")
    return {}


def _offered(path: Path, problems: list[str]) -> dict[str, Procedure]:
    rows = read_yaml(path, problems)
    if not isinstance(rows, list):
        problems += [] if problems else [f"{path.name}: must be a list of procedures"]
        return {}
    return read_rows(rows, Procedure, "code", path.name, problems, _mistakes)


def _mistakes_of_entry(entry: Entry) -> Iterator[str]:
    for channel in entry.channels:
        for fee in channel.fees:
            yield from (f"{channel.way}: {sentence}" for sentence in _fee_mistakes(fee))


def _mistakes(procedure: Procedure) -> Iterator[str]:
    if procedure.online and not (procedure.cases and procedure.form_id):
        yield "an online procedure needs cases and a form_id"
    if procedure.prepare and not procedure.kinds:
        yield "a procedure that is prepared needs kinds"
    if procedure.online and procedure.prepare:
        yield "is either online or prepared, not both"
    for twice in _twice([case.id for case in procedure.cases]):
        yield f"case «{twice}» stands here twice"
    for case in procedure.cases:
        for twice in _twice([component.id for component in case.components]):
            yield f"case «{case.id}»: paper «{twice}» stands here twice"
    for fee in (*([procedure.fee] if procedure.fee else []), *(f for c in procedure.channels for f in c.fees)):
        yield from _fee_mistakes(fee)


def _fee_mistakes(fee: Fee) -> Iterator[str]:
    if fee.tariff and fee.amount_vnd is not None:
        yield "fee: give either amount_vnd or tariff, not both"
    if fee.valid_from and fee.valid_to and fee.valid_to < fee.valid_from:
        yield "fee: valid_to is before valid_from"


def _twice(ids: list[str]) -> list[str]:
    return sorted({one for one in ids if ids.count(one) > 1})
