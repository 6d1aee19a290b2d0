"""The staff's screen: what needs a hand first, then tickets of the day, the outbox, the series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.desk import REASONS
from kiosk.diagnostics.words import DEVICES
from kiosk.hall.acts import PAUSES
from kiosk.hall.view import CounterState, CounterView
from kiosk.needs import CLOCK_BEHIND, SEEN_BY_STAFF, Need, NeedKind, needs
from kiosk.slips import format_vnd
from kiosk.state import AppState, StaffTicket
from offline_queue.entry import EXPORTED, EntryState, OutboxEntry
from screens.counter_rows import CounterRow, rows_of
from screens.tr import tr
from screens.widgets import Action, KioskScreen

MAX_ROWS = 40
SHORT = 20  # letters of an answer that has room beside another one
STATE_WORDS = {
    "issued": "Đã cấp",
    "printed": "Đã in",
    "print_failed": "In hỏng",
    "called": "Đang gọi",
    "serving": "Đang phục vụ",
    "held": "Đang tạm giữ",
    "transferred": "Đã chuyển",
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


class StaffRow(BoxLayout):
    """One line of a list: what, how it stands, and what can be done."""

    title = StringProperty("")
    detail = StringProperty("")
    alarm = BooleanProperty(False)
    act_text = StringProperty("")
    act_icon = StringProperty("")
    act = ObjectProperty(lambda: None)  # what the button of the row does
    other_text = StringProperty("")  # a second button, before it
    other_icon = StringProperty("")
    other = ObjectProperty(lambda: None)
    stacked = BooleanProperty(False)  # buttons below the words, where both have no room beside each other


class SeriesSwitch(Action):
    """Pause or reopen one series."""

    letter = StringProperty("")
    paused = BooleanProperty(False)


class StaffScreen(KioskScreen):
    """What needs a hand, and three more lists, each behind its tab; what wants a reason or a choice asks for it."""

    tab = StringProperty("needs")
    officer = StringProperty("")
    message = StringProperty("")
    urgent = NumericProperty(0)  # how much needs a hand
    pending = NumericProperty(0)
    stopped = BooleanProperty(False)
    asking = StringProperty("")  # a question about what was touched; "" while nothing is asked

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._shown: tuple[object, ...] = ()
        self._then: Callable[[str], None] = lambda _answer: None

    def shown(self, _state: AppState) -> None:
        """Start with what needs a hand."""
        self.tab = "needs"
        self.asking = ""

    def render(self, state: AppState) -> None:
        """Figures, and the list behind the open tab."""
        view = state.staff
        self.officer = view.name
        self.message = tr.error(view.code)
        self.pending = state.outbox.pending
        needed = needs(state)
        self.urgent = len(needed)
        self.stopped = bool(state.trouble)
        key = (needed, self.tab, view, state.series, state.language, state.outbox, state.paper, state.devices)
        if key != self._shown:
            self._shown = key
            self._fill(state)

    def open_tab(self, tab: str) -> None:
        """Show another list."""
        self.tab = tab
        self.asking = ""
        self.render(self.kiosk.state)

    def ask(self, question: str, answers: Mapping[str, str], then: Callable[[str], None]) -> None:
        """Ask before something is done: `then` is called with the code of the answer; `answers`: code → words."""
        self.asking, self._then = question, then
        words_of = {code: tr._(words) for code, words in answers.items()}
        self.ids.answers.clear_widgets()
        self.ids.answers.cols = 2 if max(map(len, words_of.values())) <= SHORT else 1
        for code, words in words_of.items():
            button = Action(text=words)
            button.bind(on_release=lambda _b, code=code: self.answer(code))
            self.ids.answers.add_widget(button)

    def answer(self, code: str) -> None:
        """Do what was asked about."""
        self.asking = ""
        self._then(code)

    def main(self) -> None:
        """Lock."""
        self.kiosk.log_out()

    def _fill(self, state: AppState) -> None:
        rows = self.ids.rows
        rows.clear_widgets()
        if self.tab == "needs":
            for need in needs(state):
                rows.add_widget(self._need_row(need))
        elif self.tab == "tickets":
            rows.add_widget(self._counters_row(state))
            rows.add_widget(self._list_row())
            tickets = sorted(state.staff.tickets, key=lambda t: t.state != "print_failed")
            for ticket in tickets[:MAX_ROWS]:
                rows.add_widget(self._ticket_row(ticket))
        elif self.tab == "counters":
            for counter in state.staff.counters:
                for told in rows_of(counter):
                    rows.add_widget(self._counter_row(counter, told))
        elif self.tab == "outbox":
            if waiting := _waiting(state):
                rows.add_widget(StaffRow(title=waiting, detail=_what_happens(state)))
            entries = sorted(state.staff.entries, key=lambda e: e.state is not EntryState.REJECTED)
            for entry in entries[:MAX_ROWS]:
                rows.add_widget(self._entry_row(entry, state))
        else:
            self._fill_machine(state)
        if not rows.children:
            nothing = tr._("Mọi việc đều ổn.") if self.tab == "needs" else tr._("Chưa có gì ở đây.")
            rows.add_widget(StaffRow(title=nothing))

    def _fill_machine(self, state: AppState) -> None:
        rows = self.ids.rows
        rows.add_widget(self._paper_row(state))
        for series in state.series:
            paused = series.letter in state.staff.paused
            row = StaffRow(
                title=f"{series.letter} · {tr._(series.title)}",
                detail=tr._("Đang tạm dừng") if paused else tr._("{n} người đang chờ").format(n=series.waiting or 0),
                alarm=paused,
                act_text=tr._("Mở lại") if paused else tr._("Tạm dừng"),
                act_icon="play" if paused else "pause",
            )
            verb = self.kiosk.reopen_series if paused else self.kiosk.pause_series
            row.act = lambda verb=verb, letter=series.letter: verb(letter)
            rows.add_widget(row)

    def _need_row(self, need: Need) -> StaffRow:
        if need.ticket is not None:
            return self._ticket_row(need.ticket)
        name = f"{tr._(DEVICES[need.device])}: " if need.device else ""
        row = StaffRow(title=name + tr.error(need.code), detail=tr.staff_advice(need.code), alarm=True)
        if need.kind is NeedKind.REJECTED:
            row.title = tr._("{n} hồ sơ bị tỉnh từ chối").format(n=need.count)
            page = self.kiosk.desk_page
            row.detail = (
                tr._("Mở trang {address} trên máy tính của cán bộ.").format(address=page) if page else row.detail
            )
        if charge := need.charge:
            row.title = tr._("Hoàn lại {amount} · {code}").format(
                amount=format_vnd(charge.amount_vnd), code=charge.code
            )
            row.act_text, row.act_icon, row.act = (
                tr._("Đã hoàn"),
                "check",
                lambda: self.kiosk.refunded(charge.payment_id),
            )
        if need.code in SEEN_BY_STAFF:
            row.act_text, row.act_icon, row.act = tr._("Đã xem"), "check", lambda: self.kiosk.seen(need.code)
        elif need.code == CLOCK_BEHIND:
            row.act_text, row.act_icon, row.act = tr._("Giờ đã đúng"), "clock-check-outline", self.kiosk.confirm_clock
        elif need.kind is NeedKind.PAPER or need.code in ("paper_out", "cover_open"):
            row.act_text, row.act_icon, row.act = tr._("Thay giấy"), "paper-roll-outline", self.kiosk.change_paper
        return row

    def _paper_row(self, state: AppState) -> StaffRow:
        paper = state.paper
        title = tr._("Giấy in: còn khoảng {n} m").format(n=round(paper.left_metres)) if paper else tr._("Giấy in")
        detail = tr._("Đã in {n} phiếu từ lần thay giấy trước").format(n=paper.slips) if paper else ""
        alarm = state.paper_alert.startswith("paper_")
        row = StaffRow(title=title, detail=detail, alarm=alarm, act_icon="paper-roll-outline")
        row.act_text, row.act = tr._("Thay giấy"), self.kiosk.change_paper
        return row

    def _counters_row(self, state: AppState) -> StaffRow:
        detail = tr._("{n} quầy đang mở").format(n=sum(c.state is CounterState.OPEN for c in state.staff.counters))
        row = StaffRow(title=tr._("Các quầy"), detail=detail, act_text=tr._("Gọi số"), act_icon="bullhorn-outline")
        row.act = lambda: self.open_tab("counters")
        return row

    def _counter_row(self, counter: CounterView, told: CounterRow) -> StaffRow:
        row = StaffRow(title=told.title, detail=told.detail, act_text=told.text, act_icon=told.icon)
        row.other_text, row.other_icon = told.other_text, told.other_icon
        row.act = lambda: self._at_counter(told.verb, counter.number, told.ticket)
        row.other = lambda: self._at_counter(told.other_verb, counter.number, told.ticket)
        return row

    def _at_counter(self, verb: str, counter: int, ticket: int | None) -> None:
        name = tr._("Quầy {number}").format(number=counter)
        if verb == "pause":
            why = {**PAUSES, "close": "Hết giờ làm: đóng quầy"}
            self.ask(f"{name} · {tr._('Tạm dừng')}", why, lambda code: self._pause(counter, code))
        elif verb == "transfer":
            lines = {one.letter: f"{one.letter} · {tr._(one.title)}" for one in self.kiosk.state.series}
            question = f"{name} · {tr._('Chuyển đến hàng nào?')}"
            self.ask(question, lines, lambda letter: self.kiosk.at_counter(verb, counter, ticket, letter=letter))
        else:
            self.kiosk.at_counter(verb, counter, ticket)

    def _pause(self, counter: int, code: str) -> None:
        if code == "close":
            self.kiosk.at_counter("close", counter)
        else:
            self.kiosk.at_counter("pause", counter, reason=code)

    def _list_row(self) -> StaffRow:
        row = StaffRow(
            title=tr._("Các số chưa xong"), detail=tr._("Danh sách trên giấy, để gọi tiếp khi máy không chạy")
        )
        row.act_text, row.act_icon, row.act = tr._("In danh sách"), "printer", self.kiosk.print_open_numbers
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

        question = tr._("In lại số {number}: vì sao?").format(number=ticket.number)
        row.act = lambda: self.ask(question, REASONS, lambda reason: self.kiosk.reprint_ticket(ticket.id, reason))
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
        row.other_icon = "printer-outline" if entry.provisional_code else ""
        question = tr._("In lại phiếu {code}: vì sao?").format(code=entry.provisional_code)
        row.other = lambda: self.ask(question, REASONS, lambda reason: self.kiosk.reprint_entry(entry.id, reason))
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
