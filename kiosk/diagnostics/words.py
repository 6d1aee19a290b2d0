"""Vietnamese words of a technician's reports: what devices, tests and measured figures are called, and their units."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.slips import UNBROKEN_SPACE

DEVICES = {
    "printer": "Máy in phiếu",
    "code_scanner": "Máy đọc mã",
    "document_scanner": "Máy quét giấy tờ",
    "card_reader": "Đầu đọc thẻ",
}
TESTS = {
    "device_state": "Kết nối và trạng thái",
    "printer_ticket": "In phiếu thử, đọc lại mã",
    "code_read": "Đọc một mã bất kỳ",
    "scan_blank": "Quét giấy trắng",
    "card_chip": "Đọc chip của một thẻ",
    "touch_grid": "Chạm khắp màn hình",
    "sound": "Âm thanh",
    "storage_write": "Ghi ổ lưu trữ",
    "outbox_integrity": "Kho hồ sơ",
    "disk_free": "Dung lượng trống",
    "memory": "Bộ nhớ",
    "temperature": "Nhiệt độ",
    "clock": "Giờ so với tỉnh",
    "province_tls": "Đường nối đến tỉnh",
}
# (device, test) that a whole check consists of, in the order in which it is read
EXPECTED = (
    ("printer", "device_state"),
    ("printer", "printer_ticket"),
    ("code_scanner", "device_state"),
    ("code_scanner", "code_read"),
    ("document_scanner", "device_state"),
    ("document_scanner", "scan_blank"),
    ("card_reader", "device_state"),
    ("card_reader", "card_chip"),
    *(("", name) for name in ("touch_grid", "sound", "storage_write", "outbox_integrity", "disk_free", "memory")),
    *(("", name) for name in ("temperature", "clock", "province_tls")),
)
FIGURES = {
    "answer_ms": "trả lời sau {n} ms",
    "median_ms": "thường {n} ms",
    "longest_ms": "lâu nhất {n} ms",
    "pending": "{n} hồ sơ chờ gửi",
    "problems": "{n} chỗ hỏng",
    "free_mb": "còn trống {n} MB",
    "available_mb": "còn trống {n} MB",
    "total_mb": "tổng {n} MB",
    "celsius": "{n} °C",
    "sensor": "cảm biến {n}",
    "difference_s": "lệch {n} giây",
    "health": "tình trạng {n}",
    "read_back": "đọc lại mã: {n}",
    "tls": "{n}",
    "certificate_days": "chứng thư còn {n} ngày",
    "client_certificate_days": "chứng thư của máy còn {n} ngày",
    "characters": "{n} ký tự",
    "scan_s": "quét {n} giây",
    "width_mm": "rộng {n} mm",
    "height_mm": "cao {n} mm",
    "paper_level": "độ sáng của giấy {n}",
    "specks": "{n} chấm bẩn",
    "streaks": "{n} vệt",
    "largest_mm": "lớn nhất {n} mm",
    "places_mm": "tại (mm): {n}",
    "access": "mở bằng {n}",
    "trust": "chữ ký: {n}",
    "clone_check": "{n}",
    "commands": "{n} lệnh",
    "bytes": "{n} byte",
    "seconds": "{n} giây",
    "dead": "{n} ô không nhận chạm",
    "places": "hàng-cột: {n}",
    "reason": "{n}",
}
VALUES = {
    "yes": "được",
    "ok": "tốt",
    "trusted": "tin cậy",
    "untrusted_signer": "người ký chưa biết",
    "failed": "sai",
    "not_checked": "chưa kiểm tra",
    "genuine": "chip thật",
    "copied": "chip sao chép",
    "pace_can": "PACE-CAN",
    "pace_mrz": "PACE-MRZ",
    "bac": "BAC",
}


def title_of(device: str, test: str) -> str:
    """«Máy in phiếu: kết nối và trạng thái»."""
    name = TESTS.get(test, test)
    return f"{DEVICES[device]}: {name[:1].lower()}{name[1:]}" if device in DEVICES else name


def number(value: float, decimals: int | None = None) -> str:
    """As it is written in Vietnamese: 1.234,5; without `decimals` as many as it has, six at the most."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if decimals is None else f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,"))


def measured(figures: Mapping[str, float | str]) -> str:
    """The figures of a test with their units; one that nobody has named keeps its key."""
    return " · ".join(
        FIGURES.get(name, f"{name} {{n}}")
        .replace("{n} ", f"{{n}}{UNBROKEN_SPACE}")
        .format(n=VALUES.get(value, value) if isinstance(value, str) else number(value))
        for name, value in figures.items()
        if value != ""
    )
