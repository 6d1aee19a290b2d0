"""The readiness report: it never says «ready» of what was not tried, and its paper can be read, searched and signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from devices.interfaces import Condition, DeviceStatus
from kiosk import config as configuration
from kiosk.config import Config, Province
from kiosk.diagnostics import readiness
from kiosk.diagnostics.history import History
from kiosk.diagnostics.readiness import NOT_READY, READY, Readiness
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.selftests import TESTS
from kiosk.slip_picture import draw

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
DEVICES = {
    "printer": {"driver": "escpos", "url": "usblp:///dev/usb/lp0"},
    "code_scanner": {"driver": "serial_line", "url": "serial:///dev/ttyACM0"},
    "document_scanner": {"driver": "sane", "device": "fujitsu:fi-7160:1"},
    "card_reader": {"driver": "pcsc"},
}
WELL = {kind: DeviceStatus(Condition.READY) for kind in DEVICES}


@pytest.fixture(scope="module")
def site() -> Config:
    """A kiosk with real devices and a real province."""
    province = Province(url="https://gateway.province.example")
    return configuration.load(None).model_copy(update={"devices": DEVICES, "province": province})


def passed(at: datetime = NOW) -> list[TestRecord]:
    """Every self-test, passed."""
    return [TestRecord(test.name, Verdict.PASS, at, 1.0, test.device) for test in TESTS]


def told(site: Config, **changes: object) -> Readiness:
    """A report of a machine on which all is well, but for the changes."""
    values: dict[str, object] = {"statuses": WELL, "records": passed(), "expected": TESTS, **changes}
    return Readiness(site, "Trần Văn Bình", NOW, **values)  # type: ignore[arg-type]


def test_a_machine_on_which_all_is_well_is_ready(site: Config) -> None:
    assert told(site).ready


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"statuses": {**WELL, "printer": DeviceStatus(Condition.ATTENTION, "paper_out")}}, "Máy in đã hết giấy"),
        ({"statuses": {k: s for k, s in WELL.items() if k != "printer"}}, "chưa biết trạng thái"),
        ({"records": passed()[1:]}, "Chưa thử: Máy in phiếu: kết nối và trạng thái"),
        ({"records": passed(NOW - timedelta(hours=25))}, "cũ hơn 24 giờ"),
        ({"records": [*passed()[:-1], TestRecord("sound", Verdict.NOT_DONE, NOW, 1, code="skipped")]}, "Âm thanh"),
        ({"records": [*passed()[:-1], TestRecord("sound", Verdict.FAIL, NOW, 1, code="sound_not_heard")]}, "Âm thanh"),
    ],
)
def test_whatever_is_not_known_to_be_well_is_a_reason(site: Config, changes: dict[str, object], reason: str) -> None:
    report = told(site, **changes)
    assert not report.ready
    assert any(reason in sentence for sentence in report.reasons), report.reasons


def test_nobody_is_served_by_simulated_devices_or_the_embedded_province(site: Config) -> None:
    embedded = configuration.load(None)
    reasons = " ".join(told(embedded).reasons)
    assert reasons.count("mô phỏng") == 4
    assert "chưa nối với hệ thống thật" in reasons
    assert told(site).reasons == ()


def test_the_newest_of_each_test_counts() -> None:
    old = TestRecord("sound", Verdict.FAIL, NOW - timedelta(hours=1), 1.0)
    new = TestRecord("sound", Verdict.PASS, NOW, 1.0)
    assert readiness.newest([new, old]) == (new,)


def test_the_paper_says_all_of_it_in_vietnamese(site: Config, tmp_path: Path) -> None:
    report = told(site, statuses={**WELL, "printer": DeviceStatus(Condition.ATTENTION, "paper_out")}, waiting=3)
    path = readiness.write(report, tmp_path / "reports")
    text = words_of(path)
    for words in (
        NOT_READY,
        "Hồ sơ chờ gửi: 3.",
        "Máy in đã hết giấy",
        "Trần Văn Bình",
        "Đọc chip của một thẻ".lower(),
        report.digest,
    ):
        assert words in text
    with pikepdf.open(path) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)
    assert path.name == "readiness-k1-20261124-070500.pdf"


def words_of(path: Path) -> str:
    """All that stands on a paper."""
    with pypdfium2.PdfDocument(path) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_a_device_that_is_away_is_told_by_the_name_it_had(site: Config, tmp_path: Path) -> None:
    moved = site.model_copy(update={"storage": site.storage.model_copy(update={"data_dir": tmp_path})})
    known = {"maker": "Custom", "model": "VKP80III", "firmware": "1.04", "serial": "A1-77"}
    History(tmp_path).identified("printer", str(DEVICES["printer"]["url"]), known, NOW)
    away = {**WELL, "printer": DeviceStatus(Condition.OFFLINE, "device_unplugged")}
    paper = words_of(readiness.write(told(moved, statuses=away), tmp_path))
    assert all(text in paper for text in known.values())
    now = words_of(readiness.write(told(moved, connections={"printer": {"model": "TM-T88"}}), tmp_path))
    assert ("TM-T88" in now, "VKP80III" in now) == (True, False)


def test_the_same_report_is_the_same_file(site: Config) -> None:
    assert readiness.pdf(told(site)) == readiness.pdf(told(site))
    assert told(site).digest != replace(told(site), technician="Ai Khác").digest


def test_many_records_take_more_pages(site: Config, tmp_path: Path) -> None:
    long = [replace(record, figures={"reason": "một số đo rất dài " * 20}) for record in passed()]
    path = readiness.write(told(site, records=long), tmp_path)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) > 1


@pytest.mark.parametrize("width", [384, 576])
def test_the_slip_is_the_same_in_short(site: Config, width: int) -> None:
    slip = readiness.slip(told(site))
    assert READY in str(slip)
    assert told(site).digest in str(slip)
    assert draw(slip, width).width == width
