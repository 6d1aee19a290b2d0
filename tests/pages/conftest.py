"""One office a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.desk import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Pages that are served."""
    with Office(tmp_path) as running:
        yield running
