"""One paper, page by page: how to lay it, scan, look, scan again, take away."""

from __future__ import annotations

import io
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from PIL import Image

from kiosk.state import AppState, Job, Page
from screens.tr import tr
from screens.widgets import KioskScreen, Press

THUMBNAIL = (620, 880)


class PageThumb(Press):
    """One page in the row below the large one."""

    number = NumericProperty(1)
    texture = ObjectProperty(None, allownone=True)


class ScanScreen(KioskScreen):
    """The chosen page large, all pages small."""

    title = StringProperty("")
    hint = StringProperty("")
    pages = NumericProperty(0)
    chosen = NumericProperty(0)
    texture = ObjectProperty(None, allownone=True)
    running = BooleanProperty(False)
    error = StringProperty("")
    error_detail = StringProperty("")
    problem = StringProperty("")
    problem_detail = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._textures: dict[str, Any] = {}
        self._last: tuple[Page, ...] = ()

    def shown(self, _state: AppState) -> None:
        """Look at the newest page."""
        self._last = ()

    def render(self, state: AppState) -> None:
        """Pages, progress and errors of this paper."""
        session = state.session
        if session is None or session.component is None:
            return
        self.steps_number, self.steps_count = session.step_number, session.step_count
        self.title = self.steps_name = tr._(session.component.title)
        self.hint = tr._(session.component.hint)
        self.running = session.scan is Job.RUNNING
        self.error = tr.error(session.scan_code)
        self.error_detail = tr.advice(session.scan_code)
        pages = session.papers.get(session.component.id, ())
        self.main_text = tr._("Xong giấy này") if pages else ""
        self.main_icon = "check"
        self.main_disabled = self.running
        if pages != self._last:
            grown = len(pages) > len(self._last)
            self._last = pages
            self.pages = len(pages)
            self._choose(len(pages) - 1 if grown else min(int(self.chosen), len(pages) - 1))

    def _choose(self, index: int) -> None:
        self.chosen = max(0, index)
        box = self.ids.thumbs
        box.clear_widgets()
        for number, page in enumerate(self._last):
            thumb = PageThumb(number=number + 1, texture=self._texture(page), selected=number == self.chosen)
            thumb.bind(on_release=lambda t: self._choose(int(t.number) - 1))
            box.add_widget(thumb)
        looked_at = self._last[int(self.chosen)] if self._last else None
        self.texture = self._texture(looked_at) if looked_at is not None else None
        code = looked_at.preview.problems[0] if looked_at is not None and looked_at.preview.problems else ""
        self.problem, self.problem_detail = tr.error(code), tr.advice(code)

    def _texture(self, page: Page) -> Any:
        if page.sha256 not in self._textures:
            picture = Image.open(io.BytesIO(page.preview.jpeg))
            picture.draft("RGB", THUMBNAIL)  # decodes small at once: a full A4 would cost the glass 60 ms
            picture.thumbnail(THUMBNAIL)
            data = io.BytesIO()
            picture.save(data, "BMP")
            data.seek(0)
            self._textures[page.sha256] = CoreImage(data, ext="bmp", nocache=True).texture
        return self._textures[page.sha256]

    def main(self) -> None:
        """This paper is complete."""
        self.kiosk.next()

    def forget(self) -> None:
        """No picture of a paper stays."""
        self._textures.clear()
        self._last = ()
        self.texture = None
        self.ids.thumbs.clear_widgets()


SCREEN = ScanScreen
