"""What every part of `Kiosk` stands on: its parts, the state, and the one way to change it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from devices.worker import DeviceWorker
from kiosk import places
from kiosk.audit import AuditLog
from kiosk.catalogue import Catalogue
from kiosk.catalogue.update import Lookup
from kiosk.clerk import Clerk
from kiosk.comfort import Comfort, Sheet
from kiosk.config import Config
from kiosk.errands.inquiries import Inquiries
from kiosk.errands.ledger import Ledger
from kiosk.forms import Form
from kiosk.hall.hall import Hall
from kiosk.hall.tickets import HallError
from kiosk.search.choices import Choices
from kiosk.staff import Account
from kiosk.state import AppState, Session, StaffView, Step
from offline_queue.blobs import BlobStore
from offline_queue.sender import Sender
from offline_queue.store import Outbox

if TYPE_CHECKING:
    from devices.card_reader.emrtd.trust import TrustStore
    from kiosk.figures.metrics import Metrics
    from kiosk.text_layer import TextReader

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Listener = Callable[[AppState], None]


@dataclass(frozen=True)
class Parts:
    """All that the kiosk works with, put together in `wiring.py`."""

    config: Config
    hall: Hall
    lookup: Lookup  # the catalogue and the search in it
    choices: Choices  # what people here choose
    forms: Mapping[str, Form]
    workers: Mapping[str, DeviceWorker[Any]]
    clerk: Clerk
    inquiries: Inquiries
    ledger: Ledger
    outbox: Outbox
    blobs: BlobStore
    sender: Sender
    accounts: tuple[Account, ...]
    audit: AuditLog
    trust: Callable[[], TrustStore]  # loaded when the first chip is read
    clock: Clock  # aware, in the site's time zone
    text_reader: TextReader | None = None  # adds words to search in to scanned papers
    metrics: Metrics | None = None  # the centre's figures

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of this moment."""
        return self.lookup.catalogue


class KioskCore:
    """State and session. A verb computes, then calls `change` once; the listener draws the new state."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.on_state: Listener = lambda _state: None
        self.last_touch = time.monotonic()
        self.state = AppState(
            centre=parts.config.site.name,
            province=places.province_of_agency(parts.config.site.agency_code),
            now=parts.clock(),
            jobs=parts.catalogue.rules.jobs,
            results=parts.lookup.search.find(""),
            outbox=parts.outbox.counts(),
        )

    # -- state ---------------------------------------------------------------------------------------------------
    def change(self, **values: Any) -> None:
        """Replace the state and show it."""
        new = replace(self.state, **values)
        if new != self.state:
            self.state = new
            self.on_state(new)

    def now(self) -> datetime:
        """The time of the site."""
        return self.parts.clock()

    @property
    def session(self) -> Session:
        """The session of the citizen who stands there; a new one when there is none."""
        if self.state.session is None:
            self.state = replace(self.state, session=Session(id=uuid.uuid4().hex, started_at=self.now()))
        assert self.state.session is not None
        return self.state.session

    def change_session(self, step: Step | None = None, **values: Any) -> None:
        """Replace parts of the session, and go to another step if one is given."""
        session = replace(self.session, **values)
        self.change(session=session, toast="", **({} if step is None else {"step": step}))

    def is_current(self, session_id: str) -> bool:
        """Whether a result belongs to the citizen who stands there now."""
        return self.state.session is not None and self.state.session.id == session_id

    def tell(self, code: str) -> None:
        """Show a short message over the screen."""
        self.change(toast=code)

    def dismiss_toast(self) -> None:
        """The message was read."""
        self.change(toast="")

    def audit(self, who: str, act: str, **facts: Any) -> None:
        """Write a line of the audit log; a full disk is told in the log and stops nobody."""
        try:
            self.parts.audit.write(who, act, **facts)
        except OSError as error:
            log.error("audit log: %s", error.strerror)

    # -- the hall ------------------------------------------------------------------------------------------------
    def refresh_hall(self) -> None:
        """Read again who waits, what is open and paused."""
        now, hall = self.now(), self.parts.hall
        try:
            code, series = hall.why_closed(now), hall.views(now)
            away = "kiosk_id_twice" if hall.store.trouble == "kiosk_id_twice" else "own_series"
            trouble = away if hall.rows(now).away else ""
        except HallError as error:
            code, series, trouble = error.code, self.state.series, ""
        self.change(
            now=now.replace(second=0, microsecond=0),
            series=series,
            closed_code=code,
            hall_trouble=trouble,
            next_opening=hall.opening.next_opening(now),
        )

    def refresh_desk(self) -> None:
        """Read again what staff or technician look at now; each part of the kiosk adds its own."""

    # -- ending --------------------------------------------------------------------------------------------------
    def touched(self) -> None:
        """Any touch: the idle clock starts again."""
        self.last_touch = time.monotonic()

    def finish_session(self) -> None:
        """Forget the citizen and go home, as the next person must find it."""
        self.wipe()
        self.touched()
        self.change(
            step=Step.HOME,
            session=None,
            language=self.parts.config.site.languages[0],
            comfort=Comfort(),
            sheet=Sheet.NONE,
            toast="",
            idle_seconds_left=None,
            staff=StaffView(),
        )
        self.refresh_hall()

    def wipe(self) -> None:
        """Forget the citizen: nothing of the session is left in memory, in the queues or on disk."""
        session = self.state.session
        if session is None:
            return
        for worker in self.parts.workers.values():
            worker.cancel(session.id)
        pages = [page.sha256 for pages in session.papers.values() for page in pages]
        self.parts.clerk.do(lambda: self._forget(pages), failed=None)
        self.state = replace(self.state, session=None, card_left=self.state.card_present)

    def _forget(self, pages: list[str]) -> None:
        if pages:
            self._drop(pages)
        self.parts.outbox.let_go()

    def _drop(self, hashes: list[str]) -> None:
        self.parts.blobs.discard(hashes, used=self.parts.outbox.uses_blob)
