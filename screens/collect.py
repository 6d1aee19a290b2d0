"""«Take your card and papers», before the slip."""

from __future__ import annotations

from kivy.properties import BooleanProperty

from kiosk.state import AppState
from screens import theme
from screens.widgets import KioskScreen


class CollectScreen(KioskScreen):
    """A picture of what must not be left behind; a warning while the card still lies there."""

    picture = str(theme.ASSETS / "illustrations" / "collect.png")
    card_left = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """Warn while the card is on the reader."""
        self.card_left = state.card_present

    def main(self) -> None:
        """Everything is taken."""
        self.kiosk.collected()


SCREEN = CollectScreen
