"""One paper, page by page: how to lay it, scan, look, scan again, take away."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics.texture import Texture
from kivy.properties import AliasProperty, BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from PIL import Image

from devices.interfaces import Condition, Corners
from kiosk.catalogue import Component
from kiosk.state import AppState, Job, LiveView, Page
from screens import theme
from screens.live_sheet import LiveSheet
from screens.tr import tr
from screens.widgets import KioskScreen, Option, Press, show_list

LARGE = (800, 1100)  # pixels; enough to read a page on this glass, and half an A4 at 200 dpi, which decodes fast
SMALL = (160, 160)
MIDDLE: Corners = ((0.2, 0.12), (0.8, 0.12), (0.8, 0.88), (0.2, 0.88))  # where a person begins to set corners


class PageThumb(Press):
    """One page in the row of small ones."""

    number = NumericProperty(1)
    texture = ObjectProperty(None, allownone=True)
    wrong = BooleanProperty(False)


class ScanScreen(KioskScreen):
    """The chosen page large, all pages small; or what a camera sees before it takes the next one."""

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
    camera = BooleanProperty(False)
    live = BooleanProperty(False)  # the camera's picture is on the glass
    by_hand = BooleanProperty(False)  # its corners are a person's
    seeing = BooleanProperty(False)  # there is a picture
    outlined = BooleanProperty(False)
    low = BooleanProperty(False)  # within reach on an upright glass: the page stands beside its buttons
    beside = AliasProperty(lambda self: self.wide or self.low, bind=("wide", "low"))
    strip_shown = AliasProperty(lambda self: self.pages > 1 and not self.live, bind=("pages", "live"))
    more = AliasProperty(lambda self: self.pages > 0 and not self.live, bind=("pages", "live"))
    movable = BooleanProperty(False)  # there is another paper to which a page may belong
    moving = BooleanProperty(False)  # which one is asked
    advice = StringProperty("")
    advice_detail = StringProperty("")
    advice_tone = StringProperty("info")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._bring_thumb = Clock.create_trigger(self._thumb_in_sight, 0.05)
        self._textures: dict[tuple[str, tuple[int, int]], Texture | None] = {}
        self._shown: tuple[str, tuple[str, ...]] = ("", ())
        self._pages: tuple[Page, ...] = ()

    def render(self, state: AppState) -> None:
        """Pages, progress and errors of this paper."""
        session = state.session
        if session is None or session.component is None:
            return
        self.low = bool(theme.T.REACH) and not self.wide
        self.steps_number, self.steps_count = session.step_number, 0 if self.low else session.step_count
        self.title = tr._(session.component.title)
        self.steps_name = tr._("Giấy tờ")
        self.hint = tr._(session.component.hint)
        self.running = session.scan is Job.RUNNING
        code = session.scan_code or _camera_trouble(state, session.live)
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self.camera = state.camera
        self._show_live(session.live, quiet=bool(code))
        pages = session.papers.get(session.component.id, ())
        self._show_main(bool(pages) and not self.live)
        self._show_pages(session.component.id, pages)
        self._show_others([one for one in self.kiosk.papers_needed() if one.id != session.component.id])

    def _show_main(self, done: bool) -> None:
        """The footer's action: scan; stop it while it runs; done with this paper once there is a page."""
        if self.running:
            self.main_text, self.main_icon = tr._("Hủy"), "close"
        elif done:
            self.main_text, self.main_icon = tr._("Xong giấy này"), "check"
        else:
            self.main_text, self.main_icon = tr._("Quét trang"), "scanner"
        self.main_plain = self.running

    def _show_others(self, others: Sequence[Component]) -> None:
        self.movable = bool(others) and self.more and not self.running
        self.moving = self.moving and self.movable
        rows = [{"key": one.id, "text": tr._(one.title)} for one in others] if self.moving else []
        show_list(self.ids.others, self._other, rows)

    def _other(self) -> Option:
        option = Option()
        option.bind(on_release=lambda one: self._move(one.key))
        return option

    def ask_where(self) -> None:
        """To which paper this page belongs; once more: it stays."""
        self.moving = not self.moving
        self.render(self.kiosk.state)

    def _move(self, component_id: str) -> None:
        self.moving = False
        self.kiosk.move_page(int(self.chosen), component_id)
        self.render(self.kiosk.state)

    def _show_live(self, live: LiveView | None, quiet: bool) -> None:
        sheet: LiveSheet = self.ids.sheet
        picture = live.picture if live else None
        self.live, self.by_hand = live is not None, bool(live and live.corners)
        corners = (live.corners if live else None) or (picture.corners if picture else None)
        self.seeing, self.outlined = picture is not None, corners is not None
        code = _view_problem(live)
        sheet.sure = self.outlined and not code
        sheet.show(picture, corners)
        self.advice_tone, self.advice, self.advice_detail = _advice(live, code, self.outlined)
        if quiet or self.running:
            self.advice = self.advice_detail = ""

    def take_corners(self) -> None:
        """By hand from here on: those that the machine has found, or in the middle."""
        self.set_corners(self.ids.sheet.corners or MIDDLE)

    def set_corners(self, corners: Corners | None) -> None:
        """Where a finger has put them; None: the machine finds them again."""
        self.kiosk.set_corners(corners)

    def _show_pages(self, component_id: str, pages: tuple[Page, ...]) -> None:
        key = (component_id, tuple(page.sha256 for page in pages))
        if key != self._shown:
            same_paper = component_id == self._shown[0]
            self.moving = self.moving and same_paper
            changed = [i for i, page in enumerate(pages) if not same_paper or page.sha256 not in self._shown[1]]
            self._shown, self._pages, self.pages = key, pages, len(pages)
            self._drop_textures({page.sha256 for page in pages})
            self.chosen = changed[-1] if changed else max(0, min(int(self.chosen), len(pages) - 1))
        self._choose(int(self.chosen))

    def _choose(self, index: int) -> None:
        self.chosen = index
        page = self._pages[index] if index < len(self._pages) else None
        self.texture = self._texture(page, LARGE) if page else None
        show_list(self.ids.thumbs, self._thumb, [self._row(i, p) for i, p in enumerate(self._pages)])
        self._bring_thumb()
        codes = page.preview.problems if page else ()
        self.problem = " ".join(tr.error(code) for code in codes)
        self.problem_detail = " ".join(dict.fromkeys(filter(None, (tr.advice(code) for code in codes))))

    def _row(self, index: int, page: Page) -> Mapping[str, object]:
        return {
            "number": index + 1,
            "texture": self._texture(page, SMALL),
            "selected": index == self.chosen,
            "wrong": bool(page.preview.problems),
        }

    def _thumb_in_sight(self, _dt: float) -> None:
        for thumb in self.ids.thumbs.children:
            if thumb.selected:
                self.ids.strip.scroll_to(thumb, animate=False)

    def _thumb(self) -> PageThumb:
        thumb = PageThumb()
        thumb.bind(on_release=lambda t: self._choose(int(t.number) - 1))
        return thumb

    def _texture(self, page: Page, size: tuple[int, int]) -> Texture | None:
        key = (page.sha256, size)
        if key not in self._textures:
            self._textures[key] = _decode(page.preview.jpeg, size)
        return self._textures[key]

    def _drop_textures(self, kept: set[str]) -> None:
        for key in [key for key in self._textures if key[0] not in kept]:
            del self._textures[key]

    def main(self) -> None:
        """Scan a page; stop it; or this paper is complete."""
        if self.running:
            self.kiosk.cancel_scan()
        elif self.more:
            self.kiosk.next()
        else:
            self.kiosk.scan_page()

    def forget(self) -> None:
        """No picture of a paper stays."""
        self._textures.clear()
        self._shown, self._pages = ("", ()), ()
        self.texture, self.pages, self.chosen, self.running = None, 0, 0, False
        self.problem = self.problem_detail = self.error = self.error_detail = ""
        self.ids.thumbs.clear_widgets()
        self.ids.sheet.forget()
        self.ids.others.clear_widgets()
        self.moving = self.movable = False
        self.live = self.by_hand = self.seeing = self.outlined = False
        self.advice = self.advice_detail = ""


