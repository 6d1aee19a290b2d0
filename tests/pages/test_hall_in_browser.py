"""The hall as people see and hear it: Chromium at the desk and on the television, against the running kiosk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from kiosk.config import Config
from kiosk.pages.server import Address
from kiosk.voice import Voice
from kiosk.wiring import Machine
from tests.flows.conftest import Player, config  # noqa: F401  a fixture
from tests.pages.conftest import Tabs
from tests.pages.desk import OFFICER, PIN, Office, eventually
from tests.pages.test_server import _answers, free_port

BOUNCE_MS = 350  # the page takes a second press within 300 ms for none
SOON_MS = 2000  # before the next beat of the stream would bring it anyway
DIGITS = 0.12  # of the height of the screen
CAPITALS = 0.75  # height of a digit of the font, by its size


@pytest.fixture
def kiosk(config: Config) -> Iterator[tuple[Player, str]]:  # noqa: F811  the fixture
    """A running kiosk without a window, and where its pages are."""
    port = free_port()
    served = config.model_copy(update={"hall": config.hall.model_copy(update={"listen": f"127.0.0.1:{port}"})})
    with Machine(served) as machine:
        eventually(lambda: _answers(port))
        yield Player(machine), f"http://127.0.0.1:{port}"


def log_in(page: Page, counter: int = 1) -> None:
    """An officer sits down."""
    page.select_option("#name", OFFICER)
    page.fill("#pin", PIN)
    page.keyboard.press("Enter")
    page.click(f"#choose-{counter}")
    expect(page.locator("#primary")).to_be_focused()
    page.wait_for_load_state("load")  # the page itself gives the focus; its keys need the script


def test_one_key_and_the_hall_sees_and_hears_the_number(kiosk: tuple[Player, str], tabs: Tabs) -> None:
    player, url = kiosk
    board, other = tabs.open(f"{url}/board", 1920, 1080), tabs.open(f"{url}/board?voice=off", 1080, 1920)
    expect(board.locator(".lines")).to_contain_text("không ai chờ")
    for _ in range(2):
        player.kiosk.take_number("A")
        player.until(lambda state: state.session is not None and state.session.ticket is not None, "the number")
        player.kiosk.done_with_ticket()
    desk = tabs.open(f"{url}/counter")
    log_in(desk)
    expect(desk.locator(".lines .count")).to_have_text("2")
    with board.expect_response("**/board/voice/*") as asked:
        desk.keyboard.press("Space")
        desk.keyboard.press("Space")  # a nervous finger is no second act
    expect(board.locator(".call")).to_have_text("A-001Quầy1")
    assert asked.value.url == f"{url}/board/voice/A-001.1.wav"
    assert asked.value.body() == Voice().call("A-001", 1)
    eventually(lambda: bool(board.evaluate("document.getElementById('voice').currentTime > 0")))
    expect(desk.locator("#number")).to_have_text("A-001")
    expect(desk.locator("#recall")).to_be_disabled()
    expect(desk.locator(".note[role=status]")).to_have_count(0)
    desk.keyboard.press("r")  # too soon: nothing is asked
    desk.wait_for_timeout(BOUNCE_MS)
    desk.keyboard.press("Enter")
    expect(desk.locator("form[action='/counter/done-next'] #primary")).to_be_visible()
    desk.wait_for_timeout(BOUNCE_MS)
    desk.keyboard.press("Space")
    expect(desk.locator("#number")).to_have_text("A-002")
    expect(board.locator(".call").first).to_have_text("A-002Quầy1")
    expect(board.locator("#sound")).to_be_hidden()
    expect(other.locator(".call").first).to_have_text("A-002Quầy1")
    assert other.evaluate("document.getElementById('voice').src") == ""  # two boards would speak over each other


def test_the_bell_at_the_kiosk_is_answered_from_the_desk(kiosk: tuple[Player, str], tabs: Tabs) -> None:
    player, url = kiosk
    desk = tabs.open(f"{url}/counter")
    log_in(desk)
    player.kiosk.call_help()
    expect(desk.locator(".need.help")).to_contain_text("Người dân ở máy đang cần giúp.")
    desk.click("#seen-help_called")
    told = desk.locator(".note[role=status]")
    while not told.count():
        player.drain(0.05)  # the kiosk works on
    expect(told).to_contain_text("Đã ghi là có người xem.")
    assert "help_called" not in player.state.outbox.notices
    expect(desk.locator(".need.help")).to_have_count(0)
    audit = player.kiosk.parts.audit.path.read_text(encoding="utf-8")
    assert f'"who": "{OFFICER}", "act": "notice_seen"' in audit


def test_without_a_script_the_counter_works_too(office: Office, tabs: Tabs) -> None:
    office.take()
    desk = tabs.open(f"{office.url}/counter", script=False)
    desk.select_option("#name", OFFICER)
    desk.fill("#pin", PIN)
    desk.click("form button.main")
    desk.click("#choose-1")
    desk.click("#primary")
    assert desk.inner_text("#number") == "A-001"
    assert desk.locator("noscript meta[http-equiv=refresh]").count() == 1
    board = tabs.open(f"{office.url}/board", script=False)
    assert board.inner_text(".call b") == "A-001"


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_numbers_can_be_read_from_the_back_of_the_hall(office: Office, tabs: Tabs, width: int, height: int) -> None:
    board = tabs.open(f"{office.url}/board?look=dark", width, height)
    for counter, line in ((1, "A"), (2, "A"), (3, "B"), (4, "B")):
        office.take(line)
        office.counters.open(counter, OFFICER)
    for count in (1, 2, 3, 4):
        office.counters.call_next(count, OFFICER)
        expect(board.locator(".call")).to_have_count(count)
        for call in board.locator(".call").all():
            size = call.locator("b").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
            if count <= (4 if width > height else 2):
                assert size * CAPITALS >= DIGITS * height
            assert call.evaluate("one => one.scrollWidth <= one.clientWidth")
            frame, place = call.bounding_box(), call.locator("i").bounding_box()
            assert frame is not None
            assert place is not None
            assert frame["y"] <= place["y"]
            assert place["y"] + place["height"] <= frame["y"] + frame["height"]
            assert size * CAPITALS < frame["height"]
    assert board.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_main_acts_need_no_scrolling(office: Office, tabs: Tabs) -> None:
    for _ in range(30):
        office.take()
    desk = tabs.open(f"{office.url}/counter")
    log_in(desk)
    desk.keyboard.press("Space")
    expect(desk.locator("#number")).to_have_text("A-001")
    for name in ("primary", "recall", "absent", "done", "hold", "transfer", "pausing"):
        assert desk.evaluate("name => document.getElementById(name).getBoundingClientRect().bottom", name) <= 650, name


def test_a_board_without_the_kiosk_says_so_and_comes_back(office: Office, tabs: Tabs) -> None:
    office.take()
    office.counters.open(1, OFFICER)
    board = tabs.open(f"{office.url}/board", 1920, 1080)
    office.counters.call_next(1, OFFICER)
    expect(board.locator(".call")).to_have_text("A-001Quầy1")
    clock = board.inner_text("#clock")
    office.pages.stop()
    expect(board.locator("#lost")).to_be_visible(timeout=25_000)
    assert board.evaluate("getComputedStyle(document.querySelector('.call')).borderStyle") == "dashed"
    assert board.inner_text("#clock") >= clock


def test_what_happened_while_an_act_was_under_way_is_shown_after_it(tmp_path: Path, tabs: Tabs) -> None:
    with Office(tmp_path, Address("127.0.0.1", free_port())) as office:
        office.take()
        desk = tabs.open(f"{office.url}/counter")
        log_in(desk)
        held: list[Route] = []
        desk.route("**/counter/next", lambda route: held.append(route))
        desk.keyboard.press("Space")
        eventually(lambda: bool(desk.evaluate("busy") and held))
        answer = held[0].fetch()  # the kiosk has done it; its answer is on a slow line
        eventually(lambda: bool(desk.evaluate("missed")))
        desk.evaluate("missed = false")
        with desk.expect_response("**/counter/events"):  # which breaks and comes back meanwhile
            office.falter()
        eventually(lambda: bool(desk.evaluate("missed")))
        for _ in range(2):
            office.take()
        expect(desk.locator("#number")).to_have_text("–")  # nothing moves below the officer's finger
        with desk.expect_response("**/counter") as asked:
            held[0].fulfill(response=answer)
        assert asked.value.request.method == "GET"
        expect(desk.locator("#number")).to_have_text("A-001")
        expect(desk.locator(".lines .count").first).to_have_text("2", timeout=SOON_MS)
