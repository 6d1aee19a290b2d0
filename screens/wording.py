"""Amounts and fees in words, in the citizen's language."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.catalogue import Fee
from kiosk.printing import NOT_BY_ITSELF
from screens.tr import tr


def money(vnd: int) -> str:
    """`14.000 đồng`; the grouping mark follows the language."""
    digits = f"{vnd:,}"
    return tr._("{amount} đồng").format(amount=digits.replace(",", ".") if tr.language == "vi" else digits)


def fee_amount(fee: Fee | None) -> str:
    """What a procedure costs, in a few words."""
    if fee is None or fee.amount_vnd is None:
        return tr._("Do tỉnh quy định") if fee is None or not fee.tariff else tr._("Tính theo số trang và số bản")
    if fee.amount_vnd == 0:
        return tr._("Miễn phí")
    amount = money(fee.amount_vnd)
    units = {"copy": tr._("{amount} một bản"), "page": tr._("{amount} một trang")}
    return units.get(fee.per, "{amount}").format(amount=amount)


def listed(numbers: Iterable[int]) -> str:
    """`1, 2, 3`."""
    return ", ".join(str(number) for number in numbers)


def not_printed(code: str, keep: str) -> str:
    """What stands below «not printed»: why, that it comes by itself if it does, what to keep till then."""
    reason = " ".join(filter(None, (tr.error(code), tr.advice(code))))
    wait = tr._("Nếu bạn chờ ở đây, máy sẽ tự in lại khi sửa xong.") if code not in NOT_BY_ITSELF else ""
    return "\n".join(filter(None, (reason, wait, keep)))
