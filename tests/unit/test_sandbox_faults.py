"""Each fault of the embedded province over a real socket, as a kiosk meets it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from kiosk.sandbox.server import Province

DOSSIER = {
    "kiosk": {"id": "k1", "agency_code": "H05.114"},
    "procedure_code": "1.004873",
    "form": {"id": "marital", "version": "2026-01-01", "answers": {}},
    "submitter": {"id_number": "027190012345", "full_name": "Nguyễn Thị Đào"},
    "identification": {"method": "qr", "assurance": "declared"},
    "declaration_confirmed_at": "2026-11-20T10:00:00+07:00",
    "notice_version": "1",
    "consents": [],
    "attachments": [],
    "created_at": "2026-11-20T10:00:00+07:00",
}


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    with Province(tmp_path) as province:
        yield province


def submit(url: str, client_ref: str) -> requests.Response:
    headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": client_ref}
    return requests.post(f"{url}/v1/dossiers", json={**DOSSIER, "client_ref": client_ref}, headers=headers, timeout=5)


def find(url: str, client_ref: str) -> requests.Response:
    headers = {"Authorization": "Bearer sandbox"}
    return requests.get(f"{url}/v1/dossiers", params={"client_ref": client_ref}, headers=headers, timeout=5)


def test_refuse_closes_the_port_and_open_lines_and_gives_both_back(province: Province) -> None:
    url = province.start()
    with requests.Session() as session:
        assert session.get(f"{url}/v1/health", timeout=5).ok
        province.fault = "refuse"
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/v1/health", timeout=5)
    with pytest.raises(requests.ConnectionError, match="refused"):
        submit(url, str(uuid.uuid4()))
    province.fault = "refuse"
    province.fault = ""
    assert submit(url, str(uuid.uuid4())).status_code == 201


def test_refuse_from_the_start_keeps_the_port(province: Province) -> None:
    province.fault = "refuse"
    url = province.start()
    with pytest.raises(requests.ConnectionError, match="refused"):
        submit(url, str(uuid.uuid4()))
    province.fault = ""
    assert submit(url, str(uuid.uuid4())).status_code == 201
    province.fault = "refuse"  # and it can be stopped so


def test_drop_breaks_the_line_before_anything_is_done(province: Province) -> None:
    url, client_ref = province.start(), str(uuid.uuid4())
    province.fault = "drop"
    with pytest.raises(requests.ConnectionError):
        submit(url, client_ref)
    province.fault = ""
    assert find(url, client_ref).status_code == 404


def test_lost_reply_takes_the_dossier_and_says_so_the_second_time(province: Province) -> None:
    url, client_ref = province.start(), str(uuid.uuid4())
    province.fault = "lost-reply"
    with pytest.raises(requests.ConnectionError):
        submit(url, client_ref)
    assert find(url, client_ref).json()["code"].endswith("-0001")
    assert submit(url, client_ref).status_code == 200
    with pytest.raises(requests.ConnectionError):
        submit(url, str(uuid.uuid4()))


def test_reject_gives_two_reasons_and_keeps_nothing(province: Province) -> None:
    url, client_ref = province.start(), str(uuid.uuid4())
    province.fault = "reject"
    response = submit(url, client_ref)
    assert response.status_code == 422
    assert len(response.json()["problems"]) == 2
    assert find(url, client_ref).status_code == 404
    assert requests.get(f"{url}/v1/health", timeout=5).ok


@pytest.mark.parametrize(
    ("fault", "status", "media_type"),
    [
        ("500", 500, "application/problem+json"),
        ("503", 503, "application/problem+json"),
        ("garbage", 200, "text/html; charset=utf-8"),
    ],
)
def test_wrong_answers(province: Province, fault: str, status: int, media_type: str) -> None:
    url, client_ref = province.start(), str(uuid.uuid4())
    province.fault = fault
    response = submit(url, client_ref)
    assert (response.status_code, response.headers["Content-Type"]) == (status, media_type)
    assert response.headers.get("Retry-After") == ("2" if fault == "503" else None)
    province.fault = ""
    assert find(url, client_ref).status_code == 404


def test_slow_answers_late_and_does_not_hold_up_the_end(province: Province) -> None:
    url, client_ref = province.start(), str(uuid.uuid4())
    province.fault = "slow, 503"
    assert province.fault == "503,slow"
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{url}/v1/health", timeout=0.5)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(submit, url, client_ref)
        province.stop()
        with pytest.raises(requests.ConnectionError):
            waiting.result(5)


def test_slow_is_an_answer_in_the_end(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    from kiosk.sandbox import listener

    monkeypatch.setattr(listener, "_SLOW_SECONDS", 0.3)
    province.fault = "slow"
    assert submit(province.start(), str(uuid.uuid4())).status_code == 201
