"""What a camera above the papers sees, the sheet outlined in it, and four corners that a finger can drag."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Rectangle
from kivy.graphics.texture import Texture
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.widget import Widget

from devices.interfaces import Corners, Preview
from screens import theme

HANDLE = 44  # dp: radius of the ring that is seen
REACH = 88  # dp: so far from a corner a thick finger still takes it
LOUPE = 150  # dp: radius
LOUPE_TIMES = 3  # larger than in the picture


class LiveSheet(Widget):
    """Shows the newest picture and nothing older. `on_placed` tells where a finger has left them, as shares."""

    can_drag = BooleanProperty(True)
    sure = BooleanProperty(False)  # the outline is worth trusting: green
    texture = ObjectProperty(None, allownone=True)
    corners: Corners | None = ObjectProperty(None, allownone=True)
    __events__ = ("on_placed",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._held: int | None = None
        self._drawn = InstructionGroup()
        self.canvas.add(self._drawn)
        redraw = self._redraw
        self.bind(pos=redraw, size=redraw, corners=redraw, sure=redraw, can_drag=redraw, texture=redraw)

    def on_placed(self, corners: Corners) -> None:
        """A finger has put them there."""

    def show(self, picture: Preview | None, corners: Corners | None) -> None:
        """The newest picture and its corners; those under a finger stay where the finger is."""
        if picture is None:
            self.forget()
            return
        size = (picture.width, picture.height)
        if self.texture is None or self.texture.size != size:
            texture = Texture.create(size=size, colorfmt="rgb")
            texture.flip_vertical()
            texture.blit_buffer(picture.rgb, colorfmt="rgb", bufferfmt="ubyte")
            self.texture = texture
        else:
            self.texture.blit_buffer(picture.rgb, colorfmt="rgb", bufferfmt="ubyte")
            self.canvas.ask_update()
        if self._held is None:
            self.corners = corners

    def forget(self) -> None:
        """Neither picture nor corners stay."""
        self._held, self.corners, self.texture = None, None, None

    # -- places --------------------------------------------------------------------------------------------------
    def place(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the picture on the glass: as large as fits, not distorted."""
        if self.texture is None:
            return self.x, self.y, 0.0, 0.0
        wide, high = self.texture.size
        scale = min(self.width / wide, self.height / high)
        return (self.center_x - wide * scale / 2, self.center_y - high * scale / 2, wide * scale, high * scale)

    def point(self, corner: tuple[float, float]) -> tuple[float, float]:
        """Where a share of the picture is on the glass."""
        left, bottom, wide, high = self.place()
        return left + corner[0] * wide, bottom + (1 - corner[1]) * high

    def _share(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, wide, high = self.place()
        return min(1.0, max(0.0, (x - left) / wide)), min(1.0, max(0.0, 1 - (y - bottom) / high))

    # -- fingers -------------------------------------------------------------------------------------------------
    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Take the nearest corner within reach, also from a little beside the picture."""
        if self.corners is None or self.texture is None or not self.can_drag or self._held is not None:
            return False
        away = [_distance(self.point(corner), touch.pos) for corner in self.corners]
        nearest = min(range(4), key=away.__getitem__)
        if away[nearest] > dp(REACH):
            return False
        at = self.point(self.corners[nearest])
        touch.ud[self] = (at[0] - touch.x, at[1] - touch.y)  # it does not jump under the finger
        touch.grab(self)
        self.take(nearest)
        return True

    def take(self, corner: int) -> None:
        """A finger lies on a corner: show what it hides."""
        self._held = corner
        self._redraw()

    def on_touch_move(self, touch: MotionEvent) -> bool:
        """The corner goes with the finger."""
        if touch.grab_current is not self or self._held is None or self.corners is None:
            return False
        off = touch.ud[self]
        corners = list(self.corners)
        corners[self._held] = self._share(touch.x + off[0], touch.y + off[1])
        self.corners = tuple(corners)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        """Told once it is let go."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if self._held is not None:
            self._held = None
            self._redraw()
            self.dispatch("on_placed", self.corners)
        return True

    # -- drawing -------------------------------------------------------------------------------------------------
    def _redraw(self, *_: object) -> None:
        draw = self._drawn
        draw.clear()
        if self.texture is None:
            return
        left, bottom, wide, high = self.place()
        if wide <= 0 or high <= 0:
            return  # it has no room before the first layout
        draw.add(Color(1, 1, 1, 1))
        draw.add(Rectangle(texture=self.texture, pos=(left, bottom), size=(wide, high)))
        if self.corners is None:
            return
        points = [self.point(corner) for corner in self.corners]
        flat = [value for point in points for value in point]
        for color, width in ((theme.WHITE, 6), (theme.GREEN if self.sure else theme.AMBER, 3)):
            draw.add(Color(*color))
            draw.add(Line(points=flat, close=True, width=dp(width), joint="round"))
        for number, point in enumerate(points if self.can_drag else ()):
            self._handle(point, held=number == self._held)
        if self._held is not None:
            self._loupe(points[self._held])

    def _handle(self, at: tuple[float, float], held: bool) -> None:
        radius = dp(HANDLE)
        self._drawn.add(Color(*theme.BLUE[:3], 0.15 if held else 0.35))
        self._drawn.add(Ellipse(pos=(at[0] - radius, at[1] - radius), size=(2 * radius, 2 * radius)))
        for color, width in ((theme.WHITE, 5), (theme.BLUE, 3)):
            self._drawn.add(Color(*color))
            self._drawn.add(Line(circle=(*at, radius), width=dp(width)))

    def _loupe(self, at: tuple[float, float]) -> None:
        """What the finger hides, larger, in the upper corner farther from it."""
        left, bottom, wide, high = self.place()
        radius = dp(LOUPE)
        middle = (left + radius if at[0] > left + wide / 2 else left + wide - radius, bottom + high - radius)
        assert self.texture is not None
        scale = self.texture.width / wide
        span = 2 * radius / LOUPE_TIMES * scale  # dots of the picture across the loupe
        x, y = (at[0] - left) * scale - span / 2, (at[1] - bottom) * scale - span / 2
        w, h = self.texture.size
        u, v, du, dv = x / w, 1 - y / h, span / w, span / h
        box = (middle[0] - radius, middle[1] - radius)
        draw = self._drawn
        draw.add(Color(1, 1, 1, 1))
        corners = (u, v, u + du, v, u + du, v - dv, u, v - dv)
        draw.add(Ellipse(texture=self.texture, tex_coords=corners, pos=box, size=(2 * radius, 2 * radius)))
        for color, width in ((theme.WHITE, 5), (theme.BLUE, 3)):
            draw.add(Color(*color))
            draw.add(Line(circle=(*middle, radius), width=dp(width)))
        draw.add(Color(*theme.RED))
        for dx, dy in ((dp(40), 0), (0, dp(40))):
            draw.add(Line(points=[middle[0] - dx, middle[1] - dy, middle[0] + dx, middle[1] + dy], width=dp(2)))


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)
