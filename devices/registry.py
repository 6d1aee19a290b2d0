"""From one word in the configuration to a driver: `driver = "sane"` is `devices/document_scanner/sane.py`."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

HERE = Path(__file__).parent
Problem = tuple[str, str]
MANY = 60  # names that nobody wants to read
MOST = 1000  # mistakes of one table that are told: after so many it is another kind of file


def drivers(kind: str) -> tuple[str, ...]:
    """The drivers of a kind of device: the files of its folder that define `create`."""
    files = sorted((HERE / kind).glob("*.py"))
    return tuple(path.stem for path in files if "\ndef create(" in path.read_text(encoding="utf-8"))


def check(kind: str, table: Mapping[str, Any]) -> list[Problem]:
    """Every mistake in the table of a device, as (path, sentence); an unknown driver is the only one that is told."""
    driver = table.get("driver")
    known = drivers(kind)
    if driver is None:
        return [("driver", f"is missing; one of {', '.join(known)}")]
    if driver not in known:
        return [("driver", unknown(str(driver), known))]
    settings = _module(kind, driver).Settings
    try:
        settings.model_validate(dict(table))
    except ValidationError as error:
        return explain(settings, error)
    return []


def create(kind: str, table: Mapping[str, Any]) -> Any:
    """The device of a table that was checked; not open yet."""
    module = _module(kind, table["driver"])
    return module.create(module.Settings.model_validate(dict(table)))


def simulator_verbs(kind: str) -> Mapping[str, Sequence[str] | None]:
    """What can be done to the simulated device of a kind: verb → None (no argument), () (any text), or its words."""
    verbs: Mapping[str, Sequence[str] | None] = _module(kind, "simulated").VERBS
    return verbs


def unknown(word: str, known: Iterable[str]) -> str:
    """A sentence about an unknown word, with the nearest known one."""
    options = list(known)
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.5)
    others = f"; one of {', '.join(options)}" if 0 < len(options) <= MANY else ""
    return f"«{word}» is not known" + (f"; did you mean «{near[0]}»?" if near else others)


def explain(model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """The mistakes that pydantic found, each as (path, plain sentence)."""
    return [_sentence(model, item) for item in error.errors(include_url=False, include_input=False)[:MOST]]


def _sentence(model: type[BaseModel], item: Any) -> Problem:
    path = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        owner = _model_at(model, item["loc"][:-1])
        return path, f"unknown key; {unknown(str(item['loc'][-1]), _keys(owner))}"
    if item["type"] == "missing":
        return path, "is missing"
    if item["type"] == "model_type":
        return path, f"must be a table of {', '.join(_keys(_model_at(model, item['loc'])))}"
    if item["type"] == "tuple_type":
        return path, "must be a list"
    if item["type"] == "too_long":
        return path, f"must have at most {item['ctx']['max_length']} entries"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return path, message


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [name for name, field in model.model_fields.items() if not field.exclude] if model else []


def _model_at(model: type[BaseModel], steps: tuple[Any, ...]) -> type[BaseModel] | None:
    """The model of the table at a path: through lists and optional tables."""
    for step in steps:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        inner = _models_in(field.annotation) if field else []
        if not inner:
            return None
        model = inner[0]
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]


def _module(kind: str, driver: str) -> ModuleType:
    return importlib.import_module(f"devices.{kind}.{driver}")
