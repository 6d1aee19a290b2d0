"""Scenes of the other two doors, and of a machine out of service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kiosk.desk import REASONS
from kiosk.hall.acts import PAUSES
from kiosk.hall.tickets import TicketState
from kiosk.hall.view import Call, CounterState, CounterView
from kiosk.needs import HELP_CALLED
from kiosk.state import (
    Job,
    PaperView,
    Refill,
    RefillStage,
    StaffTicket,
    StaffView,
    Step,
)
from offline_queue.entry import EntryState, OutboxCounts, OutboxEntry, Problem, Receipt, Room
from tests.screens.scene import (
    NOW,
    TROUBLE,
    Scene,
    Site,
)
from tests.screens.technician_scenes import technician_scenes


def doors(site: Site, _language: str) -> Iterator[Scene]:
    base = site.base
    names = ("Nguyễn Thị Hoàng Phương Khánh Linh", "Trần Văn Bình")
    wrong = StaffView(names=names, role="staff", wrong=2, code="pin_wrong")
    yield Scene("login", replace(base, step=Step.LOGIN, staff=StaffView(names=names, role="staff")))
    yield Scene("login-wrong", replace(base, step=Step.LOGIN, staff=wrong), _pin)
    absent = StaffView(role="technician")
    yield Scene("login-nobody", replace(base, step=Step.LOGIN, staff=absent))
    desk = StaffView(role="staff", name=names[0], tickets=_tickets(), entries=_entries(), paused=("C",))
    notices = (HELP_CALLED, "province_unauthorised", "store_salvaged", "clock_wrong")
    oldest = NOW - timedelta(hours=3, minutes=12)
    counts = OutboxCounts(12, 1, 40, oldest_pending=oldest, room=Room.LOW, notices=notices)
    staff = replace(base, step=Step.STAFF, staff=desk, outbox=counts, devices=TROUBLE)
    yield Scene("staff-tickets", staff, lambda screen: screen.open_tab("tickets"))
    counters = replace(staff, staff=replace(desk, counters=tuple(_counters())))
    yield Scene("staff-counters", counters, lambda screen: screen.open_tab("counters"))
    yield Scene("staff-pausing", counters, _pause)
    yield Scene("staff", staff)
    yield Scene("staff-empty", replace(base, step=Step.STAFF, staff=StaffView(role="staff", name="Trần Văn Bình")))
    said = replace(staff, staff=replace(desk, code="reprint_sent"), trouble="stopped_by_staff", outbox=OutboxCounts())
    yield Scene("staff-reprint", said, _reprint)
    yield Scene("staff-outbox", staff, lambda screen: screen.open_tab("outbox"))
    low = replace(staff, paper=PaperView(4.6, 80.0, 812, low=True))
    yield Scene("staff-machine", low, lambda screen: screen.open_tab("machine"))
    for stage in RefillStage:
        yield Scene(f"paper-{stage}", replace(base, step=Step.PAPER, refill=Refill(stage)))
    for job, code in ((Job.RUNNING, ""), (Job.CONFIRMED, ""), (Job.FAILED, "paper_out")):
        yield Scene(f"paper-test-{job}", replace(base, step=Step.PAPER, refill=Refill(RefillStage.TEST, job, code)))
    turned = Refill(RefillStage.INSERT, code="paper_wrong_side")
    yield Scene("paper-wrong-side", replace(base, step=Step.PAPER, refill=turned))
    yield from technician_scenes(site)
    for code in ("stopped_by_staff", "printer_absent"):
        yield Scene(f"out-of-service-{code}", replace(base, step=Step.OUT_OF_SERVICE, trouble=code))


def _pin(screen: Any) -> None:
    for key in "123456789012":
        screen.press(key)


def _pause(screen: Any) -> None:
    screen.open_tab("counters")
    screen.ask("Quầy 2 · Tạm dừng", PAUSES, lambda _reason: None)


def _reprint(screen: Any) -> None:
    screen.ask("In lại số A-002: vì sao?", REASONS, lambda _reason: None)


def _tickets() -> tuple[StaffTicket, ...]:
    return tuple(
        StaffTicket(
            number,
            f"A-{number:03d}",
            state.value,
            NOW - timedelta(minutes=3 * number),
            "paper_out" if state is TicketState.PRINT_FAILED else "",
            "Có con nhỏ dưới 36 tháng" if number % 2 else "",
            2 if number == 3 else 0,
        )
        for number, state in enumerate(tuple(TicketState) * 3, start=1)
    )


def _counters() -> Iterator[CounterView]:
    called = Call(1, "A-025", "A", 1, TicketState.CALLED, NOW, NOW, NOW, 1, NOW.date())
    serving = replace(called, ticket_id=2, label="A-K2-003", counter=2, state=TicketState.SERVING)
    currents = called, serving, None
    for number, current in enumerate(currents, start=1):
        yield CounterView(number, CounterState.OPEN, "Trần Văn Bình", "", ("A", "B"), current)
    yield CounterView(4, CounterState.PAUSED, "Trần Văn Bình", "break", ("C",), replace(serving, label="C-007"))
    yield CounterView(5, CounterState.PAUSED, "Trần Văn Bình", "break", ("C",))
    yield CounterView(7, CounterState.OPEN, "Trần Văn Bình", "", ("C",), None, (replace(serving, label="C-005"),))
    yield CounterView(6, CounterState.CLOSED, "", "", ("A", "B", "C", "D", "E"))


def _entries() -> tuple[OutboxEntry, ...]:
    ref = "0b6f3a52-9a40-4f0e-9c7f-0242ac120002"
    problems = (Problem("/applicant/id_number", "Số định danh không có trong Cơ sở dữ liệu quốc gia về dân cư"),)
    waiting = OutboxEntry(ref, "2.000635", NOW - timedelta(hours=3, minutes=12), provisional_code="TAM-7K3M-Q9XW")
    rejected = replace(waiting, procedure_code="1.001193", state=EntryState.REJECTED, attempts=1)
    receipt = Receipt("H05.114-261123-0042", 2, NOW.isoformat())
    return (
        replace(
            waiting,
            attempts=3,
            last_error="province_unreachable",
            next_attempt_at=NOW + timedelta(minutes=4),
        ),
        replace(waiting, procedure_code="1.004873", state=EntryState.SENDING, attempts=1),
        replace(rejected, problems=problems, last_error="province_rejected"),
        replace(rejected, last_error="papers_lost"),
        replace(rejected, state=EntryState.CLOSED, last_error="entry_exported"),
        replace(rejected, state=EntryState.DELIVERED, receipt=receipt),
    )
