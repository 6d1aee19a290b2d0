"""What needs a hand: everything that does, once, the most pressing first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from devices.interfaces import Condition, DeviceStatus
from kiosk.needs import CLOCK_BEHIND, HELP_CALLED, NeedKind, needs
from kiosk.state import AppState, PaperView, Session, StaffTicket, StaffView
from offline_queue.entry import OutboxCounts

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WELL = AppState(devices={"printer": DeviceStatus(Condition.READY), "card_reader": DeviceStatus(Condition.READY)})


def test_nothing_needs_a_hand() -> None:
    assert needs(WELL) == ()


def test_the_most_pressing_comes_first() -> None:
    tickets = (StaffTicket(1, "A-001", "printed", NOW), StaffTicket(2, "A-002", "print_failed", NOW, "paper_out"))
    state = replace(
        WELL,
        closed_code=CLOCK_BEHIND,
        devices={
            "card_reader": DeviceStatus(Condition.OFFLINE, "device_unplugged"),
            "printer": DeviceStatus(Condition.ATTENTION, "paper_out"),
        },
        paper=PaperView(2.0, 80.0, 900, low=True),
        staff=StaffView(tickets=tickets),
        outbox=OutboxCounts(1, 2, 3, notices=("clock_wrong", HELP_CALLED)),
    )
    found = [(need.kind, need.code) for need in needs(state)]
    assert found == [
        (NeedKind.HELP, HELP_CALLED),
        (NeedKind.CLOCK, CLOCK_BEHIND),
        (NeedKind.DEVICE, "paper_out"),
        (NeedKind.DEVICE, "device_unplugged"),
        (NeedKind.TICKET, "print_failed"),
        (NeedKind.REJECTED, "dossiers_rejected"),
        (NeedKind.OUTBOX, "clock_wrong"),
    ]


def test_a_low_roll_is_told_once_whoever_has_noticed_it() -> None:
    counted = replace(WELL, paper=PaperView(2.0, 80.0, 900, low=True))
    said = replace(WELL, devices={"printer": DeviceStatus(Condition.READY, "paper_low")})
    for state in (counted, said):
        assert [(need.kind, need.code) for need in needs(state)] == [(NeedKind.PAPER, "paper_low")]


def test_a_slip_in_the_outlet_is_told_when_its_citizen_has_left_and_is_no_want_of_paper() -> None:
    held = replace(WELL, devices={"printer": DeviceStatus(Condition.READY, "ticket_in_outlet")})
    assert [(need.kind, need.code) for need in needs(held)] == [(NeedKind.DEVICE, "ticket_in_outlet")]
    assert needs(replace(held, session=Session("s", NOW))) == ()
    low = replace(held, paper=PaperView(2.0, 80.0, 900, low=True))
    assert (NeedKind.PAPER, "paper_low") in [(need.kind, need.code) for need in needs(low)]
