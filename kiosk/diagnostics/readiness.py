"""Is this machine ready for citizens? One page for the technician to sign, and the same in short on the ticket printer.

In Vietnamese, as the paper goes into the centre's files. Nothing of any citizen stands in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus
from kiosk import __version__, i18n
from kiosk.config import ASSETS, Config
from kiosk.diagnostics.connection import connection_of, place_of
from kiosk.diagnostics.history import History
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.selftests import SelfTest
from kiosk.diagnostics.words import DEVICES, FIGURES, TESTS, VERDICTS
from kiosk.slips import Banner, Block, Item, Pair, Qr, Rule, Slip, Style, Text

if TYPE_CHECKING:
    from fpdf import FPDF

LANGUAGE = i18n.SOURCE_LANGUAGE
READY, NOT_READY = "SẴN SÀNG PHỤC VỤ", "CHƯA SẴN SÀNG"
CONDITIONS = {
    Condition.READY: "Sẵn sàng",
    Condition.ATTENTION: "Cần người xử lý",
    Condition.FAULT: "Hỏng",
    Condition.OFFLINE: "Không tìm thấy",
}
CONNECTION = ("maker", "model", "where", "firmware", "serial")
FRESH_HOURS = 24  # a self-test that is older tells nothing about today
NOT_TRIED = {"skipped", "province_sandbox", "province_absent"}  # left out by a person, or with nothing to try
DIGEST_LETTERS = 16
FONT = "Be Vietnam"
INK, MUTED, GREEN, RED, LINE = (26, 26, 26), (90, 86, 78), (27, 127, 75), (155, 28, 31), (217, 211, 199)
HEAD = (243, 239, 231)
MARGIN, ROW, SIGNATURES = 18, 4.6, 36  # millimetres


@dataclass(frozen=True)
class Readiness:
    """All that the report tells. `records` are the newest of each self-test."""

    config: Config
    technician: str
    at: datetime
    statuses: Mapping[str, DeviceStatus]
    records: Sequence[TestRecord]
    expected: Sequence[SelfTest] = ()  # what must have been tried
    connections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # as just found; else as remembered
    waiting: int | None = None  # dossiers in the outbox; None where it cannot be read
    paper_metres: float | None = None
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reasons", tuple(_reasons(self)))

    @property
    def ready(self) -> bool:
        """Whether every device is a real one and ready, and each self-test was passed within a day."""
        return not self.reasons

    @property
    def digest(self) -> str:
        """The first letters of the SHA-256 of what the report tells, on paper and in the file: the same report."""
        told = [self.at.isoformat(), self.technician, *self.reasons, *(str(r.to_json()) for r in self.records)]
        told += [f"{kind} {status.condition} {status.code}" for kind, status in sorted(self.statuses.items())]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGEST_LETTERS].upper()


def newest(records: Sequence[TestRecord]) -> tuple[TestRecord, ...]:
    """Of records that come newest first, the newest of each test, in the order of `TESTS`."""
    found: dict[tuple[str, str], TestRecord] = {}
    for record in records:
        found.setdefault((record.test, record.device), record)
    order = list(TESTS)
    known = [record for record in found.values() if record.test in TESTS]
    return tuple(sorted(known, key=lambda r: (order.index(r.test), r.device)))


def test_name(test: SelfTest | TestRecord) -> str:
    """«Máy in phiếu: kết nối và trạng thái»."""
    key = test.name if isinstance(test, SelfTest) else test.test
    name = TESTS.get(key, key)
    return f"{DEVICES[test.device]}: {name[:1].lower()}{name[1:]}" if test.device in DEVICES else name


def figures(record: TestRecord) -> str:
    """What was measured, in words."""
    values = {
        key: value if isinstance(value, str) else f"{value:.10g}".replace(".", ",")
        for key, value in record.figures.items()
    }
    return " · ".join(text.format(n=values[key]) for key, text in FIGURES.items() if values.get(key, ""))


def _reasons(told: Readiness) -> list[str]:
    """Why it is not ready, one sentence each."""
    found = []
    for kind in DEVICE_KINDS:
        if kind not in told.config.devices:
            continue
        status = told.statuses.get(kind)
        if status is None:
            found.append(f"{DEVICES[kind]}: chưa biết trạng thái.")
        elif status.condition is not Condition.READY:
            found.append(f"{DEVICES[kind]}: {i18n.error_text(status.code, LANGUAGE) or CONDITIONS[status.condition]}")
        elif told.config.devices[kind].get("driver") == "simulated":
            found.append(f"{DEVICES[kind]}: thiết bị mô phỏng, không phải máy thật.")
    if told.config.province is None or told.config.province.sandbox:
        found.append("Cổng của tỉnh: chưa nối với hệ thống thật.")
    tried = {(record.test, record.device) for record in told.records if record.code not in NOT_TRIED}
    if untried := [test_name(test) for test in told.expected if (test.name, test.device) not in tried]:
        found.append(f"Chưa thử: {'; '.join(untried)}.")
    for record in told.records:
        if record.verdict is Verdict.FAIL:
            found.append(f"{test_name(record)}: {i18n.error_text(record.code, LANGUAGE)}")
        elif record.verdict is Verdict.PASS and (told.at - record.at).total_seconds() > FRESH_HOURS * 3600:
            found.append(f"{test_name(record)}: kết quả đã cũ hơn {FRESH_HOURS} giờ.")
    return found


def slip(told: Readiness) -> Slip:
    """The report in short, for the ticket printer."""
    blocks: list[Block] = [
        Text(told.config.site.name, Style.CENTRE),
        Rule(),
        Text("BÁO CÁO SẴN SÀNG", Style.TITLE),
        Banner(READY if told.ready else NOT_READY),
        Pair("Máy", told.config.site.kiosk_id),
        Pair("Giờ", f"{told.at:%H:%M, %d/%m/%Y}"),
        Pair("Kỹ thuật viên", told.technician),
        Rule(),
    ]
    for kind in told.config.devices:
        status = told.statuses.get(kind)
        blocks.append(Pair(DEVICES[kind], CONDITIONS[status.condition] if status else "?"))
    passed = sum(record.verdict is Verdict.PASS for record in told.records)
    failed = sum(record.verdict is Verdict.FAIL for record in told.records)
    blocks.append(Pair("Tự kiểm tra", f"{passed} đạt, {failed} không đạt"))
    blocks += [Item(reason) for reason in told.reasons]
    blocks += [Rule(), Pair("Mã báo cáo", told.digest), Qr(f"KR1|{told.config.site.kiosk_id}|{told.digest}")]
    return Slip(tuple(blocks))


def write(told: Readiness, folder: Path) -> Path:
    """The report as a PDF in `folder`, under its time. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"readiness-{told.config.site.kiosk_id}-{told.at:%Y%m%d-%H%M%S}.pdf"
    temporary = path.with_suffix(".part")
    temporary.write_bytes(pdf(told))
    temporary.replace(path)
    return path


