"""What the outbox holds: entries, their attachments, their states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EntryState(StrEnum):
    """`pending → sending → delivered | rejected`; a lease that runs out makes `sending` `pending` again."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    REJECTED = "rejected"


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

    `provisional_code` is what the citizen's slip says until the province has given its own.
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


@dataclass(frozen=True)
class OutboxCounts:
    """Figures for the status bar. `alarm` is set while the province refuses this kiosk (401/403)."""

    pending: int = 0
    rejected: int = 0
    delivered: int = 0
    oldest_pending: datetime | None = None
    alarm: bool = False


@dataclass(frozen=True)
class OutboxChanged:
    """Event: the outbox or the link to the province is in another state. `online` is None while unknown."""

    counts: OutboxCounts
    online: bool | None
    entry_id: str = ""
