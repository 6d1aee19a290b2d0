"""The page of a counter by plain forms: every act, two browsers at one counter, who may, what the log says."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kiosk.desk_events import DeskAsked
from kiosk.hall.acts import VERBS
from kiosk.hall.calling import CallingRules
from kiosk.hall.tickets import Ticket, TicketState
from kiosk.hall.view import CounterState
from kiosk.pages import counter as page
from kiosk.state import AppState
from offline_queue.entry import OutboxCounts
from tests.hall.house import House
from tests.pages.desk import OFFICER, OTHER, PIN, Browser, Office
from tests.pages.test_dossiers import NAME


def at_counter(office: Office, number: int = 1, name: str = OFFICER) -> Browser:
    """An officer who sits at a counter."""
    browser = office.officer(name)
    browser.get("/counter")
    browser.post("/counter/choose", counter=str(number))
    return browser


def do(browser: Browser, verb: str, **more: str) -> str:
    """Press what the page shows now, or would show; the page afterwards."""
    text = browser.get("/counter").text
    seen = {name: re.search(f'name="{name}" value="([0-9]+)"', text) for name in ("counter", "ticket")}
    form = {name: found[1] for name, found in seen.items() if found}
    answer = browser.post(f"/counter/{verb}", **(form | more))
    assert answer.status_code == 200
    return answer.text


def number(text: str) -> str:
    """The number at the counter."""
    found = re.search(r'id="number">([^<]+)<', text)
    assert found
    return found[1]


def state(office: Office, ticket: Ticket) -> TicketState:
    """What has become of a ticket."""
    found = office.tickets.get(ticket.id)
    assert found is not None
    return found.state


def acts(office: Office) -> list[tuple[str, str]]:
    """Who did what, by the audit log."""
    records = [json.loads(line) for line in office.log().splitlines()]
    return [(record["who"], record["act"]) for record in records if "logged" not in record["act"]]


def test_one_key_after_the_other(office: Office) -> None:
    first, second = office.take(), office.take()
    browser = at_counter(office)
    assert office.counters.snapshot().counters[0].state is CounterState.OPEN
    assert "Gọi tiếp" in browser.get("/counter").text
    assert number(do(browser, "next")) == "A-001"
    assert number(do(browser, "serve")) == "A-001"
    assert number(do(browser, "done-next")) == "A-002"
    assert (state(office, first), state(office, second)) == (TicketState.DONE, TicketState.CALLED)
    text = do(browser, "done-next")
    assert number(text) == "–"
    assert "Không có ai đang chờ quầy này." in text
    assert [who for who, _ in acts(office)] == [OFFICER] * len(acts(office))
    assert [act for _, act in acts(office)] == [
        "counter_opened", "ticket_called", "ticket_serving", "ticket_done", "ticket_called", "ticket_done",
    ]  # fmt: skip


def test_recall_absent_hold_and_transfer(office: Office) -> None:
    tickets = [office.take() for _ in range(3)]
    browser = at_counter(office)
    do(browser, "next")
    assert "lần 1" in browser.get("/counter").text
    text = do(browser, "recall")
    assert "lần 1" in text
    assert 'role="status"' in text
    office.now += timedelta(seconds=20)
    assert "lần 2" in do(browser, "recall")
    office.now += timedelta(seconds=45)
    assert number(do(browser, "absent")) == "–"
    assert state(office, tickets[0]) is TicketState.ABSENT
    do(browser, "next")
    do(browser, "hold")
    assert "Tiếp tục A-002" in browser.get("/counter").text
    assert number(do(browser, "resume", ticket=str(tickets[1].id))) == "A-002"
    do(browser, "transfer", letter="B")
    assert state(office, tickets[1]) is TicketState.TRANSFERRED
    assert [one.series for one in office.counters.snapshot().waiting if one.ticket_id == tickets[1].id] == ["B"]
    do(browser, "next")
    assert 'role="status"' in do(browser, "transfer", letter="Z")
    assert state(office, tickets[2]) is TicketState.CALLED


def test_a_clock_that_jumps_back_keeps_no_button_shut(office: Office) -> None:
    ticket = office.take()
    browser = at_counter(office)
    due = round((office.now + timedelta(seconds=20)).timestamp() * 1000)
    assert f'id="recall" class="" data-key="KeyR" data-ready="{due}"' in do(browser, "next")
    office.now -= timedelta(hours=2)
    assert "data-ready" not in browser.get("/counter").text
    assert "lần 2" in do(browser, "recall")
    assert number(do(browser, "absent")) == "–"
    assert state(office, ticket) is TicketState.ABSENT


def test_a_number_of_an_earlier_day_has_its_day_beside_it(tmp_path: Path) -> None:
    house = House(str(tmp_path / "tickets.db"), tmp_path, CallingRules(over_night="keep"), hours=())
    with Office(tmp_path, house=house) as office:
        for _ in range(3):
            office.take()
        browser = at_counter(office)
        assert "<time" not in do(browser, "next") + do(browser, "hold")
        office.now += timedelta(days=1)
        office.take()
        do(browser, "open")
        day = '<time class="day" datetime="2026-11-24">24/11</time>'
        text = do(browser, "next")
        assert f'id="number">A-002 {day}<' in text
        assert f"Tiếp tục A-001 {day}<" in text
        waiting = re.findall(r'<li><span class="code">([^<]+)</span>(.*?) <span', text)
        assert [(label, day in beside) for label, beside in waiting] == [("A-003", True), ("A-001", False)]
        assert number(do(browser, "done-next")).strip() == "A-003"
        assert "<time" not in do(browser, "done-next").split('id="number"')[1].split("</p>")[0]


def test_pause_go_on_close_and_leave(office: Office) -> None:
    browser = at_counter(office)
    assert "Nghỉ giữa giờ" in do(browser, "pause", reason="break")
    assert office.counters.snapshot().counters[0].reason == "break"
    assert "Làm việc tiếp" in browser.get("/counter").text
    do(browser, "open")
    assert 'role="status"' in do(browser, "pause", reason="<b>because</b>")  # only reasons that can be read
    assert office.counters.snapshot().counters[0].state is CounterState.OPEN
    do(browser, "close")
    assert office.counters.snapshot().counters[0].state is CounterState.CLOSED
    assert "Bạn ngồi quầy nào?" in do(browser, "choose", counter="0")
    assert "Bạn ngồi quầy nào?" in do(browser, "choose", counter="99")


def test_two_browsers_at_one_counter_call_nobody_twice(office: Office) -> None:
    first, second, third = (office.take() for _ in range(3))
    one, two = at_counter(office), at_counter(office, name=OTHER)
    do(one, "next")
    stale = {"counter": "1", "ticket": str(first.id)}
    two.get("/counter")
    do(one, "done-next")
    for verb in ("done-next", "done", "serve", "hold", "absent", "recall", "transfer"):
        answer = two.post(f"/counter/{verb}", **stale, letter="B")
        assert 'role="status"' in answer.text
        assert number(answer.text) == "A-002"
    assert 'role="status"' in two.post("/counter/next", counter="1").text
    assert [state(office, ticket) for ticket in (first, second, third)] == [
        TicketState.DONE, TicketState.CALLED, TicketState.PRINTED,
    ]  # fmt: skip


def test_the_counter_is_remembered_and_the_log_in_leads_to_it(office: Office) -> None:
    browser = Browser(office.url)
    assert urlsplit(browser.get("/counter").url).query == "to=counter"
    answer = browser.post("/login", name=OFFICER, pin=PIN, to="counter")
    assert answer.url.endswith("/counter")
    browser.post("/counter/choose", counter="2")
    again = browser.post("/login", name=OFFICER, pin=PIN, to="counter")
    assert "Quầy 2" in again.text
    assert "Bạn ngồi quầy nào?" in browser.post("/login", name=OTHER, pin=PIN, to="counter").text
    assert urlsplit(browser.post("/login", name=OTHER, pin=PIN, to="//evil.example").url).path == "/"


def test_who_has_rested_calls_on_but_sees_no_dossier(office: Office) -> None:
    ticket = office.take()
    entry = office.rejected(NAME)
    browser = at_counter(office)
    for session in office.pages.sessions._open.values():
        session.rested = True
    assert number(do(browser, "next")) == ticket.label
    assert browser.get(f"/dossiers/{entry.id}").url.endswith("/login")
    assert browser.get("/").url.endswith("/login")


@pytest.mark.parametrize("path", [*(f"/counter/{verb}" for verb in VERBS), "/counter/choose"])
def test_nobody_calls_without_a_login_and_a_token_of_their_own(office: Office, path: str) -> None:
    ticket = office.take()
    form = {"counter": "1", "ticket": str(ticket.id), "letter": "B", "reason": "break"}
    office.counters.open(1, OTHER)
    before = office.counters.snapshot()
    assert Browser(office.url).send(path, form).url.endswith("/login?to=counter")
    browser, other = office.officer(), office.officer(OTHER)
    for token in ("", "wrong", other.token):
        assert browser.send(path, {**form, "csrf": token}).status_code == 403
    assert browser.send(path, {**form, "csrf": browser.token}, {"Origin": "https://evil.example"}).status_code == 403
    after = office.counters.snapshot()
    assert (after.counters, after.waiting, after.calls) == (before.counters, before.waiting, before.calls)


@pytest.mark.parametrize(
    "form",
    [{"counter": ""}, {"counter": "one"}, {"counter": "-1"}, {"counter": "٣"}, {"counter": "9" * 30}, {}],
)
def test_a_form_of_nonsense_is_refused(office: Office, form: dict[str, str]) -> None:
    assert at_counter(office).post("/counter/next", **form).status_code == 404
    assert at_counter(office).post("/counter/steal", counter="1").status_code == 404


def test_the_linked_dossier_of_a_called_number(office: Office) -> None:
    rejected, waiting = office.rejected(NAME), office.added()
    for entry in (rejected, waiting):
        office.hall.take("A", office.now, entry=entry.id)
    browser = at_counter(office)
    text = do(browser, "next")
    assert f'href="/dossiers/{rejected.id}"' in text
    assert "bị tỉnh từ chối" in text
    text = do(browser, "done-next")
    assert f"/dossiers/{waiting.id}" not in text
    assert waiting.provisional_code in text
    assert "đang chờ gửi lên tỉnh" in text
    assert "Trần Thị Mai" not in text


def test_what_the_kiosk_needs_is_asked_of_the_kiosk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ASK_SECONDS", 0.05)
    ticket = office.take()
    office.tickets.set_print(ticket.id, TicketState.PRINT_FAILED, "paper_out")
    office.state = AppState(outbox=OutboxCounts(rejected=2, notices=("help_called",)))
    browser = at_counter(office)
    text = browser.get("/counter").text
    assert text.index("Người dân ở máy đang cần giúp.") < text.index("Phiếu A-001") < text.index("Có hồ sơ bị tỉnh")
    assert "Kiosk chưa làm được việc này." in do(browser, "kiosk/seen", code="help_called")  # nobody drains the inbox
    asked = office.asked.get_nowait()
    assert asked == DeskAsked("seen", ("help_called",), OFFICER)
    assert isinstance(asked, DeskAsked)
    assert asked.answer.cancelled()  # it will not be done later, behind the officer's back
    do(browser, "kiosk/reprint", ticket=str(ticket.id), reason="paper")
    assert office.asked.get_nowait() == DeskAsked("reprint_ticket", (ticket.id, "paper"), OFFICER)
    assert browser.post("/counter/kiosk/stop_service").status_code == 404
    assert office.asked.empty()


def test_what_a_citizen_or_an_officer_wrote_is_text(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.take(priority="<script>alert(1)</script>")
        office.counters.open(1, "<img src=x>")
        browser = at_counter(office)
        for text in (browser.get("/counter").text, do(browser, "next")):
            assert "<img src=x>" not in text
            assert "<script>alert" not in text
            assert "&lt;script&gt;" in text
