"""The sender end to end: a real store, real HTTP, a province that comes, goes and misbehaves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from offline_queue import http_gateway
from offline_queue import sender as sender_module
from offline_queue.entry import EntryState, OutboxChanged, OutboxEntry, Receipt
from offline_queue.sender import Sender
from tests.queue.people import ID_NUMBER, NAME, entry
from tests.queue.province import RECEIPT, Fault, Handler, Province, answer, drop, lose_reply
from tests.queue.sending import SOON, Kiosk, all_sent

POST = ("POST", "/v1/dossiers")


def test_what_is_added_is_sent_at_once_and_then_purged(kiosk: Kiosk, province: Province) -> None:
    kiosk.sender.start()
    kiosk.wait(lambda event: event.online is True)
    one = kiosk.submit(b"page 1", b"page 2")
    kiosk.sender.wake()
    event = kiosk.wait(all_sent)
    assert (event.entry_id, event.online, event.counts.delivered) == (one.id, True, 1)
    stored = kiosk.outbox.get(one.id)
    assert stored is not None
    assert stored.state is EntryState.DELIVERED
    assert stored.receipt is not None
    assert stored.receipt.code == "H05.114-261123-0001"
    assert kiosk.files() == []
    assert [path for method, path in province.requests if method == "GET"].count("/v1/dossiers") == 0


def test_what_another_process_adds_is_found_without_a_bell(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "TICK_SECONDS", 0.05)
    kiosk.sender.start()
    kiosk.wait(lambda event: event.online is True)
    kiosk.submit()
    kiosk.wait(all_sent)


def test_the_province_is_down_then_up(kiosk: Kiosk, province: Province, caplog: pytest.LogCaptureFixture) -> None:
    province.stop()
    entries = [kiosk.submit() for _ in range(3)]
    kiosk.sender.start()
    event = kiosk.wait(lambda event: event.online is False)
    assert event.counts.pending == 3
    province.start()
    kiosk.sender.wake()
    kiosk.wait(lambda event: event.online is True)
    kiosk.wait(all_sent)
    assert province.order == [one.id for one in entries]
    assert set(province.accepted.values()) == {1}
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.split(":")[1].strip() for line in said] == ["province unreachable", "province reachable again"]
    assert NAME not in caplog.text
    assert ID_NUMBER not in caplog.text


def test_a_lost_reply_means_asking_first_and_arriving_once(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, lose_reply)
    one = kiosk.submit(b"page")
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}
    assert province.accepted == {one.id: 1}
    assert province.submissions() == 1
    assert ("GET", "/v1/dossiers") in province.requests


def test_after_a_crash_while_sending_it_asks_first(kiosk: Kiosk, province: Province) -> None:
    one = kiosk.submit(b"page")
    leased = kiosk.outbox.lease(datetime.now(UTC))
    assert leased is not None
    kiosk.gateway.submit(leased, lambda attachment: kiosk.blobs.get(attachment.sha256))
    # killed here; the next start does not wait for the lease to end
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}
    assert province.submissions() == 1
    assert province.accepted == {one.id: 1}


def test_one_stuck_entry_does_not_block_the_others(kiosk: Kiosk, province: Province) -> None:
    stuck, others = kiosk.submit(), [kiosk.submit() for _ in range(3)]
    province.fault(*POST, answer(500), answer(500))
    kiosk.sender.start()
    kiosk.wait(lambda event: event.counts.delivered == 3)
    assert province.order == [one.id for one in others]
    waiting = kiosk.outbox.get(stuck.id)
    assert waiting is not None
    assert (waiting.state, waiting.last_error) == (EntryState.PENDING, "province_unreachable")
    kiosk.outbox.retry_now(stuck.id)
    kiosk.sender.wake()
    kiosk.wait(all_sent)


def test_an_entry_that_breaks_the_line_steps_aside_too(
    kiosk: Kiosk, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The province falls down at one dossier, health check and all: the others still arrive."""
    monkeypatch.setattr(sender_module, "OFFLINE_CAP_SECONDS", 0.01)
    poison, other = kiosk.submit(), kiosk.submit()
    while_down: list[Fault] = [drop] * 3

    def fall(handler: Handler) -> bool:
        if handler.headers["Idempotency-Key"] != poison.id:
            return False
        province.fault("GET", "/v1/health", *while_down)
        return drop(handler)

    province.fault(*POST, *[fall] * 20)
    kiosk.sender.start()
    kiosk.wait(lambda event: event.entry_id == other.id and event.counts.delivered == 1)


