"""The page of a counter in Chromium when something is in its way: the kiosk, the session, a note, the focus."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from kiosk.hall.tickets import HallError, TicketState
from kiosk.pages import feed
from kiosk.pages import stream as stream_module
from kiosk.pages.server import Address, DeskPages
from tests.pages.conftest import Tabs
from tests.pages.desk import PATIENCE, Office
from tests.pages.streams import Stream
from tests.pages.test_counter import state
from tests.pages.test_hall_in_browser import BOUNCE_MS, log_in

HURRIED = {"QUIET_MS": 600, "AGAIN_MS": 200}
OPENINGS = """
  window.openings = 0;
  const Plain = EventSource;
  window.EventSource = class extends Plain { constructor(...told) { super(...told); window.openings += 1; } };
"""
FLAPS = """() => {
  window.flaps = 0;
  const lost = document.getElementById("lost");
  new MutationObserver(() => { if (lost.hidden) window.flaps += 1; }).observe(lost, { attributeFilter: ["hidden"] });
}"""


@pytest.fixture(autouse=True)
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kiosk sends its beats in less time than a test has."""
    monkeypatch.setattr(feed, "READ_SECONDS", 0.1)
    monkeypatch.setattr(stream_module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(stream_module, "RETRY", b"retry: 200\n\n")


def at_desk(office: Office, tabs: Tabs, **hurried: int) -> Page:
    """An officer who sits at counter 1."""
    desk = tabs.open(f"{office.url}/counter", hurried=hurried, first=OPENINGS)
    log_in(desk)
    return desk


def test_a_session_that_has_ended_is_told_without_a_key(office: Office, tabs: Tabs) -> None:
    desk = at_desk(office, tabs, **HURRIED)
    for session_id in list(office.pages.sessions._open):
        office.pages.sessions.close(session_id)
    desk.wait_for_url("**/login?to=counter")
    expect(desk.locator(".note")).to_contain_text("Phiên làm việc đã hết.")


def test_a_dead_kiosk_is_told_all_the_time_and_a_new_one_asks_for_the_log_in(office: Office, tabs: Tabs) -> None:
    desk = at_desk(office, tabs, **HURRIED)
    office.pages.stop()
    expect(desk.locator("#lost")).to_be_visible()
    desk.evaluate(FLAPS)
    desk.wait_for_function("before => window.openings > before + 1", arg=desk.evaluate("window.openings"))
    assert desk.evaluate("window.flaps") == 0
    office.pages = DeskPages(office.desk, Address("127.0.0.1", urlsplit(desk.url).port or 0))
    office.pages.start()
    assert office.pages.up.wait(PATIENCE)
    desk.wait_for_url("**/login?to=counter")


def test_an_act_that_never_arrived_is_told_until_the_kiosk_is_heard(office: Office, tabs: Tabs) -> None:
    desk = at_desk(office, tabs)
    office.pages.stop()
    desk.keyboard.press("Space")
    expect(desk.locator("#lost")).to_be_visible()
    desk.evaluate(FLAPS)
    desk.wait_for_timeout(1200)  # two looks of its watch
    assert desk.evaluate("window.flaps") == 0


def test_enter_means_what_was_opened(office: Office, tabs: Tabs) -> None:
    first = office.take()
    office.take()
    desk = at_desk(office, tabs)
    desk.keyboard.press("Space")
    expect(desk.locator("#number")).to_have_text("A-001")
    desk.keyboard.press("c")
    expect(desk.locator("#transfer-B")).to_be_focused()
    office.take("B")  # news come while the officer reads
    expect(desk.locator("section.lines")).to_contain_text("2")
    office.take("A")
    expect(desk.locator(".lines .count").first).to_have_text("2")
    expect(desk.locator("#transfer-B")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#transfer")).not_to_have_attribute("open", "")
    expect(desk.locator("#primary")).to_be_focused()
    assert state(office, first) is TicketState.CALLED
    desk.click("#pausing summary")
    expect(desk.locator("#pause-break")).to_be_focused()
    desk.keyboard.press("c")
    expect(desk.locator("#transfer-B")).to_be_focused()
    expect(desk.locator("details[open]")).to_have_count(1)  # one at a time
    desk.keyboard.press("Enter")
    expect(desk.locator("#number")).to_have_text("–")
    assert state(office, first) is TicketState.TRANSFERRED


def test_a_reason_for_a_pause_keeps_the_focus_when_news_come(office: Office, tabs: Tabs) -> None:
    desk = at_desk(office, tabs)
    desk.keyboard.press("p")
    expect(desk.locator("#pause-break")).to_be_focused()
    desk.keyboard.press("Tab")
    expect(desk.locator("#pause-meeting")).to_be_focused()
    office.take()
    expect(desk.locator(".lines .count")).to_have_text("1")
    expect(desk.locator("#pause-meeting")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator(".state.paused")).to_contain_text("Họp")


def test_news_take_no_button_from_under_a_finger(office: Office, tabs: Tabs) -> None:
    office.take()
    desk = at_desk(office, tabs)
    desk.hover("#primary")
    desk.mouse.down()
    with Stream(f"{office.url}/board/events") as board:
        board.html()
        office.take()
        assert "2 người chờ" in board.html()
    desk.wait_for_timeout(600)  # what other counters do comes within 0.3 s
    desk.mouse.up()
    expect(desk.locator("#number")).to_have_text("A-001")
    expect(desk.locator(".lines .count")).to_have_text("1")


def test_an_act_that_fails_says_why(office: Office, tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    first = office.take()
    desk = at_desk(office, tabs)

    def full(*_: object, **__: object) -> None:
        raise OSError

    office.counters._audit = full
    desk.keyboard.press("Space")
    expect(desk.locator("main > .note.bad[role=alert]:not(#lost)")).to_contain_text("Máy không ghi được nhật ký.")
    expect(desk.locator("#number")).to_have_text("A-001")  # called all the same, and shown so
    assert state(office, first) is TicketState.CALLED
    office.counters._audit = office.audit.write
    desk.wait_for_timeout(BOUNCE_MS)
    desk.keyboard.press("Space")
    expect(desk.locator("main > .note:not(#lost)")).to_have_count(0)


@pytest.mark.parametrize("before", [True, False])
def test_what_an_act_told_goes_when_the_database_is_back(office: Office, tabs: Tabs, before: bool) -> None:
    """`before`: the news come while the note is still young."""
    office.take()
    desk = at_desk(office, tabs, TOLD_MS=1500 if before else 1)
    rows = office.hall.rows
    call_next = office.counters.call_next

    def away(*_: object) -> None:
        raise HallError("hall_away")

    _replace(office, away, away)
    expect(desk.locator("#live > .note.bad")).to_be_visible()
    desk.keyboard.press("Space")
    told = desk.locator("main > .note[role=status]")
    expect(told).to_have_count(1)
    _replace(office, rows, call_next)
    expect(desk.locator("#live > .note.bad")).to_have_count(0)
    expect(told).to_have_count(0)


def _replace(office: Office, rows: Callable[..., object], call_next: Callable[..., object]) -> None:
    object.__setattr__(office.hall, "rows", rows)
    object.__setattr__(office.counters, "call_next", call_next)
