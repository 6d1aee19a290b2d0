"""The way to the province, as the sender sees it.

SubmitError(detail)
├── Unreachable        no connection, time-out, broken or foreign answer, 5xx: try again
├── Busy(after)        429 / 503: try again after so many seconds
├── Rejected(problems) 413, 422, other 4xx: for staff
│   ├── Conflict       409: this key came with another body before; our own fault
│   └── CodeTaken      its receipt bears the code of another dossier
└── Unauthorised       401 / 403: keep everything, stop sending, raise the alarm
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from offline_queue.entry import Attachment, OutboxEntry, Problem, Receipt


class SubmitError(Exception):
    """Root of what can go wrong on the way. `code` is a stable translation key; `detail` holds no personal data."""

    code = "province_error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class Unreachable(SubmitError):
    """No usable answer. `unsure`: the dossier may have arrived, so ask before sending again; `connected`: there was a
    connection, so the cause may lie in what was sent and not in the line."""

    code = "province_unreachable"

    def __init__(self, detail: str = "", unsure: bool = True, connected: bool = True) -> None:
        super().__init__(detail)
        self.unsure = unsure
        self.connected = connected


class Busy(SubmitError):
    """The province asks for a pause of `after` seconds."""

    code = "province_busy"

    def __init__(self, after: float, detail: str = "") -> None:
        super().__init__(detail)
        self.after = after


class Rejected(SubmitError):
    """The province does not take this dossier as it is."""

    code = "province_rejected"

    def __init__(self, problems: tuple[Problem, ...], detail: str = "") -> None:
        super().__init__(detail)
        self.problems = problems


class Conflict(Rejected):
    """The province has another dossier under this id: asking whether "it" has arrived means nothing any more."""

    code = "province_conflict"


class CodeTaken(Rejected):
    """The code of its receipt is that of another dossier, so nobody could follow both, and perhaps it is not there."""

    code = "province_code_taken"


class Unauthorised(SubmitError):
    """The province does not know this kiosk's token."""

    code = "province_unauthorised"


@dataclass(frozen=True)
class Health:
    """The province is up, and what time it has."""

    status: str
    time: datetime


@dataclass(frozen=True)
class TimelineRow:
    """One change of a dossier's status (1 to 10)."""

    status: int
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """Where a dossier stands. `ask` is what its citizen must do now; `owner_masked` holds initials at most."""

    code: str
    status: int
    procedure_code: str = ""
    owner_masked: str = ""
    received_at: datetime | None = None
    due_at: datetime | None = None
    ask: str = field(default="", repr=False)
    timeline: tuple[TimelineRow, ...] = field(default=(), repr=False)


class PaymentState(StrEnum):
    """What the bank has told the province."""

    WAITING = "waiting"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Payment:
    """A payment that was asked for; `vietqr` is "" where the province gives none."""

    payment_id: str
    state: PaymentState
    vietqr: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Appointment:
    """When somebody is expected, and for what; times are aware."""

    code: str
    start: datetime
    end: datetime
    procedure_code: str = ""
    series: str = ""


@dataclass(frozen=True)
class PhoneSession:
    """An e-identification by phone that was started; `qr` is shown to the phone."""

    session: str
    qr: str
    expires_at: datetime


class PhoneState(StrEnum):
    """What the citizen has done on the phone."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True)
class PhoneAnswer:
    """How an e-identification stands; `person` (a `Person` of the API) and `proof` once it is confirmed at level 2."""

    state: PhoneState
    level: int = 0
    person: Mapping[str, Any] = field(default_factory=dict, repr=False)
    proof: str = field(default="", repr=False)


@dataclass(frozen=True)
class FamilyMember:
    """Somebody whom the national databases know beside a citizen, `relation` as they word it; "" for the unknown."""

    full_name: str = field(repr=False)
    relation: str
    id_number: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    sex: str = ""
    address: str = field(default="", repr=False)


@dataclass(frozen=True)
class Registered:
    """What the national databases know about a citizen beyond their card; nothing where they do not know them."""

    family: tuple[FamilyMember, ...] = ()
    phone: str = field(default="", repr=False)


OpenBlob = Callable[[Attachment], bytes]


class Gateway(Protocol):
    """One province. Every method raises a `SubmitError`."""

    def submit(self, entry: OutboxEntry, open_blob: OpenBlob) -> Receipt:
        """Upload the files (tus, resumed where they stopped), then the dossier with the entry's id as its key."""

    def find(self, client_ref: str) -> Receipt | None:
        """Whether the dossier has arrived; None when the province says that it has not."""

    def status(self, code: str) -> Mapping[str, Any]:
        """`Progress` of a dossier by official code or client_ref; `Rejected` when unknown."""

    def procedures(self, etag: str = "") -> tuple[Mapping[str, Any] | None, str]:
        """The catalogue of this site and its ETag; None when unchanged."""

    def health(self) -> Health:
        """Whether the province is up."""

    def heartbeat(self, report: Mapping[str, Any]) -> None:
        """Tell the province how this kiosk is; no personal data."""


class Desk(Protocol):
    """What somebody who stands at the kiosk asks of the province. Every method raises a `SubmitError`; an answer about
    something else than was asked is none: `Unreachable`."""

    def progress(self, code: str) -> Progress | None:
        """Where a dossier stands, by official code or client_ref; None when the province knows of none."""

    def ask_payment(self, client_ref: str, amount_vnd: int, agency_code: str) -> Payment:
        """Ask for a payment; the same again is the same payment while it waits."""

    def payment(self, payment_id: str) -> Payment | None:
        """Whether the bank has confirmed it; None when the province knows of none."""

    def appointment(self, code: str) -> Appointment | None:
        """An appointment; None when the province knows of none."""

    def start_phone(self) -> PhoneSession:
        """Start an e-identification by phone."""

    def phone(self, session: str) -> PhoneAnswer:
        """How it stands; one that is unknown has expired."""

    def registered(self, id_number: str, proof: str) -> Registered:
        """Telephone, spouse, parents and household of a citizen who is proven to stand there, as far as known."""
