"""Who gets in, and what a foreign page, a foreign name, a slow or a curious client get."""

from __future__ import annotations

import logging
import re
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from kiosk.pages import security, server
from kiosk.pages.security import Door, Sessions
from kiosk.staff import default_accounts
from offline_queue.entry import EntryState
from tests.pages.desk import OFFICER, OTHER, PIN, ZONE, Browser, Office
from tests.pages.streams import Stream
from tests.pages.test_dossiers import NAME

PAGES = ("/", "/dossiers/{}", "/dossiers/{}/correction", "/dossiers/{}/confirmation", "/dossiers/{}/papers/0/0")
ACTS = ("retry", "return", "not-reached", "correction", "confirmation", "discard")


def raw(office: Office, request: bytes) -> bytes:
    """What comes back for these bytes, until the server hangs up."""
    parts = urlsplit(office.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as line:
        line.sendall(request)
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer


def trickle(line: socket.socket) -> None:
    """A byte now and then."""
    for _ in range(500):
        time.sleep(0.02)
        line.sendall(b" ")


def status(answer: bytes) -> int:
    """The status of a raw answer."""
    return int(answer.split()[1])


@pytest.mark.parametrize("path", [*PAGES, "/dossiers/nobody"])
def test_without_a_login_there_is_only_the_login(office: Office, path: str) -> None:
    entry = office.rejected(NAME)
    answer = requests.get(office.url + path.format(entry.id), timeout=20, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"], answer.text) == (303, "/login", "")
    forged = requests.get(office.url + path.format(entry.id), cookies={"desk": "x" * 43}, timeout=20)
    assert forged.url.endswith("/login")
    assert "Trần Thị Mai" not in forged.text


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_without_a_login_and_a_token_of_their_own(office: Office, act: str) -> None:
    entry = office.rejected(NAME)
    path = f"/dossiers/{entry.id}/{act}"
    form = {"way": "told_by_phone", "told": "on", "agreed": "on", "answer:child.full_name": "Trần Thị Bé"}
    assert Browser(office.url).send(path, form).url.endswith("/login")
    browser, other = office.officer(), office.officer(OTHER)
    for token in ("", "wrong", other.token, other.token + "é"):
        assert browser.send(path, {**form, "csrf": token}).status_code == 403
    assert browser.send(path, form).status_code == 403
    assert browser.send("/logout", {"csrf": other.token}).status_code == 403
    assert office.entry(entry.id) == entry
    assert "not_reached" not in office.log()
    assert browser.get("/").url.endswith(f"{urlsplit(office.url).port}/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": "none"},
    ],
)
def test_a_foreign_origin_changes_nothing(office: Office, headers: dict[str, str | None]) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    assert browser.send(f"/dossiers/{entry.id}/retry", {"csrf": browser.token}, headers).status_code == 403
    assert browser.send("/login", {"name": OFFICER, "pin": PIN}, headers).status_code == 403
    assert office.entry(entry.id).state is EntryState.REJECTED
    same = {"Origin": None, "Sec-Fetch-Site": "same-origin"}
    assert browser.send(f"/dossiers/{entry.id}/retry", {"csrf": browser.token}, same).status_code == 200


