"""The page of a counter: who is called next, who waits, what at the kiosk needs a hand.

All acts are verbs of `Counters`, or of the kiosk's own desk. Works by plain forms; with the script of the page also by
keys, and it shows what others do at once.
"""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.desk import REASONS
from kiosk.desk_events import DeskAsked
from kiosk.diagnostics.words import DEVICES
from kiosk.hall.acts import PAUSES, VERBS, Act
from kiosk.hall.tickets import HallError, TicketState
from kiosk.hall.view import Call, CounterState, CounterView, LineView, Waiting
from kiosk.needs import SEEN_BY_STAFF
from kiosk.pages.dossiers import NOT_FOUND
from kiosk.pages.feed import Picture
from kiosk.pages.stream import Part, streaming
from kiosk.pages.visit import Visit, answering, visit_of
from offline_queue.entry import EntryState, OutboxEntry
from offline_queue.errors import OutboxError

ASK_SECONDS = 5.0  # the kiosk does it at its next frame; it is busy for seconds only while it starts
NOT_LOGGED, UNWRITTEN = "counter_not_logged", 503  # the audit log failed; the act itself was done before
FIRST_WAITING = 6  # of each line; the others are counted
COUNTER_WORDS = {
    CounterState.OPEN: "Đang mở",
    CounterState.PAUSED: "Đang tạm dừng",
    CounterState.CLOSED: "Đã đóng",
}
ENTRY_WORDS = {
    EntryState.PENDING: "đang chờ gửi lên tỉnh",
    EntryState.SENDING: "đang gửi lên tỉnh",
    EntryState.DELIVERED: "tỉnh đã nhận",
    EntryState.REJECTED: "bị tỉnh từ chối",
    EntryState.CLOSED: "đã kết thúc",
}


@dataclass(frozen=True)
class ServedLine:
    """A line that this counter serves, with the first who wait in it."""

    line: LineView
    first: tuple[Waiting, ...]


def _served(seen: Picture, counter: CounterView) -> tuple[ServedLine, ...]:
    return tuple(
        ServedLine(line, tuple(one for one in seen.hall.waiting if one.series == line.letter)[:FIRST_WAITING])
        for line in seen.hall.lines
        if line.letter in counter.series
    )


def _ready_at(seen: Picture, call: Call | None, after: timedelta) -> int:
    """From when on an act is taken, in milliseconds since the epoch, for the script to count down to.

    0, which is at once, also for a call that lies in the future: the clock has jumped back.
    """
    return round((call.announced_at + after).timestamp() * 1000) if call and call.announced_at <= seen.at else 0


def _linked(visit: Visit, call: Call | None) -> OutboxEntry | None:
    """The dossier that is completed under the called number; nothing while the outbox is in trouble."""
    if call is None or not call.linked_entry:
        return None
    try:
        return visit.desk.outbox.get(call.linked_entry)
    except OutboxError:
        return None


def _part(visit: Visit, seen: Picture) -> Part:
    officer, rules = visit.officer, visit.desk.rules
    counter = seen.hall.counter(officer.counter)
    current = counter.current if counter else None
    html = visit.house.looks.render(
        "counter_live.html" if counter else "counter_choose.html",
        visit.language,
        session=officer,
        hall=seen.hall,
        counter=counter,
        current=current,
        served=_served(seen, counter) if counter else (),
        others=[line for line in seen.hall.lines if current is None or line.letter != current.series],
        entry=_linked(visit, current),
        recall_at=_ready_at(seen, current, rules.recall_after),
        absent_at=_ready_at(seen, current, rules.absent_after),
        recalls_left=rules.recalls + 1 - current.times_called if current else 0,
        absences=rules.absences,
        needs=seen.needs,
        seen_by_staff=SEEN_BY_STAFF,
        devices=DEVICES,
        reprint_reasons=REASONS,
        pauses=PAUSES,
        counter_words=COUNTER_WORDS,
        entry_words=ENTRY_WORDS,
        states=CounterState,
        calling=current is not None and current.state is TicketState.CALLED,
        now=seen.at,
    )
    return Part(html)


def _show(visit: Visit) -> Response:
    return visit.page("counter.html", part=_part(visit, visit.desk.look()).html)


async def _events(request: Request) -> Response:
    visit = visit_of(request, rested=True, seen=False)
    session, sessions = visit.session, visit.house.sessions
    if session is None:
        return Response(status_code=204)  # tells an `EventSource` not to come again
    return streaming(visit, "counter", _part, lambda: sessions.find(visit.session_id, True, False) is session)


def _choose(visit: Visit) -> Response:
    """Sit down at a counter, 0 to leave it; one that was closed opens."""
    number = _number(visit.form.get("counter", "")) or 0
    desk, officer = visit.desk, visit.officer
    counter = desk.counters.snapshot().counter(number)
    officer.counter = counter.number if counter else 0
    try:
        if counter is not None and counter.state is CounterState.CLOSED:
            desk.counters.open(number, officer.name)
    except HallError as error:
        return visit.go("/counter", error.code)
    except OSError:
        return visit.sorry(NOT_LOGGED, UNWRITTEN)
    return visit.go("/counter")


def _act(visit: Visit) -> Response:
    verb, number = VERBS.get(visit.path["verb"]), _number(visit.form.get("counter", ""))
    if verb is None or number is None:
        return visit.sorry("page_unknown", NOT_FOUND)
    form = visit.form
    ticket = _number(form.get("ticket", ""))
    act = Act(number, visit.officer.name, ticket, form.get("reason", ""), form.get("letter", ""))
    try:
        return visit.go("/counter", verb(visit.desk.counters, act))
    except HallError as error:
        return visit.go("/counter", error.code)
    except OSError:
        return visit.sorry(NOT_LOGGED, UNWRITTEN)


def _ask(visit: Visit) -> Response:
    """Something that the kiosk itself does: acknowledge a notice, print a ticket again."""
    form, ticket = visit.form, _number(visit.form.get("ticket", ""))
    if visit.path["verb"] == "seen":
        asked = DeskAsked("seen", (form.get("code", ""),), visit.officer.name)
    elif visit.path["verb"] == "reprint" and ticket is not None:
        asked = DeskAsked("reprint_ticket", (ticket, form.get("reason", "")), visit.officer.name)
    else:
        return visit.sorry("page_unknown", NOT_FOUND)
    visit.desk.ask(asked)
    try:
        return visit.go("/counter", asked.answer.result(ASK_SECONDS))
    except TimeoutError:
        # what the kiosk has begun it ends; what it has not begun is taken back
        code = "desk_not_done" if asked.answer.cancel() else "desk_late"
        return visit.go("/counter", code)
    except CancelledError:
        return visit.go("/counter", "desk_not_done")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


ROUTES = [
    Route("/counter", answering(_show, hall=True), methods=["GET"]),
    Route("/counter/events", _events, methods=["GET"]),
    Route("/counter/choose", answering(_choose, hall=True), methods=["POST"]),
    Route("/counter/kiosk/{verb}", answering(_ask, hall=True), methods=["POST"]),
    Route("/counter/{verb}", answering(_act, hall=True), methods=["POST"]),
]
