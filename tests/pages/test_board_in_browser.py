"""The board in Chromium: its voice, one announcement after the other, and whether all of it can be read from afar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.hall.calling import CallingRules
from kiosk.hall.hall import Hall
from kiosk.hall.opening import OpeningHours
from kiosk.hall.tickets import HallError, Series
from kiosk.pages import feed
from tests.hall.house import House
from tests.pages.conftest import Tabs
from tests.pages.desk import OFFICER, Office
from tests.pages.test_board import served
from tests.pages.test_hall_in_browser import CAPITALS, DIGITS

# the loudspeaker of these tests: a sound ends when the test says so
LOUDSPEAKER = """
  window.said = [];
  HTMLMediaElement.prototype.play = function () { window.said.push(this.src); return Promise.resolve(); };
"""
END = "document.getElementById('voice').dispatchEvent(new Event('ended'))"
TITLES = (
    *("Hộ tịch, chứng thực", "Đất đai, xây dựng, môi trường", "Lao động, người có công, xã hội"),
    *("Cư trú", "Kinh doanh, văn hóa", "Thu phí, lệ phí"),
)
COUNTERS = tuple(range(1, 8))
WORDS_HIGH, ESTIMATE_HIGH, LETTER_HIGH = 0.045, 0.032, 0.06  # size of the font, by the shorter side of the screen
CONTRASTS = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? ground(one.parentElement) : colour;
  };
  const found = {};
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !one.checkVisibility()) continue;
    const [a, b] = [getComputedStyle(one).color, ground(one)].map(light).sort((x, y) => y - x);
    found[`${one.tagName} ${one.textContent.trim().slice(0, 20)}`] = (a + 0.05) / (b + 0.05);
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll(".call, .lines > div, .lines p, .lines h3, .recent li")].filter((one) => {
  const frame = one.closest(".call, .lines > div, .recent").getBoundingClientRect();
  const outside = [...one.children].some((part) => {
    const place = part.getBoundingClientRect();
    const half = place.height * 0.125; // a line of text is higher than its digits
    return place.width > 0 && (place.left < frame.left - 1 || place.right > frame.right + 1
      || place.top + half < frame.top || place.bottom - half > frame.bottom);
  });
  return outside || one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.textContent)"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Office]:
    """Six lines, seven counters that serve all, numbers that were kept over night."""
    house = House(str(tmp_path / "tickets.db"), tmp_path, CallingRules(over_night="keep"), hours=())
    lines = [Series(letter, title, counters=COUNTERS) for letter, title in zip("ABCDEF", TITLES, strict=True)]
    house.hall = Hall(house.store, lines, OpeningHours(), "H05.114", house.rules)
    with Office(tmp_path, house=house) as office:
        yield office


def speaking_board(office: Office, tabs: Tabs) -> Page:
    """A board whose first call is being said, and whose second waits for that."""
    board = tabs.open(f"{office.url}/board", 1920, 1080, first=LOUDSPEAKER)
    for counter in (1, 2):
        office.take()
        office.counters.open(counter, OFFICER)
    office.counters.call_next(1, OFFICER)
    expect(board.locator("#say li")).to_have_count(1)
    office.counters.call_next(2, OFFICER)
    expect(board.locator("#say li")).to_have_count(2)
    return board


def said(board: Page) -> list[str]:
    """What was said so far."""
    return [re.sub(r".*/voice/|\.wav", "", address) for address in board.evaluate("window.said")]


def test_no_announcement_cuts_another(office: Office, tabs: Tabs) -> None:
    board = speaking_board(office, tabs)
    assert said(board) == ["A-001.1"]
    board.evaluate(END)
    assert said(board) == ["A-001.1", "A-002.2"]
    board.evaluate(END)
    assert said(board) == ["A-001.1", "A-002.2"]


def test_who_waits_for_the_voice_is_said_also_after_an_outage(
    office: Office, tabs: Tabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "READ_SECONDS", 0.1)
    board = speaking_board(office, tabs)

    def away(*_: object) -> None:
        raise HallError("hall_away")

    with monkeypatch.context() as outage:
        outage.setattr(office.hall, "rows", away)
        expect(board.locator(".old")).to_be_visible()
        expect(board.locator("#say li")).to_have_count(0)
        expect(board.locator(".call:not(.rest) b")).to_have_text(["A-002", "A-001"])  # both have their light
    expect(board.locator(".old")).to_have_count(0)
    board.evaluate(END)
    assert said(board) == ["A-001.1", "A-002.2"]  # and the first is not said again
    board.evaluate(END)
    assert said(board) == ["A-001.1", "A-002.2"]


@pytest.mark.parametrize(("width", "height", "look"), [(1920, 1080, "light"), (1080, 1920, "dark")])
def test_a_busy_hall_can_be_read_from_afar(busy: Office, tabs: Tabs, width: int, height: int, look: str) -> None:
    for line in "ABCDEF":
        served(busy, line)
    for line in "ABCDEF" * 11:
        busy.take(line)
    board = tabs.open(f"{busy.url}/board?look={look}", width, height)
    for count in COUNTERS:
        busy.counters.open(count, OFFICER)
        busy.counters.call_next(count, OFFICER)
        expect(board.locator(".call:not(.rest)")).to_have_count(count)
        assert board.evaluate(CUT) == [], count
        assert board.evaluate("document.documentElement.scrollHeight <= innerHeight")
        if count == 1:
            expect(board.locator(".lines small").first).to_contain_text("khoảng")
            for part, high in (("p", WORDS_HIGH), ("small", ESTIMATE_HIGH), ("b", LETTER_HIGH)):
                assert size(board, f".lines {part}") >= high * min(width, height), part
            assert {what: value for what, value in board.evaluate(CONTRASTS).items() if value < 7} == {}
        if width > height:
            assert size(board, ".call b") * CAPITALS >= DIGITS * height


def size(page: Page, selector: str) -> float:
    """Of its font, in px."""
    return float(page.locator(selector).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_a_number_of_an_earlier_day_has_its_day_beside_it(busy: Office, tabs: Tabs, width: int, height: int) -> None:
    for _ in COUNTERS:
        busy.take()
    busy.now += timedelta(days=1)
    board = tabs.open(f"{busy.url}/board", width, height)
    for count in COUNTERS:
        busy.counters.open(count, OFFICER)
        busy.counters.call_next(count, OFFICER)
        expect(board.locator(".call time")).to_have_text(["24/11"] * count)
        assert board.evaluate(CUT) == [], count
