"""The way to the province, as the sender sees it.

SubmitError(detail)
├── Unreachable        no connection, time-out, broken or foreign answer, 5xx: try again
├── Busy(after)        429 / 503: try again after so many seconds
├── Rejected(problems) 413, 422, other 4xx: for staff
│   └── Conflict       409: this key came with another body before; our own fault
└── Unauthorised       401 / 403: keep everything, stop sending, raise the alarm
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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


class Unauthorised(SubmitError):
    """The province does not know this kiosk's token."""

    code = "province_unauthorised"


@dataclass(frozen=True)
class Health:
    """The province is up, and what time it has."""

    status: str
    time: datetime


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
