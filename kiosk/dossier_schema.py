"""What the province's API asks of a request, read from its own description `assets/province-api.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline_queue.entry import Problem

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

API_FILE = Path(__file__).parent.parent / "assets" / "province-api.yaml"
DOSSIER = "/components/schemas/Dossier"

_BASE = "urn:province-api"
_OTHER = "Mục này không đúng quy định."
_MESSAGES = {
    "required": "Thiếu mục này.",
    "type": "Kiểu dữ liệu không đúng.",
    "pattern": "Nội dung không đúng dạng quy định.",
    "format": "Ngày, giờ hoặc mã không đúng dạng.",
    "enum": "Giá trị không có trong danh sách cho phép.",
    "minimum": "Số nhỏ hơn mức cho phép.",
    "maximum": "Số lớn hơn mức cho phép.",
    "minLength": "Mục này chưa có nội dung.",
    "maxLength": "Nội dung dài quá mức cho phép.",
}


def dossier_problems(payload: Any, attachments: bool = True) -> tuple[Problem, ...]:
    """Every fault of a `Dossier` (empty: none), sorted by path; `attachments=False` for one that has none yet.

    Paths are JSON pointers (RFC 6901); messages are Vietnamese and never quote what was sent.
    """
    if not attachments and isinstance(payload, Mapping):
        payload = {**payload, "attachments": []}
    return problems_against(DOSSIER, payload)


def problems_against(pointer: str, payload: Any) -> tuple[Problem, ...]:
    """Every fault of `payload` against the schema at this JSON pointer of the description."""
    found = {problem: None for error in _validator(pointer).iter_errors(payload) for problem in _problems(error)}
    return tuple(sorted(found, key=lambda problem: problem.path))


def request_schema(path: str) -> str:
    """JSON pointer of the schema of what is POSTed to an API path such as `/v1/payments`."""
    steps = ("paths", path, "post", "requestBody", "content", "application/json", "schema")
    return _pointer(steps)


@lru_cache
def api_description() -> Mapping[str, Any]:
    """The OpenAPI document; patterns end at the very end of the text, as ECMA-262 (and not Python) means `$`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(API_FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    _end_patterns(document)
    return document


def _end_patterns(node: object) -> None:
    if isinstance(node, dict):
        pattern = node.get("pattern")
        if isinstance(pattern, str) and pattern.endswith("$"):
            node["pattern"] = pattern[:-1] + r"\Z"
        for child in node.values():
            _end_patterns(child)
    elif isinstance(node, list):
        for child in node:
            _end_patterns(child)


@lru_cache
def _validator(pointer: str) -> Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    registry: Registry[Any] = Registry().with_resource(_BASE, DRAFT202012.create_resource(api_description()))
    return Draft202012Validator(
        {"$ref": f"{_BASE}#{pointer}"}, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _problems(error: ValidationError) -> Iterable[Problem]:
    if error.validator == "oneOf" and error.context:
        for inner in _nearest_branch(error):
            yield from _problems(inner)
        return
    path = list(error.absolute_path)
    if error.validator == "required":
        wanted: Any = error.validator_value
        instance: Any = error.instance
        missing = (name for name in wanted if name not in instance)
        yield from (Problem(_pointer([*path, name]), _MESSAGES["required"]) for name in missing)
        return
    yield Problem(_pointer(path), _MESSAGES.get(str(error.validator), _OTHER))


def _nearest_branch(error: ValidationError) -> list[ValidationError]:
    """Errors of the alternative that was most likely meant: not one of another type, then the one least at fault."""
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)

    def distance(errors: list[ValidationError]) -> tuple[bool, int]:
        return any(e.validator == "type" and not e.path for e in errors), len(errors)

    return min(branches.values(), key=distance)


def _pointer(steps: Iterable[object]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
