"""The centre's figures as lines, as CSV and as one page of PDF with charts. In Vietnamese: they go to the province."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from kiosk.config import ASSETS, Site
from kiosk.figures import REASONS, Figures, Spread

if TYPE_CHECKING:
    from fpdf import FPDF

PURPOSES = {
    "number": "Lấy số",
    "dossier": "Nộp hồ sơ",
    "counter": "Chuẩn bị để nộp ở quầy",
    "lookup": "Tra cứu hồ sơ",
    "petition": "Góp ý",
    "look": "Xem thủ tục",
}
STARS = {5: "Rất hài lòng", 4: "Hài lòng", 3: "Bình thường", 2: "Không hài lòng", 1: "Rất không hài lòng"}
STEPS = {
    "home": "Màn hình đầu",
    "priority": "Ưu tiên",
    "ticket": "Phiếu số",
    "procedures": "Chọn thủ tục",
    "bring": "Giấy tờ cần mang",
    "prepare": "Chuẩn bị",
    "checklist": "Danh sách giấy tờ",
    "identify": "Định danh",
    "card": "Đọc chip",
    "notice": "Thông báo dữ liệu",
    "form": "Điền tờ khai",
    "papers": "Giấy tờ",
    "scan": "Quét giấy tờ",
    "review": "Kiểm tra lại",
    "declare": "Cam đoan",
    "follow": "Nhập mã tra cứu",
    "lookup": "Tra cứu",
    "appointment": "Lịch hẹn",
    "pay": "Trả lệ phí",
    "vneid": "VNeID",
    "petition": "Góp ý",
}
TICKETS = {
    "issued": "đang in",
    "printed": "đang chờ",
    "print_failed": "in hỏng",
    "called": "đã gọi",
    "serving": "đang phục vụ",
    "done": "xong",
    "held": "đang tạm giữ",
    "absent": "vắng mặt",
    "transferred": "đã chuyển",
    "cancelled": "đã hủy",
}
UNKNOWN = "chưa có số liệu"
FONT = "Be Vietnam"
INK, MUTED, LINE = (26, 26, 26), (90, 86, 78), (217, 211, 199)
RED, BLUE, GREEN, GOLD = (155, 28, 31), (20, 93, 160), (27, 127, 75), (184, 134, 43)
FACES = {5: GREEN, 4: GREEN, 3: BLUE, 2: GOLD, 1: RED}
MARGIN, BAR, LABEL_WIDTH = 18, 5.4, 52  # millimetres

Row = tuple[str, str, float | None, str]  # group, what, number, unit


def rows(told: Figures) -> Iterator[Row]:
    """Every figure in its order; None where nothing is known."""
    yield "Lượt dùng", "Tất cả", told.visits, "lượt"
    yield "Lượt dùng", "Đi đến cùng", told.finished, "lượt"
    for key, count in told.purposes.items():
        yield "Lượt dùng", PURPOSES[key], count, "lượt"
    for step, count in told.abandoned.items():
        yield "Bỏ dở ở bước", STEPS.get(step, step), count, "lượt"
    yield from _spread("Từ định danh đến nộp", told.filling, 60, "phút")
    share = told.satisfied
    yield "Hài lòng", "Tỷ lệ hài lòng", None if share is None else 100 * share, "%"
    for stars, count in told.stars.items():
        yield "Hài lòng", STARS[stars], count, "lượt"
    for level, count in told.levels.items():
        yield "Ba mức của Cổng", level, count, "lượt"
    for reason, count in told.reasons.items():
        yield "Lý do", REASONS.get(reason, reason), count, "lượt"
    yield "Số thứ tự", "Đã cấp", sum(told.tickets.values()), "số"
    for state, count in told.tickets.items():
        yield "Số thứ tự", TICKETS.get(state, state), count, "số"
    yield from _spread("Chờ gọi số", told.waiting, 60, "phút")
    yield from _forecast(told)
    yield from _spread("Ở quầy: từ lấy số đến xong", told.counter, 60, "phút")
    gone = told.online_forgotten
    yield from _spread("Trực tuyến: từ nộp đến tiếp nhận", told.online, 60, "phút", gone)
    yield from _spread("Trực tuyến: từ nộp đến ngày hẹn trả", told.promised, 86400, "ngày", gone)
    yield "Đường truyền", "Không có mạng", told.offline_hours, "giờ"


def _forecast(told: Figures) -> Iterator[Row]:
    group, error = "Thời gian chờ đã báo trên phiếu", told.forecast
    yield group, "Số trường hợp", error.count if error else 0, ""
    yield group, "Sai số tuyệt đối trung bình", error.mean_absolute_minutes if error else None, "phút"
    yield group, "Nằm trong khoảng đã báo", 100 * error.within_range if error else None, "%"


def _spread(group: str, spread: Spread, unit_seconds: int, unit: str, forgotten: bool = False) -> Iterator[Row]:
    yield group, "Số trường hợp", None if forgotten else spread.count, ""
    for name, seconds in (
        ("Trung bình", spread.mean),
        ("Trung vị", spread.median),
        ("9/10 không quá", spread.p90),
    ):
        yield group, name, None if seconds is None else seconds / unit_seconds, unit


def _known_from(told: Figures) -> str:
    """What is said where dossiers of the period are forgotten; "" where none is."""
    day = told.online_from
    return f"Trực tuyến: máy chỉ còn số liệu của hồ sơ nộp từ ngày {day:%d/%m/%Y}." if day else ""


def said(number: float | None, unit: str) -> str:
    """`12`, `4,5 phút`, or that nothing is known."""
    if number is None:
        return UNKNOWN
    text = f"{number:.0f}" if number == int(number) else f"{number:.1f}".replace(".", ",")
    return f"{text} {unit}".strip()


def table(told: Figures) -> Iterator[str]:
    """Lines for a terminal."""
    last = ""
    for group, what, number, unit in rows(told):
        if group != last:
            yield f"\n{group}" if last else group
            last = group
        yield f"  {what:<34}{said(number, unit):>20}"
    if note := _known_from(told):
        yield f"\n{note}"


def as_csv(told: Figures) -> str:
    """UTF-8 with a byte-order mark, so that spreadsheets read its letters; numbers with a point."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["ky", "nhom", "chi_tieu", "gia_tri", "don_vi"])
    for group, what, number, unit in rows(told):
        value = "" if number is None else f"{number:.2f}".rstrip("0").rstrip(".")
        writer.writerow([told.period.name, group, what, value, unit])
    if told.online_from:
        writer.writerow([told.period.name, "Trực tuyến", "Còn số liệu từ ngày nộp", told.online_from.isoformat(), ""])
    return "\ufeff" + text.getvalue()


