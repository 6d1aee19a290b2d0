"""The bell for staff: from the citizen's touch to «seen»."""

from __future__ import annotations

import json

from kiosk.state import Step
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
