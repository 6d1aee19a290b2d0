"""A printer without paper: each page becomes a picture; faults on demand for the dev dock and the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PIL import Image

from devices.interfaces import Condition, DeviceStatus, PrintOutcome, PrintResult, TicketPrinter
from devices.printer.cut import DOTS_PER_MM
from devices.printer.job import RollSettings
from devices.trial import no_driver

KEPT = 20
VERBS = dict.fromkeys(
    (
        *("paper_low", "paper_out", "cover_open", "jam", "hot", "cutter", "broken", "silent", "leave_ticket"),
        *("break_off", "unplug", "restore"),
    )
)


class Settings(RollSettings):
    """Table `[devices.printer]` with `driver = "simulated"`."""

    driver: Literal["simulated"]
    folder: Path | None = None  # pages as 0001.png, 0002.png, …; absent: kept in memory only
    width_dots: Literal[384, 512, 576] = 576


class SimulatedPrinter:
    """`pages` holds the last pictures. A fault is one assignment, so that any thread may set it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._status = DeviceStatus(Condition.READY)
        self._breaks_off = False
        self.pages: list[Image.Image] = []

    @property
    def width_dots(self) -> int:
        """Printable width."""
        return self._settings.width_dots

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """As the last fault left it."""
        return self._status

    def print_page(self, image: Image.Image) -> PrintOutcome:
        """Write the picture down, unless a fault stands in the way."""
        status = self._status
        if status.condition is not Condition.READY:
            return PrintOutcome(PrintResult.FAILED, status.code)
        if self._breaks_off:
            self._breaks_off = False
            self.unplug()
            return PrintOutcome(PrintResult.UNCONFIRMED, self._status.code, image.height / DOTS_PER_MM)
        self.pages = [*self.pages[-KEPT:], image.copy()]
        if self._settings.folder:
            self._settings.folder.mkdir(parents=True, exist_ok=True)
            number = sum(1 for _ in self._settings.folder.glob("*.png")) + 1
            image.save(self._settings.folder / f"{number:04d}.png")
        return PrintOutcome(PrintResult.CONFIRMED, status.code, image.height / DOTS_PER_MM)

    # -- faults --------------------------------------------------------------------------------------------------
    def paper_low(self) -> None:
        """The roll is near its end; printing still works."""
        self._status = DeviceStatus(Condition.READY, "paper_low")

    def paper_out(self) -> None:
        """The roll is at its end."""
        self._status = DeviceStatus(Condition.ATTENTION, "paper_out")

    def cover_open(self) -> None:
        """Somebody opened the cover."""
        self._status = DeviceStatus(Condition.ATTENTION, "cover_open")

    def jam(self) -> None:
        """Paper is stuck."""
        self._status = DeviceStatus(Condition.ATTENTION, "paper_jam")

    def hot(self) -> None:
        """The head must cool down."""
        self._status = DeviceStatus(Condition.ATTENTION, "printer_hot")

    def cutter(self) -> None:
        """The blade is stuck."""
        self._status = DeviceStatus(Condition.FAULT, "cutter_fault")

    def broken(self) -> None:
        """An error that no person at the machine can mend."""
        self._status = DeviceStatus(Condition.FAULT, "printer_fault")

    def silent(self) -> None:
        """It answers nothing any more."""
        self._status = DeviceStatus(Condition.OFFLINE, "printer_silent")

    def leave_ticket(self) -> None:
        """The last slip was left in the outlet."""
        self._status = DeviceStatus(Condition.READY, "ticket_in_outlet")

    def break_off(self) -> None:
        """The cable will be pulled in the middle of the next slip."""
        self._breaks_off = True

    def unplug(self) -> None:
        """The cable is pulled."""
        self._status = DeviceStatus(Condition.OFFLINE, "device_unplugged")

    def restore(self) -> None:
        """All is well again."""
        self._breaks_off, self._status = False, DeviceStatus(Condition.READY)


def create(settings: Settings) -> TicketPrinter:
    """The printer of a table."""
    return SimulatedPrinter(settings)


if __name__ == "__main__":
    no_driver("devices.printer.simulated")
