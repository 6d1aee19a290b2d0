"""Rules of the embedded province that need no server: due dates, VietQR, masked names, the dossier's schema."""

from __future__ import annotations

import copy
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.dossier_schema import dossier_problems, problems_against, request_schema
from kiosk.sandbox.due import ZONE, due_at
from kiosk.sandbox.faults import parse_faults
from kiosk.sandbox.store import Store
from offline_queue.errors import KeyRefused

DOSSIER: dict[str, Any] = {
    "client_ref": "7b0c9c0e-6a2e-4a53-9a1e-0d4a4d3c0001",
    "kiosk": {"id": "k1", "agency_code": "H05.114"},
    "procedure_code": "1.004873",
    "form": {"id": "marital", "version": "2026-01-01", "answers": {"purpose": "kết hôn"}},
    "submitter": {"id_number": "027190012345", "full_name": "Nguyễn Thị Đào"},
    "owner": None,
    "identification": {"method": "qr", "assurance": "declared"},
    "declaration_confirmed_at": "2026-11-20T10:00:00+07:00",
    "notice_version": "1",
    "consents": [],
    "attachments": [],
    "created_at": "2026-11-20T10:00:00+07:00",
}


@pytest.mark.parametrize(
    ("procedure", "received", "due"),
    [
        ("1.004873", "2026-11-20T10:00", "2026-11-26"),
        ("1.004873", "2026-11-20T15:05", "2026-11-27"),
        ("1.004873", "2026-02-13T09:00", "2026-02-25"),
        ("1.004873", "2026-08-31T09:00", "2026-09-08"),
        ("1.001193.000.00.00.H05", "2026-11-20T10:00", "2026-11-20"),
        ("1.001193", "2026-11-20T15:01", "2026-11-23"),
        ("2.000815", "2026-11-21T09:00", "2026-11-23"),
        ("2.000635", "2026-08-22T09:00", "2026-08-22"),  # a Saturday on which offices work
    ],
)
def test_due_date_counts_working_days(procedure: str, received: str, due: str) -> None:
    moment = datetime.fromisoformat(received).replace(tzinfo=ZONE)
    assert due_at(procedure, moment) == datetime.fromisoformat(f"{due}T17:00").replace(tzinfo=ZONE)


def test_a_good_dossier_has_no_problems_with_and_without_attachments() -> None:
    assert dossier_problems(DOSSIER) == ()
    without = {name: value for name, value in DOSSIER.items() if name != "attachments"}
    assert dossier_problems(without, attachments=False) == ()
    assert [problem.path for problem in dossier_problems(without)] == ["/attachments"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/client_ref", "not-a-uuid"),
        ("/submitter/id_number", "02719001234"),
        ("/submitter/id_number", "027190012345\n"),
        ("/submitter/full_name", ""),
        ("/submitter/date_of_birth", "2026-02-30"),
        ("/created_at", "2026-11-20 10:00"),
        ("/identification/method", "face"),
        ("/form/version", 5),
    ],
)
def test_each_fault_is_named_by_its_path_in_vietnamese_without_quoting_it(path: str, value: object) -> None:
    payload = copy.deepcopy(DOSSIER)
    *parents, last = path.strip("/").split("/")
    target = payload
    for name in parents:
        target = target[name]
    target[last] = value
    (problem,) = dossier_problems(payload)
    assert problem.path == path
    assert re.search("[ôịáàướóềấắđ]", problem.message)
    assert value == "" or str(value) not in problem.message


def test_an_organisation_is_judged_as_one() -> None:
    assert dossier_problems({**DOSSIER, "owner": {"name": "HTX", "tax_code": "0101234567"}}) == ()
    (problem,) = dossier_problems({**DOSSIER, "owner": {"name": "HTX", "tax_code": "1"}})
    assert problem.path == "/owner/tax_code"


def test_pointers_escape_and_requests_have_schemas() -> None:
    assert [p.path for p in problems_against(request_schema("/v1/payments"), {"client_ref": "x"})] == ["/amount_vnd"]


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_what_is_no_object_is_a_problem_not_a_crash(payload: object) -> None:
    assert dossier_problems(payload, attachments=False)


def test_names_are_masked() -> None:
    from offline_queue.answers import mask_name

    assert mask_name("Nguyễn Thị Đào") == "N*** T** Đ**"
    assert mask_name("Y Moan Êban") == "Y* M*** Ê***"  # decomposed on the way in


def test_an_unknown_fault_is_named_with_the_known_ones() -> None:
    assert parse_faults("slow, 503") == {"slow", "503"}
    with pytest.raises(ValueError, match=r"sluw.*lost-reply"):
        parse_faults("sluw")


def test_a_key_that_does_not_fit_is_refused_and_nothing_is_made_anew(tmp_path: Path) -> None:
    Store(tmp_path).close()
    key_file, database = tmp_path / "province.key", tmp_path / "province.db"
    key, size = key_file.read_bytes(), database.stat().st_size
    key_file.write_text(bytes(32).hex())
    with pytest.raises(KeyRefused, match="key_wrong"):
        Store(tmp_path)
    key_file.unlink()
    with pytest.raises(KeyRefused, match="key_missing"):
        Store(tmp_path)
    assert not key_file.exists()
    key_file.write_bytes(key)
    key_file.chmod(0o644)
    with pytest.raises(KeyRefused, match="key_readable_by_others"):
        Store(tmp_path)
    key_file.chmod(0o600)
    Store(tmp_path).close()
    assert database.stat().st_size >= size
