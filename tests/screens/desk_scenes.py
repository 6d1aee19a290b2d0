"""Scenes of the other two doors, and of a machine out of service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kiosk.state import (
    DeviceLogLine,
    StaffTicket,
    StaffView,
    Step,
)
from offline_queue.entry import EntryState, OutboxCounts, OutboxEntry, Problem, Receipt
from tests.screens.scene import (
    NOW,
    READY,
    TROUBLE,
    Scene,
    Site,
)


def doors(site: Site, _language: str) -> Iterator[Scene]:
    base = site.base
    names = ("Nguyễn Thị Hoàng Phương Khánh Linh", "Trần Văn Bình")
    wrong = StaffView(names=names, role="staff", wrong=2, code="pin_wrong")
    yield Scene("login", replace(base, step=Step.LOGIN, staff=StaffView(names=names, role="staff")))
    yield Scene("login-wrong", replace(base, step=Step.LOGIN, staff=wrong), _pin)
    absent = StaffView(role="technician")
    yield Scene("login-nobody", replace(base, step=Step.LOGIN, staff=absent))
    desk = StaffView(role="staff", name=names[0], tickets=_tickets(), entries=_entries(), paused=("C",))
    counts = OutboxCounts(pending=12, rejected=1, delivered=40, notices=("province_unauthorised",))
    staff = replace(base, step=Step.STAFF, staff=desk, outbox=counts)
    yield Scene("staff", staff)
    yield Scene("staff-empty", replace(base, step=Step.STAFF, staff=StaffView(role="staff", name="Trần Văn Bình")))
    said = replace(staff, staff=replace(desk, code="reprint_sent"), trouble="stopped_by_staff", outbox=OutboxCounts())
    yield Scene("staff-reprint", said, _reprint)
    yield Scene("staff-outbox", staff, lambda screen: screen.open_tab("outbox"))
    yield Scene("staff-series", staff, lambda screen: screen.open_tab("series"))
    trouble = replace(base, step=Step.DIAGNOSTICS, devices=TROUBLE, device_log=_log())
    yield Scene("diagnostics", replace(trouble, staff=StaffView(role="technician", name="Kỹ thuật")))
    yield Scene("diagnostics-ready", replace(base, step=Step.DIAGNOSTICS, devices=READY))
    for code in ("stopped_by_staff", "printer_absent"):
        yield Scene(f"out-of-service-{code}", replace(base, step=Step.OUT_OF_SERVICE, trouble=code))


def _pin(screen: Any) -> None:
    for key in "123456789012":
        screen.press(key)


def _reprint(screen: Any) -> None:
    screen.reprinting, screen.reprinting_number = 2, "A-002"


def _tickets() -> tuple[StaffTicket, ...]:
    states = ("issued", "printed", "print_failed", "called", "serving", "done", "absent", "cancelled")
    return tuple(
        StaffTicket(
            number,
            f"A-{number:03d}",
            state,
            NOW - timedelta(minutes=3 * number),
            "paper_out" if state == "print_failed" else "",
            "Có con nhỏ dưới 36 tháng" if number % 2 else "",
            2 if number == 3 else 0,
        )
        for number, state in enumerate(states * 3, start=1)
    )


def _entries() -> tuple[OutboxEntry, ...]:
    ref = "0b6f3a52-9a40-4f0e-9c7f-0242ac120002"
    problems = (Problem("/applicant/id_number", "Số định danh không có trong Cơ sở dữ liệu quốc gia về dân cư"),)
    receipt = Receipt("H05.114-261123-0042", 2, NOW.isoformat())
    return (
        OutboxEntry(ref, "2.000635", NOW, EntryState.PENDING, attempts=3),
        OutboxEntry(ref, "1.004873", NOW, EntryState.SENDING, attempts=1),
        OutboxEntry(ref, "1.001193", NOW, EntryState.REJECTED, attempts=1, problems=problems),
        OutboxEntry(ref, "1.001193", NOW, EntryState.DELIVERED, attempts=1, receipt=receipt),
    )


def _log() -> tuple[DeviceLogLine, ...]:
    return tuple(
        DeviceLogLine(NOW - timedelta(minutes=number), kind, status)
        for number in range(4)
        for kind, status in TROUBLE.items()
    )
