"""Self-tests of devices: dirt on a sheet, a ticket that says what it must, a chip that tells nothing of its holder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.emrtd.trust import TrustStore
from devices.card_reader.simulated import SimulatedCardReader, simulated_trust
from devices.document_scanner.simulated import Settings as ScannerSettings
from devices.document_scanner.simulated import SimulatedDocumentScanner
from devices.errors import NeedsAttention
from devices.interfaces import PrintResult
from devices.printer import escpos
from devices.printer.virtual import Fault
from devices.printer.virtual_lines import TcpPrinter
from kiosk.diagnostics import selftests_devices as devices
from kiosk.diagnostics.dirt import find_dirt
from kiosk.diagnostics.records import Verdict
from kiosk.diagnostics.selftests import Finding

DPI = 200
A4 = (1654, 2339)


def dots(mm: float) -> int:
    """Millimetres at 200 dpi."""
    return round(mm / 25.4 * DPI)


def sheet(level: int = 245) -> Image.Image:
    """A blank sheet as a scanner gives it: with the grain of paper, a little darker towards one side."""
    rng = np.random.default_rng(5)
    grain = rng.normal(0, 3, (A4[1], A4[0])) + np.linspace(0, -12, A4[0])
    return Image.fromarray(np.clip(level + grain, 0, 255).astype(np.uint8), "L")


def scanned(folder: Path, picture: Image.Image) -> Finding:
    """What the test says of this sheet on a simulated scanner, through the checks of a real one."""
    folder.mkdir(exist_ok=True)
    picture.convert("RGB").save(folder / "sheet.png", dpi=(DPI, DPI))
    return devices.scan_blank(
        SimulatedDocumentScanner(ScannerSettings(driver="simulated", folder=folder, seconds_per_page=0))
    )


def speck(picture: Image.Image, x_mm: float, y_mm: float, size_mm: float) -> Image.Image:
    """A round piece of dirt with soft edges."""
    layer = Image.new("L", picture.size, 255)
    radius, x, y = dots(size_mm) / 2, dots(x_mm), dots(y_mm)
    ImageDraw.Draw(layer).ellipse((x - radius, y - radius, x + radius, y + radius), fill=90)
    return Image.fromarray(np.minimum(np.asarray(picture), np.asarray(layer.filter(ImageFilter.GaussianBlur(1)))))


def test_a_clean_sheet_passes(tmp_path: Path) -> None:
    found = scanned(tmp_path, sheet())
    assert (found.verdict, found.code) == (Verdict.PASS, "")
    assert (found.figures["specks"], found.figures["streaks"]) == (0, 0)


def test_each_speck_is_found_where_it_is(tmp_path: Path) -> None:
    places = [(40, 60), (105, 150), (180, 280)]
    picture = sheet()
    for x, y in places:
        picture = speck(picture, x, y, 1.2)
    dirt = find_dirt(np.asarray(picture), DPI)
    assert len(dirt.specks) == len(places)
    for x, y in places:
        assert any(abs(s.x_mm + s.width_mm / 2 - x) < 1 and abs(s.y_mm + s.height_mm / 2 - y) < 1 for s in dirt.specks)
    assert scanned(tmp_path, picture).verdict is Verdict.PASS  # a little dust goes with the next sheet


def test_many_specks_or_a_large_one_fail(tmp_path: Path) -> None:
    many = sheet()
    for n in range(devices.MOST_SPECKS + 1):
        many = speck(many, 20 + 25 * n, 100, 0.8)
    found = scanned(tmp_path / "many", many)
    assert (found.code, found.figures["specks"]) == ("scan_specks", devices.MOST_SPECKS + 1)
    large = scanned(tmp_path / "large", speck(sheet(), 100, 100, 4))
    assert large.code == "scan_specks"
    assert 3.5 <= float(large.figures["largest_mm"]) <= 5


def test_a_line_along_the_sheet_is_a_streak(tmp_path: Path) -> None:
    picture = sheet()
    x = dots(70)
    ImageDraw.Draw(picture).line((x, 0, x + 2, A4[1]), fill=150, width=2)
    found = scanned(tmp_path, picture)
    assert (found.verdict, found.code, found.figures["streaks"]) == (Verdict.FAIL, "scan_streaks", 1)
    assert "x 69" in str(found.figures["places_mm"]) or "x 70" in str(found.figures["places_mm"])


def test_a_streak_that_is_broken_here_and_there_is_one(tmp_path: Path) -> None:
    picture = sheet()
    pen = ImageDraw.Draw(picture)
    for top in range(0, A4[1], dots(6)):
        pen.line((dots(70), top, dots(70), top + dots(5)), fill=120, width=2)
    found = scanned(tmp_path, picture)
    assert (found.code, found.figures["streaks"], found.figures["specks"]) == ("scan_streaks", 1, 0)


def test_a_dark_sheet_and_a_written_one(tmp_path: Path) -> None:
    assert scanned(tmp_path / "dark", sheet(120)).code == "scan_dark"
    written = sheet()
    for line in range(100, A4[1] - 100, 40):
        ImageDraw.Draw(written).text((100, line), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM " * 2, fill=20, font_size=28)
    found = scanned(tmp_path / "written", written)
    assert (found.verdict, found.code) == (Verdict.NOT_DONE, "sheet_not_blank")


def test_a_scanner_that_fails_is_a_finding(tmp_path: Path) -> None:
    scanner = SimulatedDocumentScanner(ScannerSettings(driver="simulated", folder=tmp_path, seconds_per_page=0))
    assert devices.scan_blank(scanner).code == "scanner_no_paper"
    scanner.jam()
    assert devices.scan_blank(scanner).code == "scanner_jam"


def test_the_ticket_says_its_token_and_nothing_else_is_taken_for_it() -> None:
    token = devices.new_token()
    with TcpPrinter() as paper:
        printer = escpos.create(escpos.Settings(driver="escpos", url=paper.url))
        outcome = devices.print_ticket(
            printer, centre="Trung tâm", kiosk_id="k-7", token=token, printed_at=datetime.now(UTC)
        )
        printer.close()
        picture = paper.printer.pictures[0]
    assert outcome.result is PrintResult.CONFIRMED
    assert devices.after_print(outcome) is None
    (code,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert devices.ticket_read(code.text, "k-7", token)
    assert not devices.ticket_read(code.text, "k-7", devices.new_token())
    assert not devices.ticket_read(code.text + " ", "k-7", token)
    assert not devices.ticket_read("027190012345||Nguyễn Thị Đào", "k-7", token)


def test_a_ticket_that_did_not_come_out_fails_with_its_reason() -> None:
    with TcpPrinter() as paper:
        paper.printer.fault = Fault.PAPER_OUT
        printer = escpos.create(escpos.Settings(driver="escpos", url=paper.url))
        status, found = devices.ask(printer)
        outcome = devices.print_ticket(printer, centre="", kiosk_id="k", token="t", printed_at=datetime.now(UTC))
        printer.close()
    assert (status.code, found.verdict, found.code) == ("paper_out", Verdict.FAIL, "paper_out")
    ended = devices.after_print(outcome)
    assert ended is not None
    assert (ended.verdict, ended.code) == (Verdict.FAIL, "paper_out")


def read(reader: SimulatedCardReader, number: str = "", trust: Any = simulated_trust) -> Finding:
    """The test on this reader."""
    return devices.card_chip(reader, number, trust)


def test_a_chip_is_read_and_nothing_of_its_holder_is_told() -> None:
    reader = SimulatedCardReader()
    reader.insert()
    found = read(reader)
    assert (found.verdict, found.code) == (Verdict.PASS, "")
    assert (found.figures["access"], found.figures["trust"]) == ("pace_can", "trusted")
    assert (found.figures["clone_check"], float(found.figures["commands"]) > 10) == ("genuine", True)
    holder = reader.holder
    for secret in (holder.number, holder.number[-6:], holder.full_name):
        assert secret not in repr(found)


@pytest.mark.parametrize(
    ("faults", "code"), [({"forged_sod": True}, "chip_changed"), ({"copied": True}, "chip_copied")]
)
def test_a_false_chip_fails(faults: dict[str, bool], code: str) -> None:
    reader = SimulatedCardReader()
    reader.insert(make_card(faults=Faults(**faults)))
    found = read(reader)
    assert (found.verdict, found.code) == (Verdict.FAIL, code)


def test_a_test_card_passes_with_a_hint() -> None:
    reader = SimulatedCardReader()
    reader.insert()
    found = read(reader, trust=TrustStore)
    assert (found.verdict, found.code) == (Verdict.PASS, "chip_unknown_signer")


def test_no_card_a_wrong_number_and_no_reader_are_told() -> None:
    reader = SimulatedCardReader()
    assert read(reader).code == "no_card"
    reader.insert()
    assert read(reader, "000000000000").verdict is Verdict.FAIL
    reader.unplug()
    assert read(reader).code == "device_unplugged"
    with pytest.raises(NeedsAttention):
        SimulatedCardReader().connect()
