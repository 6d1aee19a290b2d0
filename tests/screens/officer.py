"""An officer at the glass: through the door, a number called and ended, the list of open numbers on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import CounterState, CounterView
from kiosk.state import AppState, Step
from kiosk.wiring import Machine
from screens.staff import StaffRow
from screens.tr import tr
from screens.window import KioskWindow
from tests.screens.visitor import Visitor

PIN = "2468"


class Officer(Visitor):
    """Somebody of the centre, where no counter has a computer."""

    def __init__(self, machine: Machine, window: KioskWindow, out: Path) -> None:
        super().__init__(machine, window, out)
        self.counter = 0

    def works(self) -> None:
        """A citizen takes a number; the officer calls it, ends it, prints who still waits, and locks the glass."""
        robot = self.robot
        state = robot.wait_step(Step.HOME)
        self.touch(state.series[0].title)
        self.leave_ticket()
        robot.tap(lambda w: getattr(w, "icon", "") == "account-key-outline", "the door")
        robot.wait_step(Step.LOGIN)
        for digit in PIN:
            robot.tap(digit)
        self.show("pin")
        self.main("Đăng nhập")
        robot.wait_step(Step.STAFF)
        self.touch("Số thứ tự")
        self.show("numbers")
        self._row("Các quầy", "Gọi số")
        self.counter = robot.state.staff.counters[0].number
        self._act("Mở quầy", lambda c: c.state is CounterState.OPEN)
        self._act("Gọi tiếp", lambda c: c.current is not None)
        current = _counter(robot.state).current
        assert current
        self.seen["called"] = [current.label, current.state is TicketState.CALLED]
        self.show("called")
        self._act("Xong", lambda c: c.current is None)
        self.touch("Số thứ tự")
        before = self._slips()
        self._row("Các số chưa xong", "In danh sách")
        self.seen["said"] = robot.wait(lambda s: bool(s.staff.code), "what is said of it").staff.code
        robot.wait(lambda _s: self._slips() == before + 1, "the list on paper")
        self.show("list")
        self.main("Khóa màn hình")
        robot.wait_step(Step.HOME)

    def _act(self, text: str, wanted: Any) -> None:
        """One button of the first counter, and what comes of it."""
        self._row(f"{tr._('Quầy {number}').format(number=self.counter)}", text)
        self.robot.wait(lambda s: wanted(_counter(s)), text)
        self.robot.settle()

    def _row(self, title: str, text: str) -> None:
        """The button of one row."""

        def wanted(widget: Any) -> bool:
            if getattr(widget, "text", "") != tr._(text) or not hasattr(widget, "on_release"):
                return False
            while widget.parent is not widget and widget is not None and not isinstance(widget, StaffRow):
                widget = widget.parent
            return isinstance(widget, StaffRow) and widget.title.split(" · ")[0] == tr._(title)

        self.robot.wait(lambda _s: self.robot.has(wanted), text)
        self.robot.bring(wanted)
        self.robot.tap(wanted, text)

    def _slips(self) -> int:
        return len(list((self.machine.config.storage.data_dir / "printed").glob("*.png")))


def _counter(state: AppState) -> CounterView:
    return state.staff.counters[0]
