"""Three people at a human pace. Only their own seconds are asserted: those of the machine tell what else it does."""

from __future__ import annotations

import pytest

from tests.bench import citizens
from tests.bench.targets import MOST


@pytest.mark.timeout(400)
def test_a_job_is_under_way_within_the_provinces_target() -> None:
    seconds = citizens.measure()
    for job in citizens.JOBS:
        assert 0 < seconds[f"{job}_human_seconds"] < MOST[f"citizens {job}_seconds"]
