"""What the embedded province knows besides dossiers: payments, catalogue, persons, appointments, signs of life."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from kiosk.dossier_schema import problems_against
from kiosk.sandbox.due import ZONE
from kiosk.sandbox.server import Province
from kiosk.sandbox.store import Store


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)

    def __call__(self) -> datetime:
        return self.now


class Kiosk:
    """What a kiosk would ask."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.headers = {"Authorization": "Bearer sandbox"}

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers={**self.headers, **headers}, timeout=10)

    def post(self, path: str, body: object) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=self.headers, timeout=10)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kiosk(tmp_path: Path, clock: Clock) -> Iterator[Kiosk]:
    with Province(tmp_path, clock=clock) as province:
        yield Kiosk(province.start())


def test_a_payment_waits_then_is_paid(kiosk: Kiosk, clock: Clock) -> None:
    body = {"client_ref": str(uuid.uuid4()), "amount_vnd": 8000}
    asked = kiosk.post("/v1/payments", body)
    assert (asked.status_code, asked.json()["state"]) == (201, "waiting")
    assert "540480005802VN" in asked.json()["vietqr"]
    assert kiosk.post("/v1/payments", body).json() == asked.json()  # a lost reply makes no second payment
    clock.now += timedelta(seconds=20)
    assert kiosk.get(f"/v1/payments/{asked.json()['payment_id']}").json()["state"] == "paid"
    assert kiosk.get("/v1/payments/none").status_code == 404
    assert kiosk.post("/v1/payments", {**body, "amount_vnd": 10**20}).status_code == 422


def test_procedures_have_an_etag(tmp_path: Path) -> None:
    with Province(tmp_path, catalogue=lambda: {"procedures": [{"code": "2.000635"}]}) as province:
        kiosk = Kiosk(province.start())
        first = kiosk.get("/v1/procedures")
        assert first.json() == {"procedures": [{"code": "2.000635"}]}
        again = kiosk.get("/v1/procedures", **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.text) == (304, "")
        assert kiosk.get("/v1/procedures", **{"If-None-Match": '"old"'}).status_code == 200


def test_persons_are_told_only_to_proven_citizens(kiosk: Kiosk, clock: Clock) -> None:
    session = kiosk.post("/v1/vneid/sessions", None).json()
    path = f"/v1/vneid/sessions/{session['session']}"
    assert kiosk.get(path).json() == {"state": "waiting"}
    clock.now += timedelta(seconds=5)
    confirmed = kiosk.get(path).json()
    assert (confirmed["state"], confirmed["level"]) == ("confirmed", 2)
    assert problems_against("/components/schemas/Person", confirmed["person"]) == ()
    proof = {"id_number": "027190012345", "proof": confirmed["proof"]}
    assert kiosk.post("/v1/persons/lookup", proof).json()["residence"]["kind"] == "permanent"
    assert kiosk.post("/v1/persons/lookup", {**proof, "id_number": "066301000017"}).status_code == 403
    assert kiosk.post("/v1/persons/lookup", {**proof, "proof": "guess"}).status_code == 403
    chip = {"id_number": "001190000001", "proof": "sandbox-chip"}
    assert kiosk.post("/v1/persons/lookup", chip).status_code == 404
    assert kiosk.post("/v1/persons/lookup", {**chip, "id_number": "066301000017"}).status_code == 200
    clock.now += timedelta(minutes=5)
    assert kiosk.get(path).json() == {"state": "expired"}


def test_appointments_are_of_these_days(kiosk: Kiosk) -> None:
    found = kiosk.get("/v1/appointments/lh-0001").json()
    assert (found["code"], found["from"]) == ("LH-0001", "2026-11-20T08:30:00+07:00")
    assert kiosk.get("/v1/appointments/LH-9999").status_code == 404


def test_the_last_sign_of_life_of_each_kiosk_is_kept(tmp_path: Path, clock: Clock) -> None:
    with Province(tmp_path, clock=clock) as province:
        kiosk = Kiosk(province.start())
        for body in ({"paper": "low"}, {"paper": "ok"}):
            response = kiosk.post("/v1/kiosks/k1/heartbeat", body)
            assert (response.status_code, response.content) == (204, b"")
    store = Store(tmp_path)
    assert store.heartbeat("k1") == ("2026-11-20T10:00:00+07:00", {"paper": "ok"})
    assert store.heartbeat("k2") is None
    store.close()
