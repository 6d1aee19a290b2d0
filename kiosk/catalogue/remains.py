"""What is left of a row with mistakes of shape, so that all its other mistakes are told at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
MOST_MISTAKES = 200  # of a row, each of which is taken out by itself; of a worse one nothing is left
Steps = Sequence[int | str]


def remains_of(kind: type[M], row: object, spare: Mapping[str, Any]) -> tuple[M, frozenset[str]] | None:
    """The row without what cannot be read, and its keys about which nothing, or not all, is known; None for no row.

    `spare` stands in the place of what must be there: by the name of a key, or of a list for one of its elements.
    """
    if not isinstance(row, Mapping):
        return None
    left, lost = deepcopy(dict(row)), set[str]()
    for _ in range(MOST_MISTAKES):
        try:
            return kind.model_validate(left), frozenset(lost)
        except ValidationError as error:
            if error.error_count() > MOST_MISTAKES:
                return None
            first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "extra_forbidden":
            del at(left, first["loc"][:-1])[first["loc"][-1]]
            if len(first["loc"]) == 1:  # what is misspelt may be any key that is not given
                lost |= set(kind.model_fields) - set(left)
        else:
            lost |= _without(left, first["loc"], first["type"] == "missing", spare)
    return None


def _without(left: dict[str, Any], steps: Steps, missing: bool, spare: Mapping[str, Any]) -> set[str]:
    """Take one mistake out, with as little as possible beside it; the key of the row of which not all is left."""
    if missing and str(steps[-1]) in spare:
        at(left, steps[:-1])[steps[-1]] = deepcopy(spare[str(steps[-1])])
    else:
        while not holds(at(left, steps[:-1]), steps[-1]):  # what is missing: its owner goes
            steps = steps[:-1]
        owner, name = at(left, steps[:-1]), str(steps[-2] if isinstance(steps[-1], int) and len(steps) > 1 else "")
        if name in spare:
            owner[steps[-1]] = deepcopy(spare[name])
        else:
            owner.pop(steps[-1])
    return {str(steps[0])} if len(steps) <= 2 else set()


def at(node: Any, steps: Steps) -> Any:
    """What stands at a path of keys and places; None where the path leads nowhere."""
    for step in steps:
        node = node[step] if holds(node, step) else None
    return node


def holds(node: object, step: int | str) -> bool:
    """Whether a list has this place, or a mapping this key."""
    if isinstance(node, list):
        return isinstance(step, int) and step < len(node)
    return isinstance(node, dict) and step in node