def as_json(told: Figures) -> dict[str, object]:
    """For programs: the same, nested."""
    spreads = {"filling": told.filling, "waiting": told.waiting, "counter": told.counter}
    spreads |= {"online": told.online, "promised": told.promised}
    return {
        "period": told.period.name,
        "visits": told.visits,
        "finished": told.finished,
        "purposes": dict(told.purposes),
        "abandoned": dict(told.abandoned),
        "seconds": {
            name: {"count": s.count, "mean": s.mean, "median": s.median, "p90": s.p90} for name, s in spreads.items()
        },
        "satisfied": told.satisfied,
        "stars": {str(stars): count for stars, count in told.stars.items()},
        "levels": told.levels,
        "reasons": dict(told.reasons),
        "tickets": dict(told.tickets),
        "forecast": asdict(told.forecast) if told.forecast else None,
        "offline_hours": told.offline_hours,
        "online_from": told.online_from.isoformat() if told.online_from else None,
    }


def pdf(told: Figures, site: Site, at: datetime) -> bytes:
    """One page of A4 (more where there is more to tell), its text can be selected."""
    paper = _paper(told, site, at)
    _tiles(
        paper,
        (
            (said(told.visits, ""), "lượt dùng"),
            (said(told.finished, ""), "đi đến cùng"),
            (_short(told.filling.median, 60, "phút"), "trung vị, từ định danh đến nộp"),
            (_short(told.satisfied, 0.01, "%"), "hài lòng"),
        ),
    )
    bars = {PURPOSES[key]: count for key, count in told.purposes.items()}
    _chart(paper, "Người dân đến để làm gì", bars, BLUE)
    _chart(paper, "Bỏ dở ở bước nào", {STEPS.get(key, key): count for key, count in told.abandoned.items()}, RED)
    _chart(paper, "Mức hài lòng", {STARS[stars]: told.stars.get(stars, 0) for stars in STARS} if told.rated else {})
    levels = " · ".join(f"{level} {count}" for level, count in told.levels.items())
    _note(paper, f"Theo ba mức của Cổng Dịch vụ công: {levels}." if told.rated else "")
    _chart(paper, "Số thứ tự", {TICKETS.get(key, key): count for key, count in told.tickets.items()}, GOLD)
    _times(paper, told)
    return bytes(paper.output())


def _short(value: float | None, unit_size: float, unit: str) -> str:
    return "–" if value is None else said(round(value / unit_size, 1), unit)


