"""Taking numbers: stored first, then printed; a failed print is told and kept for staff."""

from __future__ import annotations

from datetime import timedelta

from kiosk.config import Config
from kiosk.hall.tickets import TicketState
from kiosk.state import Job, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player


def taken(player: Player, letter: str = "A") -> str:
    """Touch a tile, wait for the end of the print, return the number."""
    player.kiosk.take_number(letter)
    state = player.until(
        lambda s: bool(s.session and s.session.ticket and s.session.ticket.print is not Job.RUNNING), "the print"
    )
    assert state.session
    assert state.session.ticket
    return state.session.ticket.number


def test_one_touch_prints_a_number(player: Player) -> None:
    assert taken(player) == "A-001"
    session = player.state.session
    player.at(Step.TICKET)
    assert session
    assert session.ticket
    assert session.ticket.print is Job.CONFIRMED
    assert session.ticket.picture is not None
    player.kiosk.done_with_ticket()
    player.at(Step.HOME)
    assert player.state.session is None
    assert player.state.series[0].waiting == 1


def test_a_second_touch_on_the_tile_is_no_second_number(player: Player) -> None:
    player.kiosk.take_number("A")
    player.kiosk.take_number("A")
    hall = player.kiosk.parts.hall
    assert len(hall.store.of_day(hall.day(player.kiosk.now()))) == 1


def test_a_failed_print_is_told_and_kept_for_reprint(player: Player) -> None:
    player.machine.devices["printer"].paper_out()
    number = taken(player)
    session = player.state.session
    assert session
    assert session.ticket
    assert (session.ticket.print, session.ticket.code) == (Job.FAILED, "paper_out")
    player.kiosk.finish()
    player.machine.devices["printer"].restore()
    log_in(player)
    row = next(t for t in player.state.staff.tickets if t.number == number)
    assert row.state == "print_failed"
    player.kiosk.reprint_ticket(row.id, "paper")
    player.until(lambda s: s.staff.tickets[0].state == "printed", "the reprint")
    assert player.state.staff.tickets[0].reprints == 1


def log_in(player: Player, role: str = "staff", pin: str = "2468") -> None:
    """Through one of the other two doors."""
    player.kiosk.open_door(role)
    player.kiosk.log_in(player.state.staff.names[0], pin)
    player.until(lambda s: s.step in (Step.STAFF, Step.DIAGNOSTICS), "the open door")


def test_numbers_go_on_after_a_restart(config: Config) -> None:
    with Machine(config) as machine:
        taken(Player(machine))
    with Machine(config) as machine:
        player = Player(machine)
        assert taken(player) == "A-002"
        states = [t.state for t in machine.kiosk.parts.hall.store.of_day(machine.kiosk.now().date())]
        assert states == [TicketState.PRINTED, TicketState.PRINTED]


def test_priority_is_written_down_and_gone_for_the_next_person(player: Player) -> None:
    player.kiosk.ask_priority()
    player.kiosk.choose_priority("Người cao tuổi")
    player.at(Step.HOME)
    taken(player)
    player.kiosk.finish()
    taken(player)
    tickets = player.kiosk.parts.hall.store.of_day(player.kiosk.now().date())
    assert [t.priority for t in tickets] == ["Người cao tuổi", ""]


def test_a_scanned_ticket_tells_what_has_become_of_its_number(player: Player) -> None:
    kiosk, hall = player.kiosk, player.kiosk.parts.hall
    first = taken(player)
    kiosk.done_with_ticket()
    second = taken(player)
    kiosk.done_with_ticket()
    codes = {ticket.label: hall.qr_text(ticket) for ticket in hall.store.of_day(kiosk.now().date())}

    def scan(text: str) -> None:
        player.until(lambda s: s.step is Step.HOME, "home")
        player.machine.devices["code_scanner"].present(text)

    scan(codes[second])
    shown = player.until(lambda s: s.step is Step.TICKET, "its place").session
    assert shown is not None
    assert shown.ticket is not None
    assert (shown.ticket.number, shown.ticket.ahead, shown.ticket.standing) == (second, 1, TicketState.PRINTED)
    kiosk.done_with_ticket()
    counter = next(number for number, letters in hall.serves.items() if "A" in letters)
    kiosk.counters.open(counter, "An")
    kiosk.counters.call_next(counter, "An")
    scan(codes[first])
    called = player.until(lambda s: s.step is Step.TICKET, "the call").session
    assert called is not None
    assert called.ticket is not None
    assert (called.ticket.standing, called.ticket.counter) == (TicketState.CALLED, counter)
    kiosk.done_with_ticket()
    kiosk.counters.done(counter, "An")
    for text in (codes[first], codes[second].replace("H05", "H06")):
        scan(text)
        player.until(lambda s: s.toast == "ticket_over", "the refusal")
        kiosk.dismiss_toast()
    scan("MC1|no ticket")
    player.until(lambda s: s.toast == "ticket_qr_unknown", "the refusal")
    jobs = [ticket.reprints for ticket in hall.store.of_day(kiosk.now().date())]
    assert jobs == [0, 0]


def test_a_paused_series_gives_no_number_until_it_is_reopened(player: Player) -> None:
    log_in(player)
    player.kiosk.pause_series("A")
    player.kiosk.log_out()
    player.kiosk.take_number("A")
    assert (player.state.step, player.state.toast) == (Step.HOME, "series_paused")
    log_in(player)
    player.kiosk.reopen_series("A")
    player.kiosk.log_out()
    assert taken(player) == "A-001"


def test_a_wrong_pin_delays_and_never_locks(player: Player) -> None:
    player.kiosk.open_door("staff")
    name = player.state.staff.names[0]
    player.kiosk.log_in(name, "0000")
    player.until(lambda s: s.staff.code == "pin_wrong", "the refusal")
    player.kiosk.log_in(name, "2468")
    assert player.state.staff.code == "pin_wait"
    retry_at = player.state.staff.retry_at
    assert retry_at is not None
    while player.kiosk.now() < retry_at:
        player.drain(0.1)
    player.kiosk.log_in(name, "2468")
    player.until(lambda s: s.step is Step.STAFF, "the open door")


def test_the_technician_sees_devices_come_and_go(player: Player) -> None:
    player.until(lambda s: len(s.devices) == 4, "all devices")
    player.machine.devices["code_scanner"].unplug()
    player.until(lambda s: s.devices["code_scanner"].condition == "offline", "the pulled cable")
    player.machine.devices["code_scanner"].restore()
    player.until(lambda s: s.devices["code_scanner"].condition == "ready", "the plugged cable")
    log_in(player, "technician", "8642")
    changes = [line.status.condition.value for line in player.state.device_log if line.device == "code_scanner"]
    assert changes[:3] == ["ready", "offline", "ready"]


def test_a_clock_that_was_ahead_once_is_confirmed_by_staff(player: Player) -> None:
    hall, now = player.machine.kiosk.parts.hall, player.kiosk.now()
    series = next(iter(hall.series.values()))
    hall.store.issue(series, now.date() + timedelta(days=30), now + timedelta(days=30))
    player.kiosk.refresh_hall()
    assert player.state.closed_code == "clock_behind"
    assert {tile.closed_code for tile in player.state.series} == {"clock_behind"}
    player.kiosk.confirm_clock()  # nobody is logged in
    assert player.state.closed_code == "clock_behind"
    log_in(player)
    player.kiosk.confirm_clock()
    assert player.state.staff.code == "clock_confirmed"
    assert player.state.closed_code == ""
    player.kiosk.log_out()
    player.kiosk.take_number(series.letter)
    player.at(Step.TICKET)
