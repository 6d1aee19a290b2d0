"""The live view of the lines: what it shows, and that no scanned letter or digit, no picture and no person is in it."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from devices.code_scanner import serial_line
from devices.errors import DeviceError
from devices.interfaces import DEVICE_KINDS, Condition
from devices.printer import custom_vkp, escpos
from devices.printer.cut import Cut
from devices.printer.raster import encode
from devices.printer.virtual import Fault
from devices.printer.virtual_lines import TcpPrinter
from devices.traffic import KEPT, MASK, TAPS, Direction, Tap
from kiosk.diagnostics import traffic
from kiosk.diagnostics.traffic import Traffic, TrafficLine, watchable
from kiosk.i18n import translate

QR = "001203004567|203004567|Nguyễn Văn Nghĩa|01011990|Nam|12 Hùng Vương|01012022"
SENT, RECEIVED, NOTE = Direction


@pytest.fixture
def view() -> Iterator[Traffic]:
    one = Traffic()
    yield one
    one.stop()


def tap(kind: str) -> Tap:
    """A ring of its own, switched on."""
    one = Tap(kind)
    one.start()
    return one


def shown(one: Tap) -> list[str]:
    return [passage.shown for passage in one.since()]


def told(lines: list[TrafficLine]) -> list[tuple[str, str]]:
    return [(line.hex, line.meaning) for line in lines]


def ticket(width: int = 576) -> Image.Image:
    image = Image.new("1", (width, 120), 1)
    ImageDraw.Draw(image).rectangle((100, 20, 171, 99), fill=0)
    return image


# -- printers ----------------------------------------------------------------------------------------------------------
def test_each_question_stands_before_its_answer_in_words(view: Traffic) -> None:
    with TcpPrinter() as served:
        printer = escpos.create(escpos.Settings(driver="escpos", url=served.url))
        view.start("printer")
        printer.status()
        served.printer.fault = Fault.PAPER_OUT
        printer.status()
        printer.close()
    lines = view.lines()
    assert told(lines)[:5] == [
        ("", "đã nối"),
        ("10 04 01", "hỏi trạng thái 1"),
        ("12", "mọi thứ tốt"),
        ("10 04 02", "hỏi trạng thái 2"),
        ("12", "mọi thứ tốt"),
    ]
    assert [line.direction for line in lines][:3] == [NOTE, SENT, RECEIVED]
    assert "Máy in đã hết giấy" in [line.meaning for line in lines[9:]]
    assert told(lines)[-1] == ("", "đã ngắt")
    assert all(line.at <= other.at for line, other in pairwise(lines))


def test_a_job_is_shown_command_by_command_without_its_picture(view: Traffic) -> None:
    with TcpPrinter() as served:
        printer = escpos.create(escpos.Settings(driver="escpos", url=served.url))
        view.start("printer")
        printer.print_page(ticket())
        printer.close()
        assert len(served.printer.pictures) == 1
    job = {line.hex: line.meaning for line in view.lines() if line.direction is SENT}
    (raster,) = (text for text in job if "raster" in text)
    assert raster.startswith("1D 76 30 03 ")
    assert (raster[-15:], job[raster]) == ("<raster 384×80>", "in ảnh 384×80 điểm")
    assert job["1B 4A 14"] == "đẩy giấy 20 điểm"
    assert all(MASK not in text for text in job)
    assert all(len(text) < 50 for text in job)


@pytest.mark.parametrize("cut", list(Cut))
def test_every_command_of_ours_has_a_meaning(view: Traffic, cut: Cut) -> None:
    view.start("printer")
    TAPS["printer"].sent(encode(ticket(), cut))
    assert [line.hex for line in view.lines() if not line.meaning] == []
    assert [line.hex for line in view.lines() if MASK in line.hex] == []


@given(st.integers(8, 368))
def test_a_picture_in_pieces_is_hidden_all_the_same(cut: int) -> None:
    job = bytes((0x1D, 0x76, 0x30, 0, 9, 0, 40, 0)) + b"N" * 360 + b"\x1bJ\x05"
    one = tap("printer")
    for piece in (job[:cut], job[cut:368], job[368:]):
        one.sent(piece)
    assert shown(one) == ["1D 76 30 00 09 00 28 00 <raster 72×40>", "1B 4A 05"]


def test_text_and_unknown_commands_are_only_counted() -> None:
    one = tap("printer")
    one.sent(b"\x1b@Nguyen Van Nghia 001203004567\n\x1bJ\x05\x1d\x56")
    assert shown(one) == ["1B 40", f"29×{MASK}", "0A", "1B 4A 05", f"2×{MASK}"]


def test_a_code_scanner_in_the_printers_place_tells_nothing() -> None:
    one = tap("printer")
    one.sent(b"\x10\x04\x01")
    one.received(b"\x12")
    for byte in QR.encode():
        one.received(bytes((byte,)))
    one.sent(b"\x10\x04\x14")
    one.received(QR.encode())
    assert set(shown(one)[2:]) == {f"1×{MASK}", "10 04 14", f"{len(QR.encode())}×{MASK}"}


def test_six_bytes_of_full_status_are_understood(view: Traffic) -> None:
    with TcpPrinter() as served:
        printer = custom_vkp.create(custom_vkp.Settings(driver="custom_vkp", url=served.url))
        view.start("printer")
        printer.status()
        served.printer.fault = Fault.COVER_OPEN
        printer.status()
        printer.close()
    answers = [line for line in view.lines() if line.direction is RECEIVED]
    assert {answers[0].hex[:5], answers[-1].hex[:5]} == {"10 0F"}
    assert (answers[0].meaning, answers[-1].meaning) == ("mọi thứ tốt", "Nắp máy in đang mở")


def test_a_line_that_is_gone_is_told(view: Traffic) -> None:
    printer = escpos.create(escpos.Settings(driver="escpos", url="socket://127.0.0.1:9"))
    view.start("printer")
    assert printer.status().condition is Condition.OFFLINE
    assert {(line.direction, line.hex) for line in view.lines()} == {(NOTE, "")}
    assert "Máy chưa kết nối được với thiết bị này." in [line.meaning for line in view.lines()]


# -- code scanners -----------------------------------------------------------------------------------------------------
def test_of_a_scanned_code_only_separators_and_its_end_are_shown(view: Traffic, tmp_path: Path) -> None:
    far, near = os.openpty()
    tty.setraw(near)
    scanner = serial_line.create(
        serial_line.Settings(driver="serial_line", url=f"serial://{os.ttyname(near)}", prefix="")
    )
    try:
        scanner.open()
        view.start("code_scanner")
        os.write(far, QR.encode() + b"\r\n")
        assert scanner.read_code(5.0) == QR
    finally:
        scanner.close()
        os.close(near)
        os.close(far)
    read = [line for line in view.lines() if line.direction is RECEIVED]
    assert " ".join(line.hex for line in read) == ("12×·· 7C 9×·· 7C 20×·· 7C 8×·· 7C 3×·· 7C 16×·· 7C 8×·· 0D 0A")
    assert read[-1].meaning == "76 byte, đã che · CR LF"


@given(st.text(), st.data())
@example(QR, None)
def test_two_codes_of_one_shape_look_the_same(text: str, data: st.DataObject | None) -> None:
    """Nothing is learned from the view but lengths, separators and control characters."""
    raw = text.encode()
    letters = [i for i, byte in enumerate(raw) if byte >= 0x80 or chr(byte).isalnum() or byte == 0x20]
    other = bytearray(raw)
    for place in letters:
        other[place] = data.draw(st.sampled_from(b"aZ09 \xc3\xbf")) if data else ord("7")
    first, second = tap("code_scanner"), tap("code_scanner")
    first.received(raw)
    second.received(bytes(other))
    assert shown(first) == shown(second)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
def test_every_byte_is_counted_and_no_letter_shown(pieces: list[bytes]) -> None:
    one = tap("code_scanner")
    count = 0
    for piece in pieces:
        one.received(piece)
    for token in " ".join(shown(one)).split():
        if token.endswith(MASK):
            count += int(token.removesuffix(f"×{MASK}"))
        else:
            count += 1
            assert not chr(int(token, 16)).isalnum()
            assert int(token, 16) < 0x80
    assert count == sum(map(len, pieces))


# -- cards -------------------------------------------------------------------------------------------------------------
def test_a_chip_is_shown_as_the_trace_does(view: Traffic) -> None:
    view.start("card_reader")
    one = TAPS["card_reader"]
    one.exchange(bytes.fromhex("00A4040C07A0000002471001"), b"", 0x9000)
    one.exchange(bytes.fromhex("0CB08D000D") + b"NGUYEN 001203" + b"\0", b"NGUYEN VAN NGHIA", 0x9000)
    one.exchange(bytes.fromhex("00B0010010"), b"001203004567", 0x6982)
    assert told(view.lines()) == [
        ("00A4040C A0000002471001", "chọn tệp"),
        ("9000", "tốt"),
        ("0CB08D00 [13]", "đọc tệp · có mã hóa"),
        ("[16] 9000", "tốt"),
        ("00B00100", "đọc tệp"),
        ("[12] 6982", "chưa được phép đọc"),
    ]


# -- the view ----------------------------------------------------------------------------------------------------------
def test_off_nothing_is_kept_and_stopping_forgets(view: Traffic) -> None:
    with TcpPrinter() as served:
        printer = escpos.create(escpos.Settings(driver="escpos", url=served.url))
        printer.status()
        assert TAPS["printer"].since() == []
        view.start("printer")
        printer.status()
        assert view.lines()
        view.start("code_scanner")
        assert TAPS["printer"].since() == []
        printer.status()
        assert (TAPS["printer"].since(), TAPS["printer"].on) == ([], False)
        view.stop()
        assert (view.lines(), view.device) == ([], "")
        printer.close()


def test_the_ring_is_bounded_and_numbers_go_on() -> None:
    one = tap("code_scanner")
    for _ in range(KEPT + 50):
        one.received(b"x")
    assert len(one.since()) == KEPT
    assert one.since()[-1].number == KEPT + 50
    one.start()
    one.received(b"x")
    assert one.since()[0].number == KEPT + 51


def test_lines_since_are_the_new_ones_and_understand_older_questions(view: Traffic) -> None:
    view.start("printer")
    TAPS["printer"].sent(b"\x10\x04\x04")
    last = view.lines()[-1].number
    TAPS["printer"].received(b"\x72")
    (line,) = view.lines(last)
    assert (line.hex, line.meaning) == ("72", "Máy in đã hết giấy")


def test_it_may_be_read_while_it_is_written(view: Traffic) -> None:
    view.start("code_scanner")
    seen: list[int] = []

    def write() -> None:
        for _ in range(2000):
            TAPS["code_scanner"].received(b"a|b\r")

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive() or view.lines(seen[-1] if seen else 0):
        seen += [line.number for line in view.lines(seen[-1] if seen else 0)]
    writer.join()
    assert seen == sorted(set(seen))
    assert seen[-1] - seen[0] >= KEPT - 1


def test_only_kinds_of_devices_can_be_watched(view: Traffic) -> None:
    with pytest.raises(KeyError):
        view.start("toaster")
    for kind in DEVICE_KINDS:
        view.start(kind)
    assert watchable({"driver": "pcsc"})
    assert not watchable({"driver": "camera"})
    assert not watchable({})


def test_errors_pass_through_the_tap() -> None:
    scanner = serial_line.create(serial_line.Settings(driver="serial_line", url="serial:///dev/none"))
    with pytest.raises(DeviceError):
        scanner.open()


def test_the_view_speaks_english_too() -> None:
    texts = [text for _, text in traffic.COMMANDS]
    texts += [*traffic.INSTRUCTIONS.values(), *traffic.STATUS_WORDS.values(), *traffic.NOTES.values(), traffic.WELL]
    assert [text for text in (*texts, "{n} byte, đã che", "có mã hóa") if translate(text, "en") == text] == []
    one = Traffic(language="en")
    one.start("printer")
    TAPS["printer"].sent(b"\x10\x04\x01")
    TAPS["printer"].received(b"\x12")
    assert [line.meaning for line in one.lines()] == ["ask status 1", "all well"]
    one.stop()
