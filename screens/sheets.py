"""The sheets that a person can lay over any screen: how it is shown, help, and what the machine does with data."""

from __future__ import annotations

import io
from types import MappingProxyType

from kivy.core.image import Image as CoreImage
from kivy.core.window import Window
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.app import Kiosk
from kiosk.comfort import Comfort, Sheet
from kiosk.comfort.input_methods import InputMethod
from kiosk.comfort.privacy import SENTENCES
from kiosk.state import AppState, Step
from screens.tr import tr
from screens.widgets import Column, Overlay, Press, Text


class Sample(Press):
    """One text size, shown in itself."""

    size_dp = NumericProperty(34)


class Choice(Column):
    """A question and its answers side by side."""

    label = StringProperty("")
    detail = StringProperty("")


class VoiceChoices(BoxLayout):
    """How loud, into what, once more; hidden while the machine does not speak."""

    kiosk: Kiosk = ObjectProperty()
    comfort: Comfort = ObjectProperty(Comfort(), rebind=True)
    shown = BooleanProperty(False)


class SheetOverlay(Overlay):
    """Base: a card with a title over everything; a touch beside it closes it."""

    kiosk: Kiosk = ObjectProperty()
    comfort: Comfort = ObjectProperty(Comfort(), rebind=True)
    upright = BooleanProperty(True)

    def render(self, state: AppState) -> None:
        """Show the state."""
        self.comfort = state.comfort
        self.upright = bool(Window.height > Window.width)

    def forget(self) -> None:
        """Nothing of a person stays on it; most have nothing."""


class DisplaySheet(SheetOverlay):
    """Text size, colours, reach, time, one question at a time, voice, typing."""

    method = StringProperty("letters")

    def render(self, state: AppState) -> None:
        """Every choice as it is."""
        super().render(state)
        self.method = state.comfort.typing.value

    def adjust_typing(self, method: str) -> None:
        """How plain keys are read."""
        self.kiosk.adjust(typing=InputMethod(method))


class HelpSheet(SheetOverlay):
    """Staff are coming; whom to call meanwhile."""

    hotline = StringProperty("")
    zalo = ObjectProperty(None, allownone=True)  # a texture

    def render(self, state: AppState) -> None:
        """Hotline and Zalo of the site."""
        super().render(state)
        site = self.kiosk.parts.config.site
        self.hotline = site.hotline
        if site.zalo and self.zalo is None:
            self.zalo = _qr(site.zalo)


class PrivacySheet(SheetOverlay):
    """What the machine does with data, in ten plain sentences."""

    def render(self, state: AppState) -> None:
        """One line for each."""
        super().render(state)
        box = self.ids.sentences
        if not box.children:
            for _ in SENTENCES:
                box.add_widget(Text())
        for number, (line, sentence) in enumerate(zip(reversed(box.children), SENTENCES, strict=True), start=1):
            line.text = f"{number}. {tr._(sentence)}"


class LeaveSheet(SheetOverlay):
    """Whether to end, where something would be lost by it: what was filled in, or a code that is on no paper."""

    title = StringProperty("")
    words = StringProperty("")
    stay = StringProperty("")
    leave = StringProperty("")

    def render(self, state: AppState) -> None:
        """What would be lost."""
        super().render(state)
        if state.step is Step.SLIP:
            code = state.session.provisional_code if state.session else ""
            self.title = tr._("Bạn đã ghi hay chụp mã {code} chưa?").format(code=code)
            self.words = tr._("Phiếu chưa in được. Không có mã thì khó hỏi về hồ sơ.")
            self.stay, self.leave = tr._("Quay lại xem mã"), tr._("Đã ghi, kết thúc")
        else:
            self.title = tr._("Xóa hết và kết thúc?")
            self.words = tr._("Những gì bạn đã điền và quét sẽ bị xóa. Chưa có gì được nộp.")
            self.stay, self.leave = tr._("Làm tiếp"), tr._("Xóa hết và kết thúc")

    def forget(self) -> None:
        """No code stays on a sheet that is kept."""
        self.title = ""


class SheetLayer:
    """Puts the sheet that a state wants over the glass. Each is built when first wanted, and kept."""

    KINDS = MappingProxyType(
        {Sheet.DISPLAY: DisplaySheet, Sheet.HELP: HelpSheet, Sheet.PRIVACY: PrivacySheet, Sheet.LEAVE: LeaveSheet}
    )

    def __init__(self, root: FloatLayout, kiosk: Kiosk) -> None:
        self._root, self._kiosk = root, kiosk
        self._built: dict[Sheet, SheetOverlay] = {}
        self._shown: SheetOverlay | None = None

    def show(self, state: AppState) -> None:
        """The sheet of this state, or none."""
        sheet = self._sheet(state.sheet) if state.sheet else None
        if self._shown is not sheet and self._shown is not None:
            self._root.remove_widget(self._shown)
            self._shown.forget()
        if sheet is not None:
            sheet.render(state)
            if sheet.parent is None:
                self._root.add_widget(sheet)
        self._shown = sheet

    def _sheet(self, name: Sheet) -> SheetOverlay:
        if name not in self._built:
            self._built[name] = self.KINDS[name](kiosk=self._kiosk)
        return self._built[name]


def _qr(text: str) -> object:
    import qrcode

    data = io.BytesIO()
    qrcode.make(text, box_size=8, border=4).save(data, "PNG")
    data.seek(0)
    return CoreImage(data, ext="png").texture
