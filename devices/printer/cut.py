"""What ends a job, and how many dots a millimetre of paper has."""

from __future__ import annotations

from enum import Enum

DOTS_PER_MM = 8  # 203 dpi


class Cut(Enum):
    """What ends a job."""

    PARTIAL = "partial"  # a bridge of paper holds the ticket until it is taken
    NONE = "none"  # feed to the edge at which it is torn off
    PRESENT = "present"  # cut through and held in the outlet (Custom VKP80)
