"""The chip of the ID card: lay it down, how far the reading is, what it tells, and whether it is genuine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from devices.card_reader.emrtd.data_groups import Portrait
from devices.interfaces import Condition
from kiosk.identity import Citizen
from kiosk.state import AppState, CardReading, Job
from screens.dates import DatePicker
from screens.tr import tr
from screens.widgets import KioskScreen

NEEDS_DATES, WRONG_NUMBER, REMOVED = "card_needs_mrz", "card_number_mismatch", "card_removed"
READ_AGAIN = ("Đọc lại thẻ", "refresh")
# what helps where reading again does not
RETRIES = {
    WRONG_NUMBER: ("Nhập lại số", "dialpad"),
    REMOVED: ("", ""),  # laying it down again is enough
    NEEDS_DATES: ("", ""),
    "card_expired": ("", ""),
    "card_blocked": ("", ""),
    "card_other_kind": ("", ""),
}
LONGEST_VALIDITY = 40  # years; cards end when their holder is 25, 40 or 60


class CardScreen(KioskScreen):
    """A picture of where the card goes; then a bar that tells the truth, and what has come so far."""

    heading = StringProperty("")
    waiting = BooleanProperty(True)  # for a card
    reading = BooleanProperty(False)
    done = NumericProperty(0)  # 0 to 1
    asking = BooleanProperty(False)  # for the dates that a card without PACE wants
    question = StringProperty("")
    retry = StringProperty("")  # what helps after a failure, "" for nothing
    retry_icon = StringProperty("")
    error = StringProperty("")
    error_detail = StringProperty("")
    tone = StringProperty("ok")
    verdict = StringProperty("")
    verdict_detail = StringProperty("")
    person = StringProperty("")
    born = StringProperty("")
    address = StringProperty("")
    picture = ObjectProperty(None, allownone=True)  # texture of the portrait

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._portrait: Portrait | None = None
        self._dates = DatePicker()
        self._born: date | None = None

    def shown(self, _state: AppState) -> None:
        """Nothing of the reading before."""
        self.forget()

    def render(self, state: AppState) -> None:
        """How far it is."""
        session = state.session
        if session is None:
            return
        card = session.card
        self.waiting = card.job is Job.NONE
        self.reading = card.job is Job.RUNNING
        failed = card.job is Job.FAILED
        self.done = card.done
        code = card.code if failed else ""
        self.error, self.error_detail = tr.error(code), tr.advice(code)
        self._say_away(state, card)
        self._person(card.citizen)
        self._show_portrait(card.portrait)
        self._verdict(card)
        self._ask(session.citizen, code == NEEDS_DATES)
        self.main_text = tr._("Tiếp tục") if card.citizen else tr._("Không dùng chip, tiếp tục")
        self.main_plain = card.citizen is None
        text, self.retry_icon = RETRIES.get(code, READ_AGAIN) if code and not card.citizen else ("", "")
        self.retry = tr._(text)
        self.heading = self._heading(card)

    def _say_away(self, state: AppState, card: CardReading) -> None:
        """Nobody lays a card on a reader that is not there without being told."""
        reader = state.devices.get("card_reader")
        if card.job is Job.NONE and (reader is None or reader.condition is not Condition.READY):
            self.error = tr._("Đầu đọc thẻ đang nghỉ.")
            self.error_detail = tr._("Hãy chờ vài giây, hoặc đi tiếp không dùng chip.")

    def _heading(self, card: CardReading) -> str:
        if self.asking:
            return tr._("Máy cần thêm ngày in trên thẻ")
        match card.job:
            case Job.RUNNING:
                return tr._("Đang đọc thẻ, xin để yên")
            case Job.CONFIRMED:
                return tr._("Đã đọc xong thẻ")
            case Job.FAILED if card.code != REMOVED:
                return tr._("Chưa đọc được thẻ")
            case _:
                return tr._("Đặt thẻ lên đầu đọc")

    def _person(self, citizen: Citizen | None) -> None:
        self.person = citizen.full_name if citizen else ""
        born = citizen.date_of_birth if citizen else None
        self.born = born.strftime("%d/%m/%Y") if born else ""
        self.address = citizen.address if citizen else ""

    def _verdict(self, card: CardReading) -> None:
        if card.job is not Job.CONFIRMED:
            self.verdict = self.verdict_detail = ""
        elif card.verified:
            self.tone, self.verdict = "ok", tr._("Thẻ thật. Thông tin đã được xác thực.")
            self.verdict_detail = tr._("Bạn không phải nhập lại những thông tin này.")
        else:
            self.tone, self.verdict = "warn", tr._("Đã đọc thẻ, nhưng máy chưa xác thực được chip.")
            self.verdict_detail = tr._("Bạn vẫn nộp hồ sơ ở đây. Cán bộ sẽ xem thẻ của bạn tại quầy.")

    def _show_portrait(self, portrait: Portrait | None) -> None:
        if portrait is self._portrait:
            return
        self._portrait, self.picture = portrait, _texture(portrait) if portrait else None

    # -- the dates of a card without PACE ------------------------------------------------------------------------
    def _ask(self, citizen: Citizen | None, needed: bool) -> None:
        if needed and not self.asking and citizen is not None:
            self._born = citizen.date_of_birth
            self.ids.dates.add_widget(self._dates)
            if self._born is None:
                self._ask_born()
            else:
                self._ask_end()
        elif not needed and self.asking:
            self._put_away()
        self.asking = needed

    def _ask_born(self) -> None:
        self._begin(tr._("Ngày sinh in trên thẻ"), past=True, then=self._has_born)

    def _ask_end(self) -> None:
        self._begin(tr._("Ngày hết hạn in trên thẻ"), past=False, then=self._has_end)

    def _begin(self, title: str, past: bool, then: Callable[[str], None]) -> None:
        now = self.kiosk.state.now
        assert now is not None
        self.question = title
        self._dates.begin(
            "", now.date(), past, then, lambda: None, ahead=LONGEST_VALIDITY, since=now.year if not past else None
        )

    def _has_born(self, day: str) -> None:
        self._born = date.fromisoformat(day)
        self._ask_end()

    def _has_end(self, day: str) -> None:
        self.kiosk.read_card(self._born, date.fromisoformat(day))

    def no_end(self) -> None:
        """«Không thời hạn» stands on the card."""
        if self._born:
            self.kiosk.read_card(self._born, None)

    # -- verbs ---------------------------------------------------------------------------------------------------
    def main(self) -> None:
        """On, with what the chip has told or without."""
        self.kiosk.card_done()

    def again(self) -> None:
        """Read once more, or ask for the number again where it was wrong."""
        session = self.kiosk.state.session
        if session and session.card.code == WRONG_NUMBER:
            self.kiosk.back()
        else:
            self.kiosk.read_card()

    def forget(self) -> None:
        """Neither name nor face stays on this screen."""
        self._portrait = self.picture = self._born = None
        self.person = self.born = self.address = ""
        self.verdict = self.verdict_detail = self.error = self.error_detail = ""
        self.done, self.asking = 0, False
        self._put_away()

    def _put_away(self) -> None:
        self.question = ""
        self.ids.dates.clear_widgets()


def _texture(portrait: Portrait) -> object:
    """The face for the glass; None where it cannot be drawn, which is no reason to stop."""
    from PIL import Image

    try:
        with Image.open(BytesIO(portrait.data)) as image:
            image.draft("RGB", (480, 640))
            face = image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    face.thumbnail((480, 640))
    output = BytesIO()
    face.save(output, "PNG", compress_level=1)
    output.seek(0)
    return CoreImage(output, ext="png", nocache=True).texture


SCREEN = CardScreen