def test_only_names_of_this_machine_are_served(office: Office) -> None:
    port = urlsplit(office.url).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert requests.get(f"{office.url}/login", headers={"Host": host}, timeout=20).status_code == 200
    for host in ("127.0.0.1", "evil.example", f"evil.example:{port}", f"127.0.0.1:{port}.evil.example", ""):
        answer = requests.get(f"{office.url}/login", headers={"Host": host}, timeout=20)
        assert (answer.status_code, answer.text) == (421, "421\n")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert status(raw(office, b"GET /login HTTP/1.0\r\n\r\n")) == 421
    assert status(raw(office, b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n")) in (400, 421)


def test_headers_of_every_answer(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    for path in (*(page.format(entry.id) for page in PAGES), "/login", "/nowhere"):
        headers = browser.get(path).headers
        assert headers["Content-Security-Policy"] == security.POLICY
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in headers
    assert "script" not in browser.get(f"/dossiers/{entry.id}").text
    assert "style=" not in browser.get(f"/dossiers/{entry.id}").text


def test_the_cookie_is_out_of_reach_and_new_at_each_login(office: Office) -> None:
    browser = Browser(office.url)
    planted = "planted-by-somebody"
    browser.http.cookies.set("desk", planted, domain="127.0.0.1")
    answer = browser.post("/login", name=OFFICER, pin=PIN)
    cookie = answer.history[0].headers["Set-Cookie"]
    assert re.fullmatch(r"desk=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie)
    first = cookie.split(";")[0].partition("=")[2]
    browser.post("/login", name=OFFICER, pin=PIN)
    for old in (planted, first):
        assert requests.get(office.url, cookies={"desk": old}, timeout=20).url.endswith("/login")


def test_logging_out_ends_the_session(office: Office) -> None:
    browser = office.officer()
    cookie = dict(browser.http.cookies)
    assert browser.post("/logout").url.endswith("/login")
    assert requests.get(office.url, cookies=cookie, timeout=20).url.endswith("/login")
    assert '"logged_out"' in office.log()


def test_sessions_end_when_idle_and_at_the_end_of_the_day() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    first, session = sessions.open("Sen")
    session.drafts["x"] = {"child.full_name": "Trần"}
    for _ in range(48):  # from before the hall opens until after it has closed
        now[0] += 15 * 60
        assert sessions.find(first) is session
    now[0] += 1
    assert sessions.find(first) is None
    assert sessions._open == {}
    second, resting = sessions.open("Sen")
    resting.drafts["x"] = {"child.full_name": "Trần"}
    now[0] += 15 * 60 + 1
    assert sessions.find(second) is None
    assert resting.drafts == {}
    assert sessions.find(second, rested=True) is resting  # calls numbers still, and comes no nearer to a dossier by it
    assert sessions.find(second) is None
    now[0] += 12 * 3600
    assert sessions.find(second, rested=True) is None
    assert "csrf" not in repr(session)
    assert "Trần" not in repr(session)


def test_an_ended_session_is_told(office: Office) -> None:
    browser = office.officer()
    for session_id in list(office.pages.sessions._open):
        office.pages.sessions.close(session_id)
    assert "Phiên làm việc đã hết." in browser.get("/").text


@pytest.mark.parametrize("name", [OFFICER, "Kỹ thuật", "Nobody", ""])
def test_wrong_pins_delay_the_next_try(office: Office, name: str) -> None:
    browser = Browser(office.url)
    for seconds in (1, 2, 4, 8, 16, 30, 30) if name == OFFICER else (1, 2):
        answer = browser.post("/login", name=name, pin="1111")
        assert (answer.status_code, f"sau {seconds} giây" in answer.text) == (403, True)
        wrong = office.log().count("pin_wrong")
        assert browser.post("/login", name=name, pin=PIN).status_code == 429
        assert office.log().count("pin_wrong") == wrong
        office.now += timedelta(seconds=seconds)
    answer = browser.post("/login", name=name, pin=PIN)
    assert answer.status_code == (200 if name == OFFICER else 403)  # never locked; technicians have no page
    assert "1111" not in office.log()
    assert "Nobody" not in office.log()


@dataclass
class Doorstep:
    """A door, and a clock that moves with each try."""

    now: datetime = datetime(2026, 11, 25, 7, 30, tzinfo=ZONE)

    def __post_init__(self) -> None:
        self.door = Door(default_accounts(), lambda: self.now)

    def knock(self, address: str, pin: str = "1111", name: str = OFFICER, later: float = 0) -> str:
        """The answer to a try some seconds later."""
        self.now += timedelta(seconds=later)
        return self.door.knock(name, pin, address)[0]


def test_wrong_pins_at_one_computer_keep_nobody_from_another() -> None:
    step = Doorstep()
    for _ in range(10):
        assert step.knock("10.0.0.66", later=30) == "pin_wrong"
    assert step.knock("10.0.0.66", PIN) == "pin_wait"
    assert step.knock("10.0.0.5", PIN) == ""


def test_many_computers_together_guess_no_faster_and_keep_an_officer_from_no_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(security, "MOST_WRONG", 20)
    step = Doorstep()
    assert step.knock("10.0.0.5", PIN) == ""
    assert {step.knock("10.0.0.5", later=30) for _ in range(20)} == {"pin_wrong"}  # counted there alone
    assert step.knock("10.0.0.5", PIN, later=30) == ""
    tries = [step.knock(f"10.0.1.{number}", later=1) for number in range(40)]
    assert tries == ["pin_wrong"] * 20 + ["pin_wait"] * 20
    assert step.knock("10.0.2.1", PIN) == "pin_wait"
    assert step.knock("10.0.2.1", name="Nobody") == "pin_wrong"  # each name by itself
    assert step.knock("10.0.0.5") == "pin_wrong"
    assert step.knock("10.0.0.5", PIN, later=1) == ""
    assert step.knock("10.0.2.1", PIN, later=3600) == ""
    assert step.knock("10.0.2.1", later=8 * 86400) == "pin_wrong"


def test_one_computer_alone_never_uses_up_what_a_name_takes() -> None:
    step = Doorstep()
    answers = [step.knock("10.0.0.66", later=1) for _ in range(3600)]
    assert security.MOST_WRONG > answers.count("pin_wrong") > 100
    assert step.knock("10.0.0.5", PIN) == ""


def test_a_clock_that_jumps_back_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MOST_WRONG", 2)
    step = Doorstep()
    assert [step.knock(f"10.0.1.{number}") for number in range(3)] == ["pin_wrong", "pin_wrong", "pin_wait"]
    assert step.knock("10.0.0.5", PIN, later=-7200) == ""


def test_what_is_remembered_of_addresses_has_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MOST_ADDRESSES", 3)
    step = Doorstep()
    for number in range(10):
        step.knock(f"10.0.1.{number}")
    assert len(step.door._delays) == 3
    assert step.knock("10.0.1.9", PIN) == "pin_wait"


def test_what_a_citizen_or_the_province_wrote_is_text(office: Office) -> None:
    evil = '"><script>alert(1)</script>'
    entry = office.rejected(
        ("/form/answers/birth.place", evil), (evil, evil), answers={"birth.place": evil, "requester.address": "Nam"}
    )
    browser = office.officer()
    for path in ("", "/correction"):
        page = browser.get(f"/dossiers/{entry.id}{path}").text
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    browser.correct(entry, {"answer:birth.place": evil + "2"})
    page = browser.get(f"/dossiers/{entry.id}/confirmation").text
    assert "<script" not in page
    assert "&lt;/script&gt;2" in page
    assert ">Male<" not in browser.get(f"/dossiers/{entry.id}?lang=en").text.split("birth.place")[0].split("child.")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../security.py", "/static/..%2fsecurity.py", "/static/%2e%2e/security.py", "/static/",
        "/static/desk.css/", "/static//etc/passwd", "/static/..%5csecurity.py", "/static/desk.css%00",
        "//static/../../audit.jsonl",
    ],
)  # fmt: skip
def test_only_the_few_static_files_are_served(office: Office, path: str) -> None:
    host = urlsplit(office.url).netloc
    answer = raw(office, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert status(answer) == 404


def test_styles_and_font_come_from_here(office: Office) -> None:
    page = Browser(office.url).get("/login").text
    found = re.search(r'href="(/static/desk\.css\?\w+)"', page)
    assert found
    styles = requests.get(office.url + found[1], timeout=20)
    assert styles.headers["Content-Type"].startswith("text/css")
    for name in re.findall(r"url\((.*?)\)", styles.text):
        assert requests.get(f"{office.url}/static/{name}", timeout=20).content[:4] == b"\x00\x01\x00\x00"
    assert "http" not in styles.text


def test_limits_of_a_request(office: Office) -> None:
    browser = office.officer()
    assert browser.send("/login", {"name": "x" * 70_000}).status_code == 413
    host = urlsplit(office.url).netloc
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: {office.url}\r\nConnection: close\r\n"
    assert status(raw(office, f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode())) == 413
    assert status(raw(office, f"{head}Content-Length: 99999999999999999999\r\n\r\n".encode())) in (400, 413)
    assert status(raw(office, b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)) == 400
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        assert requests.request(method, office.url, timeout=20).status_code == 405
    assert browser.send("/login", {f"a{n}": "" for n in range(1000)}).status_code == 413
    assert requests.post(
        f"{office.url}/login", data=b"\xff\xfe=\xff", headers={"Origin": office.url}, timeout=20
    ).status_code in (403, 413)


def test_slow_clients_are_cut_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    parts = urlsplit(office.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nHost:")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            trickle(silent)  # a byte now and then does not buy time
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as silent:
        assert silent.recv(1) == b""  # nor does saying nothing at all
    assert requests.get(f"{office.url}/login", timeout=20).status_code == 200


def test_one_machine_does_not_take_the_lines_of_all(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "is_loopback", lambda _address: False)
    with ExitStack() as lines:
        boards = [lines.enter_context(Stream(f"{office.url}/board/events")) for _ in range(server.MOST_LINES)]
        assert all(board.html() for board in boards)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{office.url}/login", timeout=20)
        monkeypatch.undo()
        with Stream(f"{office.url}/board/events") as other:  # the board of the hall still finds a place
            assert other.html()


def test_a_body_that_does_not_come_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.pages.visit.BODY_SECONDS", 0.2)
    host = urlsplit(office.url).netloc
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: {office.url}\r\nContent-Length: 50\r\nConnection: close"
    assert status(raw(office, f"{head}\r\n\r\nname=".encode())) == 413


def test_a_surprise_tells_nothing_of_the_citizen(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()

    def broken() -> None:
        raise RuntimeError("Nguyễn Thị Đào 027190012345")

    object.__setattr__(office.desk, "wake", broken)
    with caplog.at_level(logging.DEBUG):
        answer = browser.post(f"/dossiers/{entry.id}/retry")
    assert answer.status_code == 500
    assert "RuntimeError" in caplog.text
    assert "Đào" not in caplog.text + answer.text
    assert "027190012345" not in caplog.text + answer.text


def test_nothing_is_logged_of_a_days_work(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    entry = office.rejected(NAME)
    with caplog.at_level(logging.INFO):
        browser = office.officer()
        browser.get(f"/dossiers/{entry.id}")
        browser.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
        browser.confirm(entry)
    assert "Trần" not in caplog.text
    assert entry.id not in "".join(r.getMessage() for r in caplog.records if r.name.startswith(("kiosk", "uvicorn")))
