"""The readiness report: what it decides, what stands on its paper, and that its text can be selected."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
import pytest
import zxingcpp

from kiosk.config import Site
from kiosk.diagnostics import readiness, words
from kiosk.diagnostics.readiness import NOT_READY, READY, Level
from kiosk.diagnostics.records import TestRecord as Record
from kiosk.diagnostics.records import Verdict
from kiosk.slip_picture import draw
from kiosk.slips import Pair, Text

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
SITE = Site(kiosk_id="vc-02")
WHO = "Đặng Thị Ngữ"
TORN = "Ắ Ằ Ẳ Ẵ Ặ Ế Ề Ể Ễ Ệ Ố Ồ Ổ Ỗ Ộ Ớ Ờ Ở Ỡ Ợ Ứ Ừ Ử Ữ Ự Ỹ Đ ắ ằ ẳ ẵ ặ ế ề ể ễ ệ ố ồ ổ ỗ ộ ớ ờ ở ỡ ợ ứ ừ ử ữ ự ỹ đ"


def device(driver: str, code: str | None = None, condition: str = "ready") -> dict[str, Any]:
    told = {"configured": True, "driver": driver, "condition": condition, "code": code, "detail": None}
    return {**told, "ok": condition == "ready", "connection": {"where": "serial:///dev/ttyS1?baud=115200"}}


def report(**parts: Mapping[str, Any]) -> dict[str, Any]:
    """What `states.report` says of a machine on which all is well, but for `parts`."""
    devices: dict[str, Any] = {
        "printer": device("escpos"),
        "code_scanner": device("serial_line"),
        "document_scanner": device("sane"),
        "card_reader": device("pcsc"),
    }
    province: dict[str, Any] = {"configured": True, "sandbox": False, "ok": True, "code": None, "seconds": 0.142}
    province["clock_difference_seconds"] = -1.5
    host: dict[str, Any] = {"ok": True, "code": None, "system": "Linux-6.1.0-28-amd64", "python": "3.11.2"}
    host |= {"free_disk_bytes": 47_312_000_000, "load": 0.31}
    told = {"devices": devices, "province": province, "host": host}
    for name, part in parts.items():
        (devices if name in devices else told)[name] = {**(devices if name in devices else told)[name], **part}
    return told


def record(device: str, test: str, **changes: Any) -> Record:
    return replace(Record(test, Verdict.PASS, NOW - timedelta(minutes=12), 0.2, device), **changes)


def records(**changes: Mapping[str, Any]) -> list[Record]:
    """A whole check in which all has passed, but for `changes` of tests by name."""
    return [record(device, test, **changes.get(test, {})) for device, test in words.EXPECTED]


def assess(told: Mapping[str, Any] | None = None, found: list[Record] | None = None) -> readiness.Readiness:
    return readiness.assess(told or report(), records() if found is None else found, SITE, WHO, NOW)


def pages(pdf: bytes) -> list[str]:
    """The text of each page as a reader selects it: through the fonts' ToUnicode tables."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [_text(page) for page in document.pages]


def _text(page: pikepdf.Page) -> str:
    fonts = {str(name): _unicode(font) for name, font in page.resources["/Font"].items()}
    letters, parts = {}, []
    for step in pikepdf.parse_content_stream(page):
        if str(step.operator) == "Tf":
            letters = fonts[str(step.operands[0])]
        elif str(step.operator) == "Tj":
            code = bytes(step.operands[0])
            parts.append("".join(letters[code[i : i + 2]] for i in range(0, len(code), 2)))
    return " ".join(parts).replace("\N{NO-BREAK SPACE}", " ")


