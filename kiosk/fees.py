"""Fees: rules named in the catalogue. Amounts are whole đồng; fees are data of the province."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from kiosk.catalogue import PageTariff, Procedure
from kiosk.errands import FeeLine


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


def fee_lines(procedure: Procedure, answers: Mapping[str, str], on: date) -> tuple[FeeLine, ...]:
    """What is to be paid on a day for these answers, line by line; nothing where the province decides, or where it
    depends on a number of copies that is not known."""
    each, fee = fee_for(procedure, 1, on), procedure.fee
    if not each or fee is None:
        return ()
    if fee.per != "copy":
        return (FeeLine(procedure.short_name, 1, each),)
    copies = answers.get("copies", "")
    return (FeeLine(procedure.short_name, int(copies), each),) if copies.isdecimal() else ()
