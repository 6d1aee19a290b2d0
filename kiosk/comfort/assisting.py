"""Making the machine easier: the sheets over every screen, and the wishes of the person who stands there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk.comfort import LOUDEST, TEXT_SIZES, Comfort, Sheet
from kiosk.desk import DeskVerbs
from kiosk.state import DESK_STEPS


class AssistVerbs(DeskVerbs):
    """Display sheet, help sheet, and what they change."""

    def open_sheet(self, sheet: Sheet | str) -> None:
        """Lay a sheet (by its value) over the screen; what is on the screen stays as it is."""
        if self.state.step not in DESK_STEPS:
            self.change(sheet=Sheet(sheet))

    def close_sheet(self) -> None:
        """Back to the screen below."""
        self.change(sheet=Sheet.NONE)

    def adjust(self, **wishes: Any) -> None:
        """Change some wishes (fields of `Comfort`); numbers stay within their limits."""
        comfort = replace(self.state.comfort, **wishes)
        size = max(0, min(TEXT_SIZES - 1, comfort.text_size))
        volume = max(1, min(LOUDEST, comfort.volume))
        self.change(comfort=replace(comfort, text_size=size, volume=volume))

    def as_usual(self) -> None:
        """Everything as the machine shows it to the next person."""
        self.change(comfort=Comfort())

    def say_again(self) -> None:
        """Speak the guidance of this screen once more."""
        self.change(said_again=self.state.said_again + 1)

    def call_help(self) -> None:
        """Ring for staff, and say what else helps while they come."""
        super().call_help()
        self.open_sheet(Sheet.HELP)
