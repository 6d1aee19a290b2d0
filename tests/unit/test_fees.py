"""Fees."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.catalogue import Fee, PageTariff, Procedure
from kiosk.fees import fee_by_pages, fee_for

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