def _unicode(font: Any) -> dict[bytes, str]:
    table = bytes(font["/ToUnicode"].read_bytes()).decode("ascii")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>", table.partition("beginbfchar")[2])
    return {bytes.fromhex(glyph): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


# -- the decision ------------------------------------------------------------------------------------------------------
def test_ready_when_everything_was_tried_today_and_works() -> None:
    found = assess()
    assert (found.ready, found.verdict, found.reasons, found.notes) == (True, READY, (), ())
    assert found.count(Level.GOOD) == len(words.EXPECTED)


@pytest.mark.parametrize(
    ("told", "changes", "reason"),
    [
        (report(printer=device("escpos", "paper_out", "attention")), {}, "Máy in phiếu: máy in đã hết giấy."),
        (report(card_reader=device("pcsc", None, "offline")), {}, "Đầu đọc thẻ: không hoạt động"),
        (report(province={"ok": False, "code": "token_unreadable"}), {}, "Hệ thống của tỉnh: "),
        (report(host={"ok": False, "code": "disk_low"}), {}, "Máy: "),
        (report(printer=device("simulated")), {}, "Thiết bị mô phỏng, không phục vụ được người dân: máy in phiếu."),
        (report(province={"sandbox": True}), {}, "Hệ thống của tỉnh là bản dùng thử"),
        (report(), {"sound": {"verdict": Verdict.FAIL}}, "Âm thanh: không đạt"),
        (report(), {"sound": {"verdict": Verdict.NOT_DONE, "code": "skipped"}}, "Còn 1 mục chưa kiểm tra: Âm thanh."),
        (report(), {"sound": {"at": NOW - timedelta(hours=25)}}, "Còn 1 mục chưa kiểm tra: Âm thanh."),
        (report(), {"sound": {"at": NOW + timedelta(days=300)}}, "Còn 1 mục chưa kiểm tra: Âm thanh."),
    ],
)
def test_one_thing_that_is_wrong_or_unknown_is_enough(
    told: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    found = assess(told, records(**changes))
    assert (found.ready, found.verdict, len(found.reasons)) == (False, NOT_READY, 1)
    assert found.reasons[0].startswith(reason)


def test_what_was_never_tried_is_not_said_to_be_good() -> None:
    found = assess(found=[])
    assert not found.ready
    assert found.count(Level.OPEN) == len(words.EXPECTED)
    assert found.reasons[0].startswith(f"Còn {len(words.EXPECTED)} mục chưa kiểm tra: Máy in phiếu: kết nối")


def test_a_device_that_is_not_there_is_not_asked_for() -> None:
    found = assess(report(card_reader={"configured": False}), [r for r in records() if r.device != "card_reader"])
    assert found.ready
    assert found.devices[-1].state == "Không lắp"


def test_a_sensor_that_is_not_there_stops_nobody() -> None:
    assert assess(found=records(temperature={"verdict": Verdict.NOT_DONE, "code": "no_sensor"})).ready


def test_a_warning_is_told_and_stops_nobody() -> None:
    told = report(printer=device("escpos", "paper_low"))
    found = assess(told, records(device_state={"code": "paper_low"}))
    assert found.ready
    assert found.notes == ("Máy in phiếu: máy in sắp hết giấy.",)
    assert (found.devices[0].level, found.devices[0].todo[:21]) == (Level.NOTICE, "Chuẩn bị sẵn một cuộn")


def test_the_newest_result_counts() -> None:
    failed = record("", "sound", verdict=Verdict.FAIL, at=NOW - timedelta(minutes=30))
    assert assess(found=[failed, *records()]).ready
    assert not assess(found=[*records(), replace(failed, at=NOW - timedelta(minutes=1))]).ready


def test_what_a_device_and_its_test_say_is_told_once() -> None:
    told = report(printer=device("escpos", "paper_out", "attention"))
    state = record("printer", "device_state", verdict=Verdict.FAIL, code="paper_out")
    assert len(assess(told, [*records(), state]).reasons) == 1


# -- the paper ---------------------------------------------------------------------------------------------------------
def test_the_paper_holds_everything_with_every_mark() -> None:
    site = Site(name=f"Trung tâm {TORN}", kiosk_id="vc-02")
    found = [*records(clock={"figures": {"difference_s": 1234.5}}), record("", "unheard_of", figures={"x_mm": 3.0})]
    found.append(record("printer", "printer_ticket", confirmed_by="ky-thuat-lan", figures={"read_back": "yes"}))
    text = " ".join(pages(readiness.pdf(report(printer=device("escpos", "paper_low")), found, site, WHO, NOW)))
    for wanted in (
        *("Trung tâm Ắ", TORN[-30:], "vc-02", "14:05 ngày 24/11/2026", WHO, READY, "phần mềm 0.1.0"),
        *("escpos", "serial:///dev/ttyS1", "115200 baud", "Máy in sắp hết giấy.", "Chuẩn bị sẵn một cuộn giấy mới"),
        *("Đạt", "lệch 1.234,5 giây", "x_mm 3", "đọc lại mã: được", "ky-thuat-lan", "13:53"),
        *("47,3 GB", "-1,5 giây", "142 ms", "chưa đo", "Linux-6.1.0-28-amd64"),
        *("Kỹ thuật viên", "Đại diện trung tâm", "(ký, ghi rõ họ tên)", "Trang 1/2", "Trang 2/2"),
    ):
        assert wanted in text, wanted


def test_bad_news_stands_on_the_first_page() -> None:
    told = report(printer=device("escpos", "paper_out", "attention"))
    first = pages(readiness.pdf(told, records(), SITE, WHO, NOW))[0]
    assert NOT_READY in first
    assert READY not in first
    assert "Máy in phiếu: máy in đã hết giấy." in first


def test_many_tests_make_many_pages_each_with_titles_and_number() -> None:
    more = [record("", f"extra_{n}", figures={"answer_ms": float(n)}) for n in range(60)]
    sheets = pages(readiness.pdf(report(), [*records(), *more], SITE, WHO, NOW))
    assert len(sheets) > 3
    for number, text in enumerate(sheets, start=1):
        assert f"Trang {number}/{len(sheets)}" in text
        assert ("Kết quả" in text) == ("extra_" in text or "Máy in phiếu" in text)
    assert all(sum(f"extra_{n} " in f"{text} " for text in sheets) == 1 for n in range(60))


def test_the_signatures_are_never_torn_apart() -> None:
    for count in range(0, 24, 3):
        more = [record("", f"extra_{n}") for n in range(count)]
        last = pages(readiness.pdf(report(), [*records(), *more], SITE, WHO, NOW))[-1]
        assert ("Kỹ thuật viên" in last, "Đại diện trung tâm" in last, last.count("(ký")) == (True, True, 2), count


def test_the_same_input_makes_the_same_bytes_and_another_date_other_ones() -> None:
    one, other = (readiness.pdf(report(), records(), SITE, WHO, NOW) for _ in range(2))
    assert one == other
    assert readiness.pdf(report(), records(), SITE, WHO, NOW + timedelta(minutes=1)) != one


def test_the_fonts_are_in_it_and_its_language_is_told() -> None:
    with pikepdf.open(io.BytesIO(readiness.pdf(report(), records(), SITE, WHO, NOW))) as document:
        fonts = [font for page in document.pages for font in page.resources["/Font"].values()]
        assert fonts
        assert all("/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts)
        assert str(document.Root["/Lang"]) == "vi-VN"
        assert "vc-02" in str(document.docinfo["/Title"])


# -- the slip ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [576, 384])
def test_the_code_of_the_slip_names_the_paper(width: int) -> None:
    told, found = report(printer=device("escpos", "paper_out", "attention")), records()
    read = zxingcpp.read_barcodes(draw(readiness.slip(told, found, SITE, WHO, NOW), width).convert("L"))
    mark, kiosk, digest = read[0].text.split("|")
    assert (mark, kiosk) == ("BC1", "vc-02")
    assert f"SHA-256 {digest}" in pages(readiness.pdf(told, found, SITE, WHO, NOW))[0]


def test_the_slip_says_the_same_in_short() -> None:
    told = report(printer=device("escpos", "paper_out", "attention"))
    blocks = readiness.slip(told, records(sound={"verdict": Verdict.FAIL}), SITE, WHO, NOW).blocks
    said = {block.label: block.value for block in blocks if isinstance(block, Pair)}
    assert (said["Máy in phiếu"], said["Không đạt"], said["Người kiểm tra"]) == ("Máy in đã hết giấy.", "1", WHO)
    assert "• Âm thanh: không đạt" in [block.text for block in blocks if isinstance(block, Text)]


def test_any_change_of_what_was_found_changes_the_digest() -> None:
    whole = assess()
    others = [
        assess(report(printer=device("escpos", "paper_low"))),
        assess(found=records(clock={"figures": {"difference_s": 2.0}})),
        assess(report(host={"load": 0.32})),
        readiness.assess(report(), records(), SITE, "Trần Văn Khác", NOW),
    ]
    assert len({whole.digest, *(other.digest for other in others)}) == 5
