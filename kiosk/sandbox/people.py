"""How the people play whom the embedded province waits for: whoever pays, and whoever holds the phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class People:
    """May be changed while the province runs, from any thread: each handler reads one word."""

    bank: Literal["pays", "pays_at_once", "waits"] = "pays"
    forgetful: bool = False  # a province that makes another payment each time it is asked: the API promises no better
    phone: Literal["confirms", "low_level", "refuses", "waits"] = "confirms"
