"""What is left of a form with mistakes of shape, so that all its other mistakes are told at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from kiosk.catalogue.remains import MOST_MISTAKES, Steps, at, holds
from kiosk.forms import Form

NOBODY = "?"  # stands where a text or a name is missing
HEAD = ("id", "version", "title")
TEXTS = ("title", "label")  # without them everything else can be checked
SPARE = {  # in the place of one that cannot be read: the others keep their numbers
    "rules": {"kind": "different", "questions": [NOBODY, NOBODY * 2], "error": "required"},
    "owners": {"kind": "person", "section": NOBODY},
}
UNSURE = (NOBODY, NOBODY * 2, f"{NOBODY}.full_name", f"{NOBODY}.id_number")
NAMELESS = "*"  # among what is lost: a question or section that has no name, so what is called unknown may be that one
UNKNOWN = ("is no question", "unknown question", "is not asked before", "needs the question", "dates of this section")


@dataclass(frozen=True)
class Remains:
    """A form without what could not be read; nothing can be said about what is `lost` (ids of questions, sections)."""

    form: Form
    lost: frozenset[str]

    def sure(self, sentences: Iterator[str]) -> Iterator[str]:
        """Those that do not only come of what is lost."""
        for told in sentences:
            nameless = NAMELESS in self.lost and any(words in told for words in UNKNOWN)
            if not nameless and not any(f"«{one}»" in told for one in self.lost):
                yield told


def remains_of(row: object, stem: str) -> Remains | None:
    """What can be read of a form's file `stem`; None where that is nothing."""
    if not isinstance(row, Mapping):
        return None
    left, lost = deepcopy(dict(row)), set(UNSURE)
    for _ in range(MOST_MISTAKES):
        if not left.get("sections"):
            break
        try:
            return Remains(Form.model_validate(left), frozenset(lost))
        except ValidationError as error:
            if error.error_count() > MOST_MISTAKES:
                return None
            first = error.errors(include_url=False, include_input=False)[0]
            gone = _without(left, first["loc"], first["type"], stem)
            if gone is None:
                return None
            lost |= gone
    return None


def _without(left: dict[str, Any], steps: Steps, kind: str, stem: str) -> set[str] | None:
    """Take one mistake out, with as little as possible beside it; what is lost by that, None where that is all."""
    owner, last = at(left, steps[:-1]), steps[-1]
    if kind == "extra_forbidden":
        del owner[last]
        return set()
    if len(steps) == 1 and last in HEAD:
        left[last] = {"id": stem.partition(".")[0], "version": date.min, "title": NOBODY}[str(last)]
        return {str(left.get("id"))}  # whether it is the name of the file
    if last in TEXTS and isinstance(owner, dict):
        owner[last] = NOBODY
        return set()
    if steps[0] in SPARE and len(steps) > 1:
        left[str(steps[0])][steps[1]] = SPARE[str(steps[0])]
        return set()
    while steps and not holds(at(left, steps[:-1]), steps[-1]):  # what is missing: its owner goes
        steps = steps[:-1]
    if not steps:
        return None
    lost = _lost(left, steps)
    at(left, steps[:-1]).pop(steps[-1])
    return lost


def _lost(left: dict[str, Any], steps: Steps) -> set[str]:
    """Whatever goes, and the question or section from which it is taken."""
    gone = at(left, steps)
    lost = set(_ids(gone))
    whole = len(steps) == 2 or (len(steps) == 4 and steps[2] == "questions")  # a section, a question
    if steps[-1] == "questions" or (whole and not (isinstance(gone, dict) and gone.get("id"))):
        lost.add(NAMELESS)
    if len(steps) > 4:  # sections, 0, questions, 0, …
        lost |= set(_ids(at(left, steps[:4])))
    elif len(steps) == 3 and steps[2] == "rows":
        lost |= set(_ids(at(left, steps[:2])))
    elif len(steps) == 3:
        lost.add(str(at(left, steps[:2]).get("id")))
    return lost


def _ids(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(node["id"]) for _ in range("id" in node))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _ids(child)
