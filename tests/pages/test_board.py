"""The board and the streams: what they tell and to whom, the voice of a call, many readers and bad ones."""

from __future__ import annotations

import logging
import re
import socket
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from kiosk.hall.calling import CallingRules
from kiosk.hall.tickets import HallError
from kiosk.pages import board, feed, security
from kiosk.pages import stream as stream_module
from kiosk.pages.feed import MOST_STREAMS
from kiosk.state import AppState
from offline_queue.entry import OutboxCounts
from tests.hall.house import House
from tests.pages.desk import OFFICER, OTHER, Office, eventually
from tests.pages.streams import Stream
from tests.pages.test_counter import at_counter

GROUP = "Người cao tuổi"


def text(office: Office, path: str = "/board") -> str:
    """A page that needs no log-in."""
    return requests.get(office.url + path, timeout=20).text


def served(office: Office, letter: str = "A") -> None:
    """Five who took four minutes each: ground enough for an estimate."""
    office.counters.open(1, OFFICER)
    for _ in range(5):
        office.take(letter)
        office.counters.call_next(1, OFFICER)
        office.now += timedelta(minutes=4)
        office.counters.done(1, OFFICER)


def test_the_estimate_is_told_in_the_words_of_the_kiosk_and_of_no_wait_nothing(office: Office) -> None:
    served(office)
    browser = at_counter(office)
    line = office.counters.snapshot().lines[0]
    assert line.estimate is not None
    assert line.estimate.in_minutes == ""
    assert "phút" not in text(office)
    for _ in range(3):
        office.take()
    line = office.counters.snapshot().lines[0]
    assert line.estimate is not None
    assert "–" in line.estimate.in_minutes
    assert f"<p>3 người chờ<small>khoảng {line.estimate.in_minutes} phút</small></p>" in text(office)
    assert f"người mới đến chờ khoảng {line.estimate.in_minutes} phút" in browser.get("/counter").text


@pytest.mark.parametrize(
    ("hour", "minute", "told"),
    [
        (11, 40, "Trung tâm đang nghỉ trưa."),
        (16, 50, "Sắp hết giờ làm việc nên đã ngừng phát số."),
        (17, 30, "Ngoài giờ làm việc nên chưa phát số."),
        (23, 30, "Ngoài giờ làm việc nên chưa phát số."),
    ],
)
def test_while_no_number_is_given_the_board_says_so_and_tells_no_wait(
    tmp_path: Path, hour: int, minute: int, told: str
) -> None:
    house = House(str(tmp_path / "tickets.db"), tmp_path, CallingRules(at_closing="keep"))
    with Office(tmp_path, house=house) as office:
        office.now += timedelta(days=1)  # the day before is a holiday
        served(office)
        for _ in range(3):
            office.take()
        assert "khoảng" in text(office)
        assert told not in text(office)
        browser = at_counter(office)
        office.now = office.now.replace(hour=hour, minute=minute)
        shown = text(office)
        assert told in shown
        assert "khoảng" not in shown
        assert "Xin mời lấy số" not in shown
        assert "người mới đến" not in browser.get("/counter").text


def test_before_anybody_was_called_a_closed_hall_invites_nobody(tmp_path: Path) -> None:
    with Office(tmp_path, house=House(str(tmp_path / "tickets.db"), tmp_path)) as office:
        assert '<p class="welcome">Hôm nay là ngày nghỉ lễ nên không phát số.</p>' in text(office)
        office.now += timedelta(days=1)
        assert "Xin mời lấy số tại kiosk và chờ gọi." in text(office)
        office.now = office.now.replace(hour=6)
        assert '<p class="welcome">Ngoài giờ làm việc nên chưa phát số.</p>' in text(office)
        assert "Xin mời lấy số" not in text(office)


