"""Who pays nothing or less, and what proves it: `exemptions.yaml`, ours and what the site adds in its own.

The kiosk waives nothing by itself: an officer looks at the proof. It says what to bring, and gives the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field

from devices.registry import unknown
from kiosk.catalogue import Catalogue, Data, read_rows, read_yaml

FILE = "exemptions.yaml"


class Exemption(Data):
    """One group of people. `procedures` are the codes for which it holds, none: for all; `cases` those of their cases,
    none: each. One that does not hold (`holds`) is offered to nobody: so a site takes back one of ours.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1, max_length=100)
    proof: str = Field(min_length=1, max_length=200)
    procedures: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    holds: bool = True


def read_exemptions(folder: Path, own: Path | None = None) -> tuple[tuple[Exemption, ...], list[str]]:
    """Those of `folder`, and the site's in `own` added to them or in their place, as far as they can be read; and every
    mistake."""
    problems: list[str] = []
    found: dict[str, Exemption] = {}
    for path in (base / FILE for base in (folder, own) if base and (base / FILE).exists()):
        before = len(problems)
        rows = read_yaml(path, problems)
        if isinstance(rows, list):
            found |= read_rows(rows, Exemption, "id", FILE, problems)
        elif len(problems) == before and rows is not None:  # an empty one is right
            problems.append(f"{FILE}: must be a list of exemptions")
    return tuple(found.values()), problems


def unknown_names(exemptions: Iterable[Exemption], catalogue: Catalogue) -> Iterator[str]:
    """Procedures and cases that are nowhere: what names them would be offered to nobody."""
    for one in exemptions:
        for code in one.procedures:
            if catalogue.find(code) is None:
                yield f"{FILE}: {one.id}: procedures: {catalogue.no_procedure(code)}"
        narrowed = [p for code, p in catalogue.procedures.items() if not one.procedures or code in one.procedures]
        known = dict.fromkeys(case.id for procedure in narrowed for case in procedure.cases)
        for case in one.cases:
            if case not in known:
                yield f"{FILE}: {one.id}: cases: no procedure of it has this case: {unknown(case, known)}"


def exemptions_for(exemptions: Iterable[Exemption], procedure_code: str, case_id: str = "") -> tuple[Exemption, ...]:
    """Those that hold for a procedure and its case; "" when the case is not known any more: the officer will ask."""
    return tuple(
        one
        for one in exemptions
        if one.holds
        and (not one.procedures or procedure_code in one.procedures)
        and (not one.cases or case_id in (*one.cases, ""))
    )
