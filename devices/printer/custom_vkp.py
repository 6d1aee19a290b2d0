"""Custom VKP80 II and III: full status in one answer, total cut, presenter that can take a ticket back (DEVICES 1).

Alone: `python -m devices.printer.custom_vkp --url usblp:///dev/usb/lp0 status|test`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal

from devices.errors import ProtocolError, Timeout
from devices.interfaces import Condition, DeviceStatus, TicketPrinter
from devices.printer.cut import Cut
from devices.printer.job import JobPrinter, LineSettings, plain_text, run_trial, trial_parser

FULL_STATUS = bytes((0x10, 0x04, 0x14))
HEADER, ANSWER_BYTES = b"\x10\x0f", 6
RETRACT, EJECT = b"\x1de\x02", b"\x1de\x05"
PAPER, USER, RECOVERABLE, UNRECOVERABLE = 2, 3, 4, 5  # which byte of the answer
# GS I 3: four letters without a frame (Custom's command references; claimed, never seen on a VKP80)
ROM_VERSION, ROM_VERSION_BYTES = b"\x1dI\x03", 4
OUTLET = (PAPER, 0x20)
# (byte, bit mask, condition, code), the gravest first
MEANINGS = (
    (UNRECOVERABLE, 0x03, Condition.FAULT, "cutter_fault"),
    (UNRECOVERABLE, 0x80, Condition.FAULT, "presenter_fault"),
    (UNRECOVERABLE, 0x0C, Condition.FAULT, "printer_fault"),
    (RECOVERABLE, 0x40, Condition.ATTENTION, "paper_jam"),
    (USER, 0x03, Condition.ATTENTION, "cover_open"),
    (PAPER, 0x01, Condition.ATTENTION, "paper_out"),
    (RECOVERABLE, 0x80, Condition.ATTENTION, "paper_jam"),  # the mark was not found: the paper lies askew
    (RECOVERABLE, 0x01, Condition.ATTENTION, "printer_hot"),
    (RECOVERABLE, 0x08, Condition.FAULT, "printer_power"),
    (*OUTLET, Condition.READY, "ticket_in_outlet"),
    (PAPER, 0x44, Condition.READY, "paper_low"),
)


class Settings(LineSettings):
    """Table `[devices.printer]` with `driver = "custom_vkp"`.

    `left_behind` is what becomes of a ticket that nobody took, when the next one is printed: taken back, or dropped.
    """

    driver: Literal["custom_vkp"]
    left_behind: Literal["retract", "eject"] = "retract"


class VkpPrinter(JobPrinter):
    """Six bytes tell everything; a ticket in the outlet proves that it came out whole."""

    cut = Cut.PRESENT

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._clear_outlet = RETRACT if settings.left_behind == "retract" else EJECT

    def came_out(self) -> bool | None:
        """True while the ticket stands in the outlet; None afterwards. Raises `DeviceError` while nobody answers."""
        if not self._opened:
            self.open()
        return True if self._has(self._full_status(self._limits.status_seconds), *OUTLET) else None

    def _prepare(self) -> None:
        """What the last citizen has left must not stand in the way, nor be taken by the next one."""
        if self._has(self._full_status(self._limits.status_seconds), *OUTLET):
            self._line.write(self._clear_outlet)

    def _read_state(self, patience: float) -> DeviceStatus:
        answer = self._full_status(patience)
        for byte, mask, condition, code in MEANINGS:
            if self._has(answer, byte, mask):
                return DeviceStatus(condition, code)
        return DeviceStatus(Condition.READY)

    def _read_identity(self) -> Iterator[tuple[str, str]]:
        yield "firmware", plain_text(self._answer_to(ROM_VERSION, ROM_VERSION_BYTES))

    @staticmethod
    def _has(answer: bytes, byte: int, mask: int) -> bool:
        return bool(answer[byte] & mask)

    def _full_status(self, patience: float) -> bytes:
        self._line.write(FULL_STATUS)
        answer = b""
        while len(answer) < ANSWER_BYTES:
            data = self._line.read(ANSWER_BYTES - len(answer), patience)
            if not data:
                raise Timeout("printer_silent") if not answer else ProtocolError("printer_garbage", answer.hex())
            answer += data
        if not answer.startswith(HEADER):
            raise ProtocolError("printer_garbage", answer.hex())
        return answer


def create(settings: Settings) -> TicketPrinter:
    """The printer of a table."""
    return VkpPrinter(settings)


def main() -> int:
    """Try this driver alone."""
    options = trial_parser("devices.printer.custom_vkp", __doc__).parse_args()
    return run_trial(create(Settings(driver="custom_vkp", url=options.url, width_dots=options.width)), options.act)


if __name__ == "__main__":
    sys.exit(main())