def test_a_call_is_on_the_board_at_once_for_its_full_time(office: Office) -> None:
    office.take("A", GROUP)
    office.take("B")
    office.counters.open(1, OFFICER)
    with Stream(f"{office.url}/board/events") as stream:
        first = stream.html()
        assert "A-001" not in first
        assert "1 người chờ" in first
        office.counters.call_next(1, OFFICER)
        called = stream.html()
        assert '<div class="call" data-ticket="1"><b><s>A-</s>001</b>' in called
        assert 'data-sound="/board/voice/A-001.1.wav"' in called
        assert "không ai chờ" in called
        office.counters.done(1, OFFICER)
        served = stream.html()
        assert 'data-ticket="1"' in served
        assert "data-sound" not in served  # who has come need not be called
    office.now += timedelta(seconds=20)
    assert 'data-ticket="1"' not in text(office)
    assert "Vừa gọi lúc 09:00" in text(office)


def test_a_recall_is_another_announcement(office: Office) -> None:
    office.take()
    office.counters.open(1, OFFICER)
    call = office.counters.call_next(1, OFFICER)
    assert call
    before = board.announcements(office.counters.snapshot(), office.now)
    office.now += timedelta(seconds=20)
    office.counters.recall(1, OFFICER)
    after = board.announcements(office.counters.snapshot(), office.now)
    assert (len(before), len(after)) == (1, 1)
    assert before[0].key != after[0].key
    assert before[0].sound == after[0].sound
    office.now += board.SAID_WITHIN
    assert board.announcements(office.counters.snapshot(), office.now) == ()


def test_a_board_that_is_left_on_begins_the_next_day_empty(office: Office) -> None:
    office.take()
    office.counters.open(1, OFFICER)
    office.counters.call_next(1, OFFICER)
    office.counters.done(1, OFFICER)
    with Stream(f"{office.url}/board/events") as stream:
        assert "A-</s>001" in stream.html()
        office.now += timedelta(days=1)
        while "001" in (shown := stream.html()):
            continue  # what was read before midnight
    assert "Xin mời lấy số tại kiosk và chờ gọi." in shown


def test_nothing_of_a_person_is_public(office: Office) -> None:
    entry = office.added()
    for _ in range(2):
        office.hall.take("A", office.now, GROUP, entry=entry.id)
    office.hall.take("A", office.now, GROUP)
    office.counters.open(1, OTHER)
    office.counters.call_next(1, OTHER)
    office.now += timedelta(seconds=30)
    office.counters.done_next(1, OTHER)
    with Stream(f"{office.url}/board/events") as stream:
        shown = stream.html() + text(office)
    assert re.search(r"Gọi gần đây.*<b>A-001</b>", shown, re.DOTALL)
    for secret in (GROUP, OTHER, OFFICER, entry.id, entry.provisional_code, "Trần"):
        assert secret not in shown
    assert "Sáng thứ bảy &lt;b&gt;có&lt;/b&gt; làm việc." in shown


def test_only_numbers_that_are_called_have_a_voice(office: Office) -> None:
    office.take()
    office.take()
    office.counters.open(1, OFFICER)
    office.counters.call_next(1, OFFICER)
    sound = requests.get(f"{office.url}/board/voice/A-001.1.wav", timeout=20)
    assert (sound.status_code, sound.headers["Content-Type"]) == (200, "audio/wav")
    assert sound.content == office.desk.voice.call("A-001", 1)
    assert requests.get(f"{office.url}/board/voice/test.wav", timeout=20).content == office.desk.voice.chime()
    for name in ("A-002.1.wav", "A-001.2.wav", "A-001.1", "A-001.1.wav.exe", "..%2F..%2Fkey", "%3Cb%3E.1.wav", ".wav"):
        assert requests.get(f"{office.url}/board/voice/{name}", timeout=20).status_code == 404


