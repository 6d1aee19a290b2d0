"""The keyboard on the glass: every Vietnamese letter and mark in sight; layouts are data."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kivy.core.window import Window
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from kiosk.text import TONES, apply_tone
from screens import theme

# one string a row: keys by spaces, a name in braces is a key that does something
LAYOUTS = {
    "letters": (  # portrait: 10 keys of 88 dp side by side
        "1 2 3 4 5 6 7 8 9 0",
        "q w e r t y u i o p",
        "a s d f g h j k l {back}",
        "{shift} z x c v b n m , .",
        "ă â đ ê ô ơ ư ' - /",
        "{huyen} {sac} {hoi} {nga} {nang}",
        "{clear} {space} {done}",
    ),
    "side": (  # wide landscape: beside the fields
        "1 2 3 4 5 6 7 8 9 0 - {back}",
        "q w e r t y u i o p ' /",
        "a s d f g h j k l , . {clear}",
        "{shift} z x c v b n m {space} {done}",
        "ă â đ ê ô ơ ư {huyen} {sac} {hoi} {nga} {nang}",
    ),
    "low": (  # small landscape: below the one field that is edited
        "1 2 3 4 5 6 7 8 9 0 - ' , . {back}",
        "q w e r t y u i o p ê ô ơ ư {clear}",
        "a s d f g h j k l ă {huyen} {sac} {hoi} {nga} {nang}",
        "{shift} z x c v b n m â đ / {space} {done}",
    ),
    "code": (  # what the codes of slips are made of
        "1 2 3 4 5",
        "6 7 8 9 0",
        "a b c d e f g h i",
        "j k l m n o p q r",
        "s t u v w x y z - .",
        "{clear} {back}",
    ),
    "number": ("1 2 3", "4 5 6", "7 8 9", "{clear} 0 {back}"),
    "digits": ("1 2 3", "4 5 6", "7 8 9", "{clear} 0 {back}", "{done}"),
}
ICONS = {"back": "backspace-outline", "shift": "apple-keyboard-shift"}
TONE_LABELS = {"huyen": "à  huyền", "sac": "á  sắc", "hoi": "ả  hỏi", "nga": "ã  ngã", "nang": "ạ  nặng"}
WIDE = {  # of one key, by layout; all others are as wide as a letter
    "letters": {"space": 5.2, "clear": 2.4, "done": 2.4},
    "side": {"space": 2.0, "done": 2.0},
    "low": {"space": 2.0, "done": 2.0},
}
SIDE_WIDTH = 1144  # dp: 12 keys of 88
FIELD_WIDTH = 560  # dp: what the fields need beside the keyboard


class Key(ButtonBehavior, Label):
    """One key: a letter, or the `name` of what it does."""

    name = StringProperty("")
    icon = StringProperty("")
    lit = BooleanProperty(False)
    back = ColorProperty(theme.CARD)


class Keyboard(BoxLayout):
    """Types into `text` and tells `on_text`; `on_done` when the person is finished."""

    layout = StringProperty("letters")
    text = StringProperty("")
    shift = BooleanProperty(False)
    key_height = NumericProperty(96)  # dp
    rows = NumericProperty(1)

    def __init__(self, layout: str) -> None:
        super().__init__(layout=layout, rows=len(LAYOUTS[layout]))
        self._letters: list[Key] = []
        self._shift_key: Key | None = None
        self._names = False
        self._max_length = 0
        self.forget()
        for row in LAYOUTS[layout]:
            line = BoxLayout(spacing=dp(8))
            for name in row.split():
                line.add_widget(self._key(name.strip("{}"), special=name.startswith("{")))
            self.add_widget(line)
        self.on_shift()

    def _key(self, name: str, special: bool) -> Key:
        key = Key(name=name if special else "", icon=ICONS.get(name, ""))
        if special and name in TONE_LABELS:
            key.text = TONE_LABELS[name] if self.layout == "letters" else TONE_LABELS[name][0]
        elif not special:
            key.text = name
        if name == "shift":
            self._shift_key = key
        if not special and name.isalpha():
            self._letters.append(key)
        key.size_hint_x = WIDE.get(self.layout, {}).get(name, 1.0)
        key.bind(on_press=self._pressed)
        return key

    def begin(
        self,
        text: str,
        on_text: Callable[[str], None],
        on_done: Callable[[], None],
        names: bool = False,
        max_length: int = 200,
    ) -> None:
        """Edit `text`; `names` starts each word with a capital (of what is typed from now on only)."""
        self._on_text, self._on_done = on_text, on_done
        self.text, self._names, self._max_length = text, names, max_length
        self.shift = self._starts_word(text)

    def _starts_word(self, text: str) -> bool:
        return self.layout != "digits" and self._names and (not text or text[-1] in " -")

    def on_shift(self, *_: object) -> None:
        """Show what the keys would type."""
        for key in self._letters:
            key.text = key.text.upper() if self.shift else key.text.lower()
        if self._shift_key:
            self._shift_key.lit = self.shift

    def _pressed(self, key: Key) -> None:
        text = self.text
        match key.name:
            case "done":
                self._on_done()
                return
            case "shift":
                self.shift = not self.shift
                return
            case "back":
                text = text[:-1]
            case "clear":
                text = ""
            case "space":
                text += " "
            case tone if tone in TONES:
                text = apply_tone(text, tone)
            case _:
                text += key.text
        if len(text) > self._max_length:
            return
        self.text = text
        if key.name not in TONES:
            self.shift = self._starts_word(text)
        self._on_text(text)

    def forget(self) -> None:
        """Nothing typed stays in the keys' owner."""
        self.text = ""
        self._on_text, self._on_done = _ignore, _nothing


def _ignore(_text: str) -> None:
    """Nobody edits anything."""


def _nothing() -> None:
    """Nobody waits for the end."""


@cache
def _built(layout: str) -> Keyboard:
    return Keyboard(layout)


def letters_layout() -> str:
    """The layout of letters for this glass."""
    if Window.height >= Window.width:
        return "letters"
    return "side" if Window.width >= dp(SIDE_WIDTH + FIELD_WIDTH) else "low"


def keyboard(kind: str) -> Keyboard:
    """The one keyboard for `letters` or `digits`: built once, shared by all screens."""
    return _built(letters_layout() if kind == "letters" else kind)


def lay_keyboard(place: BoxLayout, kind: str) -> Keyboard:
    """Take the keyboard from wherever it is and lay it into `place`."""
    keys = keyboard(kind)
    if keys.parent:
        keys.parent.remove_widget(keys)
    place.add_widget(keys)
    return keys
