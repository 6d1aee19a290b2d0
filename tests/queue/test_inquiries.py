"""What a citizen asks the province, against a real HTTP server: known, unknown, foreign, nonsense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from offline_queue.gateway import Busy, PaymentState, PhoneState, SubmitError, Unauthorised, Unreachable
from offline_queue.http_gateway import HttpGateway
from tests.queue.province import TOKEN, Province, answer, drop, running

PAGE = b"<!doctype html><title>Wi-Fi</title>"
NOON = "2026-11-26T12:00:00+07:00"
PERSON = {"id_number": "027190012345", "full_name": "Nguyễn Thị Đào", "date_of_birth": "1990-02-14", "sex": "female"}
CONFIRMED = {"state": "confirmed", "level": 2, "person": PERSON, "proof": "p"}

ASKS: dict[str, tuple[str, str, Callable[[HttpGateway], object]]] = {
    "progress": ("GET", "/v1/dossiers", lambda g: g.progress("H05.114-261123-0042")),
    "payment": ("GET", "/v1/payments", lambda g: g.payment("p1")),
    "ask_payment": ("POST", "/v1/payments", lambda g: g.ask_payment("ref", 8_000, "H05.114")),
    "appointment": ("GET", "/v1/appointments", lambda g: g.appointment("LH-0001")),
    "start_phone": ("POST", "/v1/vneid", lambda g: g.start_phone()),
    "phone": ("GET", "/v1/vneid", lambda g: g.phone("s1")),
}


@pytest.fixture(scope="module")
def province() -> Iterator[Province]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def gateway(province: Province) -> Iterator[HttpGateway]:
    one = HttpGateway(province.url, TOKEN, timeout=(1, 1))
    yield one
    one.close()


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (200, PAGE, Unreachable),
        (200, b"[1, 2", Unreachable),
        (200, {"code": 5, "status": 99, "state": "maybe"}, Unreachable),
        (404, PAGE, Unreachable),
        (500, None, Unreachable),
        (503, None, Busy),
        (401, None, Unauthorised),
    ],
)
def test_what_is_no_answer_is_none(
    gateway: HttpGateway, province: Province, name: str, status: int, body: object, meant: type[SubmitError]
) -> None:
    method, path, ask = ASKS[name]
    province.fault(method, path, answer(status, body))
    with pytest.raises(meant):
        ask(gateway)


@pytest.mark.parametrize("name", ASKS)
def test_a_line_that_breaks_is_unreachable(gateway: HttpGateway, province: Province, name: str) -> None:
    method, path, ask = ASKS[name]
    province.fault(method, path, drop)
    with pytest.raises(Unreachable):
        ask(gateway)


@pytest.mark.parametrize("name", ["progress", "payment", "appointment"])
def test_the_api_knows_of_none(gateway: HttpGateway, province: Province, name: str) -> None:
    method, path, ask = ASKS[name]
    province.fault(method, path, answer(404, {"title": "unknown"}))
    assert ask(gateway) is None


def test_progress_is_read(gateway: HttpGateway, province: Province) -> None:
    rows = [{"at": NOON, "status": 1, "note": "x", "new": 1}, {"status": 5}]
    body = {"code": "H05.114-261123-0042", "status": 5, "ask": "y" * 5000, "timeline": rows, "owner_masked": "N***"}
    province.fault("GET", "/v1/dossiers", answer(200, body))
    found = gateway.progress("H05.114-261123-0042")
    assert found
    assert (found.status, len(found.ask), found.due_at) == (5, 1000, None)
    assert found.timeline[0].at == datetime.fromisoformat(NOON)
    assert "y" not in repr(found)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("progress", {"code": "H05.114-261123-0043", "status": 4}),
        ("payment", {"payment_id": "p2", "state": "paid"}),
        ("appointment", {"code": "LH-0002", "from": NOON, "to": NOON}),
        ("appointment", {"code": "LH-0001", "from": NOON, "to": "2026-11-26T11:59:59+07:00"}),
    ],
)
def test_an_answer_about_something_else_is_none(
    gateway: HttpGateway, province: Province, name: str, body: object
) -> None:
    method, path, ask = ASKS[name]
    province.fault(method, path, answer(200, body))
    with pytest.raises(Unreachable):
        ask(gateway)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("H05.114-261123-0042", "h05.114-261123-0042"),
        ("H05.114-261123-0042", "H05-114-261123-0042"),
        ("5f0c6c0e-0000-4000-8000-000000000001", "H05.114-261123-0042"),  # a client_ref, answered with the code
    ],
)
def test_one_dossier_has_several_names(gateway: HttpGateway, province: Province, asked: str, told: str) -> None:
    province.fault("GET", "/v1/dossiers", answer(200, {"code": told, "status": 4}))
    found = gateway.progress(asked)
    assert found
    assert found.code == told


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Nguyễn Văn Người-Khác", "N*** V** N***"),
        ("Nguyễn T. Đ**", "N*** T. Đ**"),
        ("N*** T** Y*", "N*** T** Y*"),
        ("Nguyễn (027190012345)", "N*** (***"),
        ("", ""),
    ],
)
def test_a_name_that_comes_whole_is_masked(gateway: HttpGateway, province: Province, told: str, shown: str) -> None:
    body = {"code": "H05.114-261123-0042", "status": 4, "owner_masked": told}
    province.fault("GET", "/v1/dossiers", answer(200, body))
    found = gateway.progress("H05.114-261123-0042")
    assert found
    assert found.owner_masked == shown


def test_payments_and_appointments_are_read(gateway: HttpGateway, province: Province) -> None:
    body = {"payment_id": "p1", "state": "paid"}
    province.fault("POST", "/v1/payments", answer(201, {**body, "state": "waiting", "vietqr": "q", "expires_at": NOON}))
    province.fault("GET", "/v1/payments", answer(200, body))
    assert gateway.ask_payment("ref", 8_000, "H05.114").state is PaymentState.WAITING
    paid = gateway.payment("p1")
    assert paid
    assert paid.state is PaymentState.PAID
    province.fault("GET", "/v1/appointments", answer(200, {"code": "LH-0001", "series": "A", "from": NOON, "to": NOON}))
    found = gateway.appointment("LH-0001")
    assert found
    assert (found.series, found.start.isoformat()) == ("A", NOON)


def test_a_phone_confirms_only_with_person_and_proof(gateway: HttpGateway, province: Province) -> None:
    province.fault("GET", "/v1/vneid", answer(200, CONFIRMED))
    found = gateway.phone("s1")
    assert (found.state, found.level, found.proof) == (PhoneState.CONFIRMED, 2, "p")
    assert "Nguyễn" not in repr(found)
    for body in (
        {**CONFIRMED, "proof": ""},
        {**CONFIRMED, "person": None},
        {**CONFIRMED, "person": {"id_number": "1"}},
    ):
        province.fault("GET", "/v1/vneid", answer(200, body))
        with pytest.raises(Unreachable):
            gateway.phone("s1")
    province.fault("GET", "/v1/vneid", answer(200, {"state": "confirmed", "level": 1}))
    assert gateway.phone("s1").level == 1
    province.fault("GET", "/v1/vneid", answer(404, {"title": "unknown"}))
    assert gateway.phone("s1").state is PhoneState.EXPIRED


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_no_clock_can_show_is_none(gateway: HttpGateway, province: Province, moment: str) -> None:
    """What may be missing is left out; where the time is the matter itself, the answer is none."""
    dossier = {"code": "H05.114-261123-0042", "status": 4, "received_at": moment, "due_at": moment}
    province.fault("GET", "/v1/dossiers", answer(200, {**dossier, "timeline": [{"status": 4, "at": moment}]}))
    found = gateway.progress("H05.114-261123-0042")
    assert found
    assert (found.received_at, found.due_at, found.timeline[0].at) == (None, None, None)
    province.fault("GET", "/v1/dossiers", answer(200, {**dossier, "received_at": NOON}))
    receipt = gateway.find("5f0c6c0e-0000-4000-8000-000000000001")
    assert receipt
    assert (receipt.received_at, receipt.due_at) == (NOON, None)
    province.fault("GET", "/v1/payments", answer(200, {"payment_id": "p1", "state": "waiting", "expires_at": moment}))
    paid = gateway.payment("p1")
    assert paid
    assert paid.expires_at is None
    province.fault("GET", "/v1/appointments", answer(200, {"code": "LH-0001", "from": NOON, "to": moment}))
    province.fault("POST", "/v1/vneid", answer(201, {"session": "s1", "qr": "q", "expires_at": moment}))
    province.fault("GET", "/v1/health", answer(200, {"status": "ok", "time": moment}))
    province.fault("GET", "/v1/dossiers", answer(200, dossier))
    asks = (ASKS["appointment"][2], ASKS["start_phone"][2], lambda g: g.health(), lambda g: g.find("x"))
    for ask in asks:
        with pytest.raises(Unreachable):
            ask(gateway)


def test_nothing_is_told_of_another_person(gateway: HttpGateway, province: Province) -> None:
    body = {"person": {"id_number": PERSON["id_number"], "phone": "0900000001"}, "household": [PERSON]}
    province.fault("POST", "/v1/persons", answer(200, body), answer(200, body), answer(200, {"household": [PERSON]}))
    assert gateway.registered(str(PERSON["id_number"]), "p").phone == "0900000001"
    with pytest.raises(Unreachable):
        gateway.registered("027190012346", "p")
    assert len(gateway.registered("027190012346", "p").family) == 1  # it need not name whom it is about
