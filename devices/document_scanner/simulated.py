"""A scanner without glass: gives the pictures of a folder one after the other, through the checks of a real one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from devices.document_scanner.page import check_page, open_picture
from devices.errors import DeviceError, NeedsAttention, Unavailable
from devices.interfaces import Condition, DeviceStatus, DocumentScanner, ScannedPage

SAMPLES = Path(__file__).parent.parent.parent / "assets" / "samples"


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "simulated"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]
    folder: Path = SAMPLES
    seconds_per_page: float = Field(1.0, ge=0, le=60)


class SimulatedDocumentScanner:
    """A fault is one assignment, so that any thread may set it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fault: DeviceError | None = None
        self._next = 0

    def open(self) -> None:
        """Find it, unless it is unplugged."""
        if isinstance(self._fault, Unavailable):
            raise self._fault

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """As the last fault left it."""
        fault = self._fault
        if fault is None:
            return DeviceStatus(Condition.READY)
        offline = isinstance(fault, Unavailable)
        return DeviceStatus(Condition.OFFLINE if offline else Condition.ATTENTION, fault.code)

    def scan_pages(self) -> Iterator[ScannedPage]:
        """One page, as from a flatbed; the next picture of the folder each time."""
        if self._fault is not None:
            raise self._fault
        files = sorted(p for p in self._settings.folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
        if not files:
            raise NeedsAttention("scanner_no_paper")
        time.sleep(self._settings.seconds_per_page)
        picture = open_picture(files[self._next % len(files)].read_bytes())
        self._next += 1
        yield check_page(picture)

    # -- faults --------------------------------------------------------------------------------------------------
    def jam(self) -> None:
        """Paper is stuck."""
        self._fault = NeedsAttention("scanner_jam")

    def empty(self) -> None:
        """No paper lies there."""
        self._fault = NeedsAttention("scanner_no_paper")

    def unplug(self) -> None:
        """Pull the cable."""
        self._fault = Unavailable("device_unplugged")

    def restore(self) -> None:
        """All is well again."""
        self._fault = None


def create(settings: Settings) -> DocumentScanner:
    """The scanner of a table."""
    return SimulatedDocumentScanner(settings)
