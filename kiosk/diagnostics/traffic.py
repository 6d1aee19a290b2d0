"""The live view of what goes over the line to one device: bytes in hexadecimal, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from devices.printer import custom_vkp, escpos
from devices.traffic import CLOSED, FULL_STATUS, FULL_STATUS_BYTES, MASK, OPENED, TAPS, Direction, Passage
from kiosk.i18n import SOURCE_LANGUAGE, error_text, translate

# text for the bytes that a command begins with, the longest first; {a} {b} are its third and fourth byte
COMMANDS = (
    ("10 04 14", "hỏi toàn bộ trạng thái"),
    ("10 04", "hỏi trạng thái {a}"),
    ("10 05", "gỡ lỗi và chạy tiếp"),
    ("10 14 08", "xóa phần còn lại trong bộ nhớ máy in"),
    ("1B 40", "khởi động lại máy in"),
    ("1B 61", "canh lề"),
    ("1B 74", "chọn bảng chữ {a}"),
    ("1B 4A", "đẩy giấy {a} điểm"),
    ("1B 64", "đẩy giấy {a} dòng"),
    ("1B 69", "cắt đứt giấy"),
    ("1D 56", "cắt giấy"),
    ("1D 65 02", "kéo phiếu vào lại"),
    ("1D 65 03", "đưa phiếu ra cửa"),
    ("1D 65 05", "nhả phiếu"),
    ("1D 49", "hỏi tên và phiên bản máy in"),
    ("1D 67", "hỏi bộ đếm"),
    ("1D 76 30", "in ảnh {raster} điểm"),
    ("0A", "xuống dòng"),
)
INSTRUCTIONS = {  # ISO/IEC 7816-4, table 4
    0x20: "kiểm tra mã",
    0x22: "chọn cách bảo mật",
    0x82: "xác thực với chip",
    0x84: "xin số ngẫu nhiên",
    0x86: "mở khóa chip",
    0x88: "thử chip thật",
    0xA4: "chọn tệp",
    0xB0: "đọc tệp",
    0xB1: "đọc tệp",
    0xC0: "lấy phần còn lại",
    0xCB: "đọc dữ liệu",
}
STATUS_WORDS = {  # ISO/IEC 7816-4, tables 5 and 6
    "9000": "tốt",
    "6A82": "không có tệp này",
    "6982": "chưa được phép đọc",
    "6985": "chưa đủ điều kiện",
    "6988": "bảo mật sai",
    "6300": "sai khóa",
    "6700": "sai độ dài",
    "6A86": "sai tham số",
    "6D00": "không biết lệnh này",
    "6E00": "không biết lớp lệnh này",
}
CONTROLS = {"02": "STX", "03": "ETX", "04": "EOT", "09": "TAB", "0A": "LF", "0D": "CR", "1D": "GS", "1E": "RS"}
WELL = "mọi thứ tốt"
NOTES = {OPENED: "đã nối", CLOSED: "đã ngắt"}
NO_BYTES = ("simulated", "camera", "wedge", "sane")  # drivers that use no line of ours


@dataclass(frozen=True)
class TrafficLine:
    """One line of the view; `hex` shows `··` for blanked bytes, `meaning` is in words."""

    number: int
    at: datetime
    direction: Direction
    hex: str
    meaning: str


def watchable(table: Mapping[str, Any]) -> bool:
    """Whether a device with this configuration has a line that can be watched."""
    return bool(table.get("driver")) and table["driver"] not in NO_BYTES


class Traffic:
    """Watches one device at a time; may be used from any thread."""

    def __init__(self, zone: tzinfo = UTC, language: str = SOURCE_LANGUAGE) -> None:
        self._zone = zone
        self._language = language
        self._device = ""

    @property
    def device(self) -> str:
        """The kind that is watched, "" when none is."""
        return self._device

    def start(self, device: str) -> None:
        """Watch this kind of device, and no other any more. Raises KeyError for no kind of device."""
        tap = TAPS[device]
        self.stop()
        self._device = device
        tap.start()

    def stop(self) -> None:
        """Watch nothing, and forget what was seen."""
        device, self._device = self._device, ""
        if device:
            TAPS[device].stop()

    def lines(self, since: int = 0) -> list[TrafficLine]:
        """The lines with a number above `since`, oldest first; [] while nothing is watched."""
        device = self._device
        if not device:
            return []
        passages = TAPS[device].since()  # all: an answer is understood by its question
        meanings = {"printer": self._printer, "card_reader": self._card}.get(device, self._code)(passages)
        return [
            TrafficLine(p.number, datetime.fromtimestamp(p.at, self._zone), p.direction, _hex(p), meaning)
            for p, meaning in zip(passages, meanings, strict=True)
            if p.number > since
        ]

    # -- meanings ------------------------------------------------------------------------------------------------
    def _say(self, text: str, **values: object) -> str:
        return translate(text, self._language).format(**values)

    def _note(self, passage: Passage) -> str:
        known = NOTES.get(passage.shown)
        return self._say(known) if known else error_text(passage.shown, self._language)

    def _blanked(self, shown: str) -> int:
        """How many bytes are blanked in it."""
        return sum(int(count or 1) for count in re.findall(rf"(?:(\d+)×)?{MASK}", shown))

    def _code(self, passages: list[Passage]) -> Iterator[str]:
        for passage in passages:
            if passage.direction is Direction.NOTE:
                yield self._note(passage)
                continue
            told = [self._say("{n} byte, đã che", n=self._blanked(passage.shown))]
            names = [CONTROLS.get(token) for token in passage.shown.split()]
            told += [" ".join(name for name in names if name)] if any(names) else []
            yield " · ".join(told)

    def _card(self, passages: list[Passage]) -> Iterator[str]:
        for passage in passages:
            if passage.direction is Direction.NOTE:
                yield self._note(passage)
            elif passage.direction is Direction.SENT:
                instruction = INSTRUCTIONS.get(int(passage.shown[2:4], 16), "")
                secret = int(passage.shown[:2], 16) & 0x0C == 0x0C
                yield self._say(instruction) + (f" · {self._say('có mã hóa')}" if secret else "")
            else:
                yield self._say(STATUS_WORDS.get(passage.shown[-4:], ""))

    def _printer(self, passages: list[Passage]) -> Iterator[str]:
        question = 0
        answer: list[int] = []
        for passage in passages:
            if passage.direction is Direction.NOTE:
                yield self._note(passage)
            elif passage.direction is Direction.SENT:
                if found := re.match("10 04 (..)", passage.shown):
                    question, answer = int(found[1], 16), []
                yield self._command(passage.shown)
            elif MASK in passage.shown:
                yield self._say("{n} byte, đã che", n=self._blanked(passage.shown))
            else:
                answer += [int(token, 16) for token in passage.shown.split()]
                yield self._answer(question, answer)

    def _command(self, shown: str) -> str:
        if MASK in shown:
            return self._say("{n} byte, đã che", n=self._blanked(shown))
        raster = re.search(r"<raster (.*)>", shown)
        values = [*(int(token, 16) for token in shown.partition(" <")[0].split()), 0, 0, 0]
        for begins, text in COMMANDS:
            if shown.startswith(begins):
                return self._say(text, a=values[2], raster=raster[1] if raster else "")
        return ""

    def _answer(self, question: int, answer: list[int]) -> str:
        """What status bytes tell, in the words of the drivers' own tables."""
        if question == FULL_STATUS:
            if len(answer) < FULL_STATUS_BYTES:
                return ""
            codes = [code for byte, mask, _, code in custom_vkp.MEANINGS if answer[byte] & mask]
        else:
            codes = [code for n, mask, _, code in escpos.MEANINGS if n == question and answer[-1] & mask]
        told = [error_text(code, self._language).rstrip(".") for code in dict.fromkeys(codes)]
        return ", ".join(told) or self._say(WELL)


def _hex(passage: Passage) -> str:
    return "" if passage.direction is Direction.NOTE else passage.shown
