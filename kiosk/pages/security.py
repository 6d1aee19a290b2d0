"""Who may ask for a page: host and origin of each request, headers of each answer, sessions, the log-in.

Rules after the OWASP cheat sheets on session management and on cross-site request forgery.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk import staff
from kiosk.staff import Account

IDLE_SECONDS = 15 * 60
LONGEST_SECONDS = 12 * 3600  # an officer who sits down at 7:30 is not thrown out before the hall closes
HOUR = timedelta(hours=1)
MOST_WRONG = 150  # of one name from all strange addresses in an hour; one alone comes to 125
MOST_ADDRESSES = 500
KNOWN_FOR = timedelta(days=7)
LONGEST_BODY = 64 * 1024  # the largest form of all has some fifty answers of 200 letters
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self';"
    " script-src 'self'; connect-src 'self'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: with that browsers send "Origin: null" with our own forms (Fetch, 3.1)
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
WRONG_HOST, FORBIDDEN, WRONG_METHOD, TOO_LARGE = 421, 403, 405, 413


@dataclass
class Session:
    """One officer at one browser. `drafts`: corrections under way, answers by the id of the entry.

    Who has `rested` for `IDLE_SECONDS` is let in to personal data again with the PIN only, and goes on calling numbers.
    """

    name: str
    opened_at: float
    seen_at: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    flash: str = ""  # code of what is to be told once, on the next page
    drafts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    counter: int = 0  # at which the officer sits
    rested: bool = False

    def accepts(self, token: str) -> bool:
        """Whether a form was made for this session."""
        return secrets.compare_digest(token.encode(), self.csrf.encode())


class Sessions:
    """All who are logged in, in memory only: a restart logs everybody out. Any thread may call."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, name: str) -> tuple[str, Session]:
        """A session with a new id of 256 bits."""
        self.sweep()
        now = self._now()
        session_id, session = secrets.token_urlsafe(32), Session(name, now, now)
        with self._lock:
            self._open[session_id] = session
        return session_id, session

    def find(self, session_id: str, rested: bool = False, seen: bool = True) -> Session | None:
        """The session; None when there is none or its time is over. `rested`: also one that has rested.

        `seen`: its officer is there, which gives one that has not rested its time anew.
        """
        self.sweep()
        with self._lock:
            session = self._open.get(session_id)
            if session is None or (session.rested and not rested):
                return None
            if seen:
                session.seen_at = self._now()
            return session

    def close(self, session_id: str) -> Session | None:
        """Log out."""
        with self._lock:
            return self._open.pop(session_id, None)

    def sweep(self) -> None:
        """Drop those whose time is over; of those that rest, their drafts."""
        now = self._now()
        with self._lock:
            over = [one for one, session in self._open.items() if now - session.opened_at > LONGEST_SECONDS]
            for one in over:
                del self._open[one]
            for session in self._open.values():
                if now - session.seen_at > IDLE_SECONDS:
                    session.rested = True
                    session.drafts.clear()


class Door:
    """The log-in: one try at a time; wrong ones delay the next of that name from that address, and lock nobody out.

    So nobody keeps an officer out from another computer. Against guessing from many at once, a name takes no more than
    `MOST_WRONG` wrong PINs an hour from all addresses together, except those where it was right in `KNOWN_FOR`.
    """

    def __init__(self, accounts: Sequence[Account], clock: Callable[[], datetime]) -> None:
        self._accounts = {account.name: account for account in accounts if account.role == "staff"}
        self._clock = clock
        self._delays: dict[str, staff.LoginDelay] = {}  # by address
        self._strangers: dict[str, deque[datetime]] = {}  # wrong PINs from addresses that a name is not known at
        self._known: dict[tuple[str, str], datetime] = {}  # the last right PIN of a name at an address
        self._lock = threading.Lock()  # also: no more than one hash is computed at a time

    @property
    def names(self) -> tuple[str, ...]:
        """Who may log in."""
        return tuple(self._accounts)

    def knock(self, name: str, pin: str, address: str) -> tuple[str, int]:
        """("", 0) when the PIN is right, else an error code and the seconds until the next try is taken."""
        account = self._accounts.get(name)
        key = account.name if account else ""  # all unknown names are one: they take no memory
        with self._lock:
            now = self._clock()
            delay = self._delay_at(address)
            stranger = not _within(KNOWN_FOR, self._known.get((key, address)), now)
            wrong = self._strangers.setdefault(key, deque(maxlen=MOST_WRONG))
            many_until = wrong[0] + HOUR if len(wrong) == MOST_WRONG and _within(HOUR, wrong[0], now) else None
            if retry_at := delay.retry_at(key, now) or (many_until if stranger else None):
                return "pin_wait", _seconds(retry_at, now)
            if staff.verify(account, pin):
                delay.right(key)
                self._known[key, address] = now
                return "", 0
            if stranger:
                wrong.append(now)
            return "pin_wrong", _seconds(delay.wrong(key, now), now)

    def _delay_at(self, address: str) -> staff.LoginDelay:
        """The delays of an address; of too many the oldest is forgotten, and the count of the name still holds."""
        if address not in self._delays and len(self._delays) >= MOST_ADDRESSES:
            del self._delays[next(iter(self._delays))]
        return self._delays.setdefault(address, staff.LoginDelay())


def _within(span: timedelta, since: datetime | None, now: datetime) -> bool:
    """Whether it was less than a span ago; not when the clock has jumped back before it."""
    return since is not None and timedelta() <= now - since < span


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, round((until - now).total_seconds()))


class Guard:
    """ASGI middleware around everything: answers requests that no page may see, and puts the headers on every answer.

    `hosts`: names in small letters, with port, under which the pages are asked for; `scheme` http or https.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], scheme: str) -> None:
        self._app = app
        self._hosts = hosts
        self._scheme = scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if status := self._refusal(scope["method"], Headers(scope=scope)):
            body = f"{status}\n".encode()
            start = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
            await send_with_headers({"type": "http.response.start", "status": status, "headers": start})
            await send({"type": "http.response.body", "body": body})
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> int:
        """The status that refuses a request, 0 for a good one."""
        host = headers.get("host", "").casefold()
        if host not in self._hosts:  # a foreign name that leads to this address (DNS rebinding)
            return WRONG_HOST
        if method in ("GET", "HEAD"):
            return 0
        if method != "POST":
            return WRONG_METHOD
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length[:12]) > LONGEST_BODY:
            return TOO_LARGE
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if site not in (None, "same-origin") or origin not in (None, f"{self._scheme}://{host}"):
            return FORBIDDEN
        return FORBIDDEN if origin is None and site is None else 0
