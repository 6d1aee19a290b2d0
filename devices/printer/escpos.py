"""ESC/POS printers over TCP, serial line or USB: real-time status before and after each job (DEVICES 1).

Alone: `python -m devices.printer.escpos --url socket://127.0.0.1:9100 status|test`
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import Annotated, Literal

from PIL import Image, ImageDraw
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devices.errors import DeviceError, ProtocolError, Timeout, Unavailable
from devices.interfaces import Condition, DeviceStatus, PrintOutcome, PrintResult, TicketPrinter
from devices.transport import check_url, open_transport

VALID_MASK, VALID = 0x93, 0x12  # a status byte: fixed bits 1 and 4 set, 0 and 7 clear (ESC/POS DLE EOT)
DRAIN_BYTES, DRAINS = 256, 16
# DLE DC4 8: what is left of a failed job must not come out once there is paper again
CLEAR_BUFFERS = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))
# (question n, bit mask, condition, code), the gravest first; DLE EOT 2 tells why the printer is off line
MEANINGS = (
    (2, 0x04, Condition.ATTENTION, "cover_open"),
    (4, 0x60, Condition.ATTENTION, "paper_out"),
    (2, 0x20, Condition.ATTENTION, "paper_out"),
    (3, 0x08, Condition.FAULT, "cutter_fault"),
    (3, 0x20, Condition.FAULT, "printer_fault"),
    (3, 0x40, Condition.ATTENTION, "printer_hot"),
    (2, 0x40, Condition.FAULT, "printer_fault"),
    (1, 0x08, Condition.ATTENTION, "printer_offline"),
    (4, 0x0C, Condition.READY, "paper_low"),
)
SILENT = DeviceStatus(Condition.OFFLINE, "printer_silent")


class Settings(BaseModel):
    """Table `[devices.printer]` with `driver = "escpos"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["escpos"]
    url: Annotated[str, AfterValidator(check_url)]
    width_dots: Literal[384, 512, 576] = 576
    cutter: bool = True
    status: bool = True  # false for a printer that never answers: its jobs end `unconfirmed`
    status_seconds: float = Field(0.5, gt=0, le=5)
    job_seconds: float = Field(15.0, gt=0, le=120)


class EscposPrinter:
    """One printer; the line stays open between jobs because a citizen waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line = open_transport(settings.url)
        self._opened = False
        self._has_answered = False
        self._unfinished = False  # the printer may still hold a part of a failed job

    @property
    def width_dots(self) -> int:
        """Printable width."""
        return self._settings.width_dots

    def open(self) -> None:
        """Load what the first job needs, and connect."""
        from devices.printer import raster

        raster.frame(self._settings.cutter)
        self._line.open()
        self._opened = True

    def close(self) -> None:
        """Disconnect."""
        self._line.close()
        self._opened = False

    def status(self) -> DeviceStatus:
        """Ask DLE EOT 1 to 4; silence is a state of its own (some printers fall silent while the cover is open)."""
        try:
            return self._ask_on_live_line()
        except Timeout:
            return SILENT  # the line stands, nobody answers
        except DeviceError as error:
            self.close()
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)

    def print_page(self, image: Image.Image) -> PrintOutcome:
        """Status, job, status: only the answer after the job proves that the printer took it. No job is sent twice."""
        from devices.printer.raster import encode

        job = encode(image, self._settings.cutter)
        before = self.status()
        # a printer that could answer and no longer does may print much later, when nobody waits for it any more
        never_answered = before == SILENT and not self._has_answered
        if before.condition is not Condition.READY and not never_answered:
            return PrintOutcome(PrintResult.FAILED, before.code)
        self._unfinished = True
        outcome = self._print(job, silent=never_answered)
        if outcome.result is PrintResult.FAILED:
            with suppress(DeviceError):
                self._forget_rest()
        else:
            self._unfinished = False
        return outcome

    def _print(self, job: bytes, silent: bool) -> PrintOutcome:
        patience = self._settings.status_seconds if silent else self._settings.job_seconds
        try:
            self._line.write(job)
            if not self._settings.status:
                return PrintOutcome(PrintResult.UNCONFIRMED, "printer_no_status")
            after = self._ask(patience)
        except DeviceError as error:
            if silent and error.code == SILENT.code:
                return PrintOutcome(PrintResult.UNCONFIRMED, SILENT.code)
            # a printer that answered before the job and no longer does has died with the job in its hands
            self.close()
            return PrintOutcome(PrintResult.FAILED, error.code)
        if after.condition is not Condition.READY:
            return PrintOutcome(PrintResult.FAILED, after.code)
        return PrintOutcome(PrintResult.CONFIRMED, after.code)

    def _ask_on_live_line(self) -> DeviceStatus:
        """State over the open line; one that the printer has closed meanwhile is opened again, once."""
        if self._opened:
            try:
                return self._state()
            except Unavailable:
                self.close()
        self.open()
        return self._state()

    def _state(self) -> DeviceStatus:
        if self._unfinished:
            self._forget_rest()
        if self._settings.status:
            return self._ask(self._settings.status_seconds)
        self._drain()  # nothing is asked, but a line that was closed is noticed
        return DeviceStatus(Condition.READY)

    def _forget_rest(self) -> None:
        if self._opened:
            self._line.write(CLEAR_BUFFERS)
            self._line.read(DRAIN_BYTES, self._settings.status_seconds)  # some printers acknowledge it
            self._unfinished = False

    def _drain(self) -> None:
        """Throw away what came unasked or too late: it answers no question of ours. Raises `ProtocolError`."""
        for _ in range(DRAINS):
            if not self._line.read(DRAIN_BYTES, 0.0):
                return
        raise ProtocolError("printer_garbage", "does not stop talking")

    def _ask(self, patience: float) -> DeviceStatus:
        """One state from the four status bytes. Raises `Timeout("printer_silent")`, `ProtocolError`."""
        self._drain()
        answers = {question: self._answer(question, patience) for question in (1, 2, 3, 4)}
        self._has_answered = True
        for question, mask, condition, code in MEANINGS:
            if answers[question] & mask:
                return DeviceStatus(condition, code)
        return DeviceStatus(Condition.READY)

    def _answer(self, question: int, patience: float) -> int:
        self._line.write(bytes((0x10, 0x04, question)))
        data = self._line.read(1, patience)
        if not data:
            raise Timeout("printer_silent")
        if data[0] & VALID_MASK != VALID:
            raise ProtocolError("printer_garbage", data.hex())
        return data[0]


def create(settings: Settings) -> TicketPrinter:
    """The printer of a table."""
    return EscposPrinter(settings)


def main() -> int:
    """Try this driver alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--width", type=int, choices=[384, 512, 576], default=576)
    parser.add_argument("act", choices=["status", "test"])
    options = parser.parse_args()
    printer = EscposPrinter(Settings(driver="escpos", url=options.url, width_dots=options.width))
    try:
        if options.act == "status":
            status = printer.status()
            print(status.condition, status.code)
            return 0 if status.condition is Condition.READY else 1
        picture = Image.new("1", (options.width, 200), 1)
        ImageDraw.Draw(picture).rectangle((8, 8, options.width - 9, 191), outline=0, width=4)
        outcome = printer.print_page(picture)
        print(outcome.result, outcome.code)
        return 0 if outcome.result is PrintResult.CONFIRMED else 1
    finally:
        printer.close()


if __name__ == "__main__":
    sys.exit(main())
