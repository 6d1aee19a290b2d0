"""A hall on either database, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hall.house import House
from tests.hall.postgres import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL server of all tests."""
    server = Server()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "tickets.db")
    server: Server = request.getfixturevalue("server")
    server.empty()
    return server.url


@pytest.fixture
def house(location: str, tmp_path: Path) -> Iterator[House]:
    """A hall with two counters for A, one for B, and one for both."""
    house = House(location, tmp_path / "k1")
    yield house
    house.close()
