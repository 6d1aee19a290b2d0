"""The few widgets that every screen is made of; their looks are in widgets.kv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kivy.clock import Clock
from kivy.graphics.texture import Texture
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import (
    AliasProperty,
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
    VariableListProperty,
)
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.layout import Layout
from kivy.uix.screenmanager import Screen
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget
from PIL import Image as Picture

from kiosk.app import Kiosk
from kiosk.state import AppState

FACES = (  # stars, icon, colour of the theme
    (5, "emoticon-excited-outline", "GREEN"),
    (4, "emoticon-happy-outline", "GREEN"),
    (3, "emoticon-neutral-outline", "BLUE"),
    (2, "emoticon-sad-outline", "AMBER"),
    (1, "emoticon-frown-outline", "RED"),
)
ARROW_SECONDS = 0.5
STRIP_SECONDS = 2.0  # from edge to edge; it says that the machine works, not how far it is
WIDE = 1100  # dp: from here on there is room for two columns
ARROW_STRIP = 112  # dp at the lower edge of a list that goes on: a touch there turns the page
PAGE_END = 0.02  # of the scrollable height


class Text(Label):
    """A wrapped label in the text font, as high as its text."""


class Heading(Text):
    """What this screen asks, in one line or two."""


class Icon(Label):
    """One glyph of the icon font, by its name."""

    name = StringProperty("")
    size_dp = NumericProperty(56)


class Press(ButtonBehavior, BoxLayout):
    """A touch target that shows that it is pressed; `disabled` veils it."""

    back = ColorProperty()
    back_down = ColorProperty()
    edge = ColorProperty()
    text_color = ColorProperty()
    selected = BooleanProperty(False)
    veil = NumericProperty(0.5)  # how much of it is hidden while disabled
    key = StringProperty("")  # what its verb is called with

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """A button that does nothing takes no touch either: a hidden one may lie over one that is seen."""
        return not self.disabled and bool(super().on_touch_down(touch))


class Action(Press):
    """A button with an icon and a few words."""

    text = StringProperty("")
    icon = StringProperty("")
    icon_after = StringProperty("")
    icons_width = NumericProperty(0)


class MainAction(Action):
    """The one main action of a screen."""


class Tile(Press):
    """A large card: icon, title, and a line below it."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    badge = StringProperty("")
    icon_color = ColorProperty((0, 0, 0, 0))  # none: as usual


