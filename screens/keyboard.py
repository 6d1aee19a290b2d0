"""The keyboard on the glass: every Vietnamese letter and mark in sight, no long press; layouts are data."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.text import TONES, apply_tone
from screens.tr import tr
from screens.widgets import Press

# one string a row: keys by spaces; a name in braces is a key that does something
LAYOUTS = {
    "letters": (
        "1 2 3 4 5 6 7 8 9 0",
        "q w e r t y u i o p",
        "a s d f g h j k l {back}",
        "{shift} z x c v b n m , .",
        "ă â đ ê ô ơ ư ' - /",
        "{huyen} {sac} {hoi} {nga} {nang}",
        "{clear} {space} {done}",
    ),
    "digits": ("1 2 3", "4 5 6", "7 8 9", "{clear} 0 {back}", "{done}"),
}
ICONS = {"back": "backspace-outline", "shift": "apple-keyboard-shift", "done": "check"}
TONE_LABELS = {"huyen": "à  huyền", "sac": "á  sắc", "hoi": "ả  hỏi", "nga": "ã  ngã", "nang": "ạ  nặng"}
WIDE = {"space": 5.0, "clear": 2.0, "done": 2.0}


class Key(Press):
    """One key: a letter, or the name of what it does."""

    name = StringProperty("")
    text = StringProperty("")
    icon = StringProperty("")


class Keyboard(BoxLayout):
    """Types into `text` and tells `typed`; `finished` when the person is finished."""

    layout = StringProperty("letters")
    text = StringProperty("")
    shift = BooleanProperty(False)
    typed: Callable[[str], None] = ObjectProperty(lambda _text: None)
    finished: Callable[[], None] = ObjectProperty(lambda: None)
    max_length = 200

    def __init__(self, layout: str) -> None:
        super().__init__(layout=layout)
        self._letters: list[Key] = []
        for row in LAYOUTS[layout]:
            line = BoxLayout(spacing=self.spacing)
            for name in row.split():
                line.add_widget(self._key(name.strip("{}"), special=name.startswith("{")))
            self.add_widget(line)

    def _key(self, name: str, special: bool) -> Key:
        key = Key(name=name if special else "", text="" if special else name, icon=ICONS.get(name, ""))
        if special and name in TONES:
            key.text = TONE_LABELS[name]
        elif not special and name.isalpha():
            self._letters.append(key)
        key.size_hint_x = WIDE.get(name, 1.0)
        key.bind(on_press=self._pressed)
        return key

    def begin(self, text: str, typed: Callable[[str], None], finished: Callable[[], None], names: bool = False) -> None:
        """Edit `text`; `names` starts each word with a capital (of what is typed from now on only)."""
        self.text, self.typed, self.finished = text, typed, finished
        self._names = names
        self.shift = names and (not text or text.endswith(" "))
        for key in self.walk(restrict=True):
            if isinstance(key, Key) and key.name in ("clear", "space", "done"):
                key.text = {"clear": tr._("Xóa hết"), "space": tr._("dấu cách"), "done": tr._("Xong")}[key.name]

    def on_shift(self, *_: object) -> None:
        """Show what the keys would type."""
        for key in self._letters:
            key.text = key.text.upper() if self.shift else key.text.lower()

    def _pressed(self, key: Key) -> None:
        text = self.text
        match key.name:
            case "done":
                self.finished()
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
        if len(text) > self.max_length:
            return
        self.text = text
        if self.layout == "letters":
            self.shift = self._names and (not text or text[-1] in " -")
        self.typed(text)

    def forget(self) -> None:
        """Nothing typed stays in the keys' owner."""
        self.text = ""
        self.typed, self.finished = (lambda _text: None), (lambda: None)


@cache
def keyboard(layout: str) -> Keyboard:
    """The one keyboard of a layout: built once, shared by all screens."""
    return Keyboard(layout)
