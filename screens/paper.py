"""Changing the paper roll: one picture and one sentence at a time, then a test slip that the person looks at."""

from __future__ import annotations

from typing import NamedTuple

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.state import AppState, Job, RefillStage
from screens.tr import tr
from screens.widgets import KioskScreen


class _Guide(NamedTuple):
    title: str
    text: str


GUIDES = {
    RefillStage.OPEN: _Guide("Mở nắp máy in", "Mở cửa máy bằng chìa khóa, kéo chốt rồi nhấc nắp máy in lên."),
    RefillStage.REMOVE: _Guide("Lấy lõi giấy cũ ra", "Lấy cả lõi và mẩu giấy còn sót. Thổi nhẹ bụi giấy nếu có."),
    RefillStage.INSERT: _Guide(
        "Đặt cuộn giấy mới vào",
        "Kéo đầu giấy ra ngoài chừng một gang tay. Mặt in phải quay lên: gạch móng tay vào giấy, mặt nào hiện vết "
        "đen là mặt in.",
    ),
    RefillStage.CLOSE: _Guide("Đóng nắp lại", "Ấn đều hai bên đến khi nghe tiếng «tách». Để đầu giấy thò ra ngoài."),
    RefillStage.TEST: _Guide("Xem phiếu in thử", "Phiếu thử phải đủ chữ, rõ nét và được cắt rời."),
}
STAGES = tuple(GUIDES)


class RefillPicture(Widget):
    """A ticket printer from the side, drawn; `stage` is what the person must do now."""

    stage = StringProperty(RefillStage.OPEN.value)
    unit = NumericProperty(1)  # pixels of one of the drawing's 640 × 740 units
    ox = NumericProperty(0)  # where the drawing begins
    oy = NumericProperty(0)
    lid = NumericProperty(0)  # degrees by which the cover stands open
    roll = NumericProperty(0)  # radius
    lift = NumericProperty(0)  # of the roll above its well
    strip = NumericProperty(0)  # length of the free end


class PaperScreen(KioskScreen):
    """The five pictures; the last one waits for the person's word."""

    stage = StringProperty(RefillStage.OPEN.value)
    title = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("info")
    said = StringProperty("")
    said_detail = StringProperty("")
    testing = BooleanProperty(False)  # the test slip is asked about
    printing = BooleanProperty(False)

    def render(self, state: AppState) -> None:
        """The picture of this stage, and how the test slip came out."""
        refill = state.refill
        guide = GUIDES[refill.stage]
        self.stage = refill.stage.value
        self.title, self.text = tr._(guide.title), tr._(guide.text)
        self.steps_number, self.steps_count = STAGES.index(refill.stage) + 1, len(STAGES)
        self.steps_name = tr._("Thay giấy in")
        test = refill.stage is RefillStage.TEST
        self.printing = test and refill.print is Job.RUNNING
        self.testing = test and refill.print is not Job.RUNNING
        came = refill.print in (Job.CONFIRMED, Job.UNCONFIRMED)
        self.main_text = tr._("Phiếu in rõ, dùng được") if test else tr._("Tiếp tục")
        self.main_icon = "check" if test else "arrow-right"
        self.main_disabled = test and not came
        self._say(refill.code, failed=refill.print is Job.FAILED)

    def _say(self, code: str, failed: bool) -> None:
        self.tone = "error" if failed else "warn"
        self.said, self.said_detail = tr.error(code), tr.staff_advice(code)
        if self.printing:
            self.tone, self.said, self.said_detail = "info", tr._("Đang in phiếu thử…"), ""

    def main(self) -> None:
        """The next picture, or: the test slip is good."""
        if self.stage == RefillStage.TEST:
            self.kiosk.test_is_good()
        else:
            self.kiosk.paper_next()


SCREEN = PaperScreen
