"""The catalogue: what can be done here, what it needs, what it costs. Data of the site: `assets/catalogue/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devices.registry import explain
from kiosk.text import search_key


class CatalogueError(Exception):
    """Every mistake in catalogue or forms: `file: path: sentence`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Data(BaseModel):
    """Base of everything that is read from a data file: no unknown key, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Component(Data):
    """One paper. `scan` says that it is scanned at the kiosk; else it is only shown or handed over at the counter."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    hint: str = ""  # how it must lie, what must be readable
    scan: bool = True
    required: bool = True
    copy_type: Literal["original", "certified_copy", "copy"] = "copy"


class Case(Data):
    """One situation of a citizen, in which the procedure needs these papers."""

    id: str
    title: str
    components: tuple[Component, ...] = ()


class PageTariff(Data):
    """So much a page, less from a page on, and never more than that a copy; whole đồng."""

    first_pages: int = Field(ge=0)
    first_page_vnd: int = Field(ge=0)
    next_page_vnd: int = Field(ge=0)
    most_vnd: int = Field(ge=0)


class Fee(Data):
    """Fee rule. `amount_vnd` is None where the province decides, or where a `tariff` counts pages."""

    amount_vnd: int | None = Field(None, ge=0)
    per: Literal["", "copy"] = ""
    note: str = ""
    tariff: PageTariff | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Procedure(Data):
    """One administrative procedure as this site offers it."""

    code: str = Field(pattern=r"^[0-9]\.[0-9]{6}$")
    name: str
    short_name: str
    field: str
    icon: str
    online: bool  # can be submitted at the kiosk
    prepare: bool = False  # cannot: the kiosk prepares and gives a number
    series: str = Field(pattern=r"^[A-Z]$")
    cases: tuple[Case, ...] = ()
    bring: tuple[str, ...] = ()  # always to be brought along
    fee: Fee | None = None
    duration_text: str = ""
    result: str = ""
    form_id: str = ""
    keywords: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # kinds of paper, for `prepare`


class Catalogue(Data):
    """All procedures by code, in the order in which they are offered."""

    procedures: Mapping[str, Procedure] = Field(default_factory=dict)

    @cached_property
    def _folded(self) -> tuple[tuple[tuple[str, str], Procedure], ...]:
        return tuple(
            ((search_key(f"{p.short_name} {p.code}"), search_key(" ".join((p.name, p.field, *p.keywords)))), p)
            for p in self.procedures.values()
        )

    def search(self, query: str) -> tuple[Procedure, ...]:
        """Best first; all of them for an empty query. Every word must begin a word of name, code, field or keywords."""
        words = search_key(query).removeprefix("thu tuc ").split()  # many names begin so, inconsistently
        if not words:
            return tuple(self.procedures.values())
        ranked = [(_rank(words, texts), p) for texts, p in self._folded]
        return tuple(p for rank, p in sorted(ranked, key=lambda pair: -pair[0]) if rank)


def _rank(words: list[str], texts: tuple[str, str]) -> int:
    title, rest = (f" {text}" for text in texts)
    if not all(f" {word}" in title or f" {word}" in rest for word in words):
        return 0
    return 1 + sum(f" {word}" in title for word in words)


def texts(procedure: Procedure) -> Iterator[str]:
    """Everything in a procedure that a person reads."""
    yield from (procedure.name, procedure.short_name, procedure.duration_text, procedure.result)
    yield from (*procedure.bring, *procedure.kinds)
    if procedure.fee:
        yield procedure.fee.note
    for case in procedure.cases:
        yield case.title
        for component in case.components:
            yield from (component.title, component.hint)


def read_yaml(path: Path, problems: list[str]) -> Any:
    """A YAML file; a mistake goes to `problems`."""
    import yaml

    try:
        with path.open("rb") as file:
            return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    except (OSError, yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-02-31
        problems.append(f"{path.name}: cannot be read: {' '.join(str(error).split())}")
        return None


def told(file: str, where: str, what: str) -> str:
    """One mistake as `file: path: sentence`; a mistake of the whole has no path."""
    return f"{file}: {where}: {what}" if where else f"{file}: {what}"


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
    fee = procedure.fee
    if fee and fee.tariff and fee.amount_vnd is not None:
        yield "fee: give either amount_vnd or tariff, not both"
    if fee and fee.valid_from and fee.valid_to and fee.valid_to < fee.valid_from:
        yield "fee: valid_to is before valid_from"


def _twice(ids: list[str]) -> list[str]:
    return sorted({one for one in ids if ids.count(one) > 1})


def load_catalogue(folder: Path) -> Catalogue:
    """Read `procedures.yaml`. Raises `CatalogueError` with every mistake."""
    problems: list[str] = []
    path = folder / "procedures.yaml"
    rows = read_yaml(path, problems)
    if not isinstance(rows, list):
        raise CatalogueError(problems or [f"{path.name}: must be a list of procedures"])
    found: dict[str, Procedure] = {}
    for number, row in enumerate(rows, start=1):
        name = row.get("code", number) if isinstance(row, dict) else number
        try:
            procedure = Procedure.model_validate(row)
        except ValidationError as error:
            problems += [told(f"{path.name}: {name}", where, what) for where, what in explain(Procedure, error)]
            continue
        if procedure.code in found:
            problems.append(f"{path.name}: {name}: stands here twice")
        problems += [f"{path.name}: {name}: {sentence}" for sentence in _mistakes(procedure)]
        found[procedure.code] = procedure
    if problems:
        raise CatalogueError(problems)
    return Catalogue(procedures=found)
