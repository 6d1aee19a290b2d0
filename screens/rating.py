"""The rating: five labelled faces, asked after all personal data is gone; then reasons and words for who likes."""

from __future__ import annotations

from kivy.properties import AliasProperty, BooleanProperty, ColorProperty, NumericProperty, StringProperty

from kiosk.figures import REASONS, SATISFIED
from kiosk.figures.measuring import WORDS
from kiosk.state import AppState
from screens import theme
from screens.keyboard import SIDE_WIDTH, keyboard, lay_keyboard, letters_layout
from screens.tr import tr
from screens.widgets import FACES, KioskScreen, Option, Press, show_list

FACE_TEXTS = {5: "Rất hài lòng", 4: "Hài lòng", 3: "Bình thường", 2: "Không hài lòng", 1: "Rất không hài lòng"}
PLEASED, DISPLEASED = ("easy", "quick", "clear"), ("slow", "hard", "unclear", "broken")


class Face(Press):
    """One of five answers."""

    icon = StringProperty("")
    text = StringProperty("")
    icon_color = ColorProperty()
    upright = BooleanProperty(False)


class RatingScreen(KioskScreen):
    """One touch rates; the rest is there for who wants to say more."""

    stars = NumericProperty(0)
    words = StringProperty("")
    caret = NumericProperty(0)
    typing = BooleanProperty(False)
    beside = NumericProperty(0)  # dp of the keyboard beside the words; 0: below them
    abreast = AliasProperty(lambda self: self.wide and not self.stars, bind=("wide", "stars"))  # all five in a row

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._reasons: tuple[str, ...] = ()

    def shown(self, _state: AppState) -> None:
        """Nothing of who was here before."""
        self.forget()

    def render(self, _state: AppState) -> None:
        """The five faces, or the chosen one and its reasons."""
        rows = [
            {
                "key": str(stars),
                "icon": icon,
                "text": tr._(FACE_TEXTS[stars]),
                "icon_color": getattr(theme.T, color),
                "selected": stars == self.stars,
            }
            for stars, icon, color in FACES
            if self.stars in (0, stars)
        ]
        show_list(self.ids.faces, self._face, [] if self.typing else rows)
        keys = (PLEASED if self.stars >= SATISFIED else DISPLEASED) if self.stars and not self.typing else ()
        chips = [{"key": key, "text": tr._(REASONS[key]), "selected": key in self._reasons} for key in keys]
        show_list(self.ids.reasons, self._reason, chips)
        self.folded = self.typing and not self.wide
        self.beside = SIDE_WIDTH if self.typing and letters_layout() == "side" else 0
        self.main_text = tr._("Gửi đánh giá") if self.stars else tr._("Bỏ qua")
        self.main_plain = not self.stars

    def main(self) -> None:
        """Sent, or skipped."""
        self.kiosk.rate(int(self.stars), self._reasons, self.words)

    def _face(self) -> Face:
        face = Face(upright=self.abreast)
        self.bind(abreast=face.setter("upright"))
        face.bind(on_release=lambda f: self._choose(int(f.key)))
        return face

    def _reason(self) -> Option:
        chip = Option(many=True)
        chip.bind(on_release=lambda c: self._toggle(c.key))
        return chip

    def _choose(self, stars: int) -> None:
        """Touched again, the chosen face gives way to all five."""
        self.stars, self._reasons = (0 if stars == self.stars else stars), ()
        self._noted()

    def _toggle(self, key: str) -> None:
        kept = tuple(reason for reason in self._reasons if reason != key)
        self._reasons = kept if key in self._reasons else (*kept, key)
        self._noted()

    def _noted(self) -> None:
        self.kiosk.note_rating(int(self.stars), self._reasons, self.words)
        self.render(self.kiosk.state)

    def write(self) -> None:
        """Bring up the keyboard for a few words."""
        self.typing = True
        keys = lay_keyboard(self.ids.tools, "letters")
        keys.begin(self.words, self._typed, self.stop, max_length=WORDS, on_cursor=self._moved)
        self.render(self.kiosk.state)

    def _typed(self, text: str) -> None:
        self.words = text
        self.kiosk.note_rating(int(self.stars), self._reasons, text)

    def _moved(self, caret: int) -> None:
        self.caret = caret

    def stop(self) -> None:
        """Put the keyboard away; the words stay."""
        if self.typing:
            keyboard(letters_layout()).forget()
            self.ids.tools.clear_widgets()
        self.typing = False
        self.render(self.kiosk.state)

    def forget(self) -> None:
        """Nothing that somebody chose or wrote is left."""
        self.stars, self._reasons, self.words = 0, (), ""
        self.stop()


SCREEN = RatingScreen
