"""The few widgets that every screen is made of; their looks are in widgets.kv."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.screenmanager import Screen

from kiosk.app import Kiosk
from kiosk.state import AppState
from screens import theme


class Text(Label):
    """A wrapped label in the text font, as high as its text."""


class Heading(Text):
    """What this screen asks, in one line or two."""


class Icon(Label):
    """One glyph of the icon font, by its name."""

    name = StringProperty("")
    size_dp = NumericProperty(56)


class Press(ButtonBehavior, BoxLayout):
    """A touch target that shows that it is pressed; `disabled` greys it out."""

    back = ColorProperty(theme.CARD)
    back_down = ColorProperty(theme.SHADE)
    edge = ColorProperty(theme.LINE)
    text_color = ColorProperty(theme.INK)
    selected = BooleanProperty(False)


class Action(Press):
    """A button with an icon and a few words."""

    text = StringProperty("")
    icon = StringProperty("")
    icon_after = StringProperty("")


class MainAction(Action):
    """The one main action of a screen."""


class Tile(Press):
    """A large card: icon, title, and a line below it."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    badge = StringProperty("")


class RowTile(Press):
    """A wide card in a list: icon at the left, title and detail, a chevron at the right."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    icon_after = StringProperty("chevron-right")


class Option(Press):
    """One answer of a choice: a ring that fills when it is chosen (a box when `many`)."""

    text = StringProperty("")
    detail = StringProperty("")
    many = BooleanProperty(False)


class Banner(BoxLayout):
    """A sentence that matters, with its icon: `tone` is ok, warn, error or info; hidden while `text` is empty."""

    tone = StringProperty("info")
    text = StringProperty("")
    detail = StringProperty("")
    edge = ColorProperty(theme.BLUE)
    back = ColorProperty(theme.BLUE_TINT)
    icon = StringProperty("information")

    def on_tone(self, *_: object) -> None:
        """Colour and icon follow the tone."""
        self.edge, self.back, self.icon = theme.TONES[self.tone]


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
    can_back = BooleanProperty(True)
    can_finish = BooleanProperty(True)
    steps_number = NumericProperty(0)  # "step 2 of 5" above the screen; 0 hides it
    steps_count = NumericProperty(0)
    steps_name = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show `state`; called on every change while this screen is on the glass. Must be quick."""

    def main(self) -> None:
        """The main action was touched."""

    def shown(self, state: AppState) -> None:
        """The screen has just come onto the glass; `render` follows."""

    def forget(self) -> None:
        """The session has ended: drop everything of the citizen that widgets or caches hold."""


class Root(FloatLayout):
    """The whole glass."""
