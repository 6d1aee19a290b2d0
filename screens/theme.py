"""The look of the glass: colours, sizes and fonts (DESIGN 8). Sizes are dp: 1 dp = 1 pixel on a 1080 × 1920 panel.

kv reads it through `T` (`#:import T screens.theme.T`) and follows when a person wants larger letters or more contrast:
nothing is built anew. Python reads `theme.INK` and the like when it renders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.event import Observable
from kivy.metrics import dp
from kivy.utils import get_color_from_hex, get_hex_from_color

from kiosk.comfort import Comfort

ASSETS = Path(__file__).parent.parent / "assets"
FONT = "BeVietnamPro"
ICONS = "MaterialDesignIcons"

# name: usual colour, colour of high contrast (text at least 7 : 1 on everything it stands on)
PALETTE = {
    "PAPER": ("#FAF8F4", "#000000"),  # background
    "CARD": ("#FFFFFF", "#000000"),
    "LINE": ("#D9D3C7", "#FFFFFF"),  # borders
    "SHADE": ("#F0EBE1", "#262626"),  # bars, pressed cards
    "INK": ("#1A1A1A", "#FFFFFF"),
    "MUTED": ("#4A4641", "#F2F2F2"),  # secondary text, still 7 : 1 on paper and shade
    "RED": ("#9B1C1F", "#FFD60A"),  # the main action, and what is wrong
    "RED_DARK": ("#7C1518", "#D9B400"),
    "GOLD": ("#B8862B", "#FFD60A"),  # accent, never text
    "GREEN": ("#1B7F4B", "#4BE38A"),
    "AMBER": ("#8A5200", "#FFB340"),
    "BLUE": ("#145DA0", "#7CC4FF"),
    "GREEN_TEXT": ("#0C5A32", "#6BF0A5"),  # the same three for words: 7 : 1 also on their tints
    "AMBER_TEXT": ("#6B3F00", "#FFC266"),
    "BLUE_TEXT": ("#0F4A82", "#8ECBFF"),
    "GREEN_TINT": ("#E6F4EC", "#06261A"),
    "AMBER_TINT": ("#FCF1DF", "#2A1B00"),
    "RED_TINT": ("#FBEBEB", "#2B2600"),
    "BLUE_TINT": ("#E8F1FA", "#061D33"),
    "DISABLED": ("#8D877C", "#A8A8A8"),
    "ON_STRONG": ("#FFFFFF", "#000000"),  # words on red and blue
    "WHITE": ("#FFFFFF", "#FFFFFF"),  # a sheet of paper
}
TONES = {
    "ok": ("GREEN", "GREEN_TINT", "check-circle"),
    "warn": ("AMBER", "AMBER_TINT", "alert"),
    "error": ("RED", "RED_TINT", "alert-circle"),
    "info": ("BLUE", "BLUE_TINT", "information"),
}
GROWTH = (1.0, 1.15, 1.3, 1.5)  # of running text, for each text size; what is large already grows less
SIZES = {  # dp, and the part of the growth that it takes
    "TITLE": (60, 0.4),
    "HEADING": (52, 0.5),
    "LEAD": (40, 0.8),
    "BODY": (34, 1.0),
    "SMALL": (32, 1.0),
    "KEY": (44, 0.6),  # a letter on a key
}
DISTANCES = {
    "GAP": 24,  # between neighbours
    "MARGIN": 56,  # from the edge of the glass
    "TARGET": 112,  # height of a plain target
    "MAIN_TARGET": 136,  # height of the main action
    "RADIUS": 18,
    "LABEL": 32,  # words in the frame, beside an icon: there is no room in which they could grow
    "REACH_HEIGHT": 1000,  # as high as a person in a wheelchair reaches on a tall panel
}
FITTING = 0.98  # of the width: letters are rounded to whole pixels
FOLLOWED = {  # which part of the look an answer depends on; all other names never change
    **dict.fromkeys([*PALETTE, "tone", "caret", "CONTRAST"], "colours"),
    **dict.fromkeys([*SIZES, "LABEL", "fit", "fit_words", "columns", "REACH"], "sizes"),
}
Watcher = tuple[Callable[..., Any], tuple[Any, ...]]


def _holds(bound: Any) -> bool:
    """Whether a property still has the value of its rule: what a later rule or Python has set instead stays.

    Kivy keeps the binding of a rule that another one overrides. `bound` is what its builder hands to `fbind`: for a
    property (widget, name, compiled value, rule, names); for a canvas instruction a list, which nothing overrides.
    """
    if isinstance(bound, list):
        return True
    element, key, value, _rule, names = bound
    now, wanted = getattr(element, key), eval(value, names)  # noqa: S307  compiled by Kivy from our own kv files
    sequence = isinstance(wanted, list | tuple) and isinstance(now, list | tuple)
    return bool(list(now) == list(wanted) if sequence else now == wanted)


class Theme(Observable):
    """What kv binds to. Watchers are called in the order in which rules bound them, so that later rules win again."""

    def __init__(self) -> None:
        super().__init__()
        self._look = (-1, False, False)
        self._values: dict[str, Any] = {"FONT": FONT, "ICONS": ICONS, **DISTANCES}
        self._uids = count(1)
        self._watchers: dict[str, dict[int, Watcher]] = {"colours": {}, "sizes": {}}
        self.wear(Comfort())

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def wear(self, comfort: Comfort) -> bool:
        """Show everything in the text size, colours and height that a person wants; whether anything changed."""
        size, contrast, reach = look = (comfort.text_size, comfort.contrast, comfort.reach)
        old_size, old_contrast, old_reach = self._look
        if look == self._look:
            return False
        due = [
            *(self._due("colours") if contrast != old_contrast else ()),
            *(self._due("sizes") if (size, reach) != (old_size, old_reach) else ()),
        ]
        self._look = look
        self._values.update({name: get_color_from_hex(both[contrast]) for name, both in PALETTE.items()})
        growth = GROWTH[size] - 1
        self._values.update({name: round(dps * (1 + part * growth)) for name, (dps, part) in SIZES.items()})
        self._values.update(CONTRAST=contrast, REACH=reach)
        for func, args in due:
            with suppress(ReferenceError):  # dropped since it was asked for
                func(*args, None, None)
        return True

    def _due(self, group: str) -> Iterator[Watcher]:
        """Who must be told, asked for while the old look holds; dropped widgets are let go of."""
        watchers = self._watchers[group]
        for uid in list(watchers):  # a collection at any moment may drop widgets, and so take some out
            func, args = watchers.get(uid, (None, ()))
            try:
                if func is not None and _holds(args[0]):
                    yield func, args
            except ReferenceError:  # a dropped widget whose destructor has not run yet
                watchers.pop(uid, None)

    def fbind(self, name: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
        """Called by kv for each rule that reads the theme; the answer is for `unbind_uid`, 0 for what never changes."""
        if name not in FOLLOWED:
            return 0
        uid = next(self._uids)
        self._watchers[FOLLOWED[name]][uid] = func, args
        return uid

    def unbind_uid(self, name: str, uid: int) -> None:
        """Called by kv when a widget is dropped."""
        for watchers in self._watchers.values():
            watchers.pop(uid, None)

    def tone(self, name: str) -> tuple[Any, Any, str]:
        """Edge, background and icon of a banner: ok, warn, error, info."""
        edge, back, icon = TONES[name]
        return self._values[edge], self._values[back], icon

    def caret(self) -> str:
        """Markup of the stroke where the next letter comes."""
        return f"[color={get_hex_from_color(self._values['BLUE'])}]|[/color]"

    def fit(self, text: str, size: float, width: float, least: float = 32) -> float:
        """The text size (dp) up to `size` at which bold `text` fits into one line of `width` pixels."""
        return _fit(text, size, round(width), least)

    def fit_words(self, text: str, size: float, width: float) -> float:
        """The text size (dp) up to `size` at which no word of bold `text` is broken in a line of `width` pixels."""
        return self.fit(_longest(text), size, width)

    def columns(self, text: str, size: float, width: float, most: int, around: float) -> int:
        """Up to `most` columns in `width` pixels, so that no word of bold `text` (dp `size`) is broken in any of them;
        `around` (dp) is what of a column is no text."""
        word = _longest(text)
        fitting = (n for n in range(most, 1, -1) if self.fit(word, size, width / n - dp(around)) >= size)
        return next(fitting, 1)

    @staticmethod
    def forget() -> None:
        """No words of the one who has gone stay in a cache."""
        _fit.cache_clear()

    @staticmethod
    def glyph(name: str) -> str:
        """The character of an icon."""
        return glyph(name)


T = Theme()


def __getattr__(name: str) -> Any:
    """Colours and sizes as they are now."""
    return getattr(T, name)


def register_fonts() -> None:
    """Make the text font and the icon font known to Kivy by the names `FONT` and `ICONS`."""
    fonts = ASSETS / "fonts"
    LabelBase.register(
        FONT, fn_regular=str(fonts / "BeVietnamPro_400Regular.ttf"), fn_bold=str(fonts / "BeVietnamPro_700Bold.ttf")
    )
    LabelBase.register(ICONS, fn_regular=str(ASSETS / "icons" / "materialdesignicons-webfont.ttf"))


def _longest(text: str) -> str:
    return max(text.split(), key=len, default="")


@lru_cache(4096)
def _fit(text: str, size: float, width: int, least: float) -> float:
    if not text or width <= 0:
        return size
    needed = CoreLabel(font_name=FONT, font_size=dp(size), bold=True).get_extents(text)[0]
    return max(least, min(size, int(FITTING * size * width / needed))) if needed > FITTING * width else size


@cache
def _codepoints() -> dict[str, str]:
    return {
        name: chr(int(code, 16))
        for name, code in json.loads((ASSETS / "icons" / "codepoints.json").read_text()).items()
    }


def glyph(name: str) -> str:
    """The character of a Material Design icon; a question mark for a name that the font does not have."""
    points = _codepoints()
    return points.get(name) or points["help-circle-outline"] if name else ""
