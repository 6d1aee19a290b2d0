"""One office a test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, sync_playwright

from tests.hall.conftest import location, server  # noqa: F401  fixtures
from tests.pages.desk import Browser, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Pages that are served."""
    with Office(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def browsers() -> Iterator[None]:
    """Every browser of a test is closed after it."""
    yield
    while Browser.opened:
        Browser.opened.pop().close()


CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium, as on the television: sound without a touch."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


class Tabs:
    """Browsers of their own, one a desk; what their scripts complain about fails the test."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._opened: list[Page] = []
        self.complaints: list[str] = []

    def open(
        self,
        url: str,
        width: int = 1366,
        height: int = 650,
        script: bool = True,
        hurried: Mapping[str, int] = {},
        first: str = "",
    ) -> Page:
        """A page in a browser without cookies; an old office PC shows 1366 × 768, less its bars.

        `hurried`: constants of the page's script that are shorter here, in ms; `first`: a script that runs before it.
        """
        page = self._chromium.new_page(viewport={"width": width, "height": height}, java_script_enabled=script)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if hurried:
            page.route("**/static/*.js?*", lambda route: _hurry(route, hurried))
        if first:
            page.add_init_script(first)
        page.goto(url)
        self._opened.append(page)
        return page

    def close(self) -> None:
        """Close all."""
        for page in self._opened:
            page.close()
        assert self.complaints == []


def _hurry(route: Route, constants: Mapping[str, int]) -> None:
    answer = route.fetch()
    script = answer.text()
    for name, milliseconds in constants.items():
        script, found = re.subn(rf"^const {name} = \d+;", f"const {name} = {milliseconds};", script, flags=re.MULTILINE)
        assert found == 1, name
    route.fulfill(response=answer, body=script)


@pytest.fixture
def tabs(chromium: Chromium) -> Iterator[Tabs]:
    """Browsers of one test."""
    tabs = Tabs(chromium)
    yield tabs
    tabs.close()
