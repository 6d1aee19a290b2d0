"""ESC/POS printers over TCP, serial line or USB: real-time status before and after each job (DEVICES 1).

Alone: `python -m devices.printer.escpos --url socket://127.0.0.1:9100 status|test`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal

from devices.errors import ProtocolError, Timeout
from devices.interfaces import Condition, DeviceStatus, TicketPrinter
from devices.printer.cut import Cut
from devices.printer.job import JobPrinter, LineSettings, plain_text, run_trial, trial_parser

VALID_MASK, VALID = 0x93, 0x12  # a status byte: fixed bits 1 and 4 set, 0 and 7 clear (ESC/POS DLE EOT)
# GS g 2: the number of cuts since the printer was made, as `_` DIGITS NUL (ESC/POS, maintenance counters)
CUTS = b"\x1dg2\x00\xb2\x00"
HEADER, END, CUTS_BYTES = b"_", b"\0", 16
# GS I n, printer information B: `_` TEXT NUL with up to 80 letters (Epson, ESC/POS reference)
INFORMATION, INFORMATION_BYTES = b"\x1dI", 82
IDENTITY = {"model": 67, "maker": 66, "firmware": 65, "serial": 68}
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


class Settings(LineSettings):
    """Table `[devices.printer]` with `driver = "escpos"`.

    `status = false` for a printer that never answers: its jobs end `unconfirmed`. `cut_counter = true` for one that
    counts its cuts (GS g 2): then even a job whose line died in its middle is known to have come out or not.
    """

    driver: Literal["escpos"]
    cutter: bool = True
    status: bool = True
    cut_counter: bool = False


class EscposPrinter(JobPrinter):
    """DLE EOT 1 to 4, and where there is one the counter of cuts."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.cut = Cut.PARTIAL if settings.cutter else Cut.NONE
        self.asks = settings.status
        self._counts = settings.cut_counter and settings.cutter and settings.status
        self._cuts: int | None = None  # before the last job

    def came_out(self) -> bool | None:
        """Whether the paper was cut since the last job was sent. Raises `DeviceError` while nobody answers."""
        if not self._counts or self._cuts is None:
            return None
        return self._read_cuts() > self._cuts

    def _prepare(self) -> None:
        self._cuts = self._read_cuts() if self._counts else None

    def _read_state(self, patience: float) -> DeviceStatus:
        answers = {question: self._answer(question, patience) for question in (1, 2, 3, 4)}
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

    def _read_identity(self) -> Iterator[tuple[str, str]]:
        for name, question in IDENTITY.items():
            answer = self._answer_to(INFORMATION + bytes((question,)), INFORMATION_BYTES, END)
            if not answer.startswith(HEADER) or not answer.endswith(END):
                raise ProtocolError("printer_garbage", answer.hex())
            yield name, plain_text(answer.removeprefix(HEADER).removesuffix(END))

    def _read_cuts(self) -> int:
        if not self._opened:
            self.open()
        self._drain()
        self._line.write(CUTS)
        answer = b""
        while not answer.endswith(END):
            data = self._line.read(CUTS_BYTES, self._limits.status_seconds)  # one that stands still answers later
            if not data:
                raise Timeout("printer_silent", "no counter")
            answer += data
            if len(answer) > CUTS_BYTES:
                break
        digits = answer.removeprefix(HEADER).removesuffix(END)
        if not answer.startswith(HEADER) or not digits.isdigit():
            raise ProtocolError("printer_garbage", answer[:CUTS_BYTES].hex())
        return int(digits)


def create(settings: Settings) -> TicketPrinter:
    """The printer of a table."""
    return EscposPrinter(settings)


def main() -> int:
    """Try this driver alone."""
    options = trial_parser("devices.printer.escpos", __doc__).parse_args()
    return run_trial(create(Settings(driver="escpos", url=options.url, width_dots=options.width)), options.act)


if __name__ == "__main__":
    sys.exit(main())
