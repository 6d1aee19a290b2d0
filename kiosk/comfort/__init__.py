"""What makes the machine easier for the person who stands there; as usual again for the next one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.comfort.input_methods import InputMethod

TEXT_SIZES = 4
LOUDEST = 3
SLOWER = 3  # times as long before the machine asks whether anybody is there, and before it forgets


class Sheet(StrEnum):
    """What lies over the screen because a person asked for it."""

    NONE = ""
    DISPLAY = "display"  # text size, colours, voice and the like
    HELP = "help"  # staff are coming; whom to call
    PRIVACY = "privacy"  # what the kiosk does with data
    LEAVE = "leave"  # whether to end, where something would be lost by it


@dataclass(frozen=True)
class Comfort:
    """One person's wishes. Nothing of it is kept."""

    text_size: int = 0  # 0 to 3
    contrast: bool = False
    reach: bool = False  # every control in the lower part of an upright screen
    slow: bool = False
    simple: bool = False  # one question per screen
    spoken: bool = False
    volume: int = 2  # 1 to 3
    headphones: bool = False  # speak only into them
    typing: InputMethod = InputMethod.LETTERS

    @property
    def patience(self) -> int:
        """How many times the usual time-outs this person has."""
        return SLOWER if self.slow else 1
