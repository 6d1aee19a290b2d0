"""The paper roll: counted over restarts, told in good time, changed by pictures that follow the cover."""

from __future__ import annotations

import json

import pytest

from devices.printer.simulated import SimulatedPrinter
from kiosk.config import Config
from kiosk.paper import ROLL_METRES, WARN_METRES
from kiosk.state import Job, RefillStage, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in, taken


def low_roll(config: Config) -> None:
    """As after a long day."""
    config.storage.data_dir.mkdir(parents=True)
    used = ROLL_METRES - WARN_METRES - 0.01
    (config.storage.data_dir / "paper.json").write_text(
        json.dumps({"used_metres": used, "slips": 700, "changed_at": ""})
    )


def test_each_slip_is_counted_and_kept(config: Config) -> None:
    with Machine(config) as machine:
        player = Player(machine)
        taken(player)
        height = machine.devices["printer"].pages[0].height
        paper = player.state.paper
        assert paper
        assert paper.slips == 1
        assert paper.left_metres == pytest.approx(ROLL_METRES - height / 8000)
    with Machine(config) as machine:
        assert machine.kiosk.state.paper == paper


def test_staff_are_told_before_the_roll_ends(config: Config) -> None:
    low_roll(config)
    with Machine(config) as machine:
        player = Player(machine)
        assert "paper_low" not in player.state.alerts
        taken(player)
        assert player.state.alerts == ("paper_low",)


def test_a_spoilt_count_begins_anew(config: Config) -> None:
    low_roll(config)
    (config.storage.data_dir / "paper.json").write_text("{")
    with Machine(config) as machine:
        assert machine.kiosk.state.paper
        assert machine.kiosk.state.paper.left_metres == ROLL_METRES


def test_the_pictures_follow_the_cover_and_the_count_begins_anew(config: Config) -> None:
    low_roll(config)
    with Machine(config) as machine:
        player, printer = Player(machine), machine.devices["printer"]
        assert isinstance(printer, SimulatedPrinter)
        taken(player)
        player.kiosk.finish()
        log_in(player)
        player.kiosk.change_paper()
        player.at(Step.PAPER)
        printer.cover_open()
        player.until(lambda s: s.refill.stage is RefillStage.REMOVE, "the open cover")
        player.kiosk.paper_next()
        player.kiosk.paper_next()
        printer.restore()
        player.until(lambda s: s.refill.print is Job.CONFIRMED, "the test slip")
        assert len(printer.pages) == 2
        assert "paper_low" in player.state.alerts  # not before somebody has looked at it
        player.kiosk.test_is_good()
        player.at(Step.STAFF)
        assert player.state.alerts == ()
        assert player.state.paper
        assert player.state.paper.slips == 0
    assert '"paper_changed"' in (config.storage.data_dir / "audit.jsonl").read_text()


def test_a_test_slip_that_failed_is_no_good_one(player: Player) -> None:
    log_in(player)
    player.kiosk.change_paper()
    player.machine.devices["printer"].paper_out()
    for _ in range(4):
        player.kiosk.paper_next()
    player.until(lambda s: s.refill.print is Job.FAILED, "the test slip")
    player.kiosk.test_is_good()
    player.at(Step.PAPER)
    assert player.state.refill.code == "paper_out"


def test_a_faint_test_slip_goes_back_to_the_roll(player: Player) -> None:
    log_in(player)
    player.kiosk.change_paper()
    for _ in range(4):
        player.kiosk.paper_next()
    player.until(lambda s: s.refill.print is Job.CONFIRMED, "the test slip")
    player.kiosk.test_is_bad()
    assert (player.state.refill.stage, player.state.refill.code) == (RefillStage.INSERT, "paper_wrong_side")
    for _ in range(3):
        player.kiosk.back()
    player.at(Step.STAFF)


def test_nobody_changes_the_paper_without_a_pin(player: Player) -> None:
    player.kiosk.change_paper()
    player.at(Step.HOME)
