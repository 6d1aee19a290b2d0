"""Vietnamese telephone numbers as people write them, in the one form in which they are kept: `0912345678`.

Numbering plan since 2018: mobile numbers have 10 digits (03, 05, 07, 08, 09), those of lines 11 with their area (02…).
"""

from __future__ import annotations

import re

LONGEST_TYPED = 16  # 0084 (0) and what follows, and a slip of the finger
_SIGNS = re.compile(r"[\s.,/()\u2010-\u2015\-]")
_COUNTRY = re.compile(r"(?:\+84|0084|84(?=[0-9]{9,10}$))0?")  # without a sign only where the length tells it
_MOBILE, _LINE = re.compile(r"0[35789][0-9]{8}"), re.compile(r"02[0-9]{9}")
_PROVINCE = _MOBILE  # `phone` of the province's API: ten digits


def national(text: str) -> str:
    """`0912345678` of `+84 912.345.678` and all the like; what is no number comes back without its gaps."""
    digits = _SIGNS.sub("", text)
    country = _COUNTRY.match(digits)
    return f"0{digits[country.end() :]}" if country else digits


def fault(number: str) -> str:
    """The error code of a `national` number, "" when it is good."""
    if _MOBILE.fullmatch(number) or _LINE.fullmatch(number):
        return ""
    if number.startswith(("+", "00")) and re.fullmatch(r"\+?[0-9]+", number):
        return "phone_foreign"
    if not (number.isascii() and number.isdecimal()):
        return "phone_letters"
    if not number.startswith("0"):
        return "phone_start"
    if number.startswith("02"):
        return "phone_line_length"
    if number[1:2] in ("", *"35789"):
        return "phone_short" if len(number) < 10 else "phone_long"
    return "phone_prefix"


def good(number: str | None) -> str:
    """The `national` form of a number that others have told; "" where it is none."""
    told = national(number or "")
    return "" if fault(told) else told


def for_province(number: str | None) -> str | None:
    """The number where a `Person` of the province's API can hold it; a longer one stands among the answers only."""
    return number if number and _PROVINCE.fullmatch(number) else None


def grouped(number: str) -> str:
    """As it is read out: `0912 345 678`, `024 3825 0000`, `0222 382 5000`."""
    first, then = (3, 4) if number.startswith(("024", "028")) else (4, 3)
    if not number.startswith("02"):
        rest = [number[place : place + 3] for place in range(first, len(number), 3)]
    else:
        rest = [number[first : first + then], number[first + then :]]
    return " ".join(filter(None, [number[:first], *rest]))
