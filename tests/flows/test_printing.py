"""One whole copy of each slip: by itself while its citizen stands there, else by staff; never two."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
import zxingcpp

from devices.printer.simulated import SimulatedPrinter
from devices.printer.virtual import Fault
from devices.printer.virtual_lines import TcpPrinter
from kiosk.config import Config
from kiosk.printing import LEFT_TO_STAFF, _Wanted
from kiosk.slips import Slip
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in, taken


def printed(state: AppState) -> Job:
    """How the ticket on the glass came out."""
    return state.session.ticket.print if state.session and state.session.ticket else Job.NONE


def waits(player: Player, wanted: Callable[[AppState], bool], what: str) -> None:
    """Time passes until the state is as wanted."""

    def ticked(state: AppState) -> bool:
        player.kiosk.tick()
        return wanted(state)

    player.until(ticked, what)


def simulated(player: Player) -> SimulatedPrinter:
    """The printer of the embedded default."""
    printer: SimulatedPrinter = player.machine.devices["printer"]
    return printer


@pytest.fixture
def paper() -> Iterator[TcpPrinter]:
    """A network printer."""
    with TcpPrinter() as printer:
        yield printer


@pytest.fixture
def network(config: Config, paper: TcpPrinter) -> Iterator[Player]:
    """A kiosk with that printer."""
    table = {"driver": "escpos", "url": paper.url}
    with Machine(config.model_copy(update={"devices": {**config.devices, "printer": table}})) as machine:
        player = Player(machine)
        player.until(lambda s: "printer" in s.devices, "the printer")
        yield player


def test_a_broken_slip_is_printed_again_when_the_printer_is_mended(player: Player) -> None:
    simulated(player).paper_out()
    taken(player)
    assert printed(player.state) is Job.FAILED
    simulated(player).restore()
    waits(player, lambda s: printed(s) is Job.CONFIRMED, "the slip")
    assert len(simulated(player).pages) == 1
    store = player.kiosk.parts.hall.store
    assert [t.state for t in store.of_day(player.kiosk.now().date())] == ["printed"]


def test_nothing_comes_out_for_who_has_left(player: Player) -> None:
    simulated(player).paper_out()
    taken(player)
    player.kiosk.finish()
    simulated(player).restore()
    player.until(lambda s: s.devices["printer"].code == "", "the mended printer")
    for _ in range(5):
        player.kiosk.tick()
        player.drain(0.3)
    assert simulated(player).pages == []


def in_memory() -> list[str]:
    """Jobs of the slips for which somebody is still thought to stand there, and whatever slips are left."""
    gc.collect()
    kept = gc.get_objects()
    return [one.job for one in kept if isinstance(one, _Wanted)] + ["a slip" for one in kept if isinstance(one, Slip)]


def test_nothing_of_the_slip_of_who_has_left_is_kept(player: Player) -> None:
    simulated(player).paper_out()
    taken(player)
    assert in_memory()
    player.kiosk.finish()
    assert in_memory() == []
    simulated(player).restore()
    player.until(lambda s: s.devices["printer"].code == "", "the mended printer")
    second = taken(player)
    waits(player, lambda s: printed(s) is Job.CONFIRMED, "the slip of the next person")
    (page,) = simulated(player).pages
    (code,) = zxingcpp.read_barcodes(page.convert("L"))
    assert second in code.text


def test_what_staff_print_does_not_come_by_itself_as_well(player: Player) -> None:
    simulated(player).paper_out()
    taken(player)
    log_in(player)
    simulated(player).restore()
    player.kiosk.reprint_ticket(player.state.staff.tickets[0].id, "paper")
    for _ in range(5):
        player.kiosk.tick()
        player.drain(0.3)
    assert len(simulated(player).pages) == 1


def test_a_printer_that_dies_in_the_middle_gives_one_whole_slip(network: Player, paper: TcpPrinter) -> None:
    paper.printer.dies_after = 3000
    taken(network)
    assert printed(network.state) is not Job.CONFIRMED
    if printed(network.state) is Job.UNCONFIRMED:
        network.kiosk.slip_is_missing()
    waits(network, lambda s: printed(s) is Job.CONFIRMED, "the slip")
    assert len(paper.printer.pictures) == 1


def test_a_printer_that_counts_settles_it_without_asking(config: Config, paper: TcpPrinter) -> None:
    table = {"driver": "escpos", "url": paper.url, "cut_counter": True}
    with Machine(config.model_copy(update={"devices": {**config.devices, "printer": table}})) as machine:
        player = Player(machine)
        player.until(lambda s: "printer" in s.devices, "the printer")
        for dies_after in (3000, None):  # in the middle of the slip, and never
            paper.printer.dies_after = dies_after
            player.kiosk.take_number("A")
            waits(player, lambda s: printed(s) is Job.CONFIRMED, "the slip")
            player.kiosk.finish()
        assert len(paper.printer.pictures) == 2
        store = player.kiosk.parts.hall.store
        assert {t.state for t in store.of_day(player.kiosk.now().date())} == {"printed"}


def test_who_leaves_without_an_answer_is_on_the_list_of_staff(network: Player, paper: TcpPrinter) -> None:
    paper.printer.dies_after = 3000
    taken(network)
    assert printed(network.state) is not Job.CONFIRMED
    network.kiosk.finish()
    store = network.kiosk.parts.hall.store
    (ticket,) = store.of_day(network.kiosk.now().date())
    assert ticket.state == "print_failed"


def test_a_cable_that_is_pulled_and_plugged_gives_one_whole_slip(network: Player, paper: TcpPrinter) -> None:
    paper.unplug()
    taken(network)
    assert printed(network.state) is Job.FAILED
    paper.plug()
    waits(network, lambda s: printed(s) is Job.CONFIRMED, "the slip")
    assert len(paper.printer.pictures) == 1


def test_the_citizen_is_asked_about_a_slip_of_a_silent_printer(config: Config, paper: TcpPrinter) -> None:
    paper.printer.fault = Fault.SILENT
    table = {"driver": "escpos", "url": paper.url, "status": False}
    with Machine(config.model_copy(update={"devices": {**config.devices, "printer": table}})) as machine:
        player = Player(machine)
        taken(player)
        assert printed(player.state) is Job.UNCONFIRMED
        player.kiosk.slip_is_missing()
        player.kiosk.slip_is_missing()  # a second touch while it prints
        player.until(lambda s: printed(s) is Job.UNCONFIRMED, "the second copy's end")
        player.until(lambda _: len(paper.printer.pictures) == 2, "the second copy")  # read by the printer in its time
        player.kiosk.slip_came_out()
        assert printed(player.state) is Job.CONFIRMED
        store = player.kiosk.parts.hall.store
        assert [t.state for t in store.of_day(player.kiosk.now().date())] == ["printed"]
        player.kiosk.slip_is_missing()
        assert printed(player.state) is Job.CONFIRMED
        assert len(paper.printer.pictures) == 2


def test_a_printer_that_fails_every_time_is_left_to_staff(network: Player, paper: TcpPrinter) -> None:

    def broken(state: AppState) -> bool:
        if paper.printer.dies_after is None:
            paper.printer.dies_after = 3000
        network.kiosk.tick()
        if printed(state) is Job.UNCONFIRMED:
            network.kiosk.slip_is_missing()
        return bool(state.session and state.session.ticket and state.session.ticket.code == LEFT_TO_STAFF)

    network.kiosk.take_number("A")
    network.until(broken, "giving up")
    paper.printer.dies_after = None
    for _ in range(3):
        network.kiosk.tick()
        network.drain(0.5)
    assert paper.printer.pictures == []
    network.at(Step.TICKET)
