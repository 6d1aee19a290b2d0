"""One browser's stream of events: its part of a page as HTML, anew whenever it would look different."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response, StreamingResponse

from kiosk.pages.feed import BEAT_SECONDS, Picture, event
from kiosk.pages.visit import Visit
from offline_queue.errors import surprise

log = logging.getLogger(__name__)
FULL = 503
RETRY = b"retry: 2000\n\n"
COUNTERS_REST_SECONDS = 0.3  # what other counters do may come a little later, and all at once


@dataclass(frozen=True)
class Part:
    """The HTML of a part of a page, and when it changes by time alone (None: it does not)."""

    html: str
    changes_at: datetime | None = None


Render = Callable[[Visit, Picture], Part]


def streaming(visit: Visit, kind: str, render: Render, lives: Callable[[], bool] = lambda: True) -> Response:
    """Events `hall` with the HTML of a part, and `beat` when nothing is new; both with the time and the pages' version.

    `kind` as in `feed.MOST_STREAMS`; the stream ends once `lives` says so. Runs on the server's loop.
    """
    if visit.house.feed.full(kind):
        return Response(status_code=FULL, headers={"Retry-After": "5"})
    return StreamingResponse(_events(visit, kind, render, lives), media_type="text/event-stream")


def _guarded(render: Render, visit: Visit, newest: Picture) -> Part | None:
    try:
        return render(visit, newest)
    except Exception as error:  # noqa: BLE001  the server would log its text, which may hold personal data
        log.error("pages: %s", surprise(error))
        return None


async def _events(visit: Visit, kind: str, render: Render, lives: Callable[[], bool]) -> AsyncIterator[bytes]:
    house, loop = visit.house, asyncio.get_running_loop()
    known: Picture | None = None
    sent: str | None = None
    seconds = BEAT_SECONDS
    async with house.feed.looking(kind):
        yield RETRY
        while house.feed.alive and lives():
            newest = await house.feed.wait(known, seconds)
            if newest is None or not house.feed.alive:
                continue
            if kind == "counter" and sent is not None and newest is not known:
                await asyncio.sleep(COUNTERS_REST_SECONDS)
                newest = house.feed.latest or newest
            part = await loop.run_in_executor(house.hall_workers, _guarded, render, visit, newest)
            if part is None:
                return
            now = house.desk.clock()
            told = {"now": round(now.timestamp() * 1000), "version": house.looks.version}
            yield event("hall", html=part.html, **told) if part.html != sent else event("beat", **told)
            known, sent = newest, part.html
            seconds = BEAT_SECONDS
            if part.changes_at is not None:
                seconds = min(BEAT_SECONDS, max(0.01, (part.changes_at - now).total_seconds()))