def test_a_rejected_dossier_waits_for_staff_with_its_reasons(kiosk: Kiosk, province: Province) -> None:
    reasons = [{"path": "/submitter/phone", "message": "thiếu số điện thoại"}]
    province.fault(*POST, answer(422, {"title": "x", "problems": reasons}), answer(409, {"title": "key"}))
    first, second, third = kiosk.submit(b"page"), kiosk.submit(), kiosk.submit()
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 2}
    rejected, conflict = kiosk.outbox.get(first.id), kiosk.outbox.get(second.id)
    assert rejected is not None
    assert conflict is not None
    assert [(p.path, p.message) for p in rejected.problems] == [("/submitter/phone", "thiếu số điện thoại")]
    assert (rejected.last_error, conflict.last_error) == ("province_rejected", "province_conflict")
    assert len(kiosk.files()) == 1
    assert province.order == [third.id]


def test_a_conflict_is_never_taken_for_an_arrival(kiosk: Kiosk, province: Province) -> None:
    """Another dossier holds the id: asking would find that one."""
    one = kiosk.submit()
    province.dossiers[one.id] = {"body": {}, "receipt": RECEIPT}
    assert kiosk.sender.drain(SOON)["rejected"] == 1
    kiosk.outbox.retry_now(one.id)
    assert kiosk.sender.drain(SOON) == {"delivered": 0, "pending": 0, "rejected": 1}


def test_a_refused_kiosk_keeps_everything_and_raises_the_alarm(
    kiosk: Kiosk, province: Province, caplog: pytest.LogCaptureFixture
) -> None:
    province.fault(*POST, answer(401, {"title": "token"}))
    for _ in range(3):
        kiosk.submit()
    kiosk.sender.start()
    event = kiosk.wait(lambda event: event.counts.alarm)
    assert (event.counts.pending, event.online) == (3, True)
    kiosk.sender.wake()
    kiosk.sender.stop()
    assert province.submissions() == 1
    assert len([record for record in caplog.records if "refuses" in record.getMessage()]) == 1
    mended = Sender(kiosk.outbox, kiosk.blobs, kiosk.gateway, kiosk.events.put)
    assert mended.drain(SOON) == {"delivered": 3, "pending": 0, "rejected": 0}
    assert not kiosk.outbox.counts().alarm


def test_draining_ends_at_once_when_the_kiosk_is_refused(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, *[answer(403)] * 100)
    kiosk.submit()
    assert kiosk.sender.drain(3600) == {"delivered": 0, "pending": 1, "rejected": 0}
    assert province.submissions() == 1


def test_kiosks_that_are_refused_together_come_back_apart(kiosk: Kiosk, province: Province) -> None:
    """The same Retry-After for all must not bring all back in the same second; the longest is bounded."""
    rests = [kiosk.sender._rest(5.0) for _ in range(6)]
    assert all(5.0 <= rest <= sender_module.BUSY_CAP_SECONDS for rest in rests)
    assert len({round(rest, 3) for rest in rests}) == len(rests)
    assert kiosk.sender._rest(600.0) == 600.0


def test_what_a_busy_province_refused_is_not_asked_for(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, answer(503, Retry_After="0"))
    one = kiosk.submit()
    kiosk.sender.start()
    kiosk.wait(lambda event: event.entry_id == one.id and event.counts.delivered == 1)
    assert not [request for request in province.requests if request[0] == "GET" and "client_ref" in request[1]]


def test_a_busy_province_is_left_alone_for_as_long_as_it_asks(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, answer(503, Retry_After="600"))
    entries = [kiosk.submit(), kiosk.submit()]
    kiosk.sender.start()
    kiosk.wait(lambda event: event.entry_id == entries[0].id)
    kiosk.sender.wake()
    kiosk.sender.stop()
    assert province.submissions() == 1
    waiting = kiosk.outbox.get(entries[0].id)
    assert waiting is not None
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at > datetime.now(UTC) + timedelta(seconds=500)


def test_draining_waits_as_long_as_a_busy_province_asks(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, answer(429, Retry_After="1"))
    kiosk.submit()
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}


def test_draining_goes_on_while_the_province_comes_back(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, answer(500), drop, answer(200, b"<html>"))
    province.fault("GET", "/v1/health", drop)
    for _ in range(4):
        kiosk.submit()
    assert kiosk.sender.drain(SOON) == {"delivered": 4, "pending": 0, "rejected": 0}
    assert set(province.accepted.values()) == {1}


