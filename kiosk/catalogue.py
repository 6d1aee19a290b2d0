"""The catalogue: what can be done here, what it needs, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Component:
    """One paper. `scan` says that it is scanned at the kiosk; else it is only shown or handed over at the counter."""

    id: str
    title: str
    hint: str = ""  # how it must lie, what must be readable
    scan: bool = True
    required: bool = True
    copy_type: str = "copy"  # original | certified_copy | copy, as in the province's API


@dataclass(frozen=True)
class Case:
    """One situation of a citizen, in which the procedure needs these papers."""

    id: str
    title: str
    components: tuple[Component, ...] = ()


@dataclass(frozen=True)
class Fee:
    """Fee rule. `amount_vnd` is None where the province decides; `formula` names a rule such as `certified_copy`."""

    amount_vnd: int | None
    per: str = ""  # "copy", "page", … for the wording
    note: str = ""
    formula: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Procedure:
    """One administrative procedure as this site offers it."""

    code: str
    name: str
    short_name: str
    field: str
    icon: str
    online: bool  # can be submitted at the kiosk
    prepare: bool  # cannot: the kiosk prepares and gives a number
    series: str  # letter of the queue series that handles it
    cases: tuple[Case, ...] = ()
    bring: tuple[str, ...] = ()  # always to be brought along
    fee: Fee | None = None
    duration_text: str = ""
    result: str = ""
    form_id: str = ""
    keywords: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # kinds of paper, for `prepare`


@dataclass(frozen=True)
class Catalogue:
    """All procedures by code, in the order in which they are offered."""

    procedures: Mapping[str, Procedure] = field(default_factory=dict)

    def search(self, query: str) -> tuple[Procedure, ...]:
        """Best first; all of them for an empty query."""
        raise NotImplementedError
