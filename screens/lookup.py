"""A dossier by its code: where it stands, what its citizen must do now, and how it came here. Nothing about the person
but initials."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.errands import Asked, Following
from kiosk.errands.following import DONE, PAPERS_WANTED, PAYMENT_DUE, for_the_counter
from kiosk.identity import Assurance
from kiosk.state import AppState
from offline_queue.entry import RETURNED, EntryState, OutboxEntry
from offline_queue.gateway import Progress, TimelineRow
from screens.tr import tr
from screens.widgets import KioskScreen, show_list

TIME = "%H:%M · %d/%m/%Y"
DAY = "%d/%m/%Y"
BEFORE_WORK = "Nếu phiếu ghi đến quầy để hoàn tất, mời bạn đến quầy. Ngoài ra chưa phải làm gì."
# status of the province → tone, what it means, what to do
STATUS = {
    1: ("info", "Hồ sơ đã đến hệ thống của tỉnh, đang chờ tiếp nhận.", BEFORE_WORK),
    2: ("info", "Cơ quan nhà nước đã tiếp nhận hồ sơ của bạn.", BEFORE_WORK),
    3: ("error", "Hồ sơ không được tiếp nhận.", "Mời bạn đến quầy hỏi lý do và cách làm lại."),
    4: ("info", "Hồ sơ đang được giải quyết.", "Bạn chưa phải làm gì."),
    5: ("warn", "Bạn cần bổ sung giấy tờ.", "Mời bạn đến quầy để được hướng dẫn."),
    6: ("warn", "Bạn cần nộp phí, lệ phí.", "Mời bạn đến quầy để được hướng dẫn."),
    7: ("info", "Hồ sơ đã được rút theo yêu cầu của bạn.", "Muốn làm lại, bạn nộp hồ sơ mới."),
    8: ("error", "Hồ sơ đã dừng giải quyết.", "Mời bạn đến quầy hỏi lý do."),
    9: ("ok", "Đã có kết quả. Mời bạn nhận.", "Mang theo phiếu và thẻ căn cước."),
    10: ("ok", "Kết quả đã được trả.", "Hồ sơ này đã xong."),
}
SHORT = {
    1: "Mới đăng ký",
    2: "Đã tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang giải quyết",
    5: "Cần bổ sung giấy tờ",
    6: "Cần nộp phí, lệ phí",
    7: "Đã rút hồ sơ",
    8: "Đã dừng giải quyết",
    9: "Đã có kết quả",
    10: "Đã trả kết quả",
}
MAIN = {  # what can be done here about a status: words, icon
    PAPERS_WANTED: ("Bổ sung giấy tờ ngay", "file-plus-outline"),
    PAYMENT_DUE: ("Nộp phí, lệ phí", "cash"),
    DONE: ("Lấy số nhận kết quả", "ticket-outline"),
}
ENDED = (3, 8)  # not accepted, stopped: the province has a reason
NUMBER = ("Lấy số", "ticket-outline")  # where an officer must help


class TimelineStep(BoxLayout):
    """One change of the status; the last one is where it stands."""

    words = StringProperty("")
    at = StringProperty("")
    note = StringProperty("")
    last = BooleanProperty(False)


class LookupScreen(KioskScreen):
    """What it is, where it stands, what to do; below it the way so far."""

    code = StringProperty("")  # official, or provisional as long as there is no other
    label = StringProperty("")
    provisional = StringProperty("")
    tone = StringProperty("info")
    said = StringProperty("")
    detail = StringProperty("")
    link = StringProperty("")  # what keeps the province from answering, and of when is what stands here
    link_detail = StringProperty("")
    procedure = StringProperty("")
    owner = StringProperty("")
    stored = StringProperty("")
    received = StringProperty("")
    due = StringProperty("")
    steps_known = NumericProperty(0)
    link_again = BooleanProperty(False)  # the province may be asked once more
    counter = BooleanProperty(False)  # nothing can be done about it here but to take a number
    acts = BooleanProperty(False)  # the main action does something about the dossier

    def render(self, state: AppState) -> None:
        """One dossier."""
        following = state.session.following if state.session else None
        if following is None or state.now is None:
            return
        zone = state.now.tzinfo
        entry, progress = following.entry, following.progress
        self.code = following.code
        official = progress is not None or bool(entry and entry.receipt)
        kept = tr._("Mã hồ sơ tạm") if entry else tr._("Mã hồ sơ bạn hỏi")
        self.label = tr._("Mã hồ sơ chính thức") if official else kept
        self.provisional = entry.provisional_code if entry and official else ""
        procedure = self.kiosk.procedure_of(following)
        self.procedure = tr._(procedure.name) if procedure else ""
        self.owner = progress.owner_masked if progress else ""
        self._times(following, zone)
        self.tone, self.said, self.detail = _standing(following)
        self.link, self.link_detail = _link(following, state.now)
        self.link_again = following.asked is Asked.FAILED
        rows = progress.timeline if progress else ()
        self.steps_known = len(rows)
        show_list(self.ids.steps, TimelineStep, [_row(row, zone, row is rows[-1]) for row in rows])
        self._actions(following)

    def _times(self, following: Following, zone: tzinfo | None) -> None:
        entry, progress = following.entry, following.progress
        receipt = entry.receipt if entry else None
        self.stored = entry.created_at.astimezone(zone).strftime(TIME) if entry else ""
        received = progress.received_at if progress else _moment(receipt.received_at if receipt else None)
        self.received = received.astimezone(zone).strftime(TIME) if received else ""
        due = progress.due_at if progress else _moment(receipt.due_at if receipt else None)
        self.due = due.astimezone(zone).strftime(DAY) if due and following.status in (0, 1, 2, 4, 5, 6) else ""

    def _actions(self, following: Following) -> None:
        here = {PAYMENT_DUE: self.kiosk.can_pay, PAPERS_WANTED: self.kiosk.can_supplement}.get(following.status)
        offered = MAIN.get(following.status) if here is None or here(following) else None
        self.counter = offered is None and for_the_counter(following)
        offered = NUMBER if self.counter else offered
        self.acts = offered is not None
        self.main_text, self.main_icon = (tr._(offered[0]), offered[1]) if offered else (tr._("Xong"), "check")
        self.can_finish = self.acts

    def main(self) -> None:
        """What its citizen must do now, or home for the next person."""
        following = self.kiosk.state.session.following if self.kiosk.state.session else None
        status = following.status if following and self.acts else 0
        if self.counter:
            self.kiosk.take_counter_number()
        elif status == PAPERS_WANTED:
            self.kiosk.supplement()
        elif status == PAYMENT_DUE:
            self.kiosk.pay_fee()
        elif status == DONE:
            self.kiosk.take_result_number()
        else:
            self.kiosk.finish()

    def forget(self) -> None:
        """No code stays on this screen."""
        self.code = self.provisional = self.stored = self.received = self.due = ""
        self.owner = self.procedure = self.said = self.detail = self.link = self.link_detail = ""
        self.steps_known = 0
        self.ids.steps.clear_widgets()


def _standing(following: Following) -> tuple[str, str, str]:
    """Tone, what it means, what to do."""
    progress = following.progress
    if progress is not None:
        tone, said, detail = STATUS[progress.status]
        reason = _reason(progress)
        return tone, tr._(said), progress.ask or reason or tr._(detail)
    if following.entry is not None:
        return _kept(following.entry)
    if following.asked is Asked.WAITING:
        return "info", tr._("Đang hỏi hệ thống của tỉnh…"), tr._("Thường chỉ mất vài giây.")
    if following.asked is Asked.UNKNOWN:
        return (
            "warn",
            tr._("Hệ thống của tỉnh không có hồ sơ mang mã này."),
            tr._("Xin xem lại mã trên phiếu, hoặc lấy số để hỏi cán bộ."),
        )
    return "warn", tr._("Máy chưa xem được hồ sơ này."), tr._("Bạn thử lại sau ít phút, hoặc lấy số để hỏi cán bộ.")


def _reason(progress: Progress) -> str:
    """Why a dossier was not accepted or was stopped, and where there is help; "" where the province has not said."""
    last = progress.timeline[-1] if progress.timeline else None
    note = _note(last) if last and last.status == progress.status else ""
    if not note or progress.status not in ENDED:
        return ""
    counter = tr._("Mời bạn đến quầy để được hướng dẫn.")
    return tr._("Lý do: {reason}.").format(reason=note.rstrip(". ")) + " " + counter


def _kept(entry: OutboxEntry) -> tuple[str, str, str]:
    """What this kiosk itself knows of a dossier."""
    match entry.state:
        case EntryState.DELIVERED:
            return "ok", tr._("Tỉnh đã nhận hồ sơ của bạn."), tr._("Hãy ghi lại hoặc chụp ảnh mã này.")
        case EntryState.REJECTED:
            return "warn", tr._("Hồ sơ cần cán bộ xem lại."), tr._("Mời bạn mang phiếu này đến quầy.")
        case EntryState.CLOSED if entry.last_error == RETURNED:
            said = tr._("Hồ sơ này đã được trả lại cho bạn để bổ sung.")
            return "warn", said, tr._("Hãy nộp lại tại máy này, hoặc hỏi cán bộ ở quầy.")
        case EntryState.CLOSED:
            said = tr._("Hồ sơ này đã được chuyển sang máy khác của trung tâm.")
            return "info", said, tr._("Mời bạn mang phiếu này đến quầy để tra cứu.")
    said = tr._("Hồ sơ được giữ an toàn ở máy này và đang chờ gửi.")
    if entry.payload.get("identification", {}).get("assurance") == Assurance.DECLARED:
        return "info", said, tr._("Mang thẻ căn cước và phiếu này đến quầy để hoàn tất hồ sơ.")
    return "info", said, tr._("Máy sẽ tự gửi khi có mạng. Bạn không phải làm gì thêm.")


def _link(following: Following, now: datetime) -> tuple[str, str]:
    """Why the province does not answer, and how old is what stands here."""
    if following.asked is Asked.WAITING and (following.progress or following.entry):
        return tr._("Đang hỏi hệ thống của tỉnh…"), ""
    if following.asked is not Asked.FAILED:
        return "", ""
    if following.seen_at is None:
        return tr._("Chưa kết nối được với hệ thống của tỉnh."), ""
    at = following.seen_at.astimezone(now.tzinfo)
    known = tr._("Đây là tình trạng lúc {time}, {age} trước.").format(time=at.strftime(TIME), age=_age(now - at))
    return tr._("Chưa kết nối được với hệ thống của tỉnh."), known


def _age(age: timedelta) -> str:
    minutes = max(1, int(age.total_seconds() // 60))
    if minutes >= 1440:
        return tr._("{n} ngày").format(n=minutes // 1440)
    return tr._("{n} giờ").format(n=minutes // 60) if minutes >= 60 else tr._("{n} phút").format(n=minutes)


def _row(row: TimelineRow, zone: tzinfo | None, last: bool) -> dict[str, object]:
    words = tr._(SHORT[row.status])
    at = row.at.astimezone(zone).strftime(TIME) if row.at else ""
    return {"words": words, "at": at, "note": _note(row), "last": last}


def _note(row: TimelineRow) -> str:
    """What the province has said of a change beyond its name."""
    return row.note if row.note not in SHORT.values() else ""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


SCREEN = LookupScreen
