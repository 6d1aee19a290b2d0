"""A machine without a window, and a player that presses its verbs."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk import config as configuration
from kiosk.app import Kiosk
from kiosk.config import Config
from kiosk.state import AppState, Step
from kiosk.wiring import Machine

PATIENCE = 20.0


class Player:
    """Drains the inbox as the window does."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def kiosk(self) -> Kiosk:
        """The kiosk under test."""
        return self.machine.kiosk

    @property
    def state(self) -> AppState:
        """What would be on the glass."""
        return self.machine.kiosk.state

    def at(self, step: Step) -> None:
        """The glass must show this step."""
        assert self.state.step is step

    def until(self, wanted: Callable[[AppState], bool], what: str) -> AppState:
        """Handle events until the state is as wanted."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if wanted(self.state):
                return self.state
            try:
                self.kiosk.handle(self.machine.inbox.get(timeout=0.1))
            except queue.Empty:
                continue
        raise AssertionError(f"waited for {what}, the step is {self.state.step}")

    def drain(self, seconds: float = 0.5) -> None:
        """Handle everything that comes in a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self.kiosk.handle(self.machine.inbox.get(timeout=left))
            except queue.Empty:
                return


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The embedded default with its data in a folder of the test."""
    default = configuration.load(None)
    devices = {**default.devices, "document_scanner": {"driver": "simulated", "seconds_per_page": 0.0}}
    storage = default.storage.model_copy(update={"data_dir": tmp_path / "data"})
    hall = default.hall.model_copy(update={"listen": ""})
    return default.model_copy(update={"storage": storage, "devices": devices, "hall": hall})


@pytest.fixture
def player(config: Config) -> Iterator[Player]:
    """A running machine."""
    with Machine(config) as machine:
        yield Player(machine)
