"""What a person would see wrong on the glass, found by walking the widgets: clipping, size, distance, contrast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import zxingcpp
from kivy.core.window import Window
from kivy.graphics import Color, RoundedRectangle
from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget
from PIL import Image

from screens import theme
from screens.keyboard import Key
from screens.pickers import PickList
from screens.qr_view import QrView
from screens.widgets import ARROW_STRIP, CardPicture, Column, Icon, KioskScreen, Option, Overlay, Scroll
from screens.window import Footer

TARGET, KEY_TARGET = 96, 88  # dp, DESIGN 8
APART, KEYS_APART = 16, 8
BAR, BAR_RIGHT = 12, 32  # width of the bar of a list; that of a `Scroll` ends so far at its right
TEXT = 32
CONTRAST = 7.0
COLOURS = 1 << 12  # more than letters on a plain ground have; a picture below a text has no ground to measure
MARKUP = re.compile(r"\[/?\w[^]]*\]")
SENTENCE, WORDS_A_LINE = 6, 1.5  # so many words stand in lines of more than so many each
SLACK = 1.5  # pixels: textures and positions are rounded


class Box(NamedTuple):
    """A rectangle in pixels of the window, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def within(self, other: Box) -> Box:
        """What is seen of it through another one."""
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def covers(self, other: Box) -> bool:
        """Whether the other one lies inside."""
        return (
            self.left - SLACK <= other.left
            and self.bottom - SLACK <= other.bottom
            and other.right <= self.right + SLACK
            and other.top <= self.top + SLACK
        )

    @property
    def empty(self) -> bool:
        """Whether nothing of it is seen."""
        return self.right - self.left <= SLACK or self.top - self.bottom <= SLACK

    def gap(self, other: Box) -> float:
        """Pixels between two boxes; negative when they overlap."""
        across = max(other.left - self.right, self.left - other.right)
        along = max(other.bottom - self.top, self.bottom - other.top)
        return max(across, along)


class Seen(NamedTuple):
    """A widget that is on the glass: where it is, what is seen of it, and whether it scrolls."""

    widget: Any
    box: Box
    part: Box
    scrolls: bool


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    rule: str
    widget: str
    text: str
    detail: str


def seen(root: Widget) -> list[Seen]:
    """Every widget that can be seen, topmost layer only while an overlay covers the rest."""
    everything = list(_walk(root, Box(0, 0, Window.width, Window.height), False))
    overlays = [one.widget for one in everything if isinstance(one.widget, Overlay)]
    if overlays:
        top = list(overlays[-1].walk(restrict=True))
        return [one for one in everything if one.widget in top]
    return everything


def _walk(widget: Any, view: Box, scrolls: bool) -> Iterator[Seen]:
    if widget.opacity < 0.05:
        return
    box = _box(widget)
    yield Seen(widget, box, box.within(view), scrolls)
    inner, inside = (box.within(view), True) if isinstance(widget, ScrollView) else (view, scrolls)
    if isinstance(widget, KioskScreen):
        inner = box.within(view)
    for child in widget.children:
        yield from _walk(child, inner, inside)


def look(root: Widget, picture: Image.Image) -> list[Finding]:
    """Everything that is wrong on the glass now; `picture` is what it shows."""
    shown = seen(root)
    labels = [one for one in shown if isinstance(one.widget, Label) and one.widget.text.strip()]
    words = [one for one in labels if not isinstance(one.widget, Icon) and one.widget.font_name != theme.ICONS]
    targets = [
        one
        for one in shown
        if isinstance(one.widget, ButtonBehavior) and not isinstance(one.widget, Overlay) and not one.widget.disabled
    ]
    found = [*_clipped(labels), *_small(words), *_overlapping(words), *_faint(words, picture), *_targets(targets)]
    found += [
        *_out_of_sight(shown),
        *_under_arrow(shown),
        *_hollow(shown),
        *_broken(words),
        *_squeezed(words),
        *_pictures(shown),
        *_unread(shown, picture),
        *_stale(shown),
        *_covered(root, targets),
        *_bars(shown, targets),
    ]
    if theme.T.REACH and Window.height > Window.width:
        found += _high(targets)
    return list(dict.fromkeys(found))