def test_a_hall_that_cannot_be_read_is_said_to_be_old(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.take()
    office.counters.open(1, OFFICER)
    office.counters.call_next(1, OFFICER)
    browser = at_counter(office)
    assert "Số liệu trên bảng chưa mới." not in text(office)

    def away(*_: object) -> None:
        raise HallError("hall_away")

    monkeypatch.setattr(office.hall, "rows", away)
    shown = text(office)
    assert "Số liệu trên bảng chưa mới." in shown
    assert "Tình hình lúc 09:00." in shown
    assert '<div class="call" data-ticket="1">' in shown  # who was called has the full time all the same
    assert "data-sound" not in shown
    office.now += timedelta(seconds=20)
    shown = text(office)
    assert '<div class="call" data-ticket' not in shown  # and then nobody is said to be called now
    assert "Vừa gọi lúc 09:00" in shown
    office.now -= timedelta(seconds=20)
    assert "Đây là tình hình lúc 09:00 24/11/2026." in browser.get("/counter").text


def test_a_counter_sees_what_others_do(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "READ_SECONDS", 0.1)
    monkeypatch.setattr(stream_module, "BEAT_SECONDS", 0.1)
    browser = at_counter(office)
    with Stream(f"{office.url}/counter/events", browser.http.cookies) as stream:
        assert "Không có ai chờ." in stream.html()
        office.take()
        assert "A-001" in stream.html()
        office.state = AppState(outbox=OutboxCounts(notices=("help_called",)))
        assert "Người dân ở máy đang cần giúp." in stream.html()
        browser.post("/logout")
        with pytest.raises(StopIteration):
            stream.html()
    assert requests.get(f"{office.url}/counter/events", timeout=20).status_code == 204


def test_streams_take_no_workers_and_have_their_number(office: Office) -> None:
    office.take()
    browser = at_counter(office)
    with ExitStack() as open_ones:
        boards = [open_ones.enter_context(Stream(f"{office.url}/board/events")) for _ in range(MOST_STREAMS["board"])]
        counters = [
            open_ones.enter_context(Stream(f"{office.url}/counter/events", browser.http.cookies)) for _ in range(20)
        ]
        for stream in (*boards, *counters):
            stream.html()
        assert requests.get(f"{office.url}/board/events", timeout=20).status_code == 503
        assert "A-001" in browser.post("/counter/next", counter="1").text
        assert all("<s>A-</s>001" in stream.html() for stream in boards)
        assert all("A-001" in stream.html() for stream in counters)
    eventually(lambda: requests.get(f"{office.url}/board/events", timeout=20, stream=True).status_code == 200)


def test_who_does_not_read_keeps_nobody_waiting(office: Office) -> None:
    office.take()
    office.counters.open(1, OFFICER)
    parts = urlsplit(office.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        deaf.sendall(f"GET /board/events HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        with Stream(f"{office.url}/board/events") as stream:
            stream.html()
            office.counters.call_next(1, OFFICER)
            assert "<s>A-</s>001" in stream.html()


def test_a_surprise_ends_a_stream_and_tells_nothing(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprising(*_: object) -> None:
        raise RuntimeError("Trần Thị Mai")

    with Stream(f"{office.url}/board/events") as stream, caplog.at_level(logging.DEBUG):
        stream.html()
        monkeypatch.setattr(board, "spotlight", surprising)
        office.take()
        with pytest.raises(StopIteration):
            stream.html()
    monkeypatch.undo()
    monkeypatch.setattr(office.counters, "snapshot", surprising)
    with Stream(f"{office.url}/board/events") as stream, pytest.raises(StopIteration):
        stream.html()
    monkeypatch.undo()
    with Stream(f"{office.url}/board/events") as stream:  # the next one is served
        stream.html()
    assert caplog.text.count("RuntimeError") == 2
    assert "Trần" not in caplog.text


def test_streams_end_with_the_server(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        stream = Stream(f"{office.url}/board/events")
        stream.html()
    with stream, pytest.raises(StopIteration):  # an end, not a line that breaks: nobody had to be cut off
        stream.next()


def test_headers_and_names_of_the_new_pages(office: Office) -> None:
    for path in ("/board", "/board/events", "/board/voice/test.wav", "/counter", "/static/board.js"):
        answer = requests.get(office.url + path, timeout=20, stream=True, allow_redirects=False)
        assert answer.headers["Content-Security-Policy"] == security.POLICY
        assert answer.headers["X-Frame-Options"] == "DENY"
        answer.close()
        assert requests.get(office.url + path, headers={"Host": "evil.example"}, timeout=20).status_code == 421
    for part in ("script-src 'self'", "connect-src 'self'", "media-src 'self'", "default-src 'none'"):
        assert part in security.POLICY
    assert "unsafe" not in security.POLICY
    page = text(office)
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick" not in page
