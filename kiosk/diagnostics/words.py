"""What devices, self-tests, verdicts, figures and counters are called; Vietnamese, the rest is in the locales."""

from __future__ import annotations

from kiosk.diagnostics.records import Verdict

DEVICES = {
    "printer": "Máy in phiếu",
    "code_scanner": "Máy đọc mã",
    "document_scanner": "Máy quét giấy tờ",
    "card_reader": "Đầu đọc thẻ",
}
TESTS = {
    "device_state": "Kết nối và trạng thái",
    "storage_write": "Ghi ổ lưu trữ",
    "outbox_integrity": "Kho hồ sơ",
    "disk_free": "Dung lượng trống",
    "memory": "Bộ nhớ",
    "temperature": "Nhiệt độ",
    "clock": "Giờ so với tỉnh",
    "province_tls": "Đường nối đến tỉnh",
    "printer_ticket": "In phiếu thử, đọc lại mã",
    "code_read": "Đọc một mã bất kỳ",
    "scan_blank": "Quét giấy trắng",
    "card_chip": "Đọc chip của một thẻ",
    "touch_grid": "Chạm khắp màn hình",
    "sound": "Âm thanh",
}
VERDICTS = {Verdict.PASS: "Đạt", Verdict.FAIL: "Không đạt", Verdict.NOT_DONE: "Chưa kiểm tra"}
FIGURES = {  # what is not here is for the report alone
    "answer_ms": "trả lời sau {n} ms",
    "median_ms": "thường {n} ms",
    "longest_ms": "lâu nhất {n} ms",
    "pending": "{n} hồ sơ chờ gửi",
    "problems": "{n} chỗ hỏng",
    "free_mb": "còn trống {n} MB",
    "available_mb": "còn trống {n} MB",
    "celsius": "{n} °C",
    "difference_s": "lệch {n} giây",
    "tls": "{n}",
    "certificate_days": "chứng thư còn {n} ngày",
    "client_certificate_days": "chứng thư của máy còn {n} ngày",
    "characters": "{n} ký tự",
    "scan_s": "quét {n} giây",
    "specks": "{n} chấm bẩn",
    "streaks": "{n} vệt",
    "largest_mm": "lớn nhất {n} mm",
    "places_mm": "tại (mm): {n}",
    "access": "mở bằng {n}",
    "trust": "chữ ký: {n}",
    "clone_check": "chip: {n}",
    "commands": "{n} lệnh",
    "seconds": "{n} giây",
    "dead": "{n} ô không nhận chạm",
    "places": "hàng-cột: {n}",
    "reason": "{n}",
}
COUNTERS = {
    "jobs": "{n} việc",
    "pages": "{n} trang",
    "reads": "{n} lần đọc",
    "failed": "{n} việc hỏng",
    "faults": "{n} lần lỗi",
}
CONNECTION = {"model": "{n}", "firmware": "phiên bản {n}", "where": "{n}"}
