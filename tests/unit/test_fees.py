"""Fees, and what is wrong with those of a site."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kiosk import check, config
from kiosk.catalogue import Channel, Fee, PageTariff, Procedure
from kiosk.config import ASSETS, Config
from kiosk.fees import fee_by_pages, fee_for, fee_lines
from tests.unit.sites import on_line, write

TODAY = date(2026, 11, 23)
TARIFF = PageTariff(first_pages=2, first_page_vnd=2_000, next_page_vnd=1_000, most_vnd=200_000)


def procedure(fee: Fee | None) -> Procedure:
    return Procedure(code="2.000635", name="n", short_name="s", field="f", icon="i", online=False, series="A", fee=fee)


@pytest.mark.parametrize(
    ("pages", "copies", "fee"),
    [
        (0, 1, 0),
        (-1, 1, 0),
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),
        (3, 4, 20_000),
        (197, 1, 199_000),
        (198, 1, 200_000),
        (199, 1, 200_000),
        (5_000, 3, 600_000),
    ],
)
def test_certified_copies(pages: int, copies: int, fee: int) -> None:
    assert fee_by_pages(TARIFF, pages, copies) == fee


def test_a_fee_for_each_copy_or_once() -> None:
    assert fee_for(procedure(Fee(amount_vnd=8_000, per="copy")), 3, TODAY) == 24_000
    assert fee_for(procedure(Fee(amount_vnd=8_000)), 3, TODAY) == 8_000
    assert fee_for(procedure(Fee(amount_vnd=0)), 3, TODAY) == 0


def test_no_fee_is_promised_where_none_is_known() -> None:
    assert fee_for(procedure(None), 1, TODAY) is None
    assert fee_for(procedure(Fee(note="Tỉnh quy định")), 1, TODAY) is None
    assert fee_for(procedure(Fee(tariff=TARIFF)), 1, TODAY) is None


def test_a_fee_is_in_force_from_the_first_day_to_the_last() -> None:
    cut = procedure(Fee(amount_vnd=5_000, valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31)))
    assert fee_for(cut, 1, date(2025, 12, 31)) is None
    assert fee_for(cut, 1, date(2026, 1, 1)) == fee_for(cut, 1, date(2026, 12, 31)) == 5_000
    assert fee_for(cut, 1, date(2027, 1, 1)) is None


# -- by way ----------------------------------------------------------------------------------------------------------
def by_way(*channels: Channel, fee: Fee | None = None) -> Procedure:
    return procedure(fee).model_copy(update={"channels": channels})


def test_each_way_has_its_own_fee() -> None:
    residence = by_way(
        Channel(way="counter", fees=(Fee(amount_vnd=20_000),)), Channel(way="online", fees=(Fee(amount_vnd=10_000),))
    )
    assert fee_for(residence, 1, TODAY, "counter") == 20_000
    assert fee_for(residence, 1, TODAY, "online") == 10_000
    assert fee_for(residence, 1, TODAY) is None  # that depends on the way
    assert fee_for(residence, 1, TODAY, "post") is None


def test_the_fee_of_the_day_is_taken() -> None:
    cut = Fee(amount_vnd=4_000, valid_to=date(2026, 12, 31))
    full = Fee(amount_vnd=5_000, valid_from=date(2027, 1, 1))
    crossing = by_way(Channel(way="counter", fees=(cut, full)))
    assert fee_for(crossing, 1, date(2026, 12, 31), "counter") == 4_000
    assert fee_for(crossing, 1, date(2027, 1, 1), "counter") == 5_000
    assert [line.valid_to for line in fee_lines(crossing, date(2026, 12, 31))] == [date(2026, 12, 31)]


def test_of_two_amounts_in_force_none_is_promised() -> None:
    unclear = by_way(Channel(way="counter", fees=(Fee(amount_vnd=1), Fee(amount_vnd=2))))
    assert fee_for(unclear, 1, TODAY, "counter") is None
    assert len(fee_lines(unclear, TODAY)) == 2


def test_the_rule_of_the_site_comes_first() -> None:
    own = by_way(Channel(way="counter", fees=(Fee(amount_vnd=1),)), fee=Fee(amount_vnd=8_000, per="copy"))
    assert fee_for(own, 2, TODAY, "online") == 16_000
    assert [line.way for line in fee_lines(own, TODAY)] == [""]


def test_why_no_amount_is_known_is_said() -> None:
    lines = fee_lines(
        by_way(Channel(way="post", fees=(Fee(province=True), Fee(shown_free=True), Fee(tariff=TARIFF)))), TODAY
    )
    assert [(line.amount_vnd, line.province, line.shown_free, line.tariff) for line in lines] == [
        (None, True, False, None),
        (None, False, True, None),
        (None, False, False, TARIFF),
    ]


# -- mistakes of a site ------------------------------------------------------------------------------------------------
@pytest.fixture
def site(tmp_path: Path) -> Config:
    return config.parse({"storage": {"data_dir": str(tmp_path / "data")}})


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("type: number, required: false, minimum: 1", "must always be answered"),
        ("type: number, minimum: 1, when: {question: case, values: [self]}", "must always be answered"),
        ("type: number, minimum: 0", "must be a number, at least 1"),
        ("type: number, maximum: 20", "must be a number, at least 1"),
        ("type: text", "must be a number, at least 1"),
    ],
)
def test_a_fee_for_each_copy_is_one_that_everybody_is_asked_for(site: Config, asked: str, told: str) -> None:
    form = (ASSETS / "forms/civil-status-extract.yaml").read_text(encoding="utf-8")
    right = 'type: number, label: Số bản cần, default: "1", minimum: 1, maximum: 20'
    assert right in form
    own = site.storage.data_dir / "catalogue/forms"
    own.mkdir(parents=True)
    form = form.replace(right, f"label: Số bản cần, {asked}")
    (own / "civil-status-extract.yaml").write_text(form, encoding="utf-8")
    assert check.problems(site) == [
        f"civil-status-extract.yaml: question «copies» {told}: the fee of procedure 2.000635 is one a copy"
    ]


def test_a_fee_for_each_page_is_for_what_is_only_shown(site: Config) -> None:
    fee = {"fee": {"amount_vnd": 2000, "per": "page"}}
    online = on_line("stay-notice") | fee | {"cases": [{"id": "lodging", "title": "N"}]}
    prepared = on_line("") | fee | {"code": "1.004884", "online": False, "prepare": True, "kinds": ["K"]}
    shown = on_line("") | fee | {"code": "1.004859", "online": False}
    write(site, procedures__yaml=json.dumps([online, prepared, shown]))
    told = "fee: nobody counts pages by per: page; a procedure that is prepared has a tariff"
    assert check.problems(site) == [f"procedures.yaml: {code}: {told}" for code in ("1.000894", "1.004884")]
