"""Who may ask for a page: host and origin of each request, headers of each answer, sessions, the log-in.

Rules after the OWASP cheat sheets on session management and on cross-site request forgery.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk import staff
from kiosk.staff import Account

IDLE_SECONDS = 15 * 60
LONGEST_SECONDS = 12 * 3600  # an officer who sits down at 7:30 is not thrown out before the hall closes
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
    """The log-in: one try at a time, wrong ones delay the next of that name and never lock anybody out."""

    def __init__(self, accounts: Sequence[Account], clock: Callable[[], datetime]) -> None:
        self._accounts = {account.name: account for account in accounts if account.role == "staff"}
        self._clock = clock
        self._delay = staff.LoginDelay()
        self._lock = threading.Lock()  # also: no more than one hash is computed at a time

    @property
    def names(self) -> tuple[str, ...]:
        """Who may log in."""
        return tuple(self._accounts)

    def knock(self, name: str, pin: str) -> tuple[str, int]:
        """("", 0) when the PIN is right, else an error code and the seconds until the next try is taken."""
        account = self._accounts.get(name)
        key = account.name if account else ""  # all unknown names are one: they take no memory
        with self._lock:
            now = self._clock()
            if retry_at := self._delay.retry_at(key, now):
                return "pin_wait", _seconds(retry_at, now)
            if staff.verify(account, pin):
                self._delay.right(key)
                return "", 0
            return "pin_wrong", _seconds(self._delay.wrong(key, now), now)


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
