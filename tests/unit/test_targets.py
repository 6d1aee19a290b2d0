"""What `make bench` says beside a figure that has a target."""

from __future__ import annotations

import pytest

from tests.bench.citizens import JOBS
from tests.bench.targets import MOST, line


@pytest.mark.parametrize(
    ("figure", "value", "said"),
    [
        ("search load_ms", 300.0, "search load_ms: 300 (target ≤ 300: met)"),
        ("search load_ms", 300.1, "search load_ms: 300.1 (target ≤ 300: NOT met)"),
        ("search recall_at_5", 0.95, "search recall_at_5: 0.95 (target ≥ 0.95: met)"),
        ("search recall_at_5", 0.9, "search recall_at_5: 0.9 (target ≥ 0.95: NOT met)"),
        ("search index_ms", 12.3456, "search index_ms: 12.35"),
        ("hall database", "SQLite", "hall database: SQLite"),
    ],
)
def test_a_figure_says_whether_its_target_is_met(figure: str, value: object, said: str) -> None:
    assert line(figure, value) == said


def test_every_citizen_has_a_target() -> None:
    assert {f"citizens {job}_seconds" for job in JOBS} <= MOST.keys()
