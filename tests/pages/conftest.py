"""One office a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
