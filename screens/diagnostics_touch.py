"""A grid over the whole glass: every cell must feel a finger once; those that do not are listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Line, Rectangle
from kivy.metrics import dp
from kivy.properties import NumericProperty, StringProperty

from screens import theme
from screens.tr import tr
from screens.widgets import Overlay

CELL = 135  # dp: a thumb; smaller dead spots do not hinder anybody, as targets are 96 and more
QUIET_SECONDS = 12  # without a new cell: what is left is dead


class TouchGrid(Overlay):
    """Calls `done(cells, dead)` once, when all cells were touched or nothing new came for a while."""

    columns = NumericProperty(0)
    rows = NumericProperty(0)
    words = StringProperty("")

    def __init__(self, done: Callable[[int, Sequence[str]], None], **values: Any) -> None:
        self._done = done
        self._felt: set[tuple[int, int]] = set()
        self._quiet = 0
        super().__init__(**values)
        self.bind(size=lambda *_: self._begin(), pos=lambda *_: self._begin())
        self._watch = Clock.schedule_interval(lambda _dt: self._second(), 1)

    def dead(self) -> tuple[str, ...]:
        """Cells that have felt nothing, as «row-column», from the left upper corner and from 1."""
        every = ((row, column) for row in range(self.rows) for column in range(self.columns))
        return tuple(f"{row + 1}-{column + 1}" for row, column in every if (row, column) not in self._felt)

    def close(self) -> None:
        """Take it from the glass; nothing is reported."""
        self._watch.cancel()
        if self.parent:
            self.parent.remove_widget(self)

    def on_touch_down(self, touch: Any) -> bool:
        """Every touch belongs to the grid."""
        self._feel(*touch.pos)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """A finger may be drawn over many cells."""
        self._feel(*touch.pos)
        return True

    def on_touch_up(self, _touch: Any) -> bool:
        """Nothing below hears of it."""
        return True

    def _begin(self) -> None:
        self.columns, self.rows = max(1, round(self.width / dp(CELL))), max(1, round(self.height / dp(CELL)))
        self._felt.clear()
        self.canvas.before.clear()
        with self.canvas.before:
            Color(rgba=theme.PAPER)
            Rectangle(pos=self.pos, size=self.size)
            Color(rgba=theme.MUTED)
            for row in range(self.rows):
                for column in range(self.columns):
                    Line(rectangle=self._box(row, column), width=dp(1))
        self._tell()

    def _box(self, row: int, column: int) -> tuple[float, float, float, float]:
        wide, high = self.width / self.columns, self.height / self.rows
        return self.x + column * wide, self.top - (row + 1) * high, wide, high

    def _feel(self, x: float, y: float) -> None:
        column = min(self.columns - 1, max(0, int((x - self.x) / self.width * self.columns)))
        row = min(self.rows - 1, max(0, int((self.top - y) / self.height * self.rows)))
        if (row, column) in self._felt:
            return
        self._felt.add((row, column))
        self._quiet = 0
        left, bottom, wide, high = self._box(row, column)
        with self.canvas.before:
            Color(rgba=theme.GREEN_TINT)
            Rectangle(pos=(left + dp(3), bottom + dp(3)), size=(wide - dp(6), high - dp(6)))
            Color(rgba=theme.GREEN)
            middle, base, arm = left + wide / 2, bottom + high / 2, min(wide, high) / 5
            points = (middle - arm, base, middle - arm / 3, base - arm * 0.7, middle + arm, base + arm * 0.8)
            Line(points=points, width=dp(4))
        self._tell()
        if len(self._felt) == self.rows * self.columns:
            self._end()

    def _second(self) -> None:
        self._quiet += 1
        if self._quiet >= QUIET_SECONDS:
            self._end()
        else:
            self._tell()

    def _tell(self) -> None:
        left = self.rows * self.columns - len(self._felt)
        words = tr._("Còn {n} ô chưa chạm. Tự đóng sau {seconds} giây.")
        self.words = words.format(n=left, seconds=QUIET_SECONDS - self._quiet)

    def _end(self) -> None:
        cells, dead = self.rows * self.columns, self.dead()
        self.close()
        self._done(cells, dead)
