"""One contract for every ticket printer: simulated, and ESC/POS over TCP, a serial line and a USB device file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from devices.interfaces import Condition, DeviceStatus, Identified, PrintResult, TicketPrinter
from devices.printer import escpos, simulated
from devices.printer.virtual import Fault, Printer
from devices.printer.virtual_lines import PtyPrinter, TcpPrinter

CONFIRMED = (PrintResult.CONFIRMED, "")
READY = DeviceStatus(Condition.READY)
SOON = 0.05  # seconds for an answer that never comes
LINES = ("tcp", "serial", "usblp")
Served = TcpPrinter | PtyPrinter


def failed(code: str) -> tuple[PrintResult, str]:
    return PrintResult.FAILED, code


def printed(printer: TicketPrinter, image: Image.Image) -> tuple[PrintResult, str]:
    """How it came out; paper is used by whatever came out, and by nothing else."""
    outcome = printer.print_page(image)
    assert outcome.paper_mm == pytest.approx(0 if outcome.result is PrintResult.FAILED else image.height / 8)
    return outcome.result, outcome.code


def ticket(text: str = "A-025", width: int = 576) -> Image.Image:
    image = Image.new("1", (width, 300), 1)
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 30, width - 41, 250), outline=0, width=5)
    pen.text((width // 2, 140), text, 0, font_size=90, anchor="mm")
    return image


def same(paper: Image.Image, image: Image.Image) -> bool:
    """Whether `image` came out, with nothing but white below it."""
    whole = Image.new("1", paper.size, 1)
    whole.paste(image, (0, 0))
    return paper.height >= image.height and ImageChops.logical_xor(paper, whole).getbbox() is None


def comes_out(served: Served, count: int) -> None:
    end = time.monotonic() + 10
    while len(served.printer.pictures) < count:
        assert time.monotonic() < end
        time.sleep(0.002)


def serve(line: str, folder: Path, printer: Printer | None = None) -> Served:
    return TcpPrinter(printer) if line == "tcp" else PtyPrinter(folder / "printer", printer)


def driver(served: Served, line: str, **settings: Any) -> TicketPrinter:
    url = served.url.replace("serial:", "usblp:") if line == "usblp" else served.url
    return escpos.create(escpos.Settings(driver="escpos", url=url, **{"status_seconds": 5, **settings}))


class Rig:
    """A printer, the hand that plays with it, and what came out."""

    def __init__(self, name: str, folder: Path, stack: ExitStack) -> None:
        self.printer: TicketPrinter
        self.served: Served | None = None
        if name == "simulated":
            self.simulated = simulated.SimulatedPrinter(simulated.Settings(driver="simulated"))
            self.printer = self.simulated
        else:
            self.served = served = serve(name, folder)
            stack.enter_context(served)
            self.printer = driver(served, name)
            stack.callback(self.printer.close)

    @property
    def pictures(self) -> list[Image.Image]:
        return self.served.printer.pictures if self.served else self.simulated.pages

    def set(self, fault: Fault) -> None:
        if self.served:
            self.served.printer.fault = fault
        else:
            getattr(self.simulated, fault.value)()

    def restore(self) -> None:
        if self.served:
            self.served.printer.restore()
        else:
            self.simulated.restore()

    def unplug(self) -> None:
        (self.served or self.simulated).unplug()

    def plug(self) -> None:
        if self.served:
            self.served.plug()
        else:
            self.simulated.restore()


@pytest.fixture(params=("simulated", *LINES))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(request.param, tmp_path, stack)


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(line: str, tmp_path: Path) -> Iterator[Served]:
    with serve(line, tmp_path) as one:
        yield one


@pytest.fixture
def printer(served: Served, line: str) -> Iterator[TicketPrinter]:
    one = driver(served, line)
    yield one
    one.close()


@pytest.fixture
def impatient(served: Served, line: str) -> Iterator[TicketPrinter]:
    one = driver(served, line, status_seconds=SOON, job_seconds=SOON)
    yield one
    one.close()


# -- every printer ---------------------------------------------------------------------------------------------------
def test_prints_and_confirms(rig: Rig) -> None:
    assert rig.printer.status() == READY
    assert printed(rig.printer, ticket()) == CONFIRMED
    assert same(rig.pictures[0], ticket())


def test_two_jobs_in_a_row_are_two_tickets(rig: Rig) -> None:
    assert printed(rig.printer, ticket("A-025")) == printed(rig.printer, ticket("A-026")) == CONFIRMED
    first, second = rig.pictures
    assert same(first, ticket("A-025"))
    assert same(second, ticket("A-026"))


@pytest.mark.parametrize("fault", [Fault.PAPER_OUT, Fault.COVER_OPEN])
def test_prints_nothing_while_a_person_must_act(rig: Rig, fault: Fault) -> None:
    rig.set(fault)
    assert rig.printer.status() == DeviceStatus(Condition.ATTENTION, fault.value)
    assert printed(rig.printer, ticket("A-025")) == failed(fault.value)
    rig.restore()
    assert rig.printer.status() == READY
    assert printed(rig.printer, ticket("A-026")) == CONFIRMED
    assert len(rig.pictures) == 1
    assert same(rig.pictures[0], ticket("A-026"))


def test_little_paper_warns_and_prints(rig: Rig) -> None:
    rig.set(Fault.PAPER_LOW)
    assert rig.printer.status() == DeviceStatus(Condition.READY, "paper_low")
    assert printed(rig.printer, ticket()) == (PrintResult.CONFIRMED, "paper_low")
    assert same(rig.pictures[0], ticket())


def test_works_at_once_after_unplug_and_plug(rig: Rig) -> None:
    assert printed(rig.printer, ticket("A-025")) == CONFIRMED
    rig.unplug()
    assert printed(rig.printer, ticket("A-026")) == failed("device_unplugged")
    status = rig.printer.status()
    assert (status.condition, status.code) == (Condition.OFFLINE, "device_unplugged")
    rig.plug()
    assert rig.printer.status() == READY
    assert printed(rig.printer, ticket("A-027")) == CONFIRMED
    assert len(rig.pictures) == 2
    assert same(rig.pictures[1], ticket("A-027"))


def test_close_is_harmless_and_the_next_job_opens(rig: Rig) -> None:
    rig.printer.close()
    rig.printer.open()
    rig.printer.close()
    rig.printer.close()
    assert printed(rig.printer, ticket()) == CONFIRMED


# -- ESC/POS over every line -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [384, 512, 576])
def test_every_width(line: str, tmp_path: Path, width: int) -> None:
    with serve(line, tmp_path, Printer(width)) as served:
        printer = driver(served, line, width_dots=width)
        assert printer.width_dots == width
        assert printed(printer, ticket(width=width)) == CONFIRMED
        printer.close()
        assert same(served.printer.pictures[0], ticket(width=width))
        assert served.printer.strays == b""


def test_without_a_cutter_the_paper_hangs_out(served: Served, line: str) -> None:
    printer = driver(served, line, cutter=False)
    assert printed(printer, ticket()) == CONFIRMED
    printer.close()
    assert served.printer.pictures == []
    assert same(served.printer.hanging(), ticket())
    assert served.printer.strays == b""


@pytest.mark.parametrize(
    ("fault", "condition", "code"),
    [
        (Fault.CUTTER, Condition.FAULT, "cutter_fault"),
        (Fault.BROKEN, Condition.FAULT, "printer_fault"),
        (Fault.HOT, Condition.ATTENTION, "printer_hot"),
        (Fault.OFFLINE, Condition.ATTENTION, "printer_offline"),
    ],
)
def test_faults_that_only_escpos_tells(
    served: Served, printer: TicketPrinter, fault: Fault, condition: Condition, code: str
) -> None:
    served.printer.fault = fault
    assert printer.status() == DeviceStatus(condition, code)
    assert printed(printer, ticket()) == failed(code)
    assert served.printer.pictures == []


def test_paper_that_ends_in_mid_job_is_told_and_nothing_stale_comes_out(served: Served, printer: TicketPrinter) -> None:
    served.printer.paper_ends_after = 4
    assert printed(printer, ticket("A-025")) == failed("paper_out")
    served.printer.restore()  # a new roll
    assert printer.status() == READY
    assert served.printer.pictures == []
    assert served.printer.hanging().height == 0
    assert printed(printer, ticket("A-026")) == CONFIRMED
    assert len(served.printer.pictures) == 1
    assert same(served.printer.pictures[0], ticket("A-026"))


def test_a_printer_that_never_answers_is_not_confirmed(served: Served, impatient: TicketPrinter) -> None:
    served.printer.fault = Fault.SILENT
    assert impatient.status() == DeviceStatus(Condition.OFFLINE, "printer_silent")
    assert printed(impatient, ticket()) == (PrintResult.UNCONFIRMED, "printer_silent")
    comes_out(served, 1)


def test_a_printer_that_fell_silent_gets_no_job(served: Served, line: str) -> None:
    printer = driver(served, line, status_seconds=1)
    assert printer.status() == READY
    served.printer.fault = Fault.SILENT
    assert printed(printer, ticket("A-025")) == failed("printer_silent")
    served.printer.restore()
    assert printed(printer, ticket("A-026")) == CONFIRMED
    printer.close()
    assert len(served.printer.pictures) == 1


def test_a_printer_that_falls_silent_with_the_job_is_not_confirmed(served: Served, line: str) -> None:
    printer = driver(served, line, job_seconds=SOON, status_seconds=1)
    assert printer.status() == READY
    served.printer.silent_after_jobs = 1
    assert printed(printer, ticket()) == (PrintResult.UNCONFIRMED, "printer_silent")
    printer.close()


def test_garbage_is_no_status(served: Served, printer: TicketPrinter) -> None:
    served.printer.fault = Fault.GARBAGE
    status = printer.status()
    assert (status.condition, status.code) == (Condition.OFFLINE, "printer_garbage")
    assert printed(printer, ticket()) == failed("printer_garbage")
    assert served.printer.pictures == []
    served.printer.restore()
    assert printed(printer, ticket()) == CONFIRMED


def test_without_status_nothing_is_asked(served: Served, line: str) -> None:
    printer = driver(served, line, status=False)
    assert printer.status() == READY
    assert printed(printer, ticket()) == (PrintResult.UNCONFIRMED, "printer_no_status")
    comes_out(served, 1)
    assert same(served.printer.pictures[0], ticket())
    assert b"\x10\x04" not in served.printer.received
    printer.close()


def test_a_slow_printer_gets_the_whole_job(served: Served, printer: TicketPrinter) -> None:
    served.printer.bytes_per_second = 50_000
    assert printed(printer, ticket()) == CONFIRMED
    assert same(served.printer.pictures[0], ticket())


def test_late_answers_are_not_taken_for_new_ones(served: Served, line: str) -> None:
    printer = driver(served, line, status_seconds=1)
    assert printer.status() == READY
    served.printer.unasked = b"\x16\x16"  # cover open, a while ago
    assert printer.status() == READY
    assert printer.status() == READY
    printer.close()


def test_a_printer_that_executes_inside_pictures_prints_them_whole(line: str, tmp_path: Path) -> None:
    image = Image.new("1", (576, 8), 1)
    for y, executed in enumerate((0x04, 0x05, 0x14)):
        for x, byte in ((8, 0x10), (9, executed)):
            for bit in range(8):
                if byte & 0x80 >> bit:
                    image.putpixel((x * 8 + bit, y), 0)
    with serve(line, tmp_path, Printer(executes_inside_rasters=True)) as served:
        printer = driver(served, line)
        assert printed(printer, image) == CONFIRMED
        printer.close()
        (picture,) = served.printer.pictures
        extra = ImageChops.logical_xor(picture.crop((0, 0, *image.size)), image)
        assert sum(extra.convert("L").histogram()[1:]) == 3  # the spare dots
        assert served.printer.strays == b""


# -- TCP -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [True, False])
def test_a_line_that_the_printer_closed_between_jobs_is_opened_again(status: bool) -> None:
    with TcpPrinter() as served:
        printer = driver(served, "tcp", status=status)
        for count, number in enumerate(("A-025", "A-026", "A-027"), start=1):
            assert printer.print_page(ticket(number)).result is not PrintResult.FAILED
            comes_out(served, count)
            served.hang_up()
        printer.close()
        first, second, third = served.printer.pictures
        assert same(first, ticket("A-025"))
        assert same(second, ticket("A-026"))
        assert same(third, ticket("A-027"))


def test_a_printer_that_does_not_stop_talking_is_told_so() -> None:
    with TcpPrinter() as served:
        printer = driver(served, "tcp")
        served.printer.fault = Fault.BABBLE
        printer.status()
        status = printer.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, "printer_garbage")
        printer.close()


def test_it_tells_who_it_is_once(tmp_path: Path) -> None:
    with serve("tcp", tmp_path) as served:
        printer = driver(served, "tcp")
        assert isinstance(printer, Identified)
        assert printer.identity == {}
        assert printer.status() == READY
        told = {"model": "Virtual 80", "maker": "Kiosk Mot Cua", "firmware": "1.04", "serial": "V0000001"}
        assert printer.identity == told
        questions = served.printer.received.count(b"\x1dI")
        printer.status()
        assert printed(printer, ticket()) == CONFIRMED
        assert served.printer.received.count(b"\x1dI") == questions == 4
        printer.close()


def test_nobody_who_waits_for_paper_waits_for_a_name(tmp_path: Path) -> None:
    with serve("tcp", tmp_path) as served:
        printer = driver(served, "tcp")
        assert printed(printer, ticket()) == CONFIRMED
        assert b"\x1dI" not in served.printer.received
        served.printer.fault = Fault.COVER_OPEN
        printer.status()
        assert b"\x1dI" not in served.printer.received
        printer.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xfe\x00",
        b"_\x1b@\x00",
        b"_" + 300 * b"A",
        b"_\x00",
        b"\x12",
    ],
)
def test_a_strange_answer_does_no_harm(tmp_path: Path, answer: bytes) -> None:
    with serve("tcp", tmp_path) as served:
        served.printer.identity[66] = answer
        printer = driver(served, "tcp", status_seconds=SOON)
        eventually_ready(printer)
        assert isinstance(printer, Identified)
        assert printer.identity == {"model": "Virtual 80"}
        eventually_ready(printer)
        assert printed(printer, ticket()) == CONFIRMED
        assert served.printer.strays == b""
        printer.close()


def test_a_printer_that_must_not_be_asked_is_not(tmp_path: Path) -> None:
    with serve("tcp", tmp_path) as served:
        printer = driver(served, "tcp", ask_identity=False)
        assert printer.status() == READY
        assert b"\x1dI" not in served.printer.received
        printer.close()


def eventually_ready(printer: TicketPrinter) -> None:
    """Ready before patience ends: what came too late is thrown away."""
    end = time.monotonic() + 10
    while printer.status() != READY:
        assert time.monotonic() < end
