"""The embedded province over real HTTP: dossiers, uploads, restarts, what lies on its disk."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from kiosk.dossier_schema import problems_against
from kiosk.sandbox.due import ZONE
from kiosk.sandbox.server import Province

SCAN = b"\xff\xd8" + bytes(range(256)) * 3000
ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)

    def __call__(self) -> datetime:
        return self.now


class Kiosk:
    """What a kiosk would send."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.headers = {"Authorization": "Bearer sandbox"}

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers={**self.headers, **headers}, timeout=10)

    def post(self, path: str, body: object, **headers: str) -> requests.Response:
        return requests.post(self.url + path, json=body, headers={**self.headers, **headers}, timeout=10)

    def submit(self, payload: dict[str, Any], key: str = "") -> requests.Response:
        return self.post("/v1/dossiers", payload, **{"Idempotency-Key": key or payload["client_ref"]})

    def create(self, content: bytes, sha256: str = "") -> str:
        metadata = {"filename": "a.jpg", "media_type": "image/jpeg", "sha256": sha256 or _sha(content)}
        encoded = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in metadata.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": encoded}
        response = requests.post(f"{self.url}/v1/files", headers={**self.headers, **headers}, timeout=10)
        assert response.status_code == 201
        return response.headers["Location"]

    def offset(self, location: str) -> int:
        headers = {**self.headers, "Tus-Resumable": "1.0.0"}
        return int(requests.head(location, headers=headers, timeout=10).headers["Upload-Offset"])

    def append(self, location: str, offset: int, data: bytes) -> requests.Response:
        headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        headers["Upload-Offset"] = str(offset)
        return requests.patch(location, data=data, headers={**self.headers, **headers}, timeout=10)

    def upload(self, content: bytes, sha256: str = "") -> str:
        location = self.create(content, sha256)
        assert self.append(location, 0, content).status_code == 204
        return location


