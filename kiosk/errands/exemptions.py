"""Who pays nothing or less, and what proves it: data of the site, `assets/catalogue/exemptions.yaml`.

The kiosk waives nothing by itself: an officer looks at the proof. It says what to bring, and gives the number.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from kiosk.catalogue import CatalogueError, Data, read_rows, read_yaml

FILE = Path(__file__).parents[2] / "assets" / "catalogue" / "exemptions.yaml"


class Exemption(Data):
    """One group of people; `procedures` are the codes for which it holds, none: for all."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1, max_length=100)
    proof: str = Field(min_length=1, max_length=200)
    procedures: tuple[str, ...] = ()


def load_exemptions(path: Path = FILE) -> tuple[Exemption, ...]:
    """Read the file. Raises `CatalogueError` with every mistake."""
    problems: list[str] = []
    rows = read_yaml(path, problems)
    if not isinstance(rows, list):
        raise CatalogueError(problems or [f"{path.name}: must be a list of exemptions"])
    found = read_rows(rows, Exemption, "id", path.name, problems)
    if problems:
        raise CatalogueError(problems)
    return tuple(found.values())


@cache
def exemptions() -> tuple[Exemption, ...]:
    """Those of this site."""
    return load_exemptions()


def exemptions_for(procedure_code: str) -> tuple[Exemption, ...]:
    """Those that hold for a procedure."""
    return tuple(one for one in exemptions() if not one.procedures or procedure_code in one.procedures)
