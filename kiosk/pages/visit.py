"""One request of one browser: read within limits, checked for its session, answered on a worker's thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kiosk.pages.desk import Desk
from kiosk.pages.feed import Feed
from kiosk.pages.looks import Looks
from kiosk.pages.security import FORBIDDEN, LONGEST_BODY, TOO_LARGE, Door, Session, Sessions
from offline_queue.errors import OutboxError, surprise

log = logging.getLogger(__name__)
BODY_SECONDS = 20
MOST_FIELDS = 400
LANGUAGES = ("vi", "en")
LANGUAGE_COOKIE = "lang"


@dataclass(frozen=True)
class House:
    """What all visits share. `secure`: over TLS, so that the cookie never goes out in the clear.

    The hall has threads of its own, `hall_workers`, which no dossier and no PIN keeps busy.
    """

    desk: Desk
    sessions: Sessions
    door: Door
    looks: Looks
    workers: ThreadPoolExecutor
    hall_workers: ThreadPoolExecutor
    feed: Feed
    secure: bool

    @property
    def cookie(self) -> str:
        """Name of the session cookie; the prefix makes browsers refuse one that another host has set (RFC 6265bis)."""
        return "__Host-desk" if self.secure else "desk"


@dataclass
class Visit:
    """One request. `session` is None on public pages only; `path` holds the query too."""

    house: House
    session_id: str = field(repr=False)
    session: Session | None
    language: str
    path: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    address: str = field(default="", repr=False)  # of the browser

    @property
    def desk(self) -> Desk:
        """The parts of the kiosk."""
        return self.house.desk

    @property
    def officer(self) -> Session:
        """Who is logged in."""
        assert self.session is not None
        return self.session

    def audit(self, act: str, **facts: str | int) -> None:
        """Write down what the officer does; raises OSError when it cannot be, and then it must not be done."""
        self.desk.audit.write(self.officer.name, act, **facts)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page from its template."""
        flash = ""
        if self.session is not None and status == 200:
            flash, self.session.flash = self.session.flash, ""
        text = self.house.looks.render(
            template, self.language, desk=self.desk, session=self.session, flash=flash, **values
        )
        return HTMLResponse(text, status)

    def go(self, url: str, flash: str = "") -> Response:
        """Go on to another page by GET, so that reload and back repeat nothing; `flash` is told there once."""
        if self.session is not None and flash:
            self.session.flash = flash
        return RedirectResponse(url, 303)

    def sorry(self, code: str, status: int) -> Response:
        """A page that says why not."""
        return self.page("sorry.html", status, code=code, places=())


Handler = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler, public: bool = False, hall: bool = False) -> Endpoint:
    """The endpoint for a handler, which runs on a worker's thread; asks for the log-in unless `public`.

    `hall`: a page of the counters, without personal data; only what is done there tells that the officer is there.
    """

    async def endpoint(request: Request) -> Response:
        house: House = request.app.state.house
        asked = request.query_params.get("lang", "")
        acts = request.method == "POST"
        visit = visit_of(request, rested=hall, seen=acts if hall else not public)
        response = await _answer(handler, visit, request, public, hall)
        if asked in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, asked, secure=house.secure, httponly=True, samesite="strict")
        return response

    return endpoint


def visit_of(request: Request, rested: bool = False, seen: bool = True) -> Visit:
    """A request with its session (`Sessions.find`), its language, and no form yet."""
    house: House = request.app.state.house
    spoken = request.query_params.get("lang", "") or request.cookies.get(LANGUAGE_COOKIE, "")
    session_id = request.cookies.get(house.cookie, "")
    return Visit(
        house,
        session_id,
        house.sessions.find(session_id, rested, seen),
        spoken if spoken in LANGUAGES else LANGUAGES[0],
        {**request.query_params, **request.path_params},
        {},
        request.client.host if request.client else "",
    )


async def _answer(handler: Handler, visit: Visit, request: Request, public: bool, hall: bool) -> Response:
    if visit.session is None and not public:
        return RedirectResponse("/login?to=counter" if hall else "/login", 303)
    if request.method == "POST":
        form = await _form(request)
        if form is None:
            return visit.sorry("form_too_large", TOO_LARGE)
        visit.form = form
        if visit.session is not None and not public and not visit.session.accepts(form.get("csrf", "")):
            return visit.sorry("form_foreign", FORBIDDEN)
    workers = visit.house.hall_workers if hall else visit.house.workers
    return await asyncio.get_running_loop().run_in_executor(workers, _guarded, handler, visit)


def _guarded(handler: Handler, visit: Visit) -> Response:
    try:
        return handler(visit)
    except OutboxError as error:
        return visit.sorry(error.code, 503)
    except OSError:
        return visit.sorry("audit_not_written", 503)
    except Exception as error:  # noqa: BLE001  the server would log its text, which may hold personal data
        log.error("pages: %s", surprise(error))
        return visit.sorry("page_failed", 500)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None when it is too large, too slow, or none. The last of two of one name counts."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LONGEST_BODY:
                    return None
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=False))
    except (TimeoutError, ClientDisconnect, ValueError):
        return None
