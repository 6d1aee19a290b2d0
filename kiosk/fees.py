"""Fees: rules named in the catalogue. Amounts are whole đồng; fees are data of the province."""

from __future__ import annotations

from datetime import date

from kiosk.catalogue import PageTariff, Procedure


def fee_by_pages(tariff: PageTariff, pages: int, copies: int) -> int:
    """Fee in đồng for `copies` copies of an original of `pages` pages."""
    pages = max(pages, 0)
    first = min(pages, tariff.first_pages)
    each = tariff.first_page_vnd * first + tariff.next_page_vnd * (pages - first)
    return copies * min(tariff.most_vnd, each)


def fee_for(procedure: Procedure, copies: int, on: date) -> int | None:
    """Fee in đồng on a day; None where the province decides or no rule is in force."""
    fee = procedure.fee
    if fee is None or fee.amount_vnd is None:
        return None
    if (fee.valid_from and on < fee.valid_from) or (fee.valid_to and on > fee.valid_to):
        return None
    return fee.amount_vnd * (copies if fee.per == "copy" else 1)