def has_help(root: Widget) -> bool:
    """Whether staff can be called from what is on the glass; what covers it for a moment needs no bell of its own."""
    shown = [one.widget for one in seen(root)]
    return any(isinstance(one, Overlay) or getattr(one, "icon", "") == "bell-ring-outline" for one in shown)


def _finding(rule: str, one: Seen, detail: str) -> Finding:
    widget = one.widget
    owner: Any = widget
    names: list[str] = []
    while isinstance(owner, Widget) and len(names) < 3:
        if type(owner).__name__ not in ("BoxLayout", "Label", "Text", "GridLayout", "Column", "RelativeLayout"):
            names.append(type(owner).__name__)
        owner = owner.parent
    text = getattr(widget, "text", "") or getattr(widget, "title", "") or getattr(widget, "name", "")
    return Finding(rule, " < ".join(names), str(text)[:60], detail)


def _clipped(labels: list[Seen]) -> Iterator[Finding]:
    for one in labels:
        label, (width, height) = one.widget, one.widget.texture_size
        if width > label.width + SLACK or height > label.height + SLACK:
            yield _finding("clipped", one, f"text {width:.0f} × {height:.0f} in {label.width:.0f} × {label.height:.0f}")
        if getattr(label, "shorten", False) and label.is_shortened:
            yield _finding("shortened", one, f"in {label.width:.0f}")
        inside = _ink(one)
        if (button := _button_of(label)) is not None and not _box(button).covers(inside):
            yield _finding("beyond its button", one, f"{label.width:.0f} in {button.width:.0f}")
        if one.scrolls:
            beside = inside.left < one.part.left - SLACK or inside.right > one.part.right + SLACK
            if beside and not one.part.empty:
                yield _finding("outside", one, "beside its list")
        elif not one.part.covers(inside):
            yield _finding("outside", one, f"{_rounded(inside)} is cut to {_rounded(one.part)}")


def _out_of_sight(shown: list[Seen]) -> Iterator[Finding]:
    """What is typed into, where its person cannot see what they type."""
    for one in shown:
        if getattr(one.widget, "editing", False) is True and isinstance(one.widget, ButtonBehavior):
            seen_of_it = 0.0 if one.part.empty else one.part.top - one.part.bottom
            if seen_of_it < min(one.box.top - one.box.bottom, dp(KEY_TARGET)) - SLACK:
                yield _finding("typed unseen", one, f"{seen_of_it / dp(1):.0f} dp of it are in sight")


def _under_arrow(shown: list[Seen]) -> Iterator[Finding]:
    """A box to tick without which nothing goes on, not above the arrow of its list when the screen opens: the first
    touch on it turns the page.
    """
    needed = any(isinstance(one.widget, KioskScreen) and one.widget.main_disabled for one in shown)
    lists = [one for one in shown if isinstance(one.widget, Scroll) and one.widget.below and one.widget.scroll_y == 1]
    for one in shown:
        if needed and isinstance(one.widget, Option) and one.widget.many and not one.widget.disabled:
            for around in lists:
                lowest = around.part.bottom + dp(ARROW_STRIP) - SLACK
                if around.widget in _owners(one.widget) and one.box.bottom < lowest:
                    yield _finding("under the arrow", one, f"{_rounded(one.box)}")


def _owners(widget: Any) -> Iterator[Widget]:
    while isinstance(widget, Widget) and widget.parent is not widget:
        widget = widget.parent
        yield widget


def _hollow(shown: list[Seen]) -> Iterator[Finding]:
    """What is hidden in a list and keeps its place."""
    for one in shown:
        if isinstance(one.widget, Column):
            for child in one.widget.children:
                if child.opacity < 0.05 and child.height > SLACK:
                    yield _finding("hollow", one, f"{type(child).__name__} takes {child.height / dp(1):.0f} dp")


