"""The plug of a printer is pulled at every byte of a job, and one whole copy comes out all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from devices.interfaces import Condition, CutTeller, PrintResult, TicketPrinter
from devices.printer import custom_vkp, escpos
from devices.printer.virtual import Fault, Printer
from devices.printer.virtual_lines import PtyPrinter, TcpPrinter
from tests.contract.test_ticket_printer import same

Served = TcpPrinter | PtyPrinter
Make = Callable[[str], TicketPrinter]
SLIP = Image.new("1", (384, 24), 1)
for spot in ((40, 4), (41, 5), (300, 17)):
    SLIP.putpixel(spot, 0)

COUNTS: Make = lambda url: escpos.create(escpos.Settings(driver="escpos", url=url, width_dots=384, cut_counter=True))  # noqa: E731
TELLS: Make = lambda url: escpos.create(escpos.Settings(driver="escpos", url=url, width_dots=384))  # noqa: E731
VKP: Make = lambda url: custom_vkp.create(custom_vkp.Settings(driver="custom_vkp", url=url, width_dots=384))  # noqa: E731


@pytest.fixture(params=["tcp", "serial"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Served:
    printer = Printer(SLIP.width)
    return TcpPrinter(printer) if request.param == "tcp" else PtyPrinter(tmp_path / "printer", printer)


def one_copy(served: Served, printer: TicketPrinter, count: int) -> PrintResult | None:
    """Pull it after so many bytes, plug it in, print again what did not come out; the first result.

    None when the job was over before.
    """
    before = len(served.printer.pictures)
    served.printer.dies_after = count
    result = printer.print_page(SLIP).result
    pulled = served.printer.dies_after is None
    served.printer.dies_after = None
    if result is not PrintResult.CONFIRMED:
        if isinstance(served, PtyPrinter):
            served.unplug()
            served.plug()
        assert printer.status().condition is Condition.READY
        if not whole(served, printer, result, before):
            assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
    assert len(served.printer.pictures) == before + 1, f"{count} bytes: {result}"
    assert same(served.printer.pictures[before], SLIP)
    assert served.printer.strays == b""
    return result if pulled else None


def whole(served: Served, printer: TicketPrinter, result: PrintResult, before: int) -> bool:
    """Whether the slip came out, as the printer says, else as its citizen sees."""
    if result is PrintResult.FAILED:
        return False
    assert isinstance(printer, CutTeller)
    told = printer.came_out()
    seen = len(served.printer.pictures) > before
    assert told in (None, seen)
    return seen


@pytest.mark.parametrize("make", [COUNTS, TELLS, VKP], ids=["counts", "tells", "vkp"])
def test_pulled_at_every_byte_one_whole_copy_comes_out(served: Served, make: Make) -> None:
    results: list[PrintResult | None] = []
    with served:
        printer = make(served.url)
        while not results or results[-1] is not None:
            served.printer.take()
            results.append(one_copy(served, printer, len(results) + 1))
        printer.close()
    assert len(results) > 100
    assert {PrintResult.FAILED, PrintResult.UNCONFIRMED} & set(results)


def test_a_printer_that_counts_knows_what_its_citizen_would_be_asked(served: Served) -> None:
    with served:
        printer = COUNTS(served.url)
        assert printer.print_page(SLIP).result is PrintResult.CONFIRMED
        assert isinstance(printer, CutTeller)
        assert printer.came_out() is True
        served.printer.paper_ends_after = 3
        assert printer.print_page(SLIP).result is PrintResult.FAILED
        printer.close()


def test_a_fault_right_behind_the_cut_is_no_failed_slip(served: Served) -> None:
    with served:
        printer = COUNTS(served.url)
        printer.open()
        served.printer.paper_ends_after = 9  # set-up, three bands and feeds, cut
        outcome = printer.print_page(SLIP)
        assert served.printer.fault is Fault.PAPER_OUT
        came = len(served.printer.pictures) == 1
        assert (outcome.result is PrintResult.CONFIRMED) is came
        assert outcome.code == "paper_out"
        printer.close()


def test_nothing_stale_comes_out_of_a_printer_that_gets_paper_in_the_morning(served: Served) -> None:
    with served:
        printer = TELLS(served.url)
        served.printer.paper_ends_after = 4
        assert printer.print_page(SLIP).result is PrintResult.FAILED
        served.printer.restore()
        assert printer.status().condition is Condition.READY
        assert served.printer.pictures == []
        assert served.printer.hanging().height == 0
        printer.close()