def _camera_trouble(state: AppState, live: LiveView | None) -> str:
    """Why the camera shows nothing that helps; "" when it does."""
    if live is None:
        return ""
    status = state.devices.get("document_scanner")
    told = status.code if status and status.condition is Condition.ATTENTION else ""
    return live.code if live.picture is None else told


def _view_problem(live: LiveView | None) -> str:
    if live is None or live.picture is None:
        return ""
    return live.code or next(iter(live.picture.problems), "")


def _advice(live: LiveView | None, code: str, outlined: bool) -> tuple[str, str, str]:
    """Tone, sentence and detail of what to do with the sheet now."""
    if live is None:
        return "info", "", ""
    if live.picture is None:
        return "info", tr._("Đang mở máy chụp, xin đợi một chút…"), ""
    if code:
        return "warn", tr.error(code), tr.advice(code)
    if live.corners:
        words = tr._("Kéo bốn vòng tròn vào đúng bốn góc tờ giấy, rồi chạm «Quét trang».")
        return "info", words, ""
    if outlined:
        words = tr._("Đã thấy tờ giấy. Hãy bỏ tay ra, rồi chạm «Quét trang».")
        return "ok", words, tr._("Nếu khung lệch, hãy kéo vòng tròn vào góc giấy.")
    words = tr._("Đặt tờ giấy vào giữa tấm lót sẫm màu, mặt cần quét ngửa lên.")
    return "info", words, tr._("Nếu máy không thấy giấy, hãy chạm «Tự đặt góc».")


def _decode(jpeg: bytes, size: tuple[int, int]) -> Texture | None:
    """A page no larger than `size`; `draft` lets the decoder skip what would be thrown away. None for a broken one."""
    try:
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.draft("RGB", size)
            picture.thumbnail(size)
            small = picture.convert("RGB")
    except (OSError, Image.DecompressionBombError):
        return None
    texture = Texture.create(size=small.size, colorfmt="rgb")
    texture.blit_buffer(small.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


SCREEN = ScanScreen
