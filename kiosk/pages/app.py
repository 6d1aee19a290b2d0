"""The pages as one ASGI application behind their guard."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from kiosk.pages import board, corrections, counter, dossiers, entrance
from kiosk.pages.desk import Desk
from kiosk.pages.feed import Feed
from kiosk.pages.looks import Looks
from kiosk.pages.security import Door, Guard, Sessions
from kiosk.pages.visit import House, Visit, answering


@dataclass(frozen=True)
class Threads:
    """On which requests are answered: those of the hall never wait for a dossier or a PIN."""

    pages: ThreadPoolExecutor
    hall: ThreadPoolExecutor


def create_app(
    desk: Desk, threads: Threads, feed: Feed, sessions: Sessions, hosts: Collection[str], secure: bool
) -> ASGIApp:
    """`hosts`: names, with port, under which the pages may be asked for; `secure`: served over TLS."""
    app = Starlette(
        routes=[*entrance.ROUTES, *dossiers.ROUTES, *corrections.ROUTES, *counter.ROUTES, *board.ROUTES],
        exception_handlers={HTTPException: _unknown},
    )
    app.router.redirect_slashes = False
    door, looks = Door(desk.accounts, desk.clock), Looks(desk.clock)
    app.state.house = House(desk, sessions, door, looks, threads.pages, threads.hall, feed, secure)
    return Guard(app, hosts, "https" if secure else "http")


async def _unknown(request: Request, error: Exception) -> Response:
    """An address that leads nowhere."""
    status = error.status_code if isinstance(error, HTTPException) else dossiers.NOT_FOUND

    def handle(visit: Visit) -> Response:
        return visit.sorry("page_unknown", status)

    return await answering(handler=handle, public=True)(request)
