"""A QR code on the glass, drawn by the graphics card: sharp at any size, no picture of it is kept."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.slip_picture import qr_modules
from screens.widgets import Panel

QUIET = 4  # modules of white around a code, which its readers want


class QrView(Widget):
    """`text` as a QR code, as large as the place allows; nothing while it is empty."""

    text = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        redraw = Clock.create_trigger(self._draw, -1)  # once a frame, when all of its geometry is settled
        for name in ("text", "pos", "size"):
            self.fbind(name, redraw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if not self.text:
            return
        modules = qr_modules(self.text)
        across = len(modules) + 2 * QUIET
        side = int(min(self.width, self.height)) // across  # whole pixels a module
        if side < 1:
            return
        left, top = self.center_x - side * across / 2, self.center_y + side * across / 2
        with self.canvas:
            Color(1, 1, 1)  # dark on white whatever the theme: a reader takes it no other way
            Rectangle(pos=(left, top - side * across), size=(side * across, side * across))
            Color(0, 0, 0)
            for row, line in enumerate(modules, start=QUIET):
                for column, length in _runs(line):
                    x, y = left + side * (column + QUIET), top - side * (row + 1)
                    Rectangle(pos=(x, y), size=(side * length, side))


class QrCard(Panel):
    """A code with a few words below it; no height while `text` is empty."""

    text = StringProperty("")
    caption = StringProperty("")
    note = StringProperty("")
    side = NumericProperty(470)  # dp
    words_height = NumericProperty(0)  # pixels below the code


class QrBeside(QrCard):
    """The same beside what scrolls, so that all of it is always in sight; no width while `text` is empty."""

    most = NumericProperty(470)  # dp
    wide = BooleanProperty(False)


def _runs(line: list[bool]) -> list[tuple[int, int]]:
    """Dark modules side by side: where they begin, how many."""
    runs: list[tuple[int, int]] = []
    for column, dark in enumerate(line):
        if dark and runs and sum(runs[-1]) == column:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((column, 1))
    return runs
