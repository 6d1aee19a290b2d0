"""The technician's screen: devices, self-tests, history; and the step at which a person must do something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus
from devices.traffic import Direction
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.selftests import BY_KEY, SelfTest
from kiosk.diagnostics.words import DEVICES, VERDICTS
from kiosk.state import AppState, DeviceMemory, DiagnosticsView, Stage
from kiosk.technician import CARD_NUMBER_DIGITS
from screens import sound, theme
from screens.diagnostics_touch import TouchGrid
from screens.diagnostics_words import (
    DEVICE_ICONS,
    PROMPTS,
    VERDICT_LOOKS,
    connected,
    counted,
    measured,
    test_title,
    told,
)
from screens.fields import grouped
from screens.keyboard import keyboard, lay_keyboard
from screens.tr import tr
from screens.widgets import KioskScreen, Press

Builder.load_file(str(Path(__file__).with_name("diagnostics_touch.kv")))
ARROWS = {Direction.SENT: "arrow-right", Direction.RECEIVED: "arrow-left", Direction.NOTE: "connection"}
REPORTS = {
    "Báo cáo sẵn sàng": ("Ghi tệp PDF để ký, và in phiếu tóm tắt.", "file-check-outline"),
    "Gói chẩn đoán": ("Ghi nhật ký, cấu hình và kết quả ra ổ USB, không có dữ liệu cá nhân.", "usb"),
}
CONDITIONS = {
    Condition.READY: ("Sẵn sàng", "check-circle", theme.GREEN_TEXT),
    Condition.ATTENTION: ("Cần người xử lý", "alert", theme.AMBER_TEXT),
    Condition.FAULT: ("Hỏng", "close-octagon", theme.RED),
    Condition.OFFLINE: ("Không tìm thấy", "power-plug-off-outline", theme.RED),
}
HISTORY_ROWS = 60
TONE = ((880, 0.35), (1174, 0.5))  # (Hz, seconds): not the reminder that citizens know


class DeviceCard(Press):
    """One device: what it is, how it is, what to do, what it has done; a touch runs its tests."""

    kind = StringProperty("")
    title = StringProperty("")
    icon = StringProperty("")
    state_text = StringProperty("")
    state_icon = StringProperty("")
    state_color = ColorProperty(theme.MUTED)
    advice = StringProperty("")
    detail = StringProperty("")
    testable = BooleanProperty(False)
    run = ObjectProperty(lambda _kind: None)

    def show(self, status: DeviceStatus | None, memory: DeviceMemory | None) -> None:
        """Fill the card; None: this kiosk has no such device."""
        self.title, self.icon = tr._(DEVICES[self.kind]), DEVICE_ICONS[self.kind]
        self.testable = status is not None
        parts = (connected(memory.connection), counted(memory.counters)) if memory else ()
        self.detail = "\n".join(part for part in parts if part)
        if status is None:
            self.state_icon, self.state_color, self.advice = "minus-circle-outline", theme.MUTED, ""
            self.state_text = tr._("Không có trong cấu hình")
            return
        words, self.state_icon, self.state_color = CONDITIONS[status.condition]
        self.state_text = tr._(words)
        line = tr.technician_line(status.code) or tr.advice(status.code)
        self.advice = " ".join(part for part in (tr.error(status.code), line) if part)


class TestRow(Press):
    """One self-test: how it ended last, in a sign and in words; a touch runs it."""

    title = StringProperty("")
    detail = StringProperty("")
    figures = StringProperty("")
    advice = StringProperty("")
    icon = StringProperty("")
    icon_color = ColorProperty(theme.MUTED)
    run = ObjectProperty(lambda: None)


class LogRow(BoxLayout):
    """One line of the history."""

    time = StringProperty("")
    text = StringProperty("")
    icon = StringProperty("")
    icon_color = ColorProperty(theme.MUTED)


class DiagnosticsScreen(KioskScreen):
    """Three lists behind three tabs; while a self-test runs, its prompt stands in their place."""

    tab = StringProperty("devices")
    officer = StringProperty("")
    summary = StringProperty("")
    summary_tone = StringProperty("info")
    running = StringProperty("")  # name of the test under way
    stage = StringProperty("")
    left = StringProperty("")
    prompt = StringProperty("")
    prompt_detail = StringProperty("")
    prompt_icon = StringProperty("")
    no_text = StringProperty("")
    message = StringProperty("")
    message_detail = StringProperty("")
    typing = BooleanProperty(False)
    number = StringProperty("")  # of a card, while it is typed
    shown_number = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._shown: tuple[object, ...] = ()
        self._prompted: tuple[str, str] = ("", "")
        self._grid: TouchGrid | None = None
        # kept here: a list that is not on the glass has no parent
        self._parts = {name: self.ids[name].__self__ for name in ("devices_part", "rows_part", "prompt_part")}
        self.ids.stage.clear_widgets()
        self.cards = {kind: DeviceCard(kind=kind, run=self.run_device) for kind in DEVICE_KINDS}
        for card in self.cards.values():
            self.ids.cards.add_widget(card)

    def shown(self, _state: AppState) -> None:
        """Start with the devices."""
        self.tab = "devices"

    def on_pre_enter(self, *_: object) -> None:
        """Every list begins at its top."""
        for part in self._parts.values():
            part.scroll_y = 1

    def main(self) -> None:
        """What the step asks for; without a step, lock."""
        match Stage(self.stage):
            case Stage.NONE:
                self.kiosk.log_out()
            case Stage.TOUCH:
                self.open_grid()
            case Stage.TYPE_NUMBER:
                self.kiosk.card_number_typed(self.number)
            case Stage.PLACE_SHEET | Stage.LAY_CARD:
                self.kiosk.self_test_ready()
            case _:
                self.kiosk.self_test_answer(True)

    def open_tab(self, tab: str) -> None:
        """Show another list, from its top."""
        self.tab = tab
        self._parts["rows_part"].scroll_y = 1
        self.render(self.kiosk.state)

    def run_device(self, kind: str) -> None:
        """All tests of one device."""
        self.kiosk.run_self_tests([test.key for test in self.kiosk.self_tests if test.device == kind])

    def open_grid(self) -> None:
        """Cover the glass with the grid."""
        if self._grid is None:
            self._grid = TouchGrid(self._grid_done)
            App.get_running_app().root.add_widget(self._grid)

    def play(self) -> None:
        """The tone, once more."""
        if not sound.play(TONE):
            self.kiosk.no_loudspeaker()

    def render(self, state: AppState) -> None:
        """The prompt of the test under way, and the open list."""
        view = state.diagnostics
        self.officer = state.staff.name
        self._prompt(view)
        self._summary(view)
        self._put("prompt_part" if view.running else "devices_part" if self.tab == "devices" else "rows_part")
        for kind, card in self.cards.items():
            card.show(state.devices.get(kind), view.memory.get(kind))
        key = (
            self.tab,
            view.records,
            view.memory,
            view.code,
            view.file,
            view.watched,
            view.traffic,
            state.devices,
            state.language,
        )
        if key != self._shown and not view.running:
            self._shown = key
            self._fill(state)

    # -- inside --------------------------------------------------------------------------------------------------
    def _put(self, name: str) -> None:
        stage = self.ids.stage
        if stage.children != [self._parts[name]]:
            stage.clear_widgets()
            stage.add_widget(self._parts[name])

    def _ask_number(self, asked: bool) -> None:
        """The number pad is there while a card's number is asked for; what was typed goes with it."""
        keys = keyboard("number")
        keys.key_height = 96 if self.wide else 120
        if asked and not self.typing:
            lay_keyboard(self.ids.pad, "number").begin("", self._typed, self.main, max_length=max(CARD_NUMBER_DIGITS))
        elif self.typing and not asked:
            self.ids.pad.clear_widgets()
            keys.forget()
            self._typed("")
        self.typing = asked
        self.main_disabled = asked and len(self.number) not in CARD_NUMBER_DIGITS

    def _typed(self, digits: str) -> None:
        self.number, self.shown_number = digits, grouped(digits)
        self.main_disabled = self.typing and len(digits) not in CARD_NUMBER_DIGITS

    def on_leave(self, *_: object) -> None:
        """No number of a card stays in a widget."""
        self._ask_number(False)

    def _prompt(self, view: DiagnosticsView) -> None:
        test, self.stage = BY_KEY.get(view.running), view.stage
        self._ask_number(view.stage is Stage.TYPE_NUMBER)
        self.running = test_title(test.name, test.device) if test else ""
        self.can_back = not test
        if self._grid is not None and view.stage is not Stage.TOUCH:
            self._grid.close()
            self._grid = None
        if not test:
            self.main_text, self.main_icon = tr._("Khóa màn hình"), "lock-outline"
            self._prompted = ("", "")
            return
        self.prompt_icon, prompt, detail, main, no = PROMPTS[view.stage]
        self.prompt, self.prompt_detail, self.main_text, self.no_text = (tr._(t) for t in (prompt, detail, main, no))
        self.main_icon = "check"
        self.left = tr._("Còn {n} bước nữa").format(n=view.left) if view.left else tr._("Bước cuối cùng")
        self.message, self.message_detail = tr.error(view.code), tr.advice(view.code)
        before, self._prompted = self._prompted, (view.running, view.stage)
        if view.stage is Stage.LISTEN and before != self._prompted:
            self.play()

    def _summary(self, view: DiagnosticsView) -> None:
        last = [record for test in self.kiosk.self_tests if (record := view.last(test.name, test.device))]
        failed = sum(1 for record in last if _failed(record))
        done = sum(1 for record in last if record.verdict is not Verdict.NOT_DONE)
        if failed:
            self.summary_tone, words = "error", tr._("{n} bước kiểm tra không đạt")
        elif done:
            self.summary_tone, words = "ok", tr._("{done} / {all} bước kiểm tra đã đạt")
        else:
            self.summary_tone, words = "info", tr._("Chưa có kết quả tự kiểm tra")
        self.summary = words.format(n=failed, done=done, all=len(self.kiosk.self_tests))

    def _fill(self, state: AppState) -> None:
        rows = self.ids.rows
        rows.clear_widgets()
        if self.tab == "tests":
            view = state.diagnostics
            last = {test: view.last(test.name, test.device) for test in self.kiosk.self_tests}
            for test in sorted(last, key=lambda test: not _failed(last[test])):  # what needs a hand comes first
                rows.add_widget(self._test_row(test, last[test]))
        elif self.tab == "reports":
            self._fill_reports(state)
        elif self.tab == "lines":
            self._fill_lines(state)
        elif self.tab == "history":
            for row in sorted(_history(state.diagnostics), key=lambda row: row[0], reverse=True)[:HISTORY_ROWS]:
                at, text, icon, color = row
                rows.add_widget(LogRow(time=at.strftime("%d/%m %H:%M"), text=text, icon=icon, icon_color=color))
            if not rows.children:
                rows.add_widget(LogRow(text=tr._("Chưa có gì ở đây."), icon="history"))

    def _fill_lines(self, state: AppState) -> None:
        view, rows = state.diagnostics, self.ids.rows
        for kind in self.kiosk.lines_to_watch:
            row = TestRow(title=tr._(DEVICES[kind]), icon=DEVICE_ICONS[kind], icon_color=theme.BLUE_TEXT)
            row.detail = (
                tr._("Đang xem: chạm để dừng.") if kind == view.watched else tr._("Chạm để xem dữ liệu trên dây.")
            )
            row.run = lambda kind=kind: self.kiosk.watch_line(kind)
            rows.add_widget(row)
        for line in view.traffic:
            text = " ".join(filter(None, (line.hex, line.meaning)))
            rows.add_widget(LogRow(time=line.at.strftime("%H:%M:%S"), text=text, icon=ARROWS[line.direction]))
        if not rows.children:
            rows.add_widget(LogRow(text=tr._("Không có thiết bị nào nối bằng dây xem được."), icon="cable-data"))

    def _fill_reports(self, state: AppState) -> None:
        view = state.diagnostics
        for title, (detail, icon) in REPORTS.items():
            row = TestRow(title=tr._(title), detail=tr._(detail), icon=icon, icon_color=theme.BLUE_TEXT)
            self.ids.rows.add_widget(row)
        bundle, report = self.ids.rows.children
        report.run, bundle.run = self.kiosk.make_readiness_report, self.kiosk.make_bundle
        if view.code:
            folder, slash, name = view.file.rpartition("/")  # in two lines: a path is one word, too long for one
            words = (tr.error(view.code), folder + slash, name, tr.advice(view.code))
            self.ids.rows.add_widget(LogRow(text="\n".join(filter(None, words)), icon="information-outline"))

    def _test_row(self, test: SelfTest, record: TestRecord | None) -> TestRow:
        row = TestRow(title=test_title(test.name, test.device), run=lambda: self.kiosk.run_self_tests([test.key]))
        words = VERDICTS[Verdict.NOT_DONE]
        row.icon, row.icon_color = VERDICT_LOOKS[Verdict.NOT_DONE]
        if record:
            row.icon, row.icon_color = VERDICT_LOOKS[record.verdict]
            row.detail, row.figures = told(record), measured(record)
            row.advice = (tr.technician_line(record.code) or tr.advice(record.code)) if _failed(record) else ""
        else:
            row.detail = tr._(words)
        return row

    def _grid_done(self, cells: int, dead: Any) -> None:
        self._grid = None
        self.kiosk.touch_grid_done(cells, dead)


def _failed(record: TestRecord | None) -> bool:
    return record is not None and record.verdict is Verdict.FAIL


def _history(view: DiagnosticsView) -> Iterator[tuple[Any, str, str, Any]]:
    """(time, text, icon, colour) of every self-test and every change of a device."""
    for record in view.records:
        words = VERDICTS[record.verdict]
        icon, color = VERDICT_LOOKS[record.verdict]
        reason = f" – {tr.error(record.code)}" if record.code else ""
        yield record.at, f"{test_title(record.test, record.device)}: {tr._(words)}{reason}", icon, color
    for kind, memory in view.memory.items():
        for change in memory.changes:
            words, icon, color = CONDITIONS[change.condition]
            reason = f" – {tr.error(change.code)}" if change.code else ""
            yield change.at, f"{tr._(DEVICES[kind])}: {tr._(words)}{reason}", icon, color


SCREEN = DiagnosticsScreen