def test_one_code_for_two_dossiers_waits_for_staff(
    kiosk: Kiosk, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_gateway, "KEPT_SECONDS", 0.0)  # each over a line of its own
    first = kiosk.submit(b"page")
    assert kiosk.sender.drain(SOON)["delivered"] == 1
    second = kiosk.submit(b"another")
    papers = replace(entry(), replaces=RECEIPT["code"])  # these may come under the code of the dossier they complete
    kiosk.outbox.add(papers)
    province.fault(*POST, answer(201, RECEIPT), answer(201, RECEIPT))
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 1}
    kept, found = kiosk.outbox.get(second.id), kiosk.outbox.find_by_code(RECEIPT["code"])
    assert kept is not None
    assert (kept.last_error, kept.receipt, [p.message for p in kept.problems]) == (
        "province_code_taken",
        None,
        [RECEIPT["code"]],
    )
    assert (kept.payload, len(kiosk.files())) == (second.payload, 1)
    assert found is not None
    assert found.id == papers.id != first.id
    kiosk.outbox.retry_now(second.id)  # once the province has put it right
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 0}


def test_draining_ends_in_time(kiosk: Kiosk, province: Province) -> None:
    province.stop()
    kiosk.submit()
    assert kiosk.sender.drain(0.2) == {"delivered": 0, "pending": 1, "rejected": 0}


def test_a_damaged_scan_goes_to_staff_and_blocks_nobody(kiosk: Kiosk, province: Province) -> None:
    one, two = kiosk.submit(b"page"), kiosk.submit()
    kiosk.blobs.delete(one.attachments[0].sha256)
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 1}
    damaged = kiosk.outbox.get(one.id)
    assert damaged is not None
    assert damaged.last_error == "scan_damaged"
    assert province.order == [two.id]


def test_a_scan_shared_by_two_dossiers_stays_until_both_are_there(kiosk: Kiosk, province: Province) -> None:
    province.fault(*POST, lambda _: False, answer(422, {"title": "no"}))
    kiosk.submit(b"the same page")
    second = kiosk.submit(b"the same page")
    assert kiosk.sender.drain(SOON) == {"delivered": 1, "pending": 0, "rejected": 1}
    assert kiosk.blobs.get(second.attachments[0].sha256) == b"the same page"
    kiosk.outbox.retry_now(second.id)
    assert kiosk.sender.drain(SOON)["delivered"] == 1
    assert kiosk.files() == []


def test_online_follows_the_province_while_nothing_is_sent(
    kiosk: Kiosk, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("PROBE_SECONDS", "TICK_SECONDS", "OFFLINE_CAP_SECONDS"):
        monkeypatch.setattr(sender_module, pause, 0.02)
    kiosk.sender.start()
    kiosk.wait(lambda event: event.online is True)
    province.stop()
    kiosk.wait(lambda event: event.online is False)
    province.start()
    kiosk.wait(lambda event: event.online is True)


def test_with_nobody_there_nothing_is_asked_for_once_there_is(kiosk: Kiosk, province: Province) -> None:
    province.stop()
    one = kiosk.submit(b"page")
    sender = kiosk.sender
    for _ in range(5):
        assert sender.step() > 0
    waiting = kiosk.outbox.get(one.id)
    assert waiting is not None
    assert (waiting.attempts, waiting.unsure, waiting.next_attempt_at) == (5, False, None)
    province.start()
    assert sender.step() == 0
    assert ("GET", "/v1/dossiers") not in province.requests
    assert ("GET", "/v1/health") not in province.requests  # the dossier itself was the question
    assert province.accepted == {one.id: 1}


def test_a_province_that_hangs_is_probed_without_a_dossier(kiosk: Kiosk, province: Province) -> None:
    for _ in range(3):
        province.fault("GET", "/v1/health", answer(500))
    province.fault(*POST, lose_reply)
    kiosk.submit()
    kiosk.sender.step()
    posted = province.submissions()
    assert kiosk.sender.step() > 0
    assert kiosk.sender.step() > 0
    assert province.submissions() == posted
    assert kiosk.sender.step() == 0  # health again; the entry that may have arrived is asked for, not sent twice
    assert province.submissions() == posted
    assert kiosk.outbox.counts().delivered == 1


def test_a_surprise_with_one_dossier_stops_nobody(
    kiosk: Kiosk, province: Province, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sender_module, "PROBE_SECONDS", 0.05)
    strange, usual = kiosk.submit(), kiosk.submit()
    submit = kiosk.gateway.submit

    def surprising(one: OutboxEntry, open_blob: Any) -> Receipt:
        if one.id == strange.id:
            raise ValueError(f"cannot read {NAME}")
        return submit(one, open_blob)

    monkeypatch.setattr(kiosk.gateway, "submit", surprising)
    kiosk.sender.start()
    kiosk.wait(all_but(1))
    assert province.order == [usual.id]
    assert "ValueError at test_sender.py" in caplog.text
    assert NAME not in caplog.text


def all_but(waiting: int) -> Callable[[OutboxChanged], bool]:
    return lambda event: event.counts.pending == waiting and event.counts.delivered > 0
