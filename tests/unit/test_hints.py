"""What `main.py check` hints at in a site's own files, and the log when the kiosk starts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from kiosk import builders, check
from kiosk.config import ASSETS, Config
from tests.unit.sites import site, write

__all__ = ["site"]

TODAY = date.today()  # noqa: DTZ011  as `hints_of`


def procedure(code: str, **values: Any) -> dict[str, Any]:
    names = {"name": "Khai báo tạm vắng", "short_name": "Absence", "field": "F"}
    return {"code": code, **names, "icon": "ring", "series": "C", "online": False} | values


def hinted(site: Config, *procedures: dict[str, Any]) -> list[str]:
    write(site, procedures__yaml=json.dumps(procedures))
    return check.hints(site)


def test_a_code_one_digit_off_a_known_one(site: Config) -> None:
    told = "code: the country has no such procedure; did you mean «1.003677» (Khai báo tạm vắng)?"
    assert hinted(site, procedure("1.003678")) == [f"procedures.yaml: 1.003678: {told}"]
    assert hinted(site, procedure("1.003677"), procedure("9.000001")) == []


def test_on_line_what_is_known_to_be_taken_at_the_counter(site: Config) -> None:
    online = {"online": True, "form_id": "stay-notice", "cases": [{"id": "lodging", "title": "N"}]}
    told = "online: of its ways only counter is known; is it taken on line here?"
    assert hinted(site, procedure("2.000815", **online)) == [f"procedures.yaml: 2.000815: {told}"]
    assert hinted(site, procedure("2.000815"), procedure("1.004222", **online), procedure("9.000001", **online)) == []


def test_a_fee_that_is_not_in_force(site: Config) -> None:
    past, future = str(TODAY - timedelta(days=2)), str(TODAY + timedelta(days=2))
    old, new = {"amount_vnd": 5000, "valid_to": past}, {"amount_vnd": 5000, "valid_from": future}
    told = "fee: is not in force today: nobody is told or asked one"
    ways = [{"way": "counter", "fees": [old, new]}]
    found = hinted(
        site, procedure("9.000001", fee=old), procedure("9.000002", fee=new), procedure("9.000003", channels=ways)
    )
    assert found == [f"procedures.yaml: 9.00000{n}: {told}" for n in (1, 2, 3)]
    ways[0]["fees"] = [old, {"amount_vnd": 5000, "valid_from": past}]
    fee = {"amount_vnd": 5000, "valid_to": future}
    assert hinted(site, procedure("9.000001", channels=ways), procedure("9.000002", fee=fee)) == []


def test_a_form_of_the_site_that_ours_has_overtaken(site: Config, caplog: pytest.LogCaptureFixture) -> None:
    ours = (ASSETS / "forms/stay-notice.yaml").read_text(encoding="utf-8")
    forms = site.storage.data_dir / "catalogue/forms"
    forms.mkdir(parents=True)

    def has(name: str, version: str) -> None:
        text = ours.replace("version: 2026-07-01", f"version: {version}")
        (forms / name).write_text(text, encoding="utf-8")

    has("stay-notice.2026-01-01.yaml", "2026-01-01")
    has("stay-notice.yaml", "2026-06-30")
    told = "forms/stay-notice.yaml: of 2026-06-30 is not in use: ours of 2026-07-01 is newer"
    assert check.hints(site) == [told]
    assert check.problems(site) == []
    builders.data_of(site, starting=True)
    assert told in caplog.text
    has("stay-notice.2999-01-01.yaml", "2999-01-01")
    assert check.hints(site) == [told]
    has("stay-notice.2026-07-01.yaml", "2026-07-01")  # in use, so the older ones are not meant to be
    assert check.hints(site) == []
