"""What the province's answers mean: the one table of status codes, and the shapes that are accepted."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from offline_queue.entry import Problem, Receipt
from offline_queue.gateway import (
    Appointment,
    Busy,
    Conflict,
    FamilyMember,
    Health,
    Payment,
    PaymentState,
    PhoneAnswer,
    PhoneSession,
    PhoneState,
    Progress,
    Registered,
    Rejected,
    SubmitError,
    TimelineRow,
    Unauthorised,
    Unreachable,
)
from offline_queue.retry import retry_after

MOST_PROBLEMS = 100
LONGEST_MESSAGE = 1000
MOST_ROWS = 50  # of a timeline, the newest
VERIFIED_LEVEL = 2  # of an e-identification account

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)  # of any moment in an answer


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


def _in_range(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("no moment of this century")
    return moment


def _or_none(moment: datetime | None) -> datetime | None:
    """Some write 9999 for «no end», which no clock can show in another zone."""
    return moment if moment and EARLIEST <= moment < LATEST else None


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
MaybeMoment = Annotated[AwareDatetime | None, AfterValidator(_or_none)]
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
_MAYBE: TypeAdapter[datetime | None] = TypeAdapter(MaybeMoment)


def _text(text: str) -> str:
    _MOMENT.validate_strings(text)
    return text


def _text_or_none(text: str | None) -> str | None:
    return text if text is not None and _MAYBE.validate_strings(text) else None


class _Receipt(BaseModel):
    code: str = Field(min_length=1, max_length=100)
    status: int = Field(ge=1, le=10)
    received_at: Annotated[str, AfterValidator(_text)]
    due_at: Annotated[str | None, AfterValidator(_text_or_none)] = None


class _Health(BaseModel):
    status: str
    time: Moment


class _Row(BaseModel):
    at: MaybeMoment = None
    status: int = Field(ge=1, le=10)
    note: str = ""


class _Progress(BaseModel):
    code: str = Field(min_length=1, max_length=100)
    status: int = Field(ge=1, le=10)
    procedure_code: str = ""
    owner_masked: str = Field("", max_length=200)
    received_at: MaybeMoment = None
    due_at: MaybeMoment = None
    ask: str | None = None
    timeline: list[_Row] = []


class _Payment(BaseModel):
    payment_id: str = Field(min_length=1, max_length=100)
    state: PaymentState
    vietqr: str = Field("", max_length=1000)
    expires_at: MaybeMoment = None


class _Appointment(BaseModel):
    code: str = Field(min_length=1, max_length=100)
    procedure_code: str = ""
    series: str = ""
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")


class _PhoneSession(BaseModel):
    session: str = Field(min_length=1, max_length=200)
    qr: str = Field(min_length=1, max_length=1000)
    expires_at: Moment


class _Person(BaseModel):
    id_number: str = Field(pattern=r"^[0-9]{12}$")
    full_name: str = Field(min_length=1, max_length=100)
    date_of_birth: date | None = None
    sex: Literal["male", "female"] | None = None
    address: str | None = None
    phone: str | None = None


class _PhoneAnswer(BaseModel):
    state: PhoneState
    level: int = 0
    person: _Person | None = None
    proof: str = ""


class _Member(BaseModel):
    full_name: str = Field(min_length=1, max_length=100)
    relation: str = Field("", max_length=60)
    id_number: str | None = Field(None, pattern=r"^[0-9]{12}$")
    date_of_birth: date | None = None
    sex: Literal["male", "female"] | None = None
    address: str | None = Field(None, max_length=300)


class _Self(BaseModel):
    id_number: str | None = None
    phone: str | None = Field(None, max_length=20)


class _Registered(BaseModel):
    person: _Self | None = None
    household: list[_Member] = []
    parents: list[_Member] = []
    spouse: _Member | None = None


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


def progress(answer: Answer, asked: str) -> Progress:
    """Where the dossier stands that was `asked` about; its owner's name is masked whatever came.

    Raises `Unreachable` for a foreign answer, as all that follow, and for one about another dossier. Of a client_ref
    the answer tells the official code, whatever that is.
    """
    found = _parse(_Progress, answer)
    if not _is_client_ref(asked) and not _same_code(found.code, asked):
        raise Unreachable(f"HTTP {answer.status} about another dossier")
    rows = tuple(TimelineRow(row.status, row.at, row.note[:LONGEST_MESSAGE]) for row in found.timeline[-MOST_ROWS:])
    return Progress(
        found.code,
        found.status,
        found.procedure_code,
        mask_name(found.owner_masked),
        found.received_at,
        found.due_at,
        (found.ask or "")[:LONGEST_MESSAGE],
        rows,
    )


def mask_name(name: str) -> str:
    """Initials only, `N*** T** Đ**`: a public look-up shows no full name (DOMAIN 8). What is masked stays as it is."""
    return " ".join(_masked(word) for word in unicodedata.normalize("NFC", name).split())


def _masked(word: str) -> str:
    bare = len(word) == 1 or sum(letter.isalnum() for letter in word) > 1
    return word[0] + "*" * max(1, min(3, len(word) - 1)) if bare else word


def _is_client_ref(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


def _same_code(one: str, other: str) -> bool:
    """The same letters and digits, whatever stands between them."""
    one, other = ("".join(c for c in code.casefold() if c.isalnum()) for code in (one, other))
    return one == other


def payment(answer: Answer, asked: str = "") -> Payment:
    """The payment that was `asked` about, or a new one."""
    found = _parse(_Payment, answer)
    if asked not in ("", found.payment_id):
        raise Unreachable(f"HTTP {answer.status} about another payment")
    return Payment(found.payment_id, found.state, found.vietqr, found.expires_at)


def appointment(answer: Answer, asked: str) -> Appointment:
    """The appointment that was `asked` about."""
    found = _parse(_Appointment, answer)
    if not _same_code(found.code, asked) or found.end < found.start:
        raise Unreachable(f"HTTP {answer.status} about another appointment, or one that ends before it starts")
    return Appointment(found.code, found.start, found.end, found.procedure_code, found.series)


def phone_session(answer: Answer) -> PhoneSession:
    """An e-identification that was started."""
    found = _parse(_PhoneSession, answer)
    return PhoneSession(found.session, found.qr, found.expires_at)


def phone_answer(answer: Answer) -> PhoneAnswer:
    """How an e-identification stands; one that is confirmed names its person and proves it."""
    found = _parse(_PhoneAnswer, answer)
    if found.state is PhoneState.CONFIRMED and found.level >= VERIFIED_LEVEL and not (found.person and found.proof):
        raise Unreachable(f"HTTP {answer.status} confirms nobody")
    return PhoneAnswer(found.state, found.level, found.person.model_dump() if found.person else {}, found.proof)


def registered(answer: Answer, asked: str) -> Registered:
    """What is told of the citizen with the number that was `asked` about: the telephone; spouse, parents, household,
    each person once, with all that is told of them."""
    found = _parse(_Registered, answer)
    if found.person and found.person.id_number not in (None, asked):
        raise Unreachable(f"HTTP {answer.status} about another person")
    members: dict[tuple[str, date | None], FamilyMember] = {}
    for one in (*([found.spouse] if found.spouse else []), *found.parents, *found.household)[:MOST_ROWS]:
        told = FamilyMember(
            one.full_name, one.relation, one.id_number or "", one.date_of_birth, one.sex or "", one.address or ""
        )
        before = members.setdefault((told.full_name, told.date_of_birth), told)
        more = {name: value for name, value in vars(told).items() if value and not getattr(before, name)}
        members[told.full_name, told.date_of_birth] = replace(before, **more)
    phone = found.person.phone if found.person else None
    return Registered(tuple(members.values()), phone or "")


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
