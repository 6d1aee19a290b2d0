"""Custom VKP80: each bit of its full status, the ticket in its outlet, total cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image

from devices.interfaces import Condition, PrintResult
from devices.printer import custom_vkp
from devices.printer.virtual import FULL_BITS, Fault
from devices.printer.virtual_lines import TcpPrinter

SLIP = Image.new("1", (576, 80), 1)
SLIP.putpixel((288, 40), 0)


@pytest.fixture
def served() -> Iterator[TcpPrinter]:
    with TcpPrinter() as one:
        yield one


@pytest.fixture
def printer(served: TcpPrinter) -> Iterator[custom_vkp.VkpPrinter]:
    made = custom_vkp.create(custom_vkp.Settings(driver="custom_vkp", url=served.url))
    assert isinstance(made, custom_vkp.VkpPrinter)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("fault", "condition", "code"),
    [
        (Fault.PAPER_OUT, Condition.ATTENTION, "paper_out"),
        (Fault.COVER_OPEN, Condition.ATTENTION, "cover_open"),
        (Fault.HOT, Condition.ATTENTION, "printer_hot"),
        (Fault.POWER, Condition.FAULT, "printer_power"),
        (Fault.JAM, Condition.ATTENTION, "paper_jam"),
        (Fault.CUTTER, Condition.FAULT, "cutter_fault"),
        (Fault.BROKEN, Condition.FAULT, "printer_fault"),
        (Fault.PRESENTER, Condition.FAULT, "presenter_fault"),
    ],
)
def test_each_fault_is_told_apart_and_prints_nothing(
    served: TcpPrinter, printer: custom_vkp.VkpPrinter, fault: Fault, condition: Condition, code: str
) -> None:
    served.printer.fault = fault
    status = printer.status()
    assert (status.condition, status.code) == (condition, code)
    assert printer.print_page(SLIP).result is PrintResult.FAILED
    served.printer.restore()
    assert printer.status().condition is Condition.READY
    assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
    assert len(served.printer.pictures) == 1


def test_every_bit_of_the_manual_has_its_meaning() -> None:
    known = {(byte, mask) for byte, mask, _, _ in custom_vkp.MEANINGS}
    for byte, bits in FULL_BITS.values():
        assert any(byte == b and bits & mask for b, mask in known)


def test_little_paper_warns(served: TcpPrinter, printer: custom_vkp.VkpPrinter) -> None:
    served.printer.fault = Fault.PAPER_LOW
    assert printer.status().code == "paper_low"
    assert printer.print_page(SLIP).result is PrintResult.CONFIRMED


def test_a_ticket_in_the_outlet_is_told_and_taken_back_before_the_next(
    served: TcpPrinter, printer: custom_vkp.VkpPrinter
) -> None:
    assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
    assert served.printer.in_outlet
    status = printer.status()
    assert (status.condition, status.code) == (Condition.READY, "ticket_in_outlet")
    assert printer.came_out() is True
    assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
    assert served.printer.taken_back == 1
    served.printer.take()
    assert printer.status().code == ""
    assert printer.came_out() is None


def test_nothing_is_taken_back_that_was_taken(served: TcpPrinter, printer: custom_vkp.VkpPrinter) -> None:
    for _ in range(3):
        assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
        served.printer.take()
    assert served.printer.taken_back == 0


def test_silence_and_garbage_are_states(served: TcpPrinter, printer: custom_vkp.VkpPrinter) -> None:
    for fault, code in ((Fault.SILENT, "printer_silent"), (Fault.GARBAGE, "printer_garbage")):
        served.printer.fault = fault
        status = printer.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, code)


def test_its_firmware_is_told(served: TcpPrinter, printer: custom_vkp.VkpPrinter) -> None:
    printer.status()
    assert printer.identity == {"firmware": "1.04"}


@pytest.mark.parametrize("answer", [b"", b"1", b"\0\1\2\3", b"\x10\x0f\0\0\0\0"])
def test_a_strange_version_does_no_harm(served: TcpPrinter, printer: custom_vkp.VkpPrinter, answer: bytes) -> None:
    served.printer.identity[3] = answer
    assert printer.status().condition is Condition.READY
    assert printer.identity == {}
    assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
