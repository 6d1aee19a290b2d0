"""What a citizen is told when a device fails in the middle of a step, and what is not said of one that is gone."""

from __future__ import annotations

import threading

import pytest
from PIL import Image

from devices import worker
from devices.interfaces import Condition, PrintOutcome, PrintResult
from kiosk.state import Job, Step
from tests.flows.conftest import PATIENCE, Player
from tests.flows.test_numbers import taken
from tests.flows.test_printing import printed


def to_identify(player: Player) -> None:
    """A citizen who is about to show the code of the card."""
    kiosk = player.kiosk
    kiosk.browse()
    kiosk.choose_procedure("2.000635")
    assert kiosk.session.procedure
    kiosk.choose_case(kiosk.session.procedure.cases[0].id)
    kiosk.start_dossier()
    player.at(Step.IDENTIFY)


def test_a_code_that_is_no_text_is_told_where_one_is_waited_for(player: Player) -> None:
    scanner = player.machine.devices["code_scanner"]
    player.until(lambda s: "code_scanner" in s.devices, "the scanner")
    scanner.smudge()
    player.until(lambda s: s.devices["code_scanner"].code == "scan_unreadable", "its word")
    assert player.state.session is None, "nobody is told of what was held up before"
    scanner.restore()
    player.until(lambda s: not s.devices["code_scanner"].code, "a wiped window")
    to_identify(player)
    scanner.smudge()
    player.until(lambda s: bool(s.session and s.session.errors == {"scan": "scan_unreadable"}), "the sentence")


def test_no_card_lies_on_a_reader_that_is_gone(player: Player) -> None:
    reader = player.machine.devices["card_reader"]
    reader.insert()
    player.until(lambda s: s.card_present, "the card")
    reader.unplug()
    player.until(lambda s: not s.card_present, "nobody is asked to take it")
    reader.restore()
    player.until(lambda s: s.card_present, "the card, which still lies there")


def test_a_slip_that_breaks_off_is_asked_for_and_comes_once(player: Player) -> None:
    printer = player.machine.devices["printer"]
    printer.break_off()
    taken(player)
    assert printed(player.state) is Job.UNCONFIRMED
    printer.restore()
    player.kiosk.slip_is_missing()
    player.until(lambda s: printed(s) is Job.CONFIRMED, "the slip")
    assert len(printer.pages) == 1


def test_a_driver_that_hangs_is_replaced_while_the_kiosk_runs_and_its_slip_is_asked_for(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, free = threading.Event(), threading.Event()

    def stuck(_picture: Image.Image) -> PrintOutcome:
        began.set()
        free.wait(PATIENCE)
        return PrintOutcome(PrintResult.CONFIRMED)

    player.until(lambda s: "printer" in s.devices, "the printer")
    monkeypatch.setattr(player.machine.devices["printer"], "print_page", stuck)
    player.kiosk.take_number("A")
    assert began.wait(PATIENCE)
    monkeypatch.setattr(worker, "HANG_SECONDS", 0.0)
    player.kiosk.tick()
    monkeypatch.setattr(worker, "HANG_SECONDS", 60.0)
    player.until(lambda s: printed(s) is Job.UNCONFIRMED, "the question")
    player.until(lambda s: s.devices["printer"].condition is Condition.READY, "the new driver")
    player.kiosk.slip_is_missing()
    player.until(lambda s: printed(s) is Job.CONFIRMED, "the slip")
    assert len(list((player.machine.config.storage.data_dir / "printed").glob("*.png"))) == 1
    free.set()
