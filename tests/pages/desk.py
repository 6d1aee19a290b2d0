"""A desk with real stores and pages on a free port, an officer's browser, and synthetic dossiers."""

from __future__ import annotations

import io
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import img2pdf
import requests
from PIL import Image

from devices.card_reader.emrtd.results import CloneCheck, Trust
from kiosk.audit import AuditLog
from kiosk.catalogue import load_catalogue
from kiosk.config import ASSETS
from kiosk.dossier import payload
from kiosk.forms.files import load_forms
from kiosk.hall.counters import Counters
from kiosk.hall.tickets import Ticket, TicketState
from kiosk.pages.desk import Desk
from kiosk.pages.server import Address, DeskPages
from kiosk.provisional import provisional_code
from kiosk.staff import Account, default_accounts
from kiosk.state import AppState, CardReading, Session
from kiosk.voice import Voice
from offline_queue.blobs import BlobStore
from offline_queue.entry import Attachment, OutboxEntry, Problem
from offline_queue.store import Outbox
from tests.hall.house import House
from tests.unit.test_dossier import session_of

ZONE = timezone(timedelta(hours=7))
OFFICER, OTHER, PIN = "Cán bộ", "Lò Thị Sen", "2468"
KEY = bytes(range(32))
PATIENCE = 20.0


@cache
def data() -> tuple[Any, Any]:
    """Catalogue and forms."""
    return load_catalogue(ASSETS / "catalogue"), load_forms(ASSETS / "forms")


class Office:
    """Stores in a folder, and the pages before them; the hall has the lines A and B, and counters 1 to 4."""

    def __init__(
        self, folder: Path, address: Address | None = None, retry_seconds: float = 0.05, house: House | None = None
    ) -> None:
        self.house = house or House(str(folder / "tickets.db"), folder, hours=())
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
        self.woken = threading.Event()
        self.outbox = Outbox(folder / "outbox.db", KEY, lambda: self.now.astimezone(UTC))
        self.blobs = BlobStore(folder / "scans", KEY)
        self.audit = AuditLog(folder / "audit.jsonl")
        catalogue, forms = data()
        self.hall, self.tickets = self.house.hall, self.house.store
        self.counters = Counters(self.hall, self.hall.rules, self.audit.write, lambda: self.now)
        self.state = AppState()
        self.asked: queue.SimpleQueue[object] = queue.SimpleQueue()
        accounts = (*default_accounts(), Account(OTHER, "staff", default_accounts()[0].hash))
        self.desk = Desk(
            centre="Trung tâm phường Võ Cường",
            kiosk_id="k1",
            zone="Asia/Ho_Chi_Minh",
            catalogue=catalogue,
            forms=forms,
            outbox=self.outbox,
            blobs=self.blobs,
            audit=self.audit,
            accounts=accounts,
            clock=lambda: self.now,
            wake=self.woken.set,
            counters=self.counters,
            rules=self.hall.rules,
            glance=lambda: self.state,
            ask=self.asked.put,
            voice=Voice(),
            notices=("Sáng thứ bảy <b>có</b> làm việc.",),
        )
        self.pages = DeskPages(self.desk, address or Address("127.0.0.1", 0), retry_seconds)

    def __enter__(self) -> Self:
        self.pages.start()
        assert self.pages.up.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pages.stop()
        self.house.close()
        self.outbox.close()

    def falter(self) -> None:
        """All lines are cut, and the pages come back by themselves at the same address, which must be a fixed one."""
        server = self.pages._server
        assert server is not None
        server.should_exit = True
        eventually(lambda: self.pages._server is not server)
        assert self.pages.up.wait(PATIENCE)

    @property
    def now(self) -> datetime:
        """The time of the site."""
        return self.house.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.house.now = moment

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.pages.url

    def officer(self, name: str = OFFICER) -> Browser:
        """Somebody who is logged in."""
        browser = Browser(self.url)
        answer = browser.post("/login", name=name, pin=PIN)
        assert answer.status_code == 200, answer.status_code
        return browser

    def rejected(self, *problems: tuple[str, str], error: str = "province_rejected", **more: Any) -> OutboxEntry:
        """A dossier that the province has found faulty."""
        entry = self.added(**more)
        self.outbox.lease(datetime.now(UTC) + timedelta(days=400))
        self.outbox.reject(entry.id, [Problem(*problem) for problem in problems], error)
        return self.entry(entry.id)

    def added(self, answers: Mapping[str, str] = {}, verified: bool = False, papers: int = 1) -> OutboxEntry:
        """A birth registration that waits, the requester being the mother."""
        session = birth(answers, verified)
        entry = OutboxEntry(
            id=session.client_ref,
            procedure_code="1.001193",
            created_at=self.now,
            provisional_code=provisional_code(session.client_ref),
            attachments=tuple(self.paper(number) for number in range(papers)),
            payload=payload(session, "k1", "H05.114", self.now),
        )
        self.outbox.add(entry)
        return entry

    def paper(self, number: int) -> Attachment:
        """Two scanned pages in one PDF file."""
        pages = [picture(number * 40 + shade) for shade in (0, 20)]
        output = io.BytesIO()
        img2pdf.convert(pages, outputstream=output, nodate=True)
        pdf = output.getvalue()
        return Attachment(f"paper{number}", "Giấy chứng sinh", self.blobs.put(pdf), len(pdf), "application/pdf", 2)

    def entry(self, entry_id: str) -> OutboxEntry:
        """How it stands."""
        found = self.outbox.get(entry_id)
        assert found is not None
        return found

    def take(self, letter: str = "A", priority: str = "") -> Ticket:
        """A number that somebody holds in the hand, a second after the one before."""
        self.now += timedelta(seconds=1)
        ticket = self.hall.take(letter, self.now, priority)
        self.tickets.set_print(ticket.id, TicketState.PRINTED)
        return ticket

    def log(self) -> str:
        """The audit log."""
        return self.audit.path.read_text(encoding="utf-8")