def _paper(told: Figures, site: Site, at: datetime) -> FPDF:
    from fpdf import FPDF

    paper = FPDF(format="A4")
    paper.set_margins(MARGIN, MARGIN)
    paper.set_auto_page_break(True, MARGIN)
    paper.add_font(FONT, "", str(ASSETS / "fonts" / "BeVietnamPro_400Regular.ttf"))
    paper.add_font(FONT, "B", str(ASSETS / "fonts" / "BeVietnamPro_700Bold.ttf"))
    paper.set_title(f"Báo cáo {told.period.name}")
    paper.set_lang("vi")
    paper.set_creation_date(at)
    paper.add_page()
    paper.set_text_color(*MUTED)
    paper.set_font(FONT, size=10)
    paper.cell(0, 5, f"{site.name} · {site.agency_code} · máy {site.kiosk_id}", new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(*INK)
    paper.set_font(FONT, "B", 20)
    first = told.period.first
    name = f"ngày {first:%d/%m/%Y}" if first == told.period.last else f"tháng {first:%m/%Y}"
    paper.cell(0, 12, f"Báo cáo máy tự phục vụ, {name}", new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)
    return paper


def _tiles(paper: FPDF, tiles: tuple[tuple[str, str], ...]) -> None:
    width, top = (paper.epw - 9) / len(tiles), paper.get_y()
    for column, (number, what) in enumerate(tiles):
        left = MARGIN + column * (width + 3)
        paper.set_draw_color(*LINE)
        paper.rect(left, top, width, 24, round_corners=True, corner_radius=2)
        paper.set_xy(left, top + 3)
        paper.set_font(FONT, "B", 17)
        paper.cell(width, 9, number, align="C")
        paper.set_xy(left + 2, top + 12.5)
        paper.set_font(FONT, size=8)
        paper.multi_cell(width - 4, 3.8, what, align="C")
    paper.set_xy(MARGIN, top + 29)


def _chart(paper: FPDF, title: str, bars: Mapping[str, int], colour: tuple[int, int, int] | None = None) -> None:
    """Bars side by side from one line, each with its number. Without a colour they are the faces'."""
    if paper.will_page_break(9 + BAR * max(1, len(bars))):
        paper.add_page()
    paper.set_font(FONT, "B", 12)
    paper.cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
    paper.set_font(FONT, size=9)
    if not bars:
        _note(paper, UNKNOWN[:1].upper() + UNKNOWN[1:] + ".")
    room, most = paper.epw - LABEL_WIDTH - 14, max([1, *bars.values()])
    for (label, count), face in zip(bars.items(), [*STARS, *([0] * len(bars))], strict=False):
        top = paper.get_y()
        paper.cell(LABEL_WIDTH, BAR, label)
        paper.set_fill_color(*(colour or FACES[face]))
        paper.rect(MARGIN + LABEL_WIDTH, top + 0.9, max(0.4, room * count / most), BAR - 1.8, style="F")
        paper.set_x(MARGIN + LABEL_WIDTH + room * count / most + 2)
        paper.cell(12, BAR, str(count), new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)


def _note(paper: FPDF, text: str) -> None:
    if text:
        paper.set_text_color(*MUTED)
        paper.set_font(FONT, size=9)
        paper.multi_cell(0, 5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.set_text_color(*INK)
        paper.ln(2)


def _times(paper: FPDF, told: Figures) -> None:
    from fpdf import FontFace

    spreads = (
        ("Từ định danh đến nộp", told.filling, 60, "phút"),
        ("Chờ gọi số", told.waiting, 60, "phút"),
        ("Ở quầy: từ lấy số đến xong", told.counter, 60, "phút"),
        ("Trực tuyến: từ nộp đến tiếp nhận", told.online, 60, "phút"),
        ("Trực tuyến: từ nộp đến ngày hẹn trả", told.promised, 86400, "ngày"),
    )
    if paper.will_page_break(52):
        paper.add_page()
    paper.set_font(FONT, "B", 12)
    paper.cell(0, 8, "Thời gian", new_x="LMARGIN", new_y="NEXT")
    paper.set_font(FONT, size=9)
    paper.set_draw_color(*LINE)
    paper.set_fill_color(255, 255, 255)
    heading = FontFace(emphasis="BOLD", color=INK, fill_color=(243, 239, 231))
    with paper.table(
        col_widths=(66, 24, 28, 28, 28),
        line_height=4.8,
        padding=(0.6, 1.2),
        headings_style=heading,
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"),
        borders_layout="HORIZONTAL_LINES",
    ) as lines:
        lines.row(("", "Trường hợp", "Trung bình", "Trung vị", "9/10 không quá"))
        for name, spread, size, unit in spreads:
            values = (_short(value, size, unit) for value in (spread.mean, spread.median, spread.p90))
            gone = told.online_forgotten and name.startswith("Trực tuyến")
            lines.row((name, "–" if gone else str(spread.count), *values))
    paper.ln(2)
    _note(paper, _known_from(told))
    if error := told.forecast:
        off, within = said(round(error.mean_absolute_minutes, 1), "phút"), said(round(100 * error.within_range), "%")
        _note(paper, f"Thời gian chờ báo trên phiếu: lệch trung bình {off}, {within} nằm trong khoảng đã báo.")
    _note(
        paper,
        f"Không có mạng đến tỉnh: {said(round(told.offline_hours, 1), 'giờ')}. Máy biết ngày hẹn trả, chưa biết ngày"
        " trả thật; ở quầy chỉ tính số đã gọi và phục vụ xong trên hệ thống. Báo cáo không có thông tin cá nhân.",
    )
