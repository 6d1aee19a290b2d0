"""What the outbox holds: entries, their attachments, their states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

REFUSED = "province_unauthorised"  # the notice while the province refuses this kiosk
CLOCK_WRONG = "clock_wrong"  # the notice while our clock and the province's are minutes apart
EXPORTED, REPLACED, RETURNED = "entry_exported", "entry_replaced", "entry_returned"  # why an entry is closed
SALVAGED = "store_salvaged"  # the notice after a damaged store was replaced by what could be read of it
LOST = "dossier_lost"  # why an entry waits for staff of which only the stub could be read
PAPERS_LOST = "papers_lost"  # the same, when the list of its papers could not be read


class EntryState(StrEnum):
    """`pending → sending → delivered | rejected`; a lease that runs out makes `sending` `pending` again.

    Staff bring what was rejected to its end: `closed` is what another entry replaces, or what went back to the citizen;
    also what was moved to another machine.
    """

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    CLOSED = "closed"


class Room(StrEnum):
    """How much more the outbox can take: with `LOW` staff must act soon, with `NONE` no citizen may begin."""

    PLENTY = "plenty"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True)
class Limits:
    """What the outbox may use: bytes that stay free on the disk, when to warn, and how many entries may wait."""

    min_free: int = 0
    warn_free: int = 0
    max_waiting: int = 100_000


DECLARATION = "declaration"  # component of the filled form, which was drawn here and holds its text already


@dataclass(frozen=True)
class Attachment:
    """One file of a dossier, kept as an encrypted blob named by its hash.

    `sha256` is the hex digest of the plain file, `size` its bytes; `copy_type`, `media_type` as in the province's API.
    """

    component: str
    title: str
    sha256: str
    size: int
    media_type: str = "image/jpeg"
    pages: int = 1
    copy_type: str = "copy"


@dataclass(frozen=True)
class Problem:
    """One reason of the province for a rejection: where (JSON pointer) and what."""

    path: str
    message: str


@dataclass(frozen=True)
class Receipt:
    """What the province answered when it took the dossier. Times are RFC 3339 strings as they came."""

    code: str
    status: int
    received_at: str
    due_at: str | None = None


@dataclass(frozen=True)
class OutboxEntry:
    """One dossier on its way. `payload` is the `Dossier` of the province's API without `attachments`.

    `provisional_code` is what the citizen's slip says until the province has given its own. `unsure`: an earlier
    attempt may have arrived though nobody was told. `changed_at`: when it was delivered, rejected or closed. `replaces`
    is the id of the rejected entry that this one corrects; of missing papers, the code of the dossier they complete.
    """

    id: str
    procedure_code: str
    created_at: datetime
    state: EntryState = EntryState.PENDING
    attempts: int = 0
    next_attempt_at: datetime | None = None
    receipt: Receipt | None = None
    last_error: str = ""
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    attachments: tuple[Attachment, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    provisional_code: str = ""
    replaces: str = ""
    changed_at: datetime | None = None
    unsure: bool = False


@dataclass(frozen=True)
class OutboxCounts:
    """Figures for the status bar. `notices` are codes of what staff must know of, translated with advice."""

    pending: int = 0
    rejected: int = 0
    delivered: int = 0
    oldest_pending: datetime | None = None
    room: Room = Room.PLENTY
    notices: tuple[str, ...] = ()

    @property
    def alarm(self) -> bool:
        """The province refuses this kiosk (401/403)."""
        return REFUSED in self.notices


@dataclass(frozen=True)
class OutboxChanged:
    """Event: the outbox or the link to the province is in another state. `online` is None while unknown.

    `trouble` is the code of what keeps the store itself from working, such as `disk_full` or `store_damaged`.
    """

    counts: OutboxCounts
    online: bool | None
    entry_id: str = ""
    trouble: str = ""
