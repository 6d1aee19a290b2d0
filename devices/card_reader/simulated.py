"""A card reader that knows only whether a card lies on it; the chip has drivers of its own."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from devices.errors import NeedsAttention, Unavailable
from devices.interfaces import CardConnection, CardReader, Condition, DeviceStatus


class Settings(BaseModel):
    """Table `[devices.card_reader]` with `driver = "simulated"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]


class SimulatedCardReader:
    """Presence by two verbs."""

    def __init__(self) -> None:
        self._plugged = True
        self._present = False

    def open(self) -> None:
        """Find it. Raises `Unavailable` while it is unplugged."""
        if not self._plugged:
            raise Unavailable("device_unplugged")

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """Ready or unplugged."""
        return DeviceStatus(Condition.READY) if self._plugged else DeviceStatus(Condition.OFFLINE, "device_unplugged")

    def card_present(self) -> bool:
        """Whether a card lies on it. Raises `Unavailable` while it is unplugged."""
        self.open()
        return self._present

    def connect(self) -> CardConnection:
        """Always raises: this reader has no contact to the chip, reading it is the work of another driver.

        `Unavailable` while it is unplugged, else `NeedsAttention`: `no_card`, or `card_unreadable` with a card on it.
        """
        self.open()
        raise NeedsAttention("card_unreadable" if self._present else "no_card")

    # -- what a person would do ----------------------------------------------------------------------------------
    def insert(self) -> None:
        """Lay a card on it."""
        self._present = True

    def remove(self) -> None:
        """Take the card."""
        self._present = False

    def unplug(self) -> None:
        """Pull the cable."""
        self._plugged = False

    def restore(self) -> None:
        """Plug it in again."""
        self._plugged = True


def create(settings: Settings) -> CardReader:
    """The reader of a table."""
    return SimulatedCardReader()