def pdf(told: Readiness) -> bytes:
    """The report on A4 with every Vietnamese letter, its text can be selected."""
    paper = _paper(told)
    _verdict(paper, told)
    _devices(paper, told)
    _tests(paper, told)
    _signatures(paper, told)
    return bytes(paper.output())


def _paper(told: Readiness) -> FPDF:
    from fpdf import FPDF

    class Report(FPDF):
        """Its pages tell which report they belong to."""

        def footer(self) -> None:
            """Kiosk, report and page."""
            self.set_y(-14)
            self.set_font(FONT, size=8)
            self.set_text_color(*MUTED)
            name = f"{told.config.site.kiosk_id} · báo cáo {told.digest} · phiên bản {__version__}"
            self.cell(0, 5, name)
            self.set_x(MARGIN)
            self.cell(0, 5, f"Trang {self.page_no()} / {{nb}}", align="R")

    paper = Report(format="A4")
    paper.set_margins(MARGIN, MARGIN)
    paper.set_auto_page_break(True, 18)
    paper.add_font(FONT, "", str(ASSETS / "fonts" / "BeVietnamPro_400Regular.ttf"))
    paper.add_font(FONT, "B", str(ASSETS / "fonts" / "BeVietnamPro_700Bold.ttf"))
    paper.set_title(f"Báo cáo sẵn sàng {told.config.site.kiosk_id}")
    paper.set_lang("vi")
    paper.set_creation_date(told.at)
    paper.add_page()
    paper.set_text_color(*MUTED)
    paper.set_font(FONT, size=10)
    paper.cell(0, 5, f"{told.config.site.name} · {told.config.site.agency_code}", new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(*INK)
    paper.set_font(FONT, "B", 20)
    paper.cell(0, 12, "Báo cáo sẵn sàng của máy tự phục vụ", new_x="LMARGIN", new_y="NEXT")
    paper.set_font(FONT, size=10)
    paper.cell(0, 6, f"Máy {told.config.site.kiosk_id} · {told.at:%H:%M ngày %d/%m/%Y} · {told.technician}")
    paper.ln(9)
    return paper


def _verdict(paper: FPDF, told: Readiness) -> None:
    paper.set_fill_color(*(GREEN if told.ready else RED))
    paper.set_text_color(255, 255, 255)
    paper.set_font(FONT, "B", 16)
    paper.cell(0, 13, READY if told.ready else NOT_READY, align="C", fill=True, new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)
    paper.set_text_color(*INK)
    paper.set_font(FONT, size=10)
    for reason in told.reasons:
        paper.multi_cell(0, 5.4, f"•  {reason}", new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)


def _heading(paper: FPDF, text: str) -> None:
    paper.set_font(FONT, "B", 12)
    paper.cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")
    paper.set_font(FONT, size=9)


def _table(paper: FPDF, widths: tuple[int, ...], rows: Sequence[tuple[str, ...]], bad: Sequence[bool]) -> None:
    """The first row is the heading; the last column of a bad row is red, and bold."""
    from fpdf import FontFace

    paper.set_draw_color(*LINE)
    paper.set_fill_color(255, 255, 255)
    heading = FontFace(emphasis="BOLD", color=INK, fill_color=HEAD)
    with paper.table(
        col_widths=widths,
        line_height=ROW,
        padding=(0.6, 1.2),
        headings_style=heading,
        text_align="LEFT",
        borders_layout="HORIZONTAL_LINES",
    ) as table:
        for number, cells in enumerate(rows):
            row = table.row()
            for column, text in enumerate(cells):
                wrong = number > 0 and bad[number - 1] and column == 1
                row.cell(text, style=FontFace(emphasis="BOLD", color=RED) if wrong else None)
    paper.ln(4)


def _devices(paper: FPDF, told: Readiness) -> None:
    _heading(paper, "Thiết bị")
    rows, bad = [("Thiết bị", "Trạng thái", "Kết nối", "Việc cần làm")], []
    for kind in DEVICE_KINDS:
        table = told.config.devices.get(kind)
        if table is None:
            rows.append((DEVICES[kind], "Không có trong cấu hình", "", ""))
            bad.append(False)
            continue
        status = told.statuses.get(kind)
        connection = told.connections.get(kind) or _known(told.config, kind)
        where = " · ".join(text for name in CONNECTION if (text := connection.get(name)))
        code = status.code if status else ""
        state = " – ".join(filter(None, (CONDITIONS[status.condition] if status else "?", _sentence(code))))
        rows.append((DEVICES[kind], state, f"{table.get('driver')} {where}".strip(), i18n.staff_advice(code, LANGUAGE)))
        bad.append(status is None or status.condition is not Condition.READY)
    _table(paper, (34, 46, 44, 50), rows, bad)


def _known(config: Config, kind: str) -> dict[str, str]:
    """How a device is connected now, and who it was when it last told of itself."""
    table = config.devices[kind]
    known = connection_of(table)
    with suppress(OSError):
        known |= History(config.storage.data_dir).identity(kind, place_of(table))
    return known


def _tests(paper: FPDF, told: Readiness) -> None:
    _heading(paper, "Tự kiểm tra")
    rows, bad = [("Bước", "Kết quả", "Số đo", "Giờ")], []
    for record in told.records:
        verdict = " – ".join(filter(None, (VERDICTS[record.verdict], _sentence(record.code))))
        who = f" · {record.confirmed_by} xác nhận" if record.confirmed_by else ""
        rows.append((test_name(record), verdict, figures(record), f"{record.at:%H:%M %d/%m}{who}"))
        bad.append(record.verdict is Verdict.FAIL)
    _table(paper, (52, 48, 48, 26), rows, bad)
    paper.set_font(FONT, size=9)
    counted = [] if told.waiting is None else [f"Hồ sơ chờ gửi: {told.waiting}."]
    counted += [] if told.paper_metres is None else [f"Giấy in còn khoảng {told.paper_metres:.0f} m."]
    if counted:
        paper.cell(0, 6, " ".join(counted), new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)


def _sentence(code: str) -> str:
    return i18n.error_text(code, LANGUAGE).rstrip(".") if code else ""


def _signatures(paper: FPDF, told: Readiness) -> None:
    if paper.will_page_break(SIGNATURES):
        paper.add_page()
    half, top = paper.epw / 2, paper.get_y()
    for column, (title, name) in enumerate((("Kỹ thuật viên", told.technician), ("Đại diện Trung tâm", ""))):
        left = MARGIN + column * half
        paper.set_font(FONT, "B", 10)
        paper.set_xy(left, top)
        paper.cell(half, 6, title, align="C")
        paper.set_font(FONT, size=9)
        paper.set_text_color(*MUTED)
        paper.set_xy(left, top + 6)
        paper.cell(half, 5, "(ký, ghi rõ họ tên)", align="C")
        paper.set_text_color(*INK)
        paper.set_xy(left, top + SIGNATURES - 8)
        paper.cell(half, 5, name, align="C")
