"""The bell for staff: from the citizen's touch to «seen»."""

from __future__ import annotations

import json

from kiosk.config import Config
from kiosk.needs import needs
from kiosk.state import Step, screen_for
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in


def acts(player: Player) -> list[str]:
    path = player.machine.config.storage.data_dir / "audit.jsonl"
    return [json.loads(line)["act"] for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_a_citizen_rings_and_staff_see_it_until_somebody_came(player: Player) -> None:
    player.kiosk.call_help()
    player.kiosk.call_help()  # nobody rings twice for one visit
    assert player.state.toast == "help_is_coming"
    assert player.state.alerts == ("help_called",)
    assert acts(player).count("help_called") == 1
    player.kiosk.seen("help_called")  # a citizen cannot end it
    assert player.state.alerts == ("help_called",)
    log_in(player)
    assert player.state.step is Step.STAFF
    player.kiosk.seen("province_unauthorised")  # ends with its cause only
    player.kiosk.seen("help_called")
    assert not player.state.alerts
    assert acts(player)[-1] == "notice_seen"


def test_a_machine_that_staff_have_stopped_stays_so_until_they_reopen_it(config: Config) -> None:
    with Machine(config) as machine:
        player = Player(machine)
        player.kiosk.stop_service()  # a citizen cannot
        assert screen_for(player.state) == Step.HOME
        log_in(player)
        player.kiosk.stop_service()
        player.kiosk.log_out()
        assert screen_for(player.state) == Step.OUT_OF_SERVICE
    with Machine(config) as machine:
        player = Player(machine)
        assert screen_for(player.state) == Step.OUT_OF_SERVICE
        assert [need.code for need in needs(player.state)] == ["stopped_by_staff"]
        log_in(player)
        player.kiosk.resume_service()
        player.kiosk.log_out()
        assert screen_for(player.state) == Step.HOME
        assert {"service_stopped", "service_resumed"} <= set(acts(player))
    with Machine(config) as machine:
        assert screen_for(machine.kiosk.state) == Step.HOME
