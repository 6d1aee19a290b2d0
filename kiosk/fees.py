"""Fees: rules named in the catalogue. Amounts are whole đồng; fees are data of the province."""

from __future__ import annotations

from datetime import date

from kiosk.catalogue import Procedure

FIRST_PAGES, FIRST_PAGE_VND, NEXT_PAGE_VND, MOST_VND = 2, 2_000, 1_000, 200_000  # Circular 226/2016/TT-BTC, article 4


def certified_copy_fee(pages: int, copies: int) -> int:
    """Fee in đồng for certified copies: each of `pages` pages of the original, at most 200,000 a copy."""
    pages = max(pages, 0)
    first = min(pages, FIRST_PAGES)
    return copies * min(MOST_VND, FIRST_PAGE_VND * first + NEXT_PAGE_VND * (pages - first))


def fee_for(procedure: Procedure, copies: int, on: date) -> int | None:
    """Fee in đồng on a day; None where the province decides or no rule is in force."""
    fee = procedure.fee
    if fee is None or fee.amount_vnd is None:
        return None
    if (fee.valid_from and on < fee.valid_from) or (fee.valid_to and on > fee.valid_to):
        return None
    return fee.amount_vnd * (copies if fee.per == "copy" else 1)
