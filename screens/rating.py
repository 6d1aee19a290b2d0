"""The rating: five labelled faces, asked after all personal data is gone."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, StringProperty

from kiosk.state import AppState
from screens import theme
from screens.tr import tr
from screens.widgets import KioskScreen, Press, show_list

FACES = (
    (5, "emoticon-excited-outline", "Rất hài lòng", theme.GREEN),
    (4, "emoticon-happy-outline", "Hài lòng", theme.GREEN),
    (3, "emoticon-neutral-outline", "Bình thường", theme.BLUE),
    (2, "emoticon-sad-outline", "Không hài lòng", theme.AMBER),
    (1, "emoticon-frown-outline", "Rất không hài lòng", theme.RED),
)


class Face(Press):
    """One of five answers."""

    icon = StringProperty("")
    text = StringProperty("")
    icon_color = ColorProperty()
    upright = BooleanProperty(False)


class RatingScreen(KioskScreen):
    """One touch rates, or skips."""

    def render(self, _state: AppState) -> None:
        """The five faces."""
        rows = [
            {"key": str(stars), "icon": icon, "text": tr._(text), "icon_color": color}
            for stars, icon, text, color in FACES
        ]
        show_list(self.ids.faces, self._face, rows)

    def main(self) -> None:
        """Skipped."""
        self.kiosk.rate(0)

    def _face(self) -> Face:
        face = Face(upright=self.wide)
        self.bind(wide=face.setter("upright"))
        face.bind(on_release=lambda f: self.kiosk.rate(int(f.key)))
        return face


SCREEN = RatingScreen
