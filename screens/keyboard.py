"""The keyboard on the glass: every Vietnamese letter and mark in sight; layouts are data."""

from __future__ import annotations

from collections.abc import Callable

from kivy.core.window import Window
from kivy.event import EventDispatcher
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from kiosk.comfort.editor import Editor
from kiosk.comfort.input_methods import InputMethod
from kiosk.text import TONES
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
        "{method} {clear} {left} {space} {right} {done}",
    ),
    "reach": (  # all of it, and the field above it, within 1,000 dp
        "q w e r t y u i o p",
        "a s d f g h j k l {back}",
        "{shift} z x c v b n m , .",
        "ă â đ ê ô ơ ư ' - {digits}",
        "{huyen} {sac} {hoi} {nga} {nang}",
        "{method} {clear} {left} {space} {right} {done}",
    ),
    "side": (  # wide landscape: beside the fields
        "1 2 3 4 5 6 7 8 9 0 - {back}",
        "q w e r t y u i o p ' /",
        "a s d f g h j k l , . {shift}",
        "{method} z x c v b n m {left} {right} {clear}",
        "ă â đ ê ô ơ ư {huyen} {sac} {hoi} {nga} {nang}",
        "{space} {done}",
    ),
    "low": (  # small landscape: below the one field that is edited
        "1 2 3 4 5 6 7 8 9 0 - ' , . {back}",
        "q w e r t y u i o p ê ô ơ ư",
        "a s d f g h j k l ă {huyen} {sac} {hoi} {nga} {nang}",
        "{shift} z x c v b n m â đ / {method} {left} {right}",
        "{clear} {space} {done}",
    ),
    "code": (  # what the codes of slips are made of
        "1 2 3 4 5",
        "6 7 8 9 0",
        "a b c d e f g h i",
        "j k l m n o p q r",
        "s t u v w x y z - .",
        "{clear} {back}",
    ),
    "code-reach": (  # the same within 1,000 dp, with room for what they type
        "1 2 3 4 5 6 7 8 9 0",
        "a b c d e f g h i j",
        "k l m n o p q r s t",
        "u v w x y z - . {back}",
    ),
    "number": ("1 2 3", "4 5 6", "7 8 9", "{clear} 0 {back}"),
    "digits": ("1 2 3", "4 5 6", "7 8 9", "{clear} 0 {back}", "{done}"),
}
LETTERS = ("letters", "reach", "side", "low")  # of the layouts
ICONS = {
    "back": "backspace-outline",
    "shift": "apple-keyboard-shift",
    "left": "chevron-left",
    "right": "chevron-right",
}
DIGITS = dict(zip("qwertyuiop", "1234567890", strict=True))  # where there is no room for a row of their own
METHODS = tuple(InputMethod)
METHOD_LABELS = {InputMethod.LETTERS: "aâă", InputMethod.TELEX: "Telex", InputMethod.VNI: "VNI"}
TONE_LABELS = {"huyen": "à  huyền", "sac": "á  sắc", "hoi": "ả  hỏi", "nga": "ã  ngã", "nang": "ạ  nặng"}
BOTTOM = {"method": 1.5, "clear": 1.7, "space": 2.2, "done": 1.7}
WIDE = {  # of one key, by layout; all others are as wide as a letter
    "letters": BOTTOM,
    "reach": BOTTOM,
    "side": {"space": 2.6, "method": 1.3, "clear": 1.7, "done": 1.0},
    "low": {"space": 2.6, "method": 1.3},
}
SIDE_WIDTH = 1144  # dp: 12 keys of 88
FIELD_WIDTH = 560  # dp: what the fields need beside the keyboard


class Key(ButtonBehavior, Label):
    """One key: a letter, or the `name` of what it does."""

    name = StringProperty("")
    icon = StringProperty("")
    lit = BooleanProperty(False)
    longest = StringProperty("")  # of the words that are written in one size with it; "": it stands alone
    back = ColorProperty()


class Typing(EventDispatcher):
    """How plain keys are read, for every keyboard; `choose` asks for another way."""

    method = StringProperty(InputMethod.LETTERS.value)

    def __init__(self) -> None:
        super().__init__()
        self.choose: Callable[[InputMethod], None] = lambda _method: None


typing = Typing()


