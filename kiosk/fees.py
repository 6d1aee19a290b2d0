"""Fees: rules named in the catalogue, dated and per way of handing in. Amounts are whole đồng."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from kiosk.catalogue import Fee, PageTariff, Procedure
from kiosk.errands import ChargeLine

Way = Literal["", "counter", "online", "post"]
COPIES = "copies"  # the question by whose answer a fee for each copy is counted


@dataclass(frozen=True)
class FeeLine:
    """One line of what a procedure costs by one way ("": by any), as it holds on a day.

    `amount_vnd` is None where nobody but the counter can tell: a `tariff` by pages, the `province`, or a portal that
    shows «free» beside a fee which the province sets (`shown_free`).
    """

    way: Way
    amount_vnd: int | None
    per: Literal["", "copy", "page"] = ""
    tariff: PageTariff | None = None
    province: bool = False
    shown_free: bool = False
    note: str = ""
    valid_to: date | None = None


def fee_by_pages(tariff: PageTariff, pages: int, copies: int) -> int:
    """Fee in đồng for `copies` copies of an original of `pages` pages."""
    pages = max(pages, 0)
    first = min(pages, tariff.first_pages)
    each = tariff.first_page_vnd * first + tariff.next_page_vnd * (pages - first)
    return copies * min(tariff.most_vnd, each)


def fee_for(procedure: Procedure, copies: int, on: date, way: Way = "") -> int | None:
    """Fee in đồng on a day, by a way where it matters; None where the province decides or no rule, or no single rule,
    is in force."""
    lines = {(line.amount_vnd, line.per) for line in fee_lines(procedure, on) if not way or line.way in ("", way)}
    if len(lines) != 1:
        return None
    ((amount, per),) = lines
    return None if amount is None else amount * (copies if per else 1)


def fee_lines(procedure: Procedure, on: date) -> tuple[FeeLine, ...]:
    """What it costs on a day, line by line: the site's own rule, else that of each way."""
    if procedure.fee is not None:
        return (_line("", procedure.fee),) if procedure.fee.in_force(on) else (FeeLine("", None),)
    return tuple(dict.fromkeys(_by_way(procedure, on)))


def _by_way(procedure: Procedure, on: date) -> Iterator[FeeLine]:
    for channel in procedure.channels:
        yield from (_line(channel.way, fee) for fee in channel.fees if fee.in_force(on))


def _line(way: Way, fee: Fee) -> FeeLine:
    return FeeLine(
        way, fee.amount_vnd, fee.per, fee.tariff, fee.province, fee.shown_free, note=fee.note, valid_to=fee.valid_to
    )


def charge_lines(procedure: Procedure, answers: Mapping[str, str], on: date) -> tuple[ChargeLine, ...]:
    """What is to be paid here on a day for these answers, line by line; nothing where the province decides, or where it
    depends on a number of copies that is not known."""
    rules = {(line.amount_vnd, line.per) for line in fee_lines(procedure, on) if line.way in ("", "online")}
    each, per = rules.pop() if len(rules) == 1 else (None, "")
    if not each:
        return ()
    copies = answers.get(COPIES, "") if per else "1"
    return (ChargeLine(procedure.short_name, int(copies), each),) if copies.isdecimal() else ()