def _broken(words: list[Seen]) -> Iterator[Finding]:
    """Words that are wider than their line, so that they go on in the next one."""
    for one in words:
        label, room = one.widget, one.widget.text_size[0]
        if room is None or one.part.empty:
            continue
        text = MARKUP.sub("", label.text) if label.markup else label.text
        widest = max(text.split(), key=len, default="")
        if (width := label._label.get_extents(widest)[0]) > room + SLACK:
            yield _finding("broken word", one, f"«{widest}»: {width:.0f} in {room:.0f}")


def _squeezed(words: list[Seen]) -> Iterator[Finding]:
    """Sentences that stand hardly more than a word to the line."""
    for one in words:
        label, count = one.widget, len(MARKUP.sub("", one.widget.text).split())
        if label.text_size[0] is None or count < SENTENCE or one.part.empty:
            continue
        line = label._label.get_extents("Ag")[1] * label.line_height
        if (lines := round(label.texture_size[1] / line)) * WORDS_A_LINE > count:
            yield _finding("squeezed", one, f"{count} words in {lines} lines")


def _stale(shown: list[Seen]) -> Iterator[Finding]:
    """Shapes without a size in a colour that is seen: Kivy draws what they were before."""
    for one in shown:
        for canvas in (one.widget.canvas.before, one.widget.canvas, one.widget.canvas.after):
            seen_through = 1.0
            for instruction in canvas.children:
                if isinstance(instruction, Color):
                    seen_through = instruction.a
                elif isinstance(instruction, RoundedRectangle) and min(instruction.size) <= 0 < seen_through:
                    yield _finding("stale shape", one, _rounded(one.box))


def _button_of(widget: Any) -> Any:
    """The target that a text belongs to, None for plain text."""
    while isinstance(widget, Widget) and not isinstance(widget, ButtonBehavior):
        widget = widget.parent
    return widget if isinstance(widget, ButtonBehavior) and not isinstance(widget, Overlay) else None


def _box(widget: Any) -> Box:
    left, bottom = widget.to_window(widget.x, widget.y)
    return Box(left, bottom, left + widget.width, bottom + widget.height)


def _ink(one: Seen) -> Box:
    """Where the letters are: the texture stands in the middle of the label, or as it is aligned."""
    label, box = one.widget, one.box
    width, height = (min(a, b) for a, b in zip(label.texture_size, label.size, strict=True))
    x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _pictures(shown: list[Seen]) -> Iterator[Finding]:
    """Pictures of cards that lie on each other or reach beyond their panel."""
    pictures = [one for one in shown if isinstance(one.widget, CardPicture)]
    for one in pictures:
        if one.box.left < one.part.left - SLACK or one.box.right > one.part.right + SLACK:
            yield _finding("picture outside", one, f"{_rounded(one.box)} is cut to {_rounded(one.part)}")
    for one, other in combinations(pictures, 2):
        if one.box.gap(other.box) < -SLACK:
            yield _finding("overlap", one, f"with another card by {-one.box.gap(other.box):.0f}")


def _unread(shown: list[Seen], picture: Image.Image) -> Iterator[Finding]:
    """A code that no phone reads from the glass when the screen opens: cut, under the arrow, or too fine."""
    for one in (one for one in shown if isinstance(one.widget, QrView) and one.widget.text):
        opens = all(around.scroll_y == 1 for around in _owners(one.widget) if isinstance(around, ScrollView))
        if opens and one.widget.text not in [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))]:
            yield _finding("unread code", one, f"{_rounded(one.box)}, seen of it {_rounded(one.part)}")


def _small(words: list[Seen]) -> Iterator[Finding]:
    for one in words:
        if one.widget.font_size < dp(TEXT) - 0.5:
            yield _finding("small text", one, f"{one.widget.font_size / dp(1):.0f} dp")


def _overlapping(words: list[Seen]) -> Iterator[Finding]:
    boxes = [(one, _ink(one).within(one.part)) for one in words]
    boxes = [(one, box) for one, box in boxes if not box.empty]
    for (one, mine), (other, others) in combinations(boxes, 2):
        if mine.gap(others) < -3:
            yield _finding("overlap", one, f"with «{other.widget.text[:40]}» by {-mine.gap(others):.0f}")