class RowTile(Press):
    """A wide card in a list: icon at the left, title and detail, a chevron at the right."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    icon_after = StringProperty("chevron-right")
    icon_color = ColorProperty((0, 0, 0, 0))  # none: as usual
    title_size = NumericProperty(36)  # dp
    shown = BooleanProperty(True)


class Option(Press):
    """One answer of a choice: a ring that fills when it is chosen (a box when `many`)."""

    text = StringProperty("")
    detail = StringProperty("")
    many = BooleanProperty(False)
    shown = BooleanProperty(True)


class Banner(BoxLayout):
    """A sentence that matters, with its icon: `tone` is ok, warn, error or info; hidden while `text` is empty."""

    tone = StringProperty("info")
    text = StringProperty("")
    detail = StringProperty("")
    edge = ColorProperty()
    back = ColorProperty()
    icon = StringProperty("information")


class Counter(BoxLayout):
    """A number between a minus and a plus: pages, copies."""

    value = NumericProperty(1)
    minimum = NumericProperty(1)
    maximum = NumericProperty(99)
    label = StringProperty("")

    def step(self, by: int) -> None:
        """One more or one less, within the limits."""
        self.value = max(self.minimum, min(self.maximum, self.value + by))


class Steps(BoxLayout):
    """«Bước 2 / 5 – name» with a bar."""

    number = NumericProperty(0)
    count = NumericProperty(0)
    name = StringProperty("")


class Overlay(ButtonBehavior, AnchorLayout):
    """A dimmed layer above the screen that swallows every touch."""


class KioskScreen(Screen):
    """Base of all screens: shows a state, calls verbs on `kiosk`. The shell draws the footer from its properties."""

    kiosk: Kiosk = ObjectProperty()
    main_text = StringProperty("")  # "" = no main action
    main_icon = StringProperty("arrow-right")
    main_disabled = BooleanProperty(False)
    main_plain = BooleanProperty(False)  # where it only skips: not in red
    can_back = BooleanProperty(True)
    can_finish = BooleanProperty(True)
    steps_number = NumericProperty(0)  # "step 2 of 5" above the screen; 0 hides it
    steps_count = NumericProperty(0)
    steps_name = StringProperty("")
    folded = BooleanProperty(False)  # without the footer, where the keyboard needs its room
    wide = AliasProperty(  # landscape glass; an upright one whose controls are kept low is no wider than before
        lambda self: self.width > max(self.height * 1.1, dp(WIDE)), bind=("width", "height")
    )
    split = AliasProperty(lambda self: self.wide and self.width >= dp(1600), bind=("width", "height"))  # lists beside

    def render(self, state: AppState) -> None:
        """Show `state`; called on every change while this screen is on the glass. Must be quick."""

    def on_pre_enter(self, *_: object) -> None:
        """Whoever comes here begins at the top."""
        for child in self.children:
            if isinstance(child, Scroll):
                child.scroll_y = 1

    def main(self) -> None:
        """The main action was touched."""

    def shown(self, state: AppState) -> None:
        """The screen has just come onto the glass; `render` follows."""

    def forget(self) -> None:
        """The session has ended: drop everything of the citizen that widgets or caches hold."""


class Root(FloatLayout):
    """The whole glass."""


class Scroll(ScrollView):
    """Holds one `Sheet` or `Column`; what does not fit scrolls: with a bar, and an arrow that turns the page."""

    more = BooleanProperty(False)
    below = AliasProperty(lambda self: self.more and self.scroll_y > PAGE_END, bind=("more", "scroll_y"))
    arrow_x = AliasProperty(lambda self: self.right - dp(64), bind=("right",))
    _bind_inactive_bar_color_ev = staticmethod(lambda: None)  # Kivy's own bar is not shown: it need not fade either

    def fbind(self, name: str, function: Callable[..., object], *values: object, **named: object) -> int:
        """As Kivy's, except for the colour of its bar: that is bound again at each layout and never let go (2.3.1)."""
        return 0 if name == "bar_color" else int(super().fbind(name, function, *values, **named))

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Where nothing has to scroll, a touch goes to its target at once instead of waiting for a drag."""
        if not self.collide_point(*touch.pos):
            return False
        if self.below and touch.y - self.y < dp(ARROW_STRIP):  # the arrow's strip: what lies under it is not to be seen
            self.turn_page()
            return True
        if self.more:
            return bool(super().on_touch_down(touch))
        touch.push()
        touch.apply_transform_2d(self.to_local)
        handled = super(ScrollView, self).on_touch_down(touch)
        touch.pop()
        return bool(handled)

    def turn_page(self) -> None:
        """Show what comes next, with a little of what was there."""
        hidden = self.viewport_size[1] - self.height
        self.scroll_y: float = max(0, self.scroll_y - 0.8 * self.height / hidden)


class Sheet(BoxLayout):
    """The content of a `Scroll`: fills it when there is room, and is as high as it must be when there is not."""


class Column(Layout):
    """Things below each other, as high as they are together; what is hidden (height 0) takes no gap either."""

    spacing = NumericProperty(0)
    padding = VariableListProperty([0, 0, 0, 0])

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name in ("size", "pos", "spacing", "padding", "children"):
            self.fbind(name, self._trigger_layout)

    def do_layout(self, *_: object) -> None:
        """Full width for each child, from top to bottom."""
        left, top, right, bottom = self.padding
        shown = [child for child in reversed(self.children) if child.height > 0]
        gaps = self.spacing * max(0, len(shown) - 1)
        self.height = top + bottom + gaps + sum(child.height for child in shown) if shown else 0
        y = self.top - top
        for child in shown:
            child.width = self.width - left - right
            child.x, child.top = self.x + left, y
            y -= child.height + self.spacing
        for child in self.children:
            if child.height <= 0:
                child.width, child.pos = self.width - left - right, (self.x + left, self.y)


class Panel(Column):
    """A white card that is only read, never touched."""


class Card(BoxLayout):
    """The same card, with whatever height it is given."""


class Fact(BoxLayout):
    """One thing to know: icon, a small label, and what it is; as high as its words, none without a value."""

    icon = StringProperty("")
    label = StringProperty("")
    value = StringProperty("")
    detail = StringProperty("")
    icon_color = ColorProperty((0, 0, 0, 0))  # none: as usual


class SlipView(AnchorLayout):
    """A slip as it is printed, as large as the place allows; `picture` is a PIL image or None."""

    picture = ObjectProperty(None, allownone=True)
    texture = ObjectProperty(None, allownone=True)

    def on_picture(self, _widget: object, picture: Picture.Image | None) -> None:
        """A picture becomes a texture; without one nothing is kept."""
        if picture is None:
            self.texture = None
            return
        texture = Texture.create(size=picture.size, colorfmt="luminance")
        texture.blit_buffer(picture.convert("L").tobytes(), colorfmt="luminance", bufferfmt="ubyte")
        texture.flip_vertical()
        self.texture = texture


class SlotPointer(BoxLayout):
    """Says that a slip is being printed, then points down at its slot with a stepping arrow; hidden otherwise."""

    printing = BooleanProperty(False)
    pointing = BooleanProperty(False)
    lowered = BooleanProperty(False)

    def on_pointing(self, *_: object) -> None:
        """The arrow moves only while somebody looks for the paper."""
        Clock.unschedule(self._step)
        self.lowered = False
        if self.pointing:
            Clock.schedule_interval(self._step, ARROW_SECONDS)

    def _step(self, _dt: float) -> None:
        self.lowered = not self.lowered


class CameOut(BoxLayout):
    """Asks the citizen whether the slip is there, which some printers cannot tell; hidden otherwise."""

    asking = BooleanProperty(False)
    kiosk = ObjectProperty(None)


class FaceStrip(BoxLayout):
    """Five faces below a job that is done: one touch rates it and ends the session."""

    kiosk = ObjectProperty(None)


def show_list(box: Widget, make: Callable[[], Widget], rows: Sequence[Mapping[str, object]]) -> None:
    """Let `box` hold one widget a row, with the row's properties; widgets are kept, only their number changes."""
    while len(box.children) > len(rows):
        box.remove_widget(box.children[0])
    while len(box.children) < len(rows):
        box.add_widget(make())
    for widget, row in zip(reversed(box.children), rows, strict=True):
        for name, value in row.items():
            setattr(widget, name, value)


