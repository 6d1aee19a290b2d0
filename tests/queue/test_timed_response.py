"""Answers that come byte by byte: each byte is in time, the whole is not."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from kiosk.errands import inquiries
from kiosk.errands.inquiries import Answered, Inquiries
from offline_queue.gateway import Desk, Unreachable
from offline_queue.http_gateway import HttpGateway
from tests.queue.people import entry
from tests.queue.province import TOKEN, Fault, Province, drip, running

HEAD, BODY = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n",
    b"{}" + b" " * 38,
)
DRIPPING = {"head": drip(b"", HEAD + BODY), "body": drip(HEAD, BODY)}


@pytest.fixture
def province() -> Iterator[Province]:
    with running() as one:
        yield one


@pytest.mark.parametrize("fault", DRIPPING.values(), ids=DRIPPING)
def test_an_answer_that_drips_is_given_up(province: Province, fault: Fault) -> None:
    gateway, one = HttpGateway(province.url, TOKEN, timeout=(1, 1), longest=0.3), entry()
    province.fault("GET", "/v1/dossiers", fault)
    with pytest.raises(Unreachable):
        gateway.find(one.id)
    province.fault("POST", "/v1/dossiers", fault)
    with pytest.raises(Unreachable) as told:
        gateway.submit(one, lambda _: b"")
    assert told.value.unsure
    receipt = gateway.submit(one, lambda _: b"")  # each answer has all its time
    assert gateway.find(one.id) == receipt
    gateway.close()


def test_it_is_read_where_there_is_time(province: Province) -> None:
    gateway = HttpGateway(province.url, TOKEN, timeout=(1, 1))
    province.fault("GET", "/v1/dossiers", DRIPPING["head"])
    assert gateway.find("x") is None
    gateway.close()


def test_the_end_does_not_wait_for_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "STOP_SECONDS", 0.01)
    asked, let_go = threading.Event(), threading.Event()
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()

    def question(_: Desk) -> None:
        asked.set()
        let_go.wait(10)

    asker = Inquiries(inbox, HttpGateway("http://127.0.0.1:9"))
    asker.start()
    asker.ask("s1", "j1", question)
    assert asked.wait(10)
    asker.stop()
    assert inbox.empty()
    let_go.set()
    assert isinstance(inbox.get(timeout=10), Answered)
