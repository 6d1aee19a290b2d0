"""The staff's screen: what needs a hand first, then tickets of the day, the outbox, the series."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.desk import SEEN_BY_STAFF
from kiosk.state import AppState, StaffTicket
from offline_queue.entry import EXPORTED, EntryState, OutboxEntry
from screens.tr import tr
from screens.widgets import Action, KioskScreen

MAX_ROWS = 40
CLOCK = "clock_behind"
STATE_WORDS = {
    "issued": "Đã cấp",
    "printed": "Đã in",
    "print_failed": "In hỏng",
    "called": "Đang gọi",
    "serving": "Đang phục vụ",
    "done": "Xong",
    "absent": "Vắng mặt",
    "cancelled": "Đã hủy",
}
ENTRY_WORDS = {
    EntryState.PENDING: "Chờ gửi",
    EntryState.SENDING: "Đang gửi",
    EntryState.DELIVERED: "Tỉnh đã nhận",
    EntryState.REJECTED: "Cần cán bộ xử lý",
    EntryState.CLOSED: "Đã xử lý xong",
}
REASONS = {"paper": "Hết hoặc kẹt giấy", "lost": "Người dân làm mất", "unreadable": "In mờ", "other": "Lý do khác"}


class StaffRow(BoxLayout):
    """One line of a list: what, how it stands, and what can be done."""

    title = StringProperty("")
    detail = StringProperty("")
    alarm = BooleanProperty(False)
    act_text = StringProperty("")
    act_icon = StringProperty("")
    act = ObjectProperty(lambda: None)  # what the button of the row does
    other_text = StringProperty("")  # a second button, before it
    other = ObjectProperty(lambda: None)


class SeriesSwitch(Action):
    """Pause or reopen one series."""

    letter = StringProperty("")
    paused = BooleanProperty(False)


class StaffScreen(KioskScreen):
    """Three lists behind three tabs; a reprint asks for its reason."""

    tab = StringProperty("tickets")
    officer = StringProperty("")
    message = StringProperty("")
    failed = NumericProperty(0)
    pending = NumericProperty(0)
    rejected = NumericProperty(0)
    desk_page = StringProperty("")  # where rejected dossiers are dealt with
    alarm = StringProperty("")  # the most pressing of what staff must know of the outbox
    alarm_detail = StringProperty("")
    stopped = BooleanProperty(False)
    reprinting = NumericProperty(0)  # id of the ticket whose reason is asked; 0 = none
    reprinting_number = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._shown: tuple[object, ...] = ()
        for code, words in REASONS.items():
            button = Action(text=tr._(words))
            button.bind(on_release=lambda _b, code=code: self.reprint(code))
            self.ids.reasons.add_widget(button)

    def shown(self, _state: AppState) -> None:
        """Start with the tickets."""
        self.tab = "tickets"
        self.reprinting = 0

    def render(self, state: AppState) -> None:
        """Figures, and the list behind the open tab."""
        view = state.staff
        self.officer = view.name
        self.message = tr.error(view.code)
        self.failed = sum(1 for t in view.tickets if t.state == "print_failed")
        self.pending, self.rejected = state.outbox.pending, state.outbox.rejected
        address = self.kiosk.desk_page
        self.desk_page = tr._("Mở trang {address} trên máy tính của cán bộ.").format(address=address) if address else ""
        code = next(iter(state.alerts), "")
        self.alarm, self.alarm_detail = tr.error(code), tr.advice(code)
        self.stopped = bool(state.trouble)
        for button, words in zip(reversed(self.ids.reasons.children), REASONS.values(), strict=True):
            button.text = tr._(words)
        key = (state.closed_code, self.tab, view, state.series, state.language, state.alerts, state.outbox, state.paper)
        if key != self._shown:
            self._shown = key
            self._fill(state)

    def open_tab(self, tab: str) -> None:
        """Show another list."""
        self.tab = tab
        self.reprinting = 0
        self.render(self.kiosk.state)

    def reprint(self, reason: str) -> None:
        """Print the chosen ticket again for this reason."""
        ticket_id, self.reprinting = int(self.reprinting), 0
        self.kiosk.reprint_ticket(ticket_id, reason)

    def main(self) -> None:
        """Lock."""
        self.kiosk.log_out()

    def _fill(self, state: AppState) -> None:
        rows = self.ids.rows
        rows.clear_widgets()
        if state.closed_code == CLOCK:
            rows.add_widget(self._clock_row())
        if self.tab == "tickets":
            tickets = sorted(state.staff.tickets, key=lambda t: t.state != "print_failed")
            for ticket in tickets[:MAX_ROWS]:
                rows.add_widget(self._ticket_row(ticket))
        elif self.tab == "outbox":
            for number, code in enumerate(state.alerts):
                if number or code in SEEN_BY_STAFF:  # the first stands on top of the screen
                    rows.add_widget(self._alert_row(code))
            if waiting := _waiting(state):
                rows.add_widget(StaffRow(title=waiting, detail=_what_happens(state)))
            entries = sorted(state.staff.entries, key=lambda e: e.state is not EntryState.REJECTED)
            for entry in entries[:MAX_ROWS]:
                rows.add_widget(self._entry_row(entry, state))
        else:
            self._fill_machine(state)
        if not rows.children:
            rows.add_widget(StaffRow(title=tr._("Chưa có gì ở đây.")))

    def _fill_machine(self, state: AppState) -> None:
        rows = self.ids.rows
        rows.add_widget(self._paper_row(state))
        for series in state.series:
            paused = series.letter in state.staff.paused
            row = StaffRow(
                title=f"{series.letter} · {tr._(series.title)}",
                detail=tr._("Đang tạm dừng") if paused else tr._("{n} người đang chờ").format(n=series.waiting),
                alarm=paused,
                act_text=tr._("Mở lại") if paused else tr._("Tạm dừng"),
                act_icon="play" if paused else "pause",
            )
            verb = self.kiosk.reopen_series if paused else self.kiosk.pause_series
            row.act = lambda verb=verb, letter=series.letter: verb(letter)
            rows.add_widget(row)

    def _alert_row(self, code: str) -> StaffRow:
        row = StaffRow(title=tr.error(code), detail=tr.advice(code), alarm=True)
        if code in SEEN_BY_STAFF:
            row.act_text, row.act_icon, row.act = tr._("Đã xem"), "check", lambda: self.kiosk.seen(code)
        return row

    def _paper_row(self, state: AppState) -> StaffRow:
        paper = state.paper
        title = tr._("Giấy in: còn khoảng {n} m").format(n=round(paper.left_metres)) if paper else tr._("Giấy in")
        detail = tr._("Đã in {n} phiếu từ lần thay giấy trước").format(n=paper.slips) if paper else ""
        alarm = state.paper_alert.startswith("paper_")
        row = StaffRow(title=title, detail=detail, alarm=alarm, act_icon="paper-roll-outline")
        row.act_text, row.act = tr._("Thay giấy"), self.kiosk.change_paper
        return row

    def _clock_row(self) -> StaffRow:
        row = StaffRow(title=tr.error(CLOCK), detail=tr.advice(CLOCK), alarm=True)
        row.act_text, row.act_icon, row.act = tr._("Giờ đã đúng"), "clock-check-outline", self.kiosk.confirm_clock
        return row

    def _ticket_row(self, ticket: StaffTicket) -> StaffRow:
        parts = [ticket.issued_at.strftime("%H:%M"), tr._(STATE_WORDS[ticket.state])]
        if ticket.print_code:
            parts.append(tr.error(ticket.print_code).rstrip("."))
        if ticket.priority:
            parts.append(tr._(ticket.priority))
        if ticket.reprints:
            parts.append(tr._("in lại {n} lần").format(n=ticket.reprints))
        row = StaffRow(
            title=ticket.number,
            detail=" · ".join(parts),
            alarm=ticket.state == "print_failed",
            act_text=tr._("In lại"),
            act_icon="printer",
        )

        def ask() -> None:
            self.reprinting, self.reprinting_number = ticket.id, ticket.number

        row.act = ask
        return row

    def _entry_row(self, entry: OutboxEntry, state: AppState) -> StaffRow:
        zone = state.now.tzinfo if state.now else None
        parts = [entry.created_at.astimezone(zone).strftime("%d/%m %H:%M"), tr._(ENTRY_WORDS[entry.state])]
        if entry.receipt:
            parts.append(entry.receipt.code)
        if entry.last_error:
            parts.append(tr.error(entry.last_error).rstrip("."))
        if entry.next_attempt_at:
            parts.append(
                tr._("thử lại lúc {time}").format(time=entry.next_attempt_at.astimezone(zone).strftime("%H:%M"))
            )
        parts += [problem.message for problem in entry.problems]
        waits = entry.state in (EntryState.PENDING, EntryState.SENDING) or entry.last_error == EXPORTED
        row = StaffRow(
            title=self.kiosk.entry_title(entry),
            detail=" · ".join(parts),
            alarm=entry.state is EntryState.REJECTED,
            act_text=tr._("Gửi ngay") if waits else "",
            act_icon="send" if waits else "",
        )
        row.act = lambda: self.kiosk.retry_entry(entry.id)
        row.other_text = tr._("In phiếu") if entry.provisional_code else ""
        row.other = lambda: self.kiosk.reprint_entry(entry.id)
        return row


def _waiting(state: AppState) -> str:
    """How many wait, and for how long the oldest has."""
    oldest = state.outbox.oldest_pending
    if oldest is None or state.now is None:
        return ""
    minutes = max(0, int((state.now - oldest).total_seconds() // 60))
    hours, days = minutes // 60, minutes // 1440
    if days:
        age = tr._("{n} ngày").format(n=days)
    else:
        age = tr._("{n} giờ").format(n=hours) if hours else tr._("{n} phút").format(n=minutes)
    return tr._("{n} hồ sơ chờ gửi, lâu nhất {age}").format(n=state.outbox.pending, age=age)


def _what_happens(state: AppState) -> str:
    if state.outbox.alarm:
        return tr._("Tỉnh chưa nhận hồ sơ từ máy này. Hồ sơ được giữ an toàn.")
    if state.online is False:
        return tr._("Mất kết nối với tỉnh. Hồ sơ được giữ an toàn; máy tự gửi ngay khi có mạng.")
    return tr._("Máy đang gửi lần lượt, hồ sơ cũ trước.")


SCREEN = StaffScreen
