"""The clerk's thread."""

from __future__ import annotations

import logging
import queue
import threading
from functools import partial

import pytest

from kiosk.clerk import Clerk

SECRET = "027190012345 Nguyễn Thị Đào"


def surprise() -> object:
    raise RuntimeError(SECRET)


def test_events_come_in_order_and_none_is_no_event() -> None:
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    clerk = Clerk(inbox)
    clerk.start()
    for event in ("one", None, "two", "three"):
        clerk.do(partial(str.upper, event) if event else lambda: None, "failed")
    clerk.stop()
    assert [inbox.get_nowait() for _ in range(inbox.qsize())] == ["ONE", "TWO", "THREE"]


def test_a_surprise_is_an_event_and_its_text_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    clerk = Clerk(inbox)
    clerk.start()
    with caplog.at_level(logging.DEBUG):
        clerk.do(surprise, "failed")
        clerk.do(lambda: "after", "failed")
        clerk.stop()
    assert [inbox.get_nowait(), inbox.get_nowait()] == ["failed", "after"]
    assert "RuntimeError at test_clerk.py:" in caplog.text
    assert SECRET not in caplog.text
    assert all(not record.exc_info for record in caplog.records)


def test_stop_finishes_what_was_asked_for() -> None:
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    clerk = Clerk(inbox)
    gate = threading.Event()
    clerk.start()
    clerk.do(gate.wait, "failed")
    for number in range(20):
        clerk.do(partial(str, number), "failed")
    threading.Timer(0.05, gate.set).start()
    clerk.stop()
    assert inbox.qsize() == 21


def test_stop_before_start_does_not_wait() -> None:
    Clerk(queue.SimpleQueue()).stop()
