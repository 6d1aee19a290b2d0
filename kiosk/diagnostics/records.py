"""What a self-test has found, as it is shown, kept and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """How a self-test ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_DONE = "not_done"  # no such device, nobody there to confirm, or stopped


@dataclass(frozen=True)
class TestRecord:
    """One self-test. `code` is translated with advice; `figures` are what was measured, name with unit → value.

    Nothing in it tells about a person except `confirmed_by`, the account of the technician who looked.
    """

    test: str  # "printer_ticket", "storage_write", …: stable, translated
    verdict: Verdict
    at: datetime  # aware, when it began
    seconds: float
    device: str = ""  # kind, or "" for the machine and the province
    code: str = ""
    figures: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))
    confirmed_by: str = ""
