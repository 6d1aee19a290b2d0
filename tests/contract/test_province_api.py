"""The embedded province against `assets/province-api.yaml`, with requests that schemathesis makes up."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from kiosk.dossier_schema import API_FILE
from kiosk.sandbox.server import Province

EXAMPLES = 15
# What HTTP and tus have for a request that is wrong in itself; the description need not name them for each operation.
REFUSALS = {400, 401, 404, 405, 411, 412, 413, 415, 422}
CHECKS = [not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_path(API_FILE)
HEADERS = {"Authorization": "Bearer sandbox"}


@schemathesis.serializer("application/offset+octet-stream")
def raw_bytes(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """The body of a tus PATCH: the description gives it no schema, so any value will do."""
    return value if isinstance(value, bytes) else repr(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Province(tmp_path_factory.mktemp("province")) as province:
        yield province.start()


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_the_province_keeps_to_its_description(
    case: schemathesis.Case[Any], url: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = case.call(base_url=url, headers=HEADERS)
    checks = [*CHECKS, unsupported_method]
    if response.status_code not in REFUSALS:
        checks.append(status_code_conformance)
    case.validate_response(response, checks=checks)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_what_a_kiosk_does_every_day_is_as_described(url: str) -> None:
    client_ref = str(uuid.uuid4())
    dossier = {
        "client_ref": client_ref,
        "kiosk": {"id": "k1", "agency_code": "H05.114"},
        "procedure_code": "1.001193",
        "form": {"id": "birth", "version": "2026-01-01", "answers": {}},
        "submitter": {"id_number": "027190012345", "full_name": "Nguyễn Thị Đào"},
        "identification": {"method": "qr", "assurance": "declared"},
        "declaration_confirmed_at": "2026-11-20T10:00:00+07:00",
        "notice_version": "1",
        "consents": [{"purpose": "sms", "given_at": "2026-11-20T10:00:00+07:00"}],
        "attachments": [],
        "created_at": "2026-11-20T10:00:00+07:00",
    }
    keyed = {**HEADERS, "Idempotency-Key": client_ref}
    payment = {"client_ref": client_ref, "amount_vnd": 8000}
    proof = {"id_number": "027190012345", "proof": "sandbox-chip"}
    answers = {
        ("/v1/dossiers", "POST", 201): requests.post(f"{url}/v1/dossiers", json=dossier, headers=keyed, timeout=10),
        ("/v1/dossiers", "POST", 200): requests.post(f"{url}/v1/dossiers", json=dossier, headers=keyed, timeout=10),
        ("/v1/dossiers", "POST", 422): requests.post(f"{url}/v1/dossiers", json={}, headers=HEADERS, timeout=10),
        ("/v1/dossiers", "POST", 401): requests.post(f"{url}/v1/dossiers", json=dossier, timeout=10),
        ("/v1/dossiers", "GET", 200): _get(f"{url}/v1/dossiers?client_ref={client_ref}"),
        ("/v1/dossiers/{code}", "GET", 200): _get(f"{url}/v1/dossiers/{client_ref}"),
        ("/v1/payments", "POST", 201): requests.post(f"{url}/v1/payments", json=payment, headers=HEADERS, timeout=10),
        ("/v1/procedures", "GET", 200): _get(f"{url}/v1/procedures"),
        ("/v1/persons/lookup", "POST", 200): requests.post(
            f"{url}/v1/persons/lookup", json=proof, headers=HEADERS, timeout=10
        ),
        ("/v1/appointments/{code}", "GET", 200): _get(f"{url}/v1/appointments/LH-0001"),
        ("/v1/health", "GET", 200): requests.get(f"{url}/v1/health", timeout=10),
    }
    for (path, method, status), answer in answers.items():
        assert answer.status_code == status, path
        schema[path][method].validate_response(answer)


def _get(address: str) -> requests.Response:
    return requests.get(address, headers=HEADERS, timeout=10)