def _faint(words: list[Seen], picture: Image.Image) -> Iterator[Finding]:
    for one in words:
        box = _ink(one)
        if one.widget.disabled or not one.part.covers(box):
            continue
        place = (int(box.left), int(Window.height - box.top), int(box.right) + 1, int(Window.height - box.bottom) + 1)
        colours = picture.crop(place).getcolors(COLOURS) or []
        if not colours:
            continue
        _, ground = max(colours, key=lambda pair: pair[0])
        assert isinstance(ground, tuple)
        ink = tuple(round(255 * part) for part in one.widget.color[:3])
        if (ratio := _contrast(ink, ground)) < CONTRAST:
            yield _finding("contrast", one, f"{ratio:.1f} of {_hex(ink)} on {_hex(ground)}")


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _targets(targets: list[Seen]) -> Iterator[Finding]:
    for one in targets:
        least = dp(KEY_TARGET if isinstance(one.widget, Key) else TARGET)
        if (smaller := min(one.widget.width, one.widget.height)) < least - SLACK:
            yield _finding("small target", one, f"{smaller / dp(1):.0f} dp")
        if not one.scrolls and not one.part.covers(one.box):
            yield _finding("target outside", one, f"{_rounded(one.box)} is cut to {_rounded(one.part)}")
    for one, other in combinations([t for t in targets if not t.part.empty], 2):
        keys = isinstance(one.widget, Key) and isinstance(other.widget, Key)
        gap = one.part.gap(other.part)
        if gap < dp(KEYS_APART if keys else APART) - SLACK:
            name = _finding("", other, "")
            yield _finding("too close", one, f"{gap / dp(1):.0f} dp to {name.widget} «{name.text}»")


def _bars(shown: list[Seen], targets: list[Seen]) -> Iterator[Finding]:
    """Bars of lists that more belongs to than is seen: a finger on one is on no target."""
    for one in shown:
        if not isinstance(one.widget, (Scroll, PickList)) or not one.widget.more:
            continue
        right = one.box.right + (dp(BAR_RIGHT) if isinstance(one.widget, Scroll) else 0)
        bar = Box(right - dp(BAR), one.box.bottom, right, one.box.top)
        for other in targets:
            if not other.part.empty and (gap := bar.gap(other.part)) < dp(APART) - SLACK:
                yield _finding("bar too close", other, f"{gap / dp(1):.0f} dp")


def _covered(root: Widget, targets: list[Seen]) -> Iterator[Finding]:
    """Targets below a hidden one that would take their touches."""
    seen_ones = {one.widget: one for one in targets if not one.part.empty}
    hidden: list[Any] = []
    for widget, faint in _in_order_of_touch(root, False):
        if not isinstance(widget, ButtonBehavior) or widget.disabled:
            continue
        if faint:
            hidden.append(widget)
        elif one := seen_ones.get(widget):
            for other in hidden:
                if one.part.gap(_box(other)) < -SLACK and min(other.size) > SLACK:
                    yield _finding("covered", one, f"by {type(other).__name__}, which is hidden")


def _in_order_of_touch(widget: Any, faint: bool) -> Iterator[tuple[Any, bool]]:
    """Every widget in the order in which touches are offered to them, and whether it cannot be seen."""
    if isinstance(widget, Footer) and not widget.height:
        return  # it hands no touch on while it is folded
    faint = faint or widget.opacity < 0.05
    for child in widget.children:
        yield from _in_order_of_touch(child, faint)
    yield widget, faint


def _high(targets: list[Seen]) -> Iterator[Finding]:
    for one in targets:
        if not one.part.empty and one.part.top > dp(theme.REACH_HEIGHT) + SLACK:
            yield _finding("out of reach", one, f"up to {one.part.top / dp(1):.0f} dp")


def _rounded(box: Box) -> str:
    return "(" + ", ".join(f"{side:.0f}" for side in box) + ")"


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02X}" for part in colour[:3])
