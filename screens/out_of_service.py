"""Out of service: why, and where to go instead."""

from __future__ import annotations

from kivy.properties import StringProperty

from kiosk.state import AppState
from screens.tr import tr
from screens.widgets import KioskScreen


class OutOfServiceScreen(KioskScreen):
    """A calm sentence and the way to a counter."""

    reason = StringProperty("")
    advice = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show the reason and what to do."""
        self.reason = tr.error(state.trouble)
        self.advice = tr.advice(state.trouble) or tr._("Mời bạn đến quầy hướng dẫn. Cán bộ sẽ giúp bạn.")


SCREEN = OutOfServiceScreen