def picture(shade: int) -> bytes:
    """A small page."""
    output = io.BytesIO()
    Image.new("L", (60, 80), shade).save(output, "JPEG")
    return output.getvalue()


def birth(answers: Mapping[str, str], verified: bool) -> Session:
    """A session in which the birth of a child was declared by its mother."""
    session = session_of("1.001193", data()[0].procedures["1.001193"].cases[0].id)
    card = CardReading(trust=Trust.TRUSTED, clone_check=CloneCheck.GENUINE) if verified else CardReading()
    mother = {
        f"mother.{key}": session.answers.get(f"requester.{key}", "")
        for key in ("full_name", "id_number", "date_of_birth", "address")
    }
    said = {**session.answers, "relation.kind": "mother", **mother, "father_known.answer": "no", **answers}
    return replace(session, client_ref=str(uuid.uuid4()), card=card, answers=said)


def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


class Browser:
    """What an officer's browser does: cookies, origin, the token of the last page's form. `opened`: all of a test."""

    opened: ClassVar[list[requests.Session]] = []

    def __init__(self, url: str, verify: str | bool = True) -> None:
        self.url = url
        self.http = requests.Session()
        self.opened.append(self.http)
        self.verify = verify  # given with each request: the session's own yields to the environment
        self.token = ""

    def get(self, path: str, **headers: str) -> requests.Response:
        """A page."""
        return self._seen(self.http.get(self.url + path, headers=headers, timeout=PATIENCE, verify=self.verify))

    def post(self, path: str, **fields: str) -> requests.Response:
        """A form, with its token unless another is given."""
        return self.send(path, {"csrf": self.token, **fields})

    def send(self, path: str, form: Mapping[str, str], headers: Mapping[str, str | None] = {}) -> requests.Response:
        """Exactly these fields."""
        told = {"Origin": self.url, **headers}
        return self._seen(
            self.http.post(self.url + path, data=form, headers=told, timeout=PATIENCE, verify=self.verify)
        )

    def correct(self, entry: OutboxEntry, answers: Mapping[str, str]) -> requests.Response:
        """The form of a correction with these fields changed, the others as the page shows them."""
        page = self.get(f"/dossiers/{entry.id}/correction")
        return self.post(f"/dossiers/{entry.id}/correction", **(fields(page.text) | dict(answers)))

    def confirm(self, entry: OutboxEntry, **fields: str) -> requests.Response:
        """The citizen has confirmed."""
        return self.post(f"/dossiers/{entry.id}/confirmation", **({"way": "phone", "agreed": "on"} | fields))

    def _seen(self, answer: requests.Response) -> requests.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer


def fields(page: str) -> dict[str, str]:
    """The answers in a form as a browser would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (
            re.search(r' name="((?:answer|date|commune|line):[^"]+)"', tag),
            re.search(r' value="([^"]*)"', tag),
        )
        if name and "disabled" not in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found