class Keyboard(BoxLayout):
    """Types into `text` at `cursor` and tells `on_text`; `on_done` when the person is finished."""

    layout = StringProperty("letters")
    text = StringProperty("")
    cursor = NumericProperty(0)
    shift = BooleanProperty(False)
    digits = BooleanProperty(False)  # the first row types digits
    key_height = NumericProperty(96)  # dp
    rows = NumericProperty(1)

    def __init__(self, layout: str) -> None:
        super().__init__(layout=layout, rows=len(LAYOUTS[layout]))
        self._letters: list[tuple[Key, str]] = []
        self._special: dict[str, Key] = {}
        self._names = False
        self._max_length = 0
        self._editor = Editor()
        self.forget()
        for row in LAYOUTS[layout]:
            line = BoxLayout(spacing=dp(8))
            for name in row.split():
                line.add_widget(self._key(name.strip("{}"), special=name.startswith("{")))
            self.add_widget(line)
        typing.bind(method=self._show_keys)
        self._show_keys()

    def _key(self, name: str, special: bool) -> Key:
        key = Key(name=name if special else "", icon=ICONS.get(name, "") if special else "")
        if special and name in TONE_LABELS:
            key.longest = max(TONE_LABELS.values(), key=len)
            key.text = TONE_LABELS[name] if self.layout in ("letters", "reach") else TONE_LABELS[name][0]
        elif not special:
            key.text = name
        if special:
            self._special[name] = key
        elif name.isalpha():
            self._letters.append((key, name))
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
        on_cursor: Callable[[int], None] | None = None,
    ) -> None:
        """Edit `text`; `names` starts each word with a capital (of what is typed from now on only).

        `on_cursor` is told before which letter the next one comes.
        """
        self._on_text, self._on_done, self._on_cursor = on_text, on_done, on_cursor or _nowhere
        self._names, self._max_length = names, max_length
        self.digits = False
        self._show(Editor.of(text))

    def put(self, text: str) -> None:
        """Another text in the place of what was typed, as if by keys."""
        self._show(Editor.of(text))
        self._on_text(self.text)

    def _show(self, editor: Editor) -> None:
        self._editor = editor
        self.text, self.cursor = editor.text, len(editor.before)
        self.shift = self._starts_word(editor.before)
        self._on_cursor(self.cursor)

    def _starts_word(self, text: str) -> bool:
        return self.layout != "digits" and self._names and (not text or text[-1] in " -")

    def on_shift(self, *_: object) -> None:
        """Show what the keys would type."""
        self._show_keys()

    def on_digits(self, *_: object) -> None:
        """Digits in the place of the first row, or letters again."""
        self._show_keys()

    def _show_keys(self, *_: object) -> None:
        for key, letter in self._letters:
            shown = DIGITS.get(letter, letter) if self.digits else letter
            key.text = shown.upper() if self.shift else shown
        if shift := self._special.get("shift"):
            shift.lit = self.shift
        if digits := self._special.get("digits"):
            digits.text, digits.lit = "123", self.digits
        if method := self._special.get("method"):
            method.text = METHOD_LABELS[InputMethod(typing.method)]

    def _pressed(self, key: Key) -> None:
        match key.name:
            case "done":
                self._on_done()
            case "shift":
                self.shift = not self.shift
            case "digits":
                self.digits = not self.digits
            case "method":
                typing.choose(METHODS[(METHODS.index(InputMethod(typing.method)) + 1) % len(METHODS)])
            case _:
                self._edit(key)

    def _edit(self, key: Key) -> None:
        old, shift = self._editor, self.shift
        match key.name:
            case "back":
                new = old.back()
            case "clear":
                new = old.clear()
            case "left" | "right":
                new = old.move(-1 if key.name == "left" else 1)
            case tone if tone in TONES:
                new = old.key(tone)
            case _:
                new = old.key(" " if key.name == "space" else key.text, InputMethod(typing.method))
        if len(new.text) > self._max_length and len(new.text) > len(old.text):
            return
        self._show(new)
        if key.name in TONES:
            self.shift = shift
        if new.text != old.text:
            self._on_text(new.text)

    @property
    def busy(self) -> bool:
        """Whether somebody types."""
        return self._on_done is not _nothing

    def go_on_for(self, other: Keyboard) -> None:
        """Type on, in the middle of a word, what was begun on `other`, which lets go of it and leaves its place."""
        if place := other.parent:
            index = place.children.index(other)
            place.remove_widget(other)
            _leave_place(self)
            place.add_widget(self, index=index)
        self._on_text, self._on_done, self._on_cursor = other._on_text, other._on_done, other._on_cursor
        self._names, self._max_length = other._names, other._max_length
        self.digits = False
        self._show(other._editor)
        other.forget()

    def forget(self) -> None:
        """Nothing typed stays in the keys' owner."""
        self.text, self._editor = "", Editor()
        self._on_text, self._on_done, self._on_cursor = _ignore, _nothing, _nowhere


def _ignore(_text: str) -> None:
    """Nobody edits anything."""


def _nowhere(_cursor: int) -> None:
    """Nobody shows a cursor."""


def _nothing() -> None:
    """Nobody waits for the end."""


_built: dict[str, Keyboard] = {}


def letters_layout() -> str:
    """The layout of letters for this glass, and for how high its person reaches."""
    if theme.T.REACH and Window.height >= Window.width:
        return "reach"
    if Window.height >= Window.width:
        return "letters"
    return "side" if Window.width >= dp(SIDE_WIDTH + FIELD_WIDTH) else "low"


def keyboard(kind: str) -> Keyboard:
    """The one keyboard for `letters` or `digits`: built once, shared by all screens."""
    layout = letters_layout() if kind == "letters" else kind
    if layout not in _built:
        _built[layout] = Keyboard(layout)
    return _built[layout]


def lay_keyboard(place: BoxLayout, kind: str) -> Keyboard:
    """Take the keyboard from wherever it is and lay it into `place`, where nothing else stays."""
    keys = keyboard(kind)
    _leave_place(keys)
    place.clear_widgets()  # also of the keyboard for another reach
    place.add_widget(keys)
    return keys


def lay_anew() -> None:
    """The look has changed: the letters that fit it go on with what was begun on others."""
    for layout in LETTERS:
        if layout in _built and layout != letters_layout() and _built[layout].busy:
            keyboard("letters").go_on_for(_built[layout])


def _leave_place(keys: Keyboard) -> None:
    if keys.parent:
        keys.parent.remove_widget(keys)
