"""The list of open numbers: by a touch of staff, from the command line, and when the machine is shut down."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from kiosk import commands
from kiosk.config import Config
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in, taken


def printed(folder: Path) -> int:
    return len(list((folder / "printed").glob("*.png")))


def test_staff_print_the_numbers_that_have_not_ended(player: Player) -> None:
    taken(player)
    before = printed(player.machine.config.storage.data_dir)
    player.kiosk.print_open_numbers()  # nobody has logged in
    log_in(player)
    player.kiosk.print_open_numbers()
    player.until(lambda _: printed(player.machine.config.storage.data_dir) == before + 1, "the list")
    assert player.state.staff.code == "list_sent"


def test_at_shutdown_they_are_printed_if_anybody_waits(config: Config) -> None:
    hall = config.hall.model_copy(update={"list_at_shutdown": True})
    config = config.model_copy(update={"hall": hall})
    with Machine(config):
        pass
    assert printed(config.storage.data_dir) == 0
    with Machine(config) as machine:
        taken(Player(machine))
        before = printed(config.storage.data_dir)
    assert printed(config.storage.data_dir) == before + 1


def test_the_command_line_tells_and_prints_them(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    with Machine(config) as machine:
        taken(Player(machine))
        before = printed(config.storage.data_dir)
        assert commands.hall(Namespace(json=True, act="list"), config) == 0
        assert printed(config.storage.data_dir) == before + 1
    told = json.loads(capsys.readouterr().out)
    assert told["numbers"] == [{"number": "A-001", "line": "A", "state": "printed", "counter": None}]
    assert (told["away"], told["print"]) == (False, "confirmed")
