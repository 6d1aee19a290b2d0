"""A code scanner without a lens: codes are presented by the dev dock or a test."""

from __future__ import annotations

import queue
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Literal

from pydantic import BaseModel, ConfigDict

from devices.errors import Unavailable
from devices.interfaces import CodeScanner, Condition, DeviceStatus

VERBS: Mapping[str, Sequence[str] | None] = {"present": (), "unplug": None, "restore": None}


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "simulated"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]


class SimulatedCodeScanner:
    """Codes wait in a queue, each is read once; None in it wakes the reader when the cable is pulled."""

    def __init__(self) -> None:
        self._codes: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._plugged = True

    def open(self) -> None:
        """Find it. Raises `Unavailable` while it is unplugged."""
        if not self._plugged:
            raise Unavailable("device_unplugged")

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """Ready or unplugged."""
        return DeviceStatus(Condition.READY) if self._plugged else DeviceStatus(Condition.OFFLINE, "device_unplugged")

    def read_code(self, timeout: float) -> str | None:
        """The next presented code as NFC text; None when none comes within `timeout` seconds."""
        end = monotonic() + timeout
        text = None
        while text is None:
            self.open()
            try:
                text = self._codes.get(timeout=max(0.0, end - monotonic()))
            except queue.Empty:
                return None
        return unicodedata.normalize("NFC", text)

    # -- what a person would do ----------------------------------------------------------------------------------
    def present(self, text: str) -> None:
        """Hold a code in front of it; nothing is seen while it is unplugged."""
        if self._plugged:
            self._codes.put(text)

    def unplug(self) -> None:
        """Pull the cable: codes that nobody has read are lost."""
        self._plugged = False
        with suppress(queue.Empty):
            while True:
                self._codes.get_nowait()
        self._codes.put(None)

    def restore(self) -> None:
        """Plug it in again."""
        self._plugged = True


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return SimulatedCodeScanner()
