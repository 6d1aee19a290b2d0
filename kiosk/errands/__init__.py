"""What somebody sees who comes back: a dossier's way, a payment, an appointment, the answer of a phone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from offline_queue.entry import OutboxEntry
from offline_queue.gateway import Appointment, Payment, PhoneSession, Progress


class Asked(StrEnum):
    """How far a question to the province is."""

    NO = ""
    WAITING = "waiting"
    ANSWERED = "answered"
    UNKNOWN = "unknown"  # the province has answered: there is nothing of the kind
    FAILED = "failed"  # there was no answer


@dataclass(frozen=True)
class Following:
    """One dossier, as far as it is known: `entry` when it came from this kiosk (without answers), `progress` from the
    province, as of `seen_at` when it could not be asked now; `why` is the code of what kept it from answering."""

    code: str
    entry: OutboxEntry | None = field(default=None, repr=False)
    asked: Asked = Asked.NO
    why: str = ""
    progress: Progress | None = field(default=None, repr=False)
    seen_at: datetime | None = None

    @property
    def status(self) -> int:
        """1 to 10; 0 while the province has told none."""
        return self.progress.status if self.progress else 0


@dataclass(frozen=True)
class ChargeLine:
    """One line of what is to be paid: what for, how often, how much each; whole đồng. `label` is translated."""

    label: str
    count: int
    each_vnd: int

    @property
    def total_vnd(self) -> int:
        """What this line comes to."""
        return self.count * self.each_vnd


@dataclass(frozen=True)
class Paying:
    """A fee that is paid here: `ref` is the dossier's client_ref or code; `qr` the VietQR that was checked.

    `code` is what the citizen knows the dossier by, `why` a translated code of what went wrong.
    """

    ref: str
    code: str
    lines: tuple[ChargeLine, ...] = ()
    asked: Asked = Asked.NO
    why: str = ""
    payment: Payment | None = None
    qr: str = ""
    bank: str = ""  # whose account it is, for the citizen to compare with the phone
    account: str = ""
    leads_on: bool = False  # a dossier was just handed in: its slip follows
    procedure_code: str = ""
    case_id: str = ""  # the chosen case, as long as its answers are here
    usual: tuple[ChargeLine, ...] = ()  # what the catalogue says today: it counts where nobody has said anything else
    told_vnd: int = 0  # what was told when it was handed in here, whole đồng; 0: nothing
    exempt: str = ""  # id of the exemption that the citizen claims: then an officer looks at the proof

    @property
    def amount_vnd(self) -> int:
        """What is to be paid."""
        return sum(line.total_vnd for line in self.lines)


@dataclass(frozen=True)
class Coming:
    """Somebody who comes at an appointed time."""

    code: str
    asked: Asked = Asked.NO
    why: str = ""
    appointment: Appointment | None = None


class PhoneStage(StrEnum):
    """Where an identification by phone stands, as its citizen sees it."""

    STARTING = "starting"
    WAITING = "waiting"  # for the citizen to agree on the phone
    LOW_LEVEL = "low_level"  # confirmed, but the account has no level 2
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True)
class Phone:
    """An identification by VNeID."""

    stage: PhoneStage = PhoneStage.STARTING
    session: PhoneSession | None = None
    why: str = ""


@dataclass(frozen=True)
class Petition:
    """What somebody wants to tell the centre; `name` and `phone` only when they want an answer."""

    kind: str = "suggestion"
    text: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    named: bool = False
