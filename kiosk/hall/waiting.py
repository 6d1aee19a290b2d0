"""How long somebody will wait: from what was really seen, with its range, and nothing without ground."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """Minutes until the call: the expected, and a range that four of five really come within."""

    minutes: int
    low: int
    high: int