def dossier(*attachments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A dossier of a synthetic person."""
    payload = {
        "client_ref": str(uuid.uuid4()),
        "kiosk": {"id": "k1", "agency_code": "H05.114"},
        "procedure_code": "1.004873",
        "form": {"id": "marital", "version": "2026-01-01", "answers": {}},
        "submitter": {"id_number": "027190012345", "full_name": "Nguyễn Thị Đào"},
        "identification": {"method": "qr", "assurance": "declared"},
        "declaration_confirmed_at": "2026-11-20T10:00:00+07:00",
        "notice_version": "1",
        "consents": [],
        "attachments": list(attachments),
        "created_at": "2026-11-20T10:00:00+07:00",
    }
    return {**payload, **changes}


def attachment(location: str, content: bytes, **changes: Any) -> dict[str, Any]:
    """One file of a dossier."""
    return {
        "component": "other",
        "title": "Giấy tờ",
        "copy_type": "copy",
        "file_url": location,
        "sha256": _sha(content),
        "size": len(content),
        "media_type": "image/jpeg",
        "pages": 1,
        **changes,
    }


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _command(data_dir: Path) -> subprocess.Popen[str]:
    code = "import sys; from pathlib import Path; from kiosk.sandbox.server import serve\n"
    code += "serve('127.0.0.1:0', Path(sys.argv[1]), '')"
    command = [sys.executable, "-W", "error", "-c", code, str(data_dir)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def province(tmp_path: Path, clock: Clock) -> Iterator[Province]:
    with Province(tmp_path, clock=clock) as province:
        yield province


@pytest.fixture
def kiosk(province: Province) -> Kiosk:
    return Kiosk(province.start())


def test_a_dossier_with_a_scan_is_taken_and_moves_on(kiosk: Kiosk, clock: Clock) -> None:
    payload = dossier(attachment(kiosk.upload(SCAN), SCAN))
    response = kiosk.submit(payload)
    assert response.status_code == 201
    receipt = response.json()
    assert receipt["code"] == "H05.114-261120-0001"
    assert receipt["received_at"] == "2026-11-20T10:00:00+07:00"
    assert receipt["due_at"] == "2026-11-26T17:00:00+07:00"
    assert kiosk.get(f"/v1/dossiers?client_ref={payload['client_ref']}").json() == receipt
    seen = []
    for _step in range(5):
        progress = kiosk.get(f"/v1/dossiers/{receipt['code']}").json()
        assert problems_against("/components/schemas/Progress", progress) == ()
        assert progress["owner_masked"] == "N*** T** Đ**"
        assert [entry["status"] for entry in progress["timeline"]][-1] == progress["status"]
        seen.append(progress["status"])
        clock.now += timedelta(seconds=60)
    assert seen == [1, 2, 4, 9, 9]
    assert kiosk.get(f"/v1/dossiers/{payload['client_ref']}").json()["code"] == receipt["code"]


def test_what_has_not_arrived_is_404(kiosk: Kiosk) -> None:
    for path in (f"/v1/dossiers?client_ref={uuid.uuid4()}", "/v1/dossiers/H05.114-261120-0001"):
        response = kiosk.get(path)
        assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")


def test_one_key_gives_one_code_to_eight_senders(kiosk: Kiosk) -> None:
    payload = dossier()
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _n: kiosk.submit(payload), range(8)))
    assert sorted(response.status_code for response in responses) == [200] * 7 + [201]
    assert len({response.text for response in responses}) == 1
    assert kiosk.submit(dossier()).json()["code"].endswith("-0002")


def test_the_key_with_another_body_and_the_dossier_with_another_key_are_conflicts(kiosk: Kiosk) -> None:
    payload = dossier()
    assert kiosk.submit(payload).status_code == 201
    assert kiosk.submit({**payload, "notice_version": "2"}, payload["client_ref"]).status_code == 409
    assert kiosk.submit(payload, str(uuid.uuid4())).status_code == 409


def test_a_restart_keeps_codes_receipts_port_and_half_an_upload(tmp_path: Path, clock: Clock) -> None:
    payload = dossier()
    with Province(tmp_path, clock=clock) as province:
        url = province.start()
        kiosk = Kiosk(url)
        receipt = kiosk.submit(payload).json()
        location = kiosk.create(SCAN)
        assert kiosk.append(location, 0, SCAN[:300_000]).status_code == 204
    with Province(tmp_path, clock=clock) as province:
        assert province.start() == url
        assert kiosk.offset(location) == 300_000
        assert kiosk.append(location, 0, SCAN).status_code == 409
        assert kiosk.append(location, 300_000, SCAN[300_000:]).status_code == 204
        again = kiosk.submit(payload)
        assert (again.status_code, again.json()) == (200, receipt)
        assert kiosk.submit(dossier(attachment(location, SCAN))).json()["code"] == "H05.114-261120-0002"
        clock.now = datetime(2026, 11, 20, 23, 59, tzinfo=ZONE)
        assert kiosk.submit(dossier()).json()["code"] == "H05.114-261120-0003"
        clock.now += timedelta(minutes=1)
        assert kiosk.submit(dossier()).json()["code"] == "H05.114-261121-0001"
        clock.now -= timedelta(minutes=1)  # a clock that jumps back over midnight
        assert kiosk.submit(dossier()).json()["code"] == "H05.114-261120-0004"


def test_the_dossiers_agency_is_used_when_it_is_one(kiosk: Kiosk) -> None:
    theirs = dossier(kiosk={"id": "k2", "agency_code": "H01.151.01"})
    assert kiosk.submit(theirs).json()["code"] == "H01.151.01-261120-0001"
    assert kiosk.submit(dossier(kiosk={"id": "k2", "agency_code": "../x"})).json()["code"] == "H05.114-261120-0001"


def begin_append(kiosk: Kiosk, location: str, first: bytes, length: int) -> http.client.HTTPConnection:
    """A PATCH that says `length` bytes and has sent the first of them."""
    address = urlsplit(location)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    line.putrequest("PATCH", address.path)
    headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    for name, value in {**kiosk.headers, **headers, "Content-Length": str(length)}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(first)
    return line


def test_an_upload_that_breaks_off_resumes_where_it_was(kiosk: Kiosk) -> None:
    location = kiosk.create(SCAN)
    begin_append(kiosk, location, SCAN[:400_000], len(SCAN)).close()
    offset = kiosk.offset(location)
    while (response := kiosk.append(location, offset, SCAN[offset:])).status_code == 409:
        offset = kiosk.offset(location)  # what was still on its way has arrived meanwhile
    assert response.status_code == 204
    assert kiosk.submit(dossier(attachment(location, SCAN))).status_code == 201


def test_a_killed_province_knows_what_it_has_of_an_upload(tmp_path: Path) -> None:
    with _command(tmp_path) as process:
        assert process.stdout is not None
        kiosk = Kiosk(process.stdout.readline().strip())
        location = kiosk.create(SCAN)
        line = begin_append(kiosk, location, SCAN[:600_000], len(SCAN))
        on_disk = tmp_path / "uploads" / location.rsplit("/", 1)[-1]
        while on_disk.stat().st_size < 300_000:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        line.close()
    with Province(tmp_path) as province:
        assert location.startswith(province.start())
        offset = kiosk.offset(location)
        assert 256 * 1024 <= offset <= 600_000
        assert kiosk.append(location, offset, SCAN[offset:]).status_code == 204
        assert kiosk.submit(dossier(attachment(location, SCAN))).status_code == 201


def test_an_early_refusal_is_heard_by_one_who_is_still_sending(kiosk: Kiosk) -> None:
    address = urlsplit(kiosk.url)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    line.request("POST", "/v1/dossiers", body=bytes(30_000_000))
    assert line.getresponse().status == 401
    line.close()


def test_attachments_must_be_there_whole_and_as_announced(kiosk: Kiosk) -> None:
    half = kiosk.create(SCAN)
    kiosk.append(half, 0, SCAN[:10])
    good = kiosk.upload(SCAN)
    false_promise = kiosk.upload(SCAN, sha256="0" * 64)
    payload = dossier(
        attachment(half, SCAN),
        attachment(good, SCAN, size=len(SCAN) + 1),
        attachment(good, SCAN, sha256="1" * 64),
        attachment(false_promise, SCAN),
        attachment("http://elsewhere/../../etc/passwd", SCAN),
    )
    response = kiosk.submit(payload)
    assert (response.status_code, response.headers["Content-Type"]) == (422, "application/problem+json")
    assert [problem["path"] for problem in response.json()["problems"]] == [
        "/attachments/0/file_url",
        "/attachments/1/size",
        "/attachments/2/sha256",
        "/attachments/3/sha256",
        "/attachments/4/file_url",
    ]
    assert kiosk.submit(dossier(attachment(good, SCAN))).status_code == 201


def test_tus_refuses_what_it_cannot_take_and_keeps_what_it_has(kiosk: Kiosk) -> None:
    location = kiosk.create(SCAN)
    assert kiosk.append(location, 0, SCAN[:1000]).status_code == 204
    assert kiosk.append(location, 1000, SCAN).status_code == 400
    headers = {**kiosk.headers, "Tus-Resumable": "1.0.0", "Upload-Offset": "1000", "Content-Type": "text/plain"}
    assert requests.patch(location, data=SCAN[1000:], headers=headers, timeout=10).status_code == 415
    assert kiosk.offset(location) == 1000
    assert kiosk.append(location, 1000, SCAN[1000:]).status_code == 204
    assert kiosk.append(f"{kiosk.url}/v1/files/{'0' * 32}", 0, b"x").status_code == 404
    headers = {
        **kiosk.headers,
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "99999999999",
        "Upload-Metadata": "filename YQ==",
    }
    assert requests.post(f"{kiosk.url}/v1/files", headers=headers, timeout=10).status_code == 413
    options = requests.options(f"{kiosk.url}/v1/files", headers=kiosk.headers, timeout=10)
    assert (options.status_code, options.headers["Tus-Version"]) == (204, "1.0.0")
    assert options.headers["Tus-Extension"] == "creation"
    headers = {**kiosk.headers, "Tus-Resumable": "1.0.0"}
    assert requests.delete(location, headers=headers, timeout=10).status_code == 405
    assert kiosk.offset(location) == len(SCAN)


def test_nothing_on_the_disk_can_be_read(tmp_path: Path) -> None:
    marks = ["Nguyễn Thị Đào", "027190012345", "bí mật của tôi", "giay-khai-sinh.jpg"]
    content = b"\xff\xd8" + " ".join(marks).encode() * 5000
    with Province(tmp_path) as province:
        kiosk = Kiosk(province.start())
        form = {"id": "marital", "version": "2026-01-01", "answers": {"secret": marks[2]}}
        kiosk.append(kiosk.create(content), 0, content[:100])
        assert kiosk.submit(dossier(attachment(kiosk.upload(content), content), form=form)).status_code == 201
        assert kiosk.post("/v1/kiosks/k1/heartbeat", {"note": marks[0]}).status_code == 204
        while_running = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    afterwards = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(afterwards) >= 4
    for raw in (*while_running.values(), *afterwards.values()):
        for mark in marks:
            assert mark.encode() not in raw
            assert json.dumps(mark)[1:-1].encode() not in raw
        assert b"SQLite format 3" not in raw


def test_without_the_token_only_health_answers(kiosk: Kiosk) -> None:
    assert requests.get(f"{kiosk.url}/v1/health", timeout=10).json()["status"] == "ok"
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic c2FuZGJveDo="}):
        for path in ("/v1/procedures", "/v1/files", "/v1/nowhere"):
            response = requests.get(kiosk.url + path, headers=headers, timeout=10)
            assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b'{"a": NaN}', 422),
        (b'{"a": "\\ud800"}', 422),
        (b"[" * 100_000, 422),
        (b"null", 422),
        (b'"' + b"x" * 1_500_000 + b'"', 413),
    ],
)
def test_a_malformed_dossier_gets_a_problem(kiosk: Kiosk, body: bytes, status: int) -> None:
    headers = {**kiosk.headers, "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    response = requests.post(f"{kiosk.url}/v1/dossiers", data=body, headers=headers, timeout=10)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")


def test_other_errors_are_problems_too(kiosk: Kiosk) -> None:
    wrong_key = kiosk.submit(dossier(), "not-a-uuid")
    no_such_path = kiosk.get("/v1/nowhere")
    wrong_method = requests.delete(f"{kiosk.url}/v1/health", timeout=10)
    missing_query = kiosk.get("/v1/dossiers")
    headers = {**kiosk.headers, "Idempotency-Key": str(uuid.uuid4())}
    wrong_type = requests.post(f"{kiosk.url}/v1/dossiers", data="x", headers=headers, timeout=10)
    answers = (wrong_key, no_such_path, wrong_method, missing_query, wrong_type)
    assert [answer.status_code for answer in answers] == [422, 404, 405, 422, 415]
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problems_against("/components/schemas/Problem", answer.json()) == ()


def test_unknown_members_are_ignored(kiosk: Kiosk) -> None:
    assert kiosk.submit(dossier(later_version={"x": 1})).status_code == 201


def test_the_command_prints_one_line_and_ends_on_a_signal(tmp_path: Path) -> None:
    with _command(tmp_path) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert Kiosk(url).submit(dossier()).status_code == 201
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_only_loopback_is_served(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Province(tmp_path).start("0.0.0.0")
