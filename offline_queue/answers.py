"""What the province's answers mean: the one table of status codes, and the shapes that are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from offline_queue.entry import Problem, Receipt
from offline_queue.gateway import Busy, Conflict, Health, Rejected, SubmitError, Unauthorised, Unreachable
from offline_queue.retry import retry_after

MOST_PROBLEMS = 100
LONGEST_MESSAGE = 1000

_MOMENT = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read whole. `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def is_html(self) -> bool:
        """Whether a web page came: a captive portal or a proxy on the way, not the API."""
        return "html" in self.headers.get("content-type", "") or self.body.lstrip()[:1] == b"<"


class Call(Protocol):
    """One request; raises `Unreachable` when no answer came."""

    def __call__(self, method: str, url: str, *, headers: Mapping[str, str], data: bytes | None = None) -> Answer:
        """Ask and read the answer."""


def _moment(text: str) -> str:
    _MOMENT.validate_strings(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class _Receipt(BaseModel):
    code: str = Field(min_length=1, max_length=100)
    status: int = Field(ge=1, le=10)
    received_at: Moment
    due_at: Moment | None = None


class _Health(BaseModel):
    status: str
    time: AwareDatetime


class _Reason(BaseModel):
    path: str
    message: str


class _Problem(BaseModel):
    title: str = ""
    detail: str = ""
    problems: list[_Reason] = []


Model = TypeVar("Model", bound=BaseModel)


def receipt(answer: Answer) -> Receipt:
    """The receipt in a 200 or 201. Raises `Unreachable` for anything else, such as a captive portal's page."""
    found = _parse(_Receipt, answer)
    return Receipt(found.code, found.status, found.received_at, found.due_at)


def health(answer: Answer) -> Health:
    """The province's health. Raises `Unreachable` for a foreign answer."""
    found = _parse(_Health, answer)
    return Health(found.status, found.time)


def json_object(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer. Raises `Unreachable` for a foreign or broken one."""
    try:
        # unlike the standard library's parser this one answers a bomb of brackets with a ValueError
        found = from_json(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"HTTP {answer.status} without a JSON object")
    return found


def refusal(answer: Answer) -> SubmitError:
    """The error that any answer but the wanted one stands for (DESIGN 7)."""
    said = f"HTTP {answer.status}"
    match answer.status:
        case 401 | 403:
            return Unauthorised(said)
        case 429 | 503:
            return Busy(retry_after(answer.headers.get("retry-after"), datetime.now(UTC)), said)
        case 408 | 425:
            return Unreachable(said)
        case 409:
            return Conflict(_problems(answer), said)
        case 413:
            return Rejected(_problems(answer), said)
        case status if 400 <= status < 500 and not answer.is_html:
            return Rejected(_problems(answer), said)
    return Unreachable(said)


def _parse(model: type[Model], answer: Answer) -> Model:
    try:
        return model.model_validate(json_object(answer))
    except ValidationError:
        # the library's text quotes the input: it must not reach a log
        raise Unreachable(f"HTTP {answer.status} with another shape") from None


def _problems(answer: Answer) -> tuple[Problem, ...]:
    """The reasons given, or one made of what was said; never empty."""
    try:
        found = _Problem.model_validate_json(answer.body)
    except ValidationError:
        found = _Problem(detail="" if answer.is_html else answer.body[:LONGEST_MESSAGE].decode(errors="replace"))
    if found.problems:
        return tuple(Problem(p.path, p.message[:LONGEST_MESSAGE]) for p in found.problems[:MOST_PROBLEMS])
    return (Problem("", (found.detail or found.title or f"HTTP {answer.status}")[:LONGEST_MESSAGE]),)
