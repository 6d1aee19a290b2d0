"""What `diagnose` says of the hall's database: the cable, its name, or who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk import config, i18n
from kiosk.diagnostics.runner import table
from kiosk.diagnostics.states import report
from tests.hall.postgres import Server


def told(folder: Path, location: str) -> tuple[dict[str, Any], bool, list[str]]:
    """The host's part of the report, whether all is well, and the lines that a technician reads of it."""
    data = {"storage": {"data_dir": str(folder)}, "site": {"kiosk_id": "k1"}, "hall": {"database": location}}
    answer, healthy = report(config.parse({**data, "province": {"sandbox": True}}))
    lines = list(table(answer, lambda code: i18n.error_text(code, "en")))
    return answer["host"], healthy, lines[-2:]


def test_diagnose_asks_the_server_of_the_hall(server: Server, tmp_path: Path) -> None:
    server.empty()
    host, healthy, _lines = told(tmp_path, server.url)
    assert (host["ok"], host["hall_database"], healthy) == (True, {"ok": True, "code": None, "detail": None}, True)
    host, healthy, lines = told(tmp_path, server.url.replace("/postgres?", "/postgers?"))
    near = "«postgers» is not known; did you mean «postgres»?"
    assert host["hall_database"] == {"ok": False, "code": "hall_database_unknown", "detail": near}
    assert (host["ok"], host["code"], healthy) == (False, "hall_database_unknown", False)
    assert "answers, but it has no database of the configured name" in lines[-1]
    assert near in lines[-1]
    host, _healthy, _lines = told(tmp_path, server.url.replace("postgres@", "nobody@"))
    assert host["code"] == "hall_refused"
    server.stop()
    try:
        host, _healthy, _lines = told(tmp_path, server.url)
    finally:
        server.start()
    assert host["code"] == "hall_away"


@pytest.mark.parametrize("location", ["", "sqlite:///{folder}/hall.db"])
def test_a_file_is_no_server(tmp_path: Path, location: str) -> None:
    host, healthy, _lines = told(tmp_path, location.format(folder=tmp_path))
    assert "hall_database" not in host
    assert healthy
