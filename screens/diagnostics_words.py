"""Looks and prompts of the technician's screen."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.words import CONNECTION, COUNTERS, DEVICES, FIGURES, TESTS, VERDICTS
from kiosk.i18n import SOURCE_LANGUAGE
from kiosk.state import Stage
from screens import theme
from screens.tr import tr

DEVICE_ICONS = {
    "printer": "printer",
    "code_scanner": "barcode-scan",
    "document_scanner": "scanner",
    "card_reader": "card-account-details-outline",
}
VERDICT_LOOKS = {
    Verdict.PASS: ("check-circle", theme.GREEN_TEXT),
    Verdict.FAIL: ("close-octagon", theme.RED),
    Verdict.NOT_DONE: ("minus-circle-outline", theme.MUTED),
}
# stage: icon, what to do, more about it, the main action ("" = the machine goes on by itself), what «no» is called
PROMPTS = {
    Stage.WORKING: ("timer-sand", "Máy đang kiểm tra…", "Xin chờ một chút.", "", ""),
    Stage.SHOW_TICKET: (
        "qrcode-scan",
        "Đưa phiếu vừa in vào máy đọc mã",
        "Máy phải đọc lại đúng mã của phiếu này.",
        "",
        "Không đọc được",
    ),
    Stage.LOOK_AT_TICKET: (
        "receipt-text-outline",
        "Phiếu vừa in có rõ và đủ chữ không?",
        "Xem kỹ các dấu thanh, hai mép giấy và mã QR.",
        "Có, rõ và đủ",
        "Không rõ",
    ),
    Stage.SHOW_CODE: (
        "barcode-scan",
        "Đưa một mã bất kỳ vào máy đọc mã",
        "Máy chỉ đếm số ký tự, không giữ nội dung.",
        "",
        "Không đọc được",
    ),
    Stage.PLACE_SHEET: (
        "scanner",
        "Đặt một tờ giấy trắng, sạch vào máy quét",
        "Máy sẽ tìm vết bẩn trên mặt kính.",
        "Đã đặt giấy",
        "",
    ),
    Stage.SHOW_CARD: (
        "qrcode-scan",
        "Đưa mã QR của thẻ vào máy đọc mã",
        "Số thẻ chỉ để mở chip. Máy không hiện và không giữ lại.",
        "",
        "Nhập số bằng tay",
    ),
    Stage.TYPE_NUMBER: (
        "dialpad",
        "Nhập số của thẻ",
        "12 số in trên thẻ, hoặc 6 số cuối. Số chỉ để mở chip, máy không giữ lại.",
        "Tiếp tục",
        "",
    ),
    Stage.LAY_CARD: (
        "card-account-details-outline",
        "Đặt thẻ lên đầu đọc",
        "Máy đọc chip ngay khi thấy thẻ, và không hiện thông tin của thẻ.",
        "Đã đặt thẻ",
        "",
    ),
    Stage.TOUCH: (
        "gesture-tap",
        "Chạm vào mọi ô trên màn hình",
        "Kéo ngón tay qua từng ô. Lưới tự đóng khi hết ô, hoặc khi 12 giây không có ô mới.",
        "Bắt đầu",
        "",
    ),
    Stage.LISTEN: ("volume-high", "Bạn có nghe tiếng chuông không?", "", "Có, nghe rõ", "Không nghe thấy"),
}


def test_title(test: str, device: str) -> str:
    """«Máy in phiếu: Kết nối và trạng thái»."""
    name = tr._(TESTS.get(test, test))
    return f"{tr._(DEVICES[device])}: {name[:1].lower()}{name[1:]}" if device in DEVICES else name


def told(record: TestRecord) -> str:
    """The verdict in words, when, and why."""
    parts = [tr._(VERDICTS[record.verdict]), record.at.strftime("%H:%M %d/%m")]
    return " · ".join([*parts, tr.error(record.code).rstrip(".")] if record.code else parts)


def measured(record: TestRecord) -> str:
    """The figures of a test."""
    return " · ".join(_filled(FIGURES, record.figures))


def counted(counters: Mapping[str, float | str]) -> str:
    """Counters of a device in words."""
    return " · ".join(_filled(COUNTERS, counters))


def connected(connection: Mapping[str, float | str]) -> str:
    """Model, firmware and address of a device."""
    return " · ".join(_filled(CONNECTION, connection))


def _filled(words: dict[str, str], values: Mapping[str, float | str]) -> list[str]:
    return [tr._(text).format(n=_number(values[name])) for name, text in words.items() if values.get(name, "") != ""]


def _number(value: float | str) -> str:
    text = value if isinstance(value, str) else f"{value:.10g}"
    return text.replace(".", ",") if tr.language == SOURCE_LANGUAGE and not isinstance(value, str) else text
