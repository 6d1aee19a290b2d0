"""What the embedded province hears of a running kiosk."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

from kiosk import __version__, heartbeat
from tests.flows.conftest import PATIENCE, Player

ROOT = Path(__file__).parent.parent.parent


def test_a_running_kiosk_tells_the_province_how_it_is(player: Player) -> None:
    province = player.machine.province
    assert province is not None
    assert province._store is not None
    player.until(lambda state: state.online is True, "the province")
    end = time.monotonic() + PATIENCE
    while (told := province._store.heartbeat("k1")) is None and time.monotonic() < end:
        time.sleep(0.05)
    assert told is not None
    body = told[1]
    assert body["version"] == __version__
    assert body["queue"] == {"waiting": 0, "rejected": 0, "oldest_seconds": 0}
    assert body["clock_ahead_seconds"] == 0


def test_it_says_how_the_devices_are_and_what_is_with_the_paper(player: Player) -> None:
    player.until(lambda state: len(state.devices) == 4, "the devices")
    assert heartbeat.report(player.machine.config, player.state)["paper"] == ""
    player.machine.devices["printer"].paper_low()
    player.until(lambda state: state.devices["printer"].code == "paper_low", "the printer's word")
    told = heartbeat.report(player.machine.config, player.state)
    assert told["paper"] == "paper_low"
    assert told["devices"]["printer"] == {"condition": "ready", "code": "paper_low"}


def test_the_version_is_the_projects() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == __version__
