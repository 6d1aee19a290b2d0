"""When to try again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_queue.retry import delay, retry_after

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@given(attempts=st.integers(1, 10**6), seed=st.integers())
def test_delays_grow_to_the_cap_and_never_over_it(attempts: int, seed: int) -> None:
    assert 0 <= delay(attempts, random.Random(seed)) <= min(600.0, 2.0 * 2.0 ** min(attempts - 1, 30))


def test_delays_fill_the_whole_interval() -> None:
    rng = random.Random(1)
    delays = [delay(4, rng) for _ in range(1000)]
    assert min(delays) < 1 < 15 < max(delays) <= 16
    assert 7 < sum(delays) / 1000 < 9


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("9" * 400, 3600),
        (None, 30),
        ("", 30),
        ("soon", 30),
        ("-5", 30),
        ("٣", 30),
        ("Mon, 23 Nov 2026 08:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 07:00:00 GMT", 0),
        ("Mon, 23 Nov 2099 07:00:00 GMT", 3600),
    ],
)
def test_retry_after(header: str | None, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_gives_a_bounded_pause(header: str) -> None:
    assert 0 <= retry_after(header, NOW) <= timedelta(hours=1).total_seconds()
