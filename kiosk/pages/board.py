"""The board for the hall's television: numbers being called, who waits, and a voice. Public, and without any person.

`/board?look=light|dark&voice=on|off`; sound needs one touch, or Chromium started with
`--autoplay-policy=no-user-gesture-required`. In a hall with several boards one speaks, the others are `voice=off`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import Call, HallView
from kiosk.pages.dossiers import NOT_FOUND
from kiosk.pages.feed import Picture
from kiosk.pages.spotlight import spotlight
from kiosk.pages.stream import Part, streaming
from kiosk.pages.visit import Visit, answering, visit_of

LOOKS = ("light", "dark")
RECENT = 5
RECENT_FOR = timedelta(hours=8)  # what the hall still knows of yesterday is no news
SAID_WITHIN = timedelta(seconds=90)  # a voice that comes later than this calls nobody any more
TEST_SOUND = "test"
CLOSED = ("hall_closed", "hall_lunch", "hall_holiday", "last_ticket_over", "clock_behind")  # nobody gets a number


@dataclass(frozen=True)
class Announcement:
    """What is to be said: `key` is another one for a recall."""

    key: str
    call: Call

    @property
    def sound(self) -> str:
        """The address of its sound."""
        return f"/board/voice/{self.call.label}.{self.call.counter}.wav"


def announcements(hall: HallView, now: datetime) -> tuple[Announcement, ...]:
    """What the voice has to say now, the oldest first: calls of the last moments which nobody has followed yet."""
    fresh = [one for one in hall.calls if one.state is TicketState.CALLED and now - one.announced_at < SAID_WITHIN]
    fresh.sort(key=lambda one: one.announced_at)
    return tuple(Announcement(f"{one.ticket_id}-{one.announced_at.timestamp():.3f}", one) for one in fresh)


def _part(visit: Visit, seen: Picture) -> Part:
    hall, now = seen.hall, visit.desk.clock()
    light = spotlight(hall.calls, now)
    lit = {call.ticket_id for call in light.calls}
    recent = [
        call for call in hall.calls if call.ticket_id not in lit and timedelta() <= now - call.announced_at < RECENT_FOR
    ]
    said = () if hall.stale else announcements(hall, now)
    html = visit.house.looks.render(
        "board_live.html",
        visit.language,
        hall=hall,
        light=light.calls,  # a call is a fact, also when nobody knows what has happened since
        recent=recent[:RECENT],
        announcements=said,
        notices=visit.desk.notices,
        closed=next((code for code in hall.notices if code in CLOSED), ""),
        now=now,
    )
    return Part(html, light.changes_at)


def _board(visit: Visit) -> Response:
    look = visit.path.get("look", "")
    part = _part(visit, visit.desk.look())
    html = visit.house.looks.render(
        "board.html",
        visit.language,
        desk=visit.desk,
        look=look if look in LOOKS else LOOKS[0],
        silent=visit.path.get("voice") == "off",
        part=part.html,
        at=visit.desk.clock(),
        zone=visit.desk.zone,
    )
    return HTMLResponse(html)


async def _events(request: Request) -> Response:
    return streaming(visit_of(request, seen=False), "board", _part)


def _voice(visit: Visit) -> Response:
    """The sound of a number that is called right now, of no other; `test.wav` is the chime."""
    asked = re.fullmatch(r"(\S{1,20})\.([0-9]{1,3})\.wav", visit.path["sound"])
    called = visit.desk.counters.snapshot().calls
    if visit.path["sound"] == f"{TEST_SOUND}.wav":
        sound = visit.desk.voice.chime()
    elif asked and any((one.label, one.counter) == (asked[1], int(asked[2])) for one in called):
        sound = visit.desk.voice.call(asked[1], int(asked[2]))
    else:
        return Response(status_code=NOT_FOUND)
    return Response(sound, media_type="audio/wav")


ROUTES = [
    Route("/board", answering(_board, public=True, hall=True), methods=["GET"]),
    Route("/board/events", _events, methods=["GET"]),
    Route("/board/voice/{sound}", answering(_voice, public=True, hall=True), methods=["GET"]),
]