class CardPicture(Widget):
    """An ID card, its front or back, with the QR code `marked`; `scale` 1 is 380 dp wide, no size while not `shown`."""

    front = BooleanProperty(True)
    marked = BooleanProperty(True)
    shown = BooleanProperty(True)
    scale = NumericProperty(1)
    unit = NumericProperty(1)  # pixels


class ReaderPicture(AnchorLayout):
    """A card lying on its reader, which is lit while they talk; no size while not `shown`."""

    shown = BooleanProperty(True)
    reading = BooleanProperty(False)
    scale = NumericProperty(1)
    unit = NumericProperty(1)  # pixels


class ScannerPicture(Widget):
    """A flat-bed scanner from above with a sheet in its corner; while `scanning` a strip of light moves over it."""

    unit = NumericProperty(1)  # pixels
    scanning = BooleanProperty(False)
    strip = NumericProperty(0)  # where the light is, 0 to 1
    ox = NumericProperty(0)  # left and lower edge of the drawing
    oy = NumericProperty(0)

    def on_scanning(self, *_: object) -> None:
        """The light moves only while the machine works."""
        Clock.unschedule(self._move)
        self.strip = 0
        if self.scanning:
            Clock.schedule_interval(self._move, STRIP_SECONDS / 20)

    def _move(self, seconds: float) -> None:
        self.strip = (self.strip + seconds / STRIP_SECONDS) % 1
