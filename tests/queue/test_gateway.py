"""The way to the province, against a real HTTP server that does right and wrong."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_queue.entry import Attachment, OutboxEntry, Problem, Receipt
from offline_queue.gateway import Busy, Conflict, Rejected, SubmitError, Unauthorised, Unreachable
from offline_queue.http_gateway import HttpGateway
from tests.queue.people import ID_NUMBER, NAME, entry
from tests.queue.province import RECEIPT, TOKEN, Fault, Handler, Province, Upload, answer, drop, lose_reply, running

FILE = bytes(range(256)) * 8 * 1024  # 2 MB: four chunks
SHA = hashlib.sha256(FILE).hexdigest()
PAGE = b"<!doctype html><title>Wi-Fi</title>"
DOSSIERS = ("POST", "/v1/dossiers")


@pytest.fixture
def province() -> Iterator[Province]:
    with running() as one:
        yield one


@pytest.fixture
def uploads() -> dict[tuple[str, str], str]:
    return {}


@pytest.fixture
def gateway(province: Province, uploads: dict[tuple[str, str], str]) -> Iterator[HttpGateway]:
    one = HttpGateway(province.url, TOKEN, timeout=(1, 1), uploads=uploads)
    yield one
    one.close()


def with_file() -> OutboxEntry:
    return entry(Attachment("birth", "Giấy khai sinh", SHA, len(FILE), "application/pdf", 3, "original"))


def read(_: Attachment) -> bytes:
    return FILE


def test_a_dossier_arrives_with_its_files_and_its_key(gateway: HttpGateway, province: Province) -> None:
    one = with_file()
    receipt = gateway.submit(one, read)
    assert receipt == Receipt("H05.114-261123-0001", 1, RECEIPT["received_at"], None)
    body = province.dossiers[one.id]["body"]
    (paper,) = body["attachments"]
    (upload,) = province.uploads.values()
    assert bytes(upload.data) == FILE
    assert {**body, "attachments": []} == {**one.payload, "attachments": []}
    assert paper == {
        "component": "birth",
        "title": "Giấy khai sinh",
        "copy_type": "original",
        "file_url": paper["file_url"],
        "sha256": SHA,
        "size": len(FILE),
        "media_type": "application/pdf",
        "pages": 3,
    }
    metadata = {k: base64.b64decode(v).decode() for k, v in (item.split(" ") for item in upload.metadata.split(","))}
    assert metadata == {"filename": f"{one.id}.1", "media_type": "application/pdf", "sha256": SHA}
    methods = [method for method, path in province.requests if path.startswith("/v1/files")]
    assert methods == ["POST", "PATCH", "PATCH", "PATCH", "PATCH"]
    assert all(headers["authorization"] == f"Bearer {TOKEN}" for headers in province.headers)
    assert gateway.submit(one, read) == receipt
    assert len(province.dossiers) == 1


def test_find_tells_arrived_from_not_arrived(gateway: HttpGateway) -> None:
    one = entry()
    assert gateway.find(one.id) is None
    receipt = gateway.submit(one, read)
    assert gateway.find(one.id) == receipt


REFUSALS: list[tuple[Fault, type[SubmitError]]] = [
    (answer(401, {"title": "token"}), Unauthorised),
    (answer(403), Unauthorised),
    (answer(409, {"title": "key"}), Conflict),
    (answer(413, PAGE), Rejected),
    (answer(422, {"title": "wrong"}), Rejected),
    (answer(404, {"title": "no"}), Rejected),
    (answer(418), Rejected),
    (answer(404, PAGE), Unreachable),
    (answer(400, PAGE), Unreachable),
    (answer(408), Unreachable),
    (answer(429, Retry_After="7"), Busy),
    (answer(503, PAGE), Busy),
    (answer(500, {"title": "oops"}), Unreachable),
    (answer(502, PAGE), Unreachable),
    (answer(200, PAGE), Unreachable),
    (answer(200), Unreachable),
    (answer(204), Unreachable),
    (answer(202, RECEIPT), Unreachable),
    (answer(201, [RECEIPT]), Unreachable),
    (answer(201, {**RECEIPT, "code": ""}), Unreachable),
    (answer(201, {**RECEIPT, "status": 11}), Unreachable),
    (answer(201, {**RECEIPT, "received_at": "yesterday"}), Unreachable),
    (answer(201, {**RECEIPT, "received_at": "2026-11-23T08:00:00"}), Unreachable),
    (answer(201, {k: v for k, v in RECEIPT.items() if k != "code"}), Unreachable),
    (answer(201, b'{"code": "H05', Content_Type="application/json"), Unreachable),
    (answer(201, b"{}", Content_Length="500"), Unreachable),
    (answer(201, b"\xff\xfe\x00", Content_Type="application/json"), Unreachable),
    (answer(201, b"[" * 100_000, Content_Type="application/json"), Unreachable),
    (answer(201, b" " * (9 << 20) + json.dumps(RECEIPT).encode(), Content_Type="application/json"), Unreachable),
    (answer(302, Location="http://127.0.0.1:9/login"), Unreachable),
    (answer(307, Location="/v1/elsewhere"), Unreachable),
    (answer(302, Location="http://[::1"), Unreachable),
    (drop, Unreachable),
    (lose_reply, Unreachable),
]


@pytest.mark.parametrize(("fault", "error"), REFUSALS)
def test_every_answer_has_its_meaning(
    gateway: HttpGateway, province: Province, fault: Fault, error: type[SubmitError]
) -> None:
    province.fault(*DOSSIERS, fault)
    with pytest.raises(error) as raised:
        gateway.submit(entry(), read)
    assert type(raised.value) is error
    assert NAME not in repr(raised.value)
    assert ID_NUMBER not in repr(raised.value)
    assert province.submissions() == 1


def test_the_reasons_of_a_rejection_reach_staff_and_no_log(gateway: HttpGateway, province: Province) -> None:
    reasons = [{"path": "/submitter/phone", "message": f"{NAME}: thiếu số điện thoại"}]
    province.fault(*DOSSIERS, answer(422, {"title": "x", "problems": reasons}), answer(400, b"gone wrong"))
    with pytest.raises(Rejected) as raised:
        gateway.submit(entry(), read)
    assert raised.value.problems == (Problem("/submitter/phone", f"{NAME}: thiếu số điện thoại"),)
    assert NAME not in str(raised.value)
    with pytest.raises(Rejected) as raised:
        gateway.submit(entry(), read)
    assert raised.value.problems == (Problem("", "gone wrong"),)


@pytest.mark.parametrize(("value", "after"), [("7", 7), ("", 30), ("999999", 3600)])
def test_busy_says_for_how_long(gateway: HttpGateway, province: Province, value: str, after: float) -> None:
    province.fault(*DOSSIERS, answer(503, {"title": "later"}, Retry_After=value))
    with pytest.raises(Busy) as raised:
        gateway.submit(entry(), read)
    assert raised.value.after == after


def test_not_arrived_is_believed_of_the_api_only(gateway: HttpGateway, province: Province) -> None:
    province.fault("GET", "/v1/dossiers", answer(404, PAGE), answer(404), answer(200, PAGE))
    with pytest.raises(Unreachable):
        gateway.find("x")
    assert gateway.find("x") is None
    with pytest.raises(Unreachable):
        gateway.find("x")


def test_a_redirect_is_not_followed(gateway: HttpGateway, province: Province) -> None:
    one = entry()
    gateway.submit(one, read)
    province.fault("GET", "/v1/dossiers", answer(302, Location=f"/v1/dossiers/{one.id}"))
    with pytest.raises(Unreachable):
        gateway.find("another")


def test_status_procedures_and_health(gateway: HttpGateway, province: Province) -> None:
    assert gateway.health().status == "ok"
    assert "authorization" not in province.headers[-1]
    with pytest.raises(Rejected):
        gateway.status("H05.114-000000-0000")
    one = entry()
    gateway.submit(one, read)
    assert gateway.status(one.id)["code"] == "H05.114-261123-0001"
    province.fault("GET", "/v1/procedures", answer(200, {"procedures": []}, ETag='"1"'), answer(304), answer(500))
    assert gateway.procedures() == ({"procedures": []}, '"1"')
    assert gateway.procedures('"1"') == (None, '"1"')
    assert province.headers[-1]["if-none-match"] == '"1"'
    for act in (gateway.procedures, gateway.health):
        province.fault("GET", "/v1/health", answer(200, PAGE))
        with pytest.raises(Unreachable):
            act()


def test_an_upload_goes_on_where_the_line_broke(
    gateway: HttpGateway, province: Province, uploads: dict[tuple[str, str], str]
) -> None:
    province.drop_patch_after = 300_000
    one = with_file()
    gateway.submit(one, read)
    (upload,) = province.uploads.values()
    assert bytes(upload.data) == FILE
    assert list(uploads) == [(one.id, SHA)]


def test_an_upload_goes_on_after_a_restart(province: Province, uploads: dict[tuple[str, str], str]) -> None:
    one = with_file()
    province.fault("PATCH", "/v1/files", lambda _: False, *[drop] * 9)
    province.fault("HEAD", "/v1/files", *[drop] * 9)
    before = HttpGateway(province.url, TOKEN, timeout=(1, 1), uploads=uploads)
    with pytest.raises(Unreachable):
        before.submit(one, read)
    before.close()
    assert [len(upload.data) for upload in province.uploads.values()] == [512 * 1024]
    province.faults.clear()
    province.requests.clear()
    after = HttpGateway(province.url, TOKEN, timeout=(1, 1), uploads=uploads)
    after.submit(one, read)
    after.close()
    assert [method for method, path in province.requests if "files" in path] == ["HEAD", "PATCH", "PATCH", "PATCH"]


def test_an_upload_that_the_server_has_forgotten_is_made_anew(gateway: HttpGateway, province: Province) -> None:
    one = with_file()
    province.fault(*DOSSIERS, answer(500))
    with pytest.raises(Unreachable):
        gateway.submit(one, read)
    province.uploads.clear()
    gateway.submit(one, read)
    assert len(province.dossiers) == 1
    province.fault("PATCH", "/v1/files", *[answer(404)] * 9)
    province.fault("HEAD", "/v1/files", *[answer(404)] * 9)
    with pytest.raises(Unreachable):
        gateway.submit(with_file(), read)


def test_the_address_that_another_sender_kept_first_is_the_one(
    gateway: HttpGateway, province: Province, uploads: dict[tuple[str, str], str]
) -> None:
    """Two senders with one entry must not post two dossiers that differ in an address."""
    one = with_file()
    province.uploads["theirs"] = Upload(len(FILE), "")

    def meanwhile(_: Handler) -> bool:
        uploads[one.id, SHA] = f"{province.url}/v1/files/theirs"
        return False

    province.fault("POST", "/v1/files", meanwhile)
    gateway.submit(one, read)
    (paper,) = province.dossiers[one.id]["body"]["attachments"]
    assert paper["file_url"] == f"{province.url}/v1/files/theirs"
    assert bytes(province.uploads["theirs"].data) == FILE


def test_an_address_that_another_sender_forgets_is_still_ours(
    gateway: HttpGateway, province: Province, uploads: dict[tuple[str, str], str]
) -> None:
    """The other one has delivered the entry meanwhile."""

    def meanwhile(_: Handler) -> bool:
        uploads.clear()
        return False

    province.fault("PATCH", "/v1/files", meanwhile)
    gateway.submit(with_file(), read)
    assert len(province.uploads) == 1


def test_a_receipt_that_comes_twice_delivers_one_dossier(gateway: HttpGateway, province: Province) -> None:
    one, other = entry(), entry()
    gateway.submit(one, read)
    province.fault(*DOSSIERS, answer(201, {**RECEIPT, "code": "H05.114-261123-0001"}))
    with pytest.raises(Unreachable):
        gateway.submit(other, read)
    assert gateway.submit(other, read).code == "H05.114-261123-0002"
    assert gateway.submit(one, read).code == "H05.114-261123-0001"


def test_another_offset_is_asked_for_and_a_stuck_upload_given_up(gateway: HttpGateway, province: Province) -> None:
    province.fault("PATCH", "/v1/files", lambda _: False, answer(409))
    gateway.submit(with_file(), read)
    province.fault("PATCH", "/v1/files", *[answer(409)] * 9)
    with pytest.raises(Unreachable):
        gateway.submit(with_file(), read)


UPLOAD_REFUSALS: list[tuple[str, Fault, type[SubmitError]]] = [
    ("POST", answer(401), Unauthorised),
    ("POST", answer(413, {"title": "too large"}), Rejected),
    ("POST", answer(429, Retry_After="3"), Busy),
    ("POST", answer(201, Location="http://elsewhere.example/files/1"), Unreachable),
    ("POST", answer(201, Location="http://[::1"), Unreachable),
    ("POST", answer(201), Unreachable),
    ("POST", answer(200, PAGE), Unreachable),
    ("POST", answer(412), Unreachable),
    ("PATCH", answer(423), Busy),
    ("PATCH", answer(403), Unauthorised),
    ("PATCH", answer(413), Rejected),
]


@pytest.mark.parametrize(("method", "fault", "error"), UPLOAD_REFUSALS)
def test_every_answer_to_an_upload_has_its_meaning(
    gateway: HttpGateway, province: Province, method: str, fault: Fault, error: type[SubmitError]
) -> None:
    province.fault(method, "/v1/files", *[fault] * 9)
    with pytest.raises(error):
        gateway.submit(with_file(), read)
    assert province.dossiers == {}


@pytest.mark.parametrize("offset", ["", "-1", "x", str(len(FILE) + 1), "9" * 5000])
def test_an_offset_that_cannot_be_is_not_believed(gateway: HttpGateway, province: Province, offset: str) -> None:
    province.fault("PATCH", "/v1/files", *[answer(204, Upload_Offset=offset)] * 9)
    province.fault("HEAD", "/v1/files", *[answer(200, Upload_Offset=offset)] * 9)
    with pytest.raises(Unreachable):
        gateway.submit(with_file(), read)


def test_behind_a_proxy_the_upload_keeps_our_address(gateway: HttpGateway, province: Province) -> None:
    one = with_file()
    province.uploads["inner"] = Upload(len(FILE), "")
    province.fault("POST", "/v1/files", answer(201, Location="https://127.0.0.1:8443/v1/files/inner"))
    gateway.submit(one, read)
    (paper,) = province.dossiers[one.id]["body"]["attachments"]
    assert paper["file_url"] == f"{province.url}/v1/files/inner"


def test_nobody_there(tmp_path: Path) -> None:
    with running() as gone:
        url = gone.url
    gateway = HttpGateway(url, TOKEN, timeout=(1, 1))
    for act in (gateway.health, lambda: gateway.find("x"), lambda: gateway.submit(entry(), read)):
        with pytest.raises(Unreachable):
            act()
    gateway.close()
    for gateway in (
        HttpGateway("https://127.0.0.1:9", ca_file=str(tmp_path / "missing.pem")),
        HttpGateway("http://no-such-host.invalid"),
    ):
        with pytest.raises(Unreachable):
            gateway.health()
        gateway.close()


def test_a_silent_province_is_given_up(province: Province) -> None:
    let_go = threading.Event()
    gateway = HttpGateway(province.url, TOKEN, timeout=(1, 0.1))
    province.fault("GET", "/v1/dossiers", lambda _: not let_go.wait(5))
    with pytest.raises(Unreachable):
        gateway.find("x")
    let_go.set()
    gateway.close()


def test_the_environment_leads_nothing_astray(
    province: Province, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(407)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            pass

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    loopback, outside = HttpGateway(province.url, TOKEN), HttpGateway("http://gateway.example.invalid", TOKEN)
    try:
        assert loopback.find("x") is None
        assert asked == []
        with pytest.raises(SubmitError):
            outside.status("x")
        assert asked == ["http://gateway.example.invalid/v1/dossiers/x"]
    finally:
        loopback.close()
        outside.close()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
