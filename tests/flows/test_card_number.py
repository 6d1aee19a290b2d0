"""The chip's self-test where no code of a card can be read: the technician types its number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk.config import Config
from kiosk.state import Stage
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_diagnostics import MOTHER, ended, stage
from tests.flows.test_numbers import log_in


@pytest.fixture
def chip_test(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    """The chip's test with a card whose number the machine does not know, and no code scanner."""
    devices = {kind: table for kind, table in config.devices.items() if kind != "code_scanner"}
    with Machine(config.model_copy(update={"devices": devices})) as machine:
        player = Player(machine)
        player.until(lambda s: len(s.devices) == 3, "the devices")
        log_in(player, "technician", "8642")
        monkeypatch.setitem(player.kiosk.parts.config.devices["card_reader"], "driver", "pcsc")
        player.kiosk.run_self_tests(["card_reader/card_chip"])
        yield player


@pytest.mark.parametrize("digits", [12, 6])
def test_without_a_code_scanner_the_number_is_typed(chip_test: Player, digits: int) -> None:
    player, kiosk = chip_test, chip_test.kiosk
    stage(player, Stage.TYPE_NUMBER)
    reader = player.machine.devices["card_reader"]
    for wrong in ("", "12345", "1234567", "12345a", "１２３４５６"):
        kiosk.card_number_typed(wrong)
        assert (player.state.diagnostics.stage, player.state.diagnostics.code) == (
            Stage.TYPE_NUMBER,
            "card_number_length",
        )
    kiosk.card_number_typed(reader.holder.number[-digits:])
    stage(player, Stage.LAY_CARD)
    reader.insert()
    assert ended(player) == ("card_chip", "pass", "chip_unknown_signer")  # nobody's certificates are there
    assert reader.holder.number[-6:] not in repr(player.state) + repr(kiosk._running)


def test_a_wrong_number_is_told_by_the_chip(chip_test: Player) -> None:
    player = chip_test
    stage(player, Stage.TYPE_NUMBER)
    player.kiosk.card_number_typed("000000")
    player.machine.devices["card_reader"].insert()
    test, verdict, _ = ended(player)
    assert (test, verdict) == ("card_chip", "fail")


def test_a_scanner_that_cannot_read_a_card_gives_way_to_typing(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk = player.kiosk
    player.until(lambda s: len(s.devices) == 4, "the devices")
    log_in(player, "technician", "8642")
    monkeypatch.setitem(kiosk.parts.config.devices["card_reader"], "driver", "pcsc")
    kiosk.card_number_typed("123456")  # nobody has asked
    kiosk.run_self_tests(["card_reader/card_chip"])
    stage(player, Stage.SHOW_CARD)
    kiosk.self_test_answer(False)
    stage(player, Stage.TYPE_NUMBER)
    player.machine.devices["code_scanner"].present("https://example.invalid/x")
    player.until(lambda s: bool(s.diagnostics.code), "another code")
    assert player.state.diagnostics.stage is Stage.TYPE_NUMBER
    player.machine.devices["code_scanner"].present(MOTHER)
    stage(player, Stage.LAY_CARD)
