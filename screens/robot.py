"""A robot at the glass: real touches through the X server (XTEST), real pixels from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget
from PIL import Image
from Xlib import X, display
from Xlib.ext import xtest

from kiosk.state import AppState, Step
from screens.widgets import ARROW_STRIP
from screens.window import KioskWindow

T = TypeVar("T")
Wanted = Callable[[Any], bool]


class RobotLost(Exception):
    """The glass does not show what the robot looks for."""


class Robot:
    """Runs in a thread of its own; widgets are only looked at on the main thread."""

    def __init__(self, window: KioskWindow, patience: float = 20.0, pause: float = 0.04) -> None:
        """`patience`: how long anything is waited for; `pause`: after each frame that is let be drawn. Seconds."""
        self.window = window
        self.patience, self.pause = patience, pause
        self._display = display.Display()
        self._root = self._display.screen().root

    @property
    def state(self) -> AppState:
        """What is on the glass now."""
        return self.window.kiosk.state

    def close(self) -> None:
        """Let go of the X server."""
        self._display.close()

    def on_main(self, call: Callable[[], T]) -> T:
        """Do something on the main thread between two frames and wait for its result."""
        done = threading.Event()
        box: list[T] = []

        def work(_dt: float) -> None:
            try:
                box.append(call())
            finally:
                done.set()

        Clock.schedule_once(work, 0)
        if not done.wait(self.patience):
            raise RobotLost("the main thread does not answer")
        if not box:
            raise RobotLost("looking at the glass failed")
        return box[0]

    def wait(self, wanted: Callable[[AppState], bool], what: str, patience: float | None = None) -> AppState:
        """Wait until the state is as wanted."""
        end = time.monotonic() + (patience or self.patience)
        while time.monotonic() < end:
            state = self.state
            if wanted(state):
                return state
            time.sleep(0.02)
        raise RobotLost(f"waited for {what}, the glass shows {self.state.step}")

    def wait_step(self, step: Step) -> AppState:
        """Wait for a step, and for its screen to be drawn."""
        state = self.wait(lambda s: s.step is step, step.value)
        self.settle()
        return state

    def settle(self) -> None:
        """Let two frames be drawn."""
        for _ in range(2):
            self.on_main(lambda: True)
            time.sleep(self.pause)

    # -- looking -------------------------------------------------------------------------------------------------
    def find(self, wanted: Wanted, what: str) -> tuple[float, float]:
        """The middle of the first touchable widget that is wanted, in pixels from the top left of the window."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            spot = self.on_main(lambda: self._spot(wanted) or (-1.0, -1.0))
            if spot[0] >= 0:
                return spot
            time.sleep(0.05)
        raise RobotLost(f"cannot see {what} on {self.state.step}")

    def sees(self, wanted: Wanted) -> bool:
        """Whether it is on the glass now."""
        return self.on_main(lambda: self._spot(wanted) is not None)

    def has(self, wanted: Wanted) -> bool:
        """Whether the window has it, in sight or not."""
        return self.on_main(lambda: any(wanted(widget) for widget in _walk(self.window.root)))

    def _spot(self, wanted: Wanted) -> tuple[float, float] | None:
        for widget in _walk(self.window.root):
            if wanted(widget) and widget.width > 1 and widget.height > 1 and not getattr(widget, "disabled", False):
                x, y = widget.to_window(widget.center_x, widget.center_y)
                if 0 < x < Window.width and 0 < y < Window.height:
                    return float(x), float(Window.height - y)
        return None

    # -- touching ------------------------------------------------------------------------------------------------
    def tap(self, wanted: Wanted | str, what: str = "") -> None:
        """Touch a widget: by a test on it, or by its text."""
        test = by_text(wanted) if isinstance(wanted, str) else wanted
        x, y = self.find(test, what or str(wanted))
        self.touch(x, y)

    def bring(self, wanted: Wanted, swipes: int = 12) -> None:
        """Swipe the list that holds a widget until it is in sight."""
        for _ in range(swipes):
            way = self.on_main(lambda: self._way_to(wanted))
            if way is None:
                return
            x, top, bottom, up = way
            start, end = (bottom - 60, top + 60) if up else (top + 60, bottom - 60)
            self.swipe(x, start, end)

    def _way_to(self, wanted: Wanted) -> tuple[float, float, float, bool] | None:
        """Middle, top and bottom of the list, and whether to swipe up; None when the widget is in sight."""
        widget = next((w for w in _walk(self.window.root) if wanted(w)), None)
        view = widget
        while view is not None and not isinstance(view, ScrollView):
            view = view.parent if isinstance(view.parent, Widget) else None
        if widget is None or view is None:
            return None
        low, high = view.to_window(view.x, view.y)[1], view.to_window(view.x, view.top)[1]
        seen_from = low + (dp(ARROW_STRIP) if getattr(view, "below", False) else 0)  # there a touch turns the page
        at = widget.to_window(widget.center_x, widget.center_y)[1]
        if seen_from + widget.height / 2 <= at <= high - widget.height / 2:
            return None
        x = view.to_window(view.center_x, view.center_y)[0]
        return float(x), float(Window.height - high), float(Window.height - low), at < (low + high) / 2

    def swipe(self, x: float, start: float, end: float) -> None:
        """Press, draw and release."""
        left, top = self._window_origin()
        self._fake(X.MotionNotify, x=round(left + x), y=round(top + start))
        self._fake(X.ButtonPress, 1)
        for part in range(1, 11):
            time.sleep(0.03)
            self._fake(X.MotionNotify, x=round(left + x), y=round(top + start + (end - start) * part / 10))
        time.sleep(0.2)
        self._fake(X.ButtonRelease, 1)
        time.sleep(0.4)
        self.settle()

    def timed_tap(self, text: str, step: Step) -> float:
        """Seconds from the touch until the screen of `step` has been drawn."""
        x, y = self.find(by_text(text), text)
        self._wait_for_finger(x, y)
        left, top = self._window_origin()
        drawn = threading.Event()
        began: list[float] = []
        ended: list[float] = []

        def flipped(*_: object) -> None:
            if self.state.step is step and not ended:
                ended.append(time.perf_counter())
                drawn.set()

        self.on_main(lambda: Window.bind(on_flip=flipped))
        self._fake(X.MotionNotify, x=round(left + x), y=round(top + y))
        self._fake(X.ButtonPress, 1)
        time.sleep(0.05)
        began.append(time.perf_counter())
        self._fake(X.ButtonRelease, 1)
        drawn.wait(self.patience)
        self.on_main(lambda: Window.unbind(on_flip=flipped))
        if not ended:
            raise RobotLost(f"{step} was not drawn")
        return ended[0] - began[0]

    def touch(self, x: float, y: float) -> None:
        """Press and release at a point of the window, as a finger would."""
        self._wait_for_finger(x, y)
        self._press(x, y)
        self.settle()

    def touch_twice(self, x: float, y: float, gap: float = 0.15) -> None:
        """As an unsure finger does: two touches in one place, `gap` seconds between them."""
        self._wait_for_finger(x, y)
        self._press(x, y)
        time.sleep(gap)
        self._press(x, y)
        self.settle()

    def _wait_for_finger(self, x: float, y: float) -> None:
        """A robot reads in no time; what it touches must not be taken for the second touch of a double one."""
        time.sleep(self.on_main(lambda: self.window.double_touch.seconds_left(x, Window.height - y)))

    def _press(self, x: float, y: float) -> None:
        left, top = self._window_origin()
        self._fake(X.MotionNotify, x=round(left + x), y=round(top + y))
        self._fake(X.ButtonPress, 1)
        time.sleep(0.05)
        self._fake(X.ButtonRelease, 1)

    def _fake(self, kind: int, detail: int = 0, x: int = 0, y: int = 0) -> None:
        xtest.fake_input(self._display, kind, detail, x=x, y=y)
        self._display.sync()

    def _window_origin(self) -> tuple[int, int]:
        left, top = self.on_main(lambda: (Window.left, Window.top))
        return int(left or 0), int(top or 0)

    # -- pictures ------------------------------------------------------------------------------------------------
    def picture(self, path: Path) -> None:
        """What the X server shows of the window, as a PNG."""
        self.settle()
        self.grab().save(path)

    def grab(self) -> Image.Image:
        """What the X server shows of the window now."""
        left, top = self._window_origin()
        width, height = self.on_main(lambda: (int(Window.width), int(Window.height)))
        raw = self._root.get_image(left, top, width, height, X.ZPixmap, 0xFFFFFFFF)
        return Image.frombytes("RGB", (width, height), raw.data, "raw", "BGRX")


def by_text(text: str) -> Wanted:
    """A touchable widget whose text or title is this."""
    return lambda w: hasattr(w, "on_release") and text in (getattr(w, "text", None), getattr(w, "title", None))


def _walk(widget: Widget) -> Iterator[Widget]:
    """Topmost first: overlays before what they cover."""
    for child in widget.children:
        yield from _walk(child)
    yield widget
