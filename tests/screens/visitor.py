"""Whoever comes back or comes with a code: each errand from home and back again, by touches of the real glass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import zxingcpp
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView
from PIL import Image

from kiosk.catalogue import Component
from kiosk.comfort import Sheet
from kiosk.errands import Asked, ChargeLine, PhoneStage
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from offline_queue.gateway import PaymentState
from screens.dev_dock import MOTHER
from screens.keyboard import keyboard
from screens.robot import Robot, by_text
from screens.tour import Tour
from screens.tr import tr
from screens.widgets import ARROW_STRIP
from screens.window import KioskWindow
from tests.screens.glass import look

PATIENCE, PAUSE = 20.0, 0.005  # seconds
PAYMENT_LIFE = timedelta(minutes=16)  # the embedded province's bank waits for 15


class Visitor(Tour):
    """One after the other, in one window; `seen` is what each of them saw, `findings` what is wrong on the glass."""

    def __init__(self, machine: Machine, window: KioskWindow, out: Path) -> None:
        super().__init__(machine, out)
        self.window = window
        self.robot = Robot(window, PATIENCE, PAUSE)
        self.robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        assert machine.province
        self.province, self._clock = machine.province, machine.province._clock
        self.seen: dict[str, Any] = {}
        self.findings: list[dict[str, str]] = []
        self.errand = ""

    def province_with(self, later: timedelta = timedelta()) -> None:
        """The province begins anew, `later` by its clock, with people who make up their minds at once."""
        province = self.province
        province.stop()
        province._clock = lambda: self._clock() + later
        province._seconds = (*province._seconds[:2], 0.0)
        province.start()

    # -- looking and touching ------------------------------------------------------------------------------------
    def show(self, name: str) -> None:
        """Take a picture where they are wanted, and look for what is wrong."""
        robot = self.robot
        robot.settle()
        picture = robot.grab()
        if self.out != Path():
            picture.save(self.out / f"{self.errand}-{name}.png", compress_level=1)
        found = robot.on_main(lambda: look(self.window.root, picture))
        self.findings += [{"errand": self.errand, "at": name, **asdict(one)} for one in found]

    def _picture(self, step: Step) -> None:
        self.steps.append({})
        if step is Step.FORM:
            session = self.robot.state.session
            assert session
            assert session.section
            self.seen.setdefault("sections", []).append(session.section.id)
        self.show(f"{len(self.steps):02d}-{step.value}")

    def _slip(self, _picture: Image.Image | None) -> None:
        """Nobody keeps the slips of these errands."""

    def touch(self, text: str) -> None:
        """A button by its Vietnamese text, swiped into sight first."""
        wanted = by_text(tr._(text))
        self.robot.wait(lambda _s: self.robot.has(wanted), f"«{text}»")
        self.robot.bring(wanted)
        self.robot.tap(wanted, text)

    def main(self, text: str) -> None:
        """The main action, which must be called so."""
        self.robot.wait(lambda _s: self.window.shell.screen.main_text == tr._(text), f"«{text}»")
        self.robot.settle()
        self._main()

    def _dock(self, text: str) -> None:
        assert text == "QR thẻ của mẹ"
        self.hold(MOTHER)

    def hold(self, code: str) -> None:
        """A card or a slip before the scanner."""
        self.machine.devices["code_scanner"].present(code)

    def type_code(self, code: str) -> None:
        """Home → FOLLOW, and the code on the keys of the glass."""
        self.robot.wait_step(Step.HOME)
        self.touch("Theo dõi hồ sơ, lịch hẹn")
        self.robot.wait_step(Step.FOLLOW)
        for key in code.upper().replace("-", "").replace(".", ""):
            self._key(key)
        self.show("typed")
        self.main("Xem hồ sơ")

    def answered(self, *, by: Asked = Asked.ANSWERED) -> int:
        """The status that LOOKUP shows once the province has answered, or has not."""
        self.robot.wait_step(Step.LOOKUP)
        state = self.robot.wait(lambda s: following(s).asked is by, by.value)
        self.robot.settle()
        return following(state).status

    def leave_ticket(self) -> str:
        """The number that was given, printed; then home."""
        self.robot.wait_step(Step.TICKET)
        state = self.robot.wait(_printed, "the printed number")
        assert state.session
        assert state.session.ticket
        self.show("ticket")
        self._main()
        self.robot.wait_step(Step.HOME)
        return state.session.ticket.number

    def home(self) -> None:
        """The way out that every screen has."""
        text = "Kết thúc" if self.robot.sees(by_text(tr._("Kết thúc"))) else "Quay lại"
        self.touch(text)
        if self.robot.state.sheet is Sheet.LEAVE:
            self.touch("Xóa hết và kết thúc")
        self.robot.wait_step(Step.HOME)

    def on_glass(self) -> list[str]:
        """What a phone reads from the glass: the QR codes among the real pixels."""
        self.robot.settle()
        return [code.text for code in zxingcpp.read_barcodes(self.robot.grab())]

    def says(self) -> str:
        """The banner of the screen: what it says, and what is to be done."""
        screen: Any = self.window.shell.screen
        return self.robot.on_main(lambda: f"{screen.said} {screen.detail}")

    def hidden(self, end_only: bool = False) -> bool:
        """Whether any part (or the end) of the field that is typed into lies beyond the edge of its list."""

        def work() -> bool:
            box = next(w for w in self.window.shell.screen.walk() if getattr(w, "editing", False) is True and w.height)
            view = box
            while not isinstance(view, ScrollView):
                view = view.parent
            low, high = box.to_window(box.x, box.y)[1], box.to_window(box.x, box.top)[1]
            below = dp(ARROW_STRIP) if getattr(view, "below", False) else 0.0
            edges = view.to_window(view.x, view.y)[1] + below, view.to_window(view.x, view.top)[1]
            return bool(low < edges[0] - 2 or (high > edges[1] + 2 and not end_only))

        self.robot.settle()
        return self.robot.on_main(work)

    # -- errands -------------------------------------------------------------------------------------------------
    def fee(self, code: str) -> None:
        """The same code again while it can be paid; another one after its time; then at the counter instead."""
        robot, people = self.robot, self.province.people
        people.bank = "waits"
        told = (ChargeLine("Lệ phí", 1, 7_000),)  # before the province has asked for more
        kiosk = self.machine.kiosk
        kiosk.parts.ledger.keep_fee(code, told, kiosk.now())
        self.type_code(code)
        self.seen["status"] = self.answered()
        self.show("asked")
        self.main("Nộp phí, lệ phí")
        first = self._code_to_pay()
        self.seen["read_by_phone"] = self.on_glass() == [first[1]]
        self.show("code")
        self.touch("In mã ra giấy")
        robot.wait(lambda s: s.toast == "payment_slip_printed", "the code on paper")
        self.touch("Quay lại")
        self.answered()
        self.main("Nộp phí, lệ phí")
        self.seen["same_again"] = self._code_to_pay() == first
        screen = self.window.screens["pay"]
        self.seen["detail"] = self.robot.on_main(lambda: screen.detail)
        self.province_with(PAYMENT_LIFE)
        robot.wait(lambda s: _payment(s) is PaymentState.EXPIRED, "the end of its time")
        self.show("expired")
        self.seen["expired_on_glass"] = self.on_glass()
        self.main("Lấy mã mới")
        second = self._code_to_pay()
        self.seen["another"] = second[0] != first[0]
        self.main("Trả tại quầy")
        self.seen["counter"] = self.leave_ticket()

    def _code_to_pay(self) -> tuple[str, str]:
        """Id and text of the payment on the glass."""
        self.robot.wait_step(Step.PAY)
        state = self.robot.wait(lambda s: _payment(s) is PaymentState.WAITING, "a code to pay")
        assert state.session
        assert state.session.paying
        assert state.session.paying.payment
        return state.session.paying.payment.payment_id, state.session.paying.qr

    def paid(self, slip: str) -> None:
        """The slip leads to the fee; off line nothing is charged; then the bank confirms, and the dossier goes on."""
        robot, people = self.robot, self.province.people
        robot.wait_step(Step.HOME)
        self.hold(slip)
        self.answered()
        self.province.fault = "refuse"
        self.main("Nộp phí, lệ phí")
        robot.wait(lambda s: bool(s.session and s.session.paying and s.session.paying.asked is Asked.FAILED), "no line")
        self.show("off-line")
        self.seen["off_line"] = self.on_glass()
        self.seen["counter_offered"] = robot.sees(by_text(tr._("Trả tại quầy")))
        self.province.fault = ""
        self.main("Thử lại")
        self._code_to_pay()
        people.bank = "pays_at_once"
        robot.wait(lambda s: _payment(s) is PaymentState.PAID, "the money")
        people.bank = "waits"
        self.show("paid")
        self.seen["paid_on_glass"] = self.on_glass()
        self.main("Tiếp tục")
        robot.wait(lambda s: following(s).status == 4, "the dossier goes on")
        self.show("goes-on")
        self.home()

    def result(self, codes: tuple[str, str]) -> None:
        """Ready: its number. Not accepted: to the counter. Off line: what was known, and how old it is."""
        ready, refused = codes
        self.robot.wait_step(Step.HOME)
        self.hold(ready)
        self.seen["ready"] = self.answered()
        self.show("ready")
        self.main("Lấy số nhận kết quả")
        self.seen["number"] = self.leave_ticket()
        self.hold(refused)
        self.seen["refused"] = self.answered()
        self.show("refused")
        self.main("Lấy số")
        self.seen["counter"] = self.leave_ticket()
        self.province.fault = "refuse"
        self.hold(ready)
        self.seen["off_line"] = self.answered(by=Asked.FAILED)
        screen: Any = self.window.shell.screen
        self.seen["age"] = self.robot.on_main(lambda: f"{screen.link} {screen.link_detail}")
        self.show("off-line")
        self.province.fault = ""
        self.touch("Hỏi lại tỉnh")
        self.answered()
        self.home()

    def appointment(self, code: str) -> None:
        """Typed with a slip of the finger; one digit corrected; then, at its time, a place in the queue."""
        robot, kiosk = self.robot, self.machine.kiosk
        self.province_with()  # of today, also where a fee has waited until after midnight
        self.type_code(f"{code[:-1]}9")
        robot.wait(lambda s: bool(s.session and s.session.coming and s.session.coming.asked is Asked.UNKNOWN), "none")
        self.show("unknown")
        self.touch("Gọi cán bộ")
        robot.wait(lambda s: s.sheet is Sheet.HELP, "the help")
        robot.on_main(kiosk.close_sheet)
        self.main("Lấy số")
        robot.wait_step(Step.HOME)
        robot.settle()
        self.seen["numbers"] = robot.on_main(lambda: len(self.window.screens["home"].ids.series.children))
        self.touch("Theo dõi hồ sơ, lịch hẹn")
        robot.wait_step(Step.FOLLOW)
        self.main("Xem hồ sơ")
        robot.wait(lambda s: bool(s.session and s.session.coming and s.session.coming.asked is Asked.UNKNOWN), "none")
        self.touch("Quay lại")
        robot.wait_step(Step.FOLLOW)
        self._key("back")
        self._key(code[-1])
        self.main("Xem hồ sơ")
        state = robot.wait(lambda s: bool(s.session and s.session.coming and s.session.coming.appointment), "its time")
        assert state.session
        assert state.session.coming
        assert state.session.coming.appointment
        start = state.session.coming.appointment.start
        usual = kiosk.now
        its_time = start - timedelta(minutes=5)
        kiosk.now = lambda: its_time  # type: ignore[method-assign]
        robot.on_main(kiosk.tick)
        robot.wait(lambda s: s.now == its_time, "its time")
        robot.settle()
        self.seen["said"] = self.says()
        self.show("in-time")
        self.main("Lấy số")
        robot.wait_step(Step.TICKET)
        kiosk.now = usual  # type: ignore[method-assign]
        self.seen["number"] = self.leave_ticket()

    def suggestion(self, named: bool) -> None:
        """A few words, with or without a name; whatever is typed stays in sight above the keys."""
        robot = self.robot
        robot.wait_step(Step.HOME)
        self.touch("Góp ý")
        robot.wait_step(Step.PETITION)
        if not named:
            self._main()
            robot.wait(lambda s: bool(s.session and s.session.errors), "that nothing is written")
            self.show("empty")
        if named:
            robot.on_main(lambda: keyboard("letters").put("Ghế ở khu ngồi đợi ít quá. " * 20))
            self.seen["end_hidden"] = self.hidden(end_only=True)
            self.show("long")
            self._key("clear")
        self._type("Thêm quạt")
        self.seen["words_hidden"] = self.hidden()
        self.show("words")
        if named:
            self.touch("Tôi muốn được trả lời, tôi nêu tên")
            self._type("Tô Thị Út")
            self.seen["name_hidden"] = self.hidden()
            self.show("name")
            self._key("done")
            for digit in "0900000001":
                self._key(digit)
            self.seen["phone_hidden"] = self.hidden()
            self.show("phone")
            self._key("done")
        self.main("Gửi góp ý")
        state = robot.wait(lambda s: bool(s.session and s.session.submit is Job.CONFIRMED), "the thanks")
        assert state.session
        self.seen["ref"] = state.session.client_ref
        self.show("thanks")
        if not named:
            self.touch("In mã ra giấy")
            robot.wait(lambda s: s.toast == "petition_slip_printed", "the code on paper")
        self.main("Xong")
        robot.wait_step(Step.HOME)

    def phone(self, answers: Callable[[str], None]) -> None:
        """Refused: the card instead. No level 2: its number. Level 2: who they are is known."""
        robot = self.robot
        self.province_with()
        self._to_phone()
        answers("refuses")
        self._told(PhoneStage.REFUSED)
        self.touch("Dùng thẻ căn cước")
        robot.wait_step(Step.IDENTIFY)
        answers("waits")
        self.touch("Dùng VNeID trên điện thoại")
        robot.wait(lambda s: _phone(s) is PhoneStage.WAITING, "the code")
        self.seen["read_by_phone"] = len(self.on_glass()) == 1
        self.show("code")
        answers("low_level")
        self._told(PhoneStage.LOW_LEVEL)
        self.main("Lấy số gặp công an")
        self.seen["number"] = self.leave_ticket()
        self._to_phone()
        answers("confirms")
        robot.wait_step(Step.NOTICE)
        self.show("notice")
        session = robot.state.session
        self.seen["known"] = bool(session and session.citizen and session.proof)
        self.home()

    def _to_phone(self) -> None:
        """Home → an extract of one's own → VNEID."""
        self.province.people.phone = "waits"
        self.robot.wait_step(Step.HOME)
        self.touch("Bản sao khai sinh")
        self.robot.wait_step(Step.BRING)
        session = self.robot.state.session
        assert session
        assert session.procedure
        self.touch(session.procedure.cases[0].title)
        self._main()
        self.robot.wait_step(Step.IDENTIFY)
        self.touch("Dùng VNeID trên điện thoại")
        self.robot.wait(lambda s: _phone(s) is PhoneStage.WAITING, "the code")

    def _told(self, stage: PhoneStage) -> None:
        self.robot.wait(lambda s: _phone(s) is stage, stage.value)
        self.show(stage.value)

    def papers(self, code: str) -> None:
        """From the slip straight to the missing paper, and the dossier goes on."""
        self._paper_slip = code
        self.seen["accepted"] = self._submit({}, chip=False)
        self.hold(code)
        self.seen["status"] = self.answered()
        self.home()

    def _choose(self) -> None:
        self.robot.wait_step(Step.HOME)
        self.hold(self._paper_slip)
        assert self.answered() == 5
        self.show("asked")
        self.main("Bổ sung giấy tờ ngay")

    def _papers_to_scan(self) -> list[Component]:
        self.seen["asked"] = self.window.screens["papers"].asked
        return list(self.machine.kiosk.papers_needed()[:1])  # none is required by itself: what is asked for is told


def following(state: AppState) -> Any:
    """The dossier on the glass."""
    assert state.session is not None
    assert state.session.following is not None
    return state.session.following


def _payment(state: AppState) -> PaymentState | None:
    paying = state.session.paying if state.session else None
    return paying.payment.state if paying and paying.payment and paying.asked is Asked.ANSWERED else None


def _phone(state: AppState) -> PhoneStage | None:
    return state.session.phone.stage if state.session and state.session.phone else None


def _printed(state: AppState) -> bool:
    ticket = state.session.ticket if state.session else None
    return ticket is not None and ticket.print is Job.CONFIRMED
