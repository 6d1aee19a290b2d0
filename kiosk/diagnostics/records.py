"""What a self-test has found, as it is shown, kept and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any


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

    __test__ = False  # pytest: its name does not make it a test case

    test: str  # "printer_ticket", "storage_write", …: stable, translated
    verdict: Verdict
    at: datetime  # aware, when it began
    seconds: float
    device: str = ""  # kind, or "" for the machine and the province
    code: str = ""
    figures: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))
    confirmed_by: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it found nothing that needs a hand; what was not done has found nothing."""
        return self.verdict is not Verdict.FAIL

    def to_json(self) -> dict[str, Any]:
        """As it is kept and reported; `from_json` takes it back."""
        return {
            "test": self.test,
            "verdict": self.verdict.value,
            "at": self.at.isoformat(),
            "seconds": self.seconds,
            "device": self.device,
            "code": self.code,
            "figures": dict(self.figures),
            "confirmed_by": self.confirmed_by,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TestRecord:
        """The record of a kept line. Raises KeyError, TypeError or ValueError for a line that is none."""
        return cls(
            test=str(told["test"]),
            verdict=Verdict(told["verdict"]),
            at=datetime.fromisoformat(told["at"]),
            seconds=float(told["seconds"]),
            device=str(told["device"]),
            code=str(told["code"]),
            figures=MappingProxyType(dict(told["figures"])),
            confirmed_by=str(told["confirmed_by"]),
        )
