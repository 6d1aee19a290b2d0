"""Sets the readiness report on A4 pages. The only file that knows fpdf2.

Lengths are millimetres, sizes of letters points. Every colour has a sign or a word beside it: the paper may be copied
in black and white.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF, Align, XPos, YPos
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont

from kiosk.diagnostics import readiness
from kiosk.diagnostics.readiness import Level, Readiness
from kiosk.slip_picture import qr_modules
from kiosk.slips import unbroken

logging.getLogger("fontTools").setLevel(logging.WARNING)  # at INFO it tells every table of a font

FONTS = Path(__file__).parent.parent.parent / "assets" / "fonts"
FAMILY = "Be Vietnam Pro"
REGULAR, SEMIBOLD, BOLD = "", "I", "B"  # fpdf2 has four styles of a family; nothing here is slanted
FILES = {REGULAR: "400Regular", SEMIBOLD: "600SemiBold", BOLD: "700Bold"}
LEFT, TOP, FOOT = 18, 16, 20
PADDING = 1.7  # above and below the text of a row
LEADING = 1.32  # distance of lines, in sizes: two marks above each other need it
POINT = 25.4 / 72
SIGNING = 52  # room for both signatures, kept on one page

Colour = tuple[int, int, int]
INK, MUTED, RULE, PALE = (27, 38, 50), (91, 103, 115), (205, 211, 218), (244, 246, 248)
BRAND, GREEN, AMBER, RED = (12, 74, 126), (22, 112, 54), (146, 88, 0), (179, 38, 30)
COLOURS = {Level.GOOD: GREEN, Level.NOTICE: AMBER, Level.BAD: RED, Level.OPEN: MUTED}


class _Cell(NamedTuple):
    """Text in a table; `mark` draws the sign of a level before it, `below` is smaller and grey."""

    text: str
    mark: Level | None = None
    below: str = ""
    style: str = REGULAR


def render(found: Readiness) -> bytes:
    """The report as a PDF of as many pages as it needs, its text selectable; no other clock than `found.at`."""
    with closing(_Sheet(found, 0)) as trial:  # pages have to be counted before the first can say how many there are
        _compose(trial, found)
        pages = trial.pages_count
    with closing(_Sheet(found, pages)) as sheet:
        _compose(sheet, found)
        return bytes(sheet.output())


def _compose(sheet: _Sheet, found: Readiness) -> None:
    sheet.head()
    sheet.verdict()
    sheet.heading("1. Thiết bị")
    sheet.lines(("Thiết bị", "Kết nối", "Tình trạng", "Việc cần làm"), (36, 44, 40, 54), _device_rows(found))
    sheet.heading("2. Tự kiểm tra")
    sheet.lines(("Nội dung", "Kết quả", "Số đo", "Lúc"), (66, 32, 51, 25), _test_rows(found))
    sheet.heading("3. Máy và hệ thống")
    sheet.facts(found.machine)
    if found.notes:
        sheet.heading("4. Lưu ý")
        sheet.bullets(found.notes)
    sheet.signatures()


def _device_rows(found: Readiness) -> list[list[_Cell]]:
    return [
        [
            _Cell(line.name, below=line.driver, style=SEMIBOLD),
            _Cell(line.connection or "–"),
            _Cell(line.state, mark=line.level),
            _Cell(line.todo or "–", below=line.hint),
        ]
        for line in found.devices
    ]


def _test_rows(found: Readiness) -> list[list[_Cell]]:
    return [
        [
            _Cell(line.title, below=line.why, style=SEMIBOLD),
            _Cell(line.told, mark=line.level),
            _Cell(line.figures or "–"),
            _Cell(line.when or "–", below=f"xác nhận: {line.confirmed_by}" if line.confirmed_by else ""),
        ]
        for line in found.tests
    ]


class _Sheet(FPDF):
    """The pages of one report."""

    def __init__(self, found: Readiness, pages: int) -> None:
        super().__init__(format="A4")
        self._found = found
        self._pages = pages
        self._measuring = False
        for style, name in FILES.items():
            self.add_font(FAMILY, style, FONTS / f"BeVietnamPro_{name}.ttf")
        self.set_margins(LEFT, TOP, LEFT)
        self.set_auto_page_break(True, FOOT)
        self.c_margin = 0.0
        self.set_creation_date(found.at)
        self.set_lang("vi-VN")
        self.set_title(f"Báo cáo sẵn sàng phục vụ – kiosk {found.kiosk}")
        self.set_author(found.technician)
        self.set_subject(found.centre)
        self.set_creator(f"Kiosk Một Cửa {found.version}")
        self.str_alias_nb_pages = ""
        self.add_page()

    def close(self) -> None:
        """Let go of the fonts' files."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    # -- parts ---------------------------------------------------------------------------------------------------
    def head(self) -> None:
        """Whose kiosk, which one, when, by whom; the report's digest as a QR code at the right."""
        found, side = self._found, 25.0
        self._qr(f"{readiness.QR_MARK}|{found.kiosk}|{found.digest}", self.w - LEFT - side, TOP - 1, side)
        room = self.epw - side - 8
        self.write_text(found.centre, room, 10, SEMIBOLD, MUTED)
        self.ln(1)
        self.write_text("Báo cáo sẵn sàng phục vụ", room, 21, BOLD, BRAND)
        self.ln(1.5)
        self.write_text(f"Kiosk {found.kiosk} · mã cơ quan {found.agency} · phần mềm {found.version}", room, 9.5)
        at = found.at.strftime("%H:%M ngày %d/%m/%Y")
        self.write_text(f"Kiểm tra lúc {at} · người kiểm tra: {unbroken(found.technician)}", room, 9.5)
        self.set_y(max(self.get_y(), TOP + side) + 3)

    def verdict(self) -> None:
        """The decision in a box, with every reason against it."""
        found = self._found
        level = Level.GOOD if found.ready else Level.BAD
        counted = (
            f"{found.count(Level.GOOD) + found.count(Level.NOTICE)} mục đạt · {found.count(Level.BAD)} không đạt · "
            f"{found.count(Level.OPEN)} chưa kiểm tra"
        )
        inner = self.epw - 26

        def text() -> None:
            self.set_x(LEFT + 20)
            self.write_text(found.verdict, inner, 16, BOLD, COLOURS[level])
            self.set_x(LEFT + 20)
            self.write_text(counted, inner, 9.5, REGULAR, MUTED)
            self.ln(0.8 if found.reasons else 0.0)
            for reason in found.reasons:
                self.ln(0.8)
                self._bullet(reason, LEFT + 20, inner)

        height = self._height(text) + 8
        self._room(height)
        top = self.get_y()
        self._box(LEFT, top, self.epw, height, PALE)
        self._box(LEFT, top, 2.2, height, COLOURS[level])
        self._mark(level, LEFT + 7, top + 4.6, 8.5)
        self.set_y(top + 4.5)
        text()
        self.set_y(top + height + 1)

    def heading(self, text: str) -> None:
        """Begins a part; never the last thing on a page."""
        self.ln(4.5)
        self._room(34)
        self.write_text(text, self.epw, 12.5, BOLD, BRAND)
        self.ln(1.2)

    def lines(self, titles: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[_Cell]]) -> None:
        """Rows that are never torn; the titles stand on every page."""
        self._titles(titles, widths)
        for row in rows:
            height = max(self._height(self._cell, cell, width, 0) for cell, width in zip(row, widths, strict=True))
            if self.will_page_break(height + 2 * PADDING):
                self.add_page()
                self._titles(titles, widths)
            top, x = self.get_y() + PADDING, float(LEFT)
            for cell, width in zip(row, widths, strict=True):
                self.set_y(top)
                self._cell(cell, width, x)
                x += width
            self.set_y(top + height + PADDING)
            self._rule(RULE)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Labels and values in two columns."""
        half = self.epw / 2
        for two in (pairs[start : start + 2] for start in range(0, len(pairs), 2)):
            heights = [self._height(self._fact, pair, 0, half) for pair in two]
            self._room(max(heights) + 2 * PADDING)
            top = self.get_y() + PADDING
            for place, pair in enumerate(two):
                self.set_y(top)
                self._fact(pair, LEFT + place * half, half)
            self.set_y(top + max(heights) + PADDING)
            self._rule(RULE)

    def bullets(self, texts: Sequence[str]) -> None:
        """A list."""
        for text in texts:
            self._room(self._height(self._bullet, text, LEFT, self.epw))
            self._bullet(text, LEFT, self.epw)
            self.ln(0.8)

    def signatures(self) -> None:
        """Where the technician and the centre sign, on one page."""
        found, half = self._found, self.epw / 2
        self._room(SIGNING + 8)
        self.ln(8)
        top = self.get_y()
        names = (("Kỹ thuật viên", found.technician), ("Đại diện trung tâm", ""))
        for place, (title, name) in enumerate(names):
            x = LEFT + place * half
            self.set_y(top)
            for text, size, style, ink in ((title, 11, BOLD, INK), ("(ký, ghi rõ họ tên)", 9, REGULAR, MUTED)):
                self.set_x(x)
                self.write_text(text, half, size, style, ink, Align.C)
            self.set_draw_color(*MUTED)
            self.set_line_width(0.2)
            self.line(x + 14, top + 38, x + half - 14, top + 38)
            self.set_xy(x, top + 39.5)
            self.write_text(name, half, 10, REGULAR, INK, Align.C)
        self.set_y(top + SIGNING - 6)

    def footer(self) -> None:
        """Which report this page belongs to, so that pages cannot be exchanged."""
        found = self._found
        self.set_y(-14)
        self._rule(RULE)
        self.ln(1.6)
        y = self.get_y()
        said = f"{readiness.short(found.digest)} · kiosk {found.kiosk} · {found.at:%H:%M %d/%m/%Y}"
        self.write_text(f"Mã báo cáo {said}", self.epw, 8, REGULAR, MUTED)
        self.set_y(y)
        self.write_text(f"Trang {self.page_no()}/{self._pages}", self.epw, 8, REGULAR, MUTED, Align.R)
        self.write_text(f"SHA-256 {found.digest}", self.epw, 5.5, REGULAR, MUTED)

    # -- pieces --------------------------------------------------------------------------------------------------
    def write_text(
        self, text: str, width: float, size: float, style: str = REGULAR, ink: Colour = INK, align: Align = Align.L
    ) -> None:
        """Wrapped lines from where the pen is; the pen goes to the left end of the next line."""
        x = self.get_x()
        self.set_font(FAMILY, style, size)
        self.set_text_color(*ink)
        height = size * POINT * LEADING
        if self._measuring:
            used = self.multi_cell(width, height, text, dry_run=True, output=MethodReturnValue.HEIGHT)
            assert isinstance(used, float)
            self.set_xy(x, self.get_y() + used)
            return
        self.multi_cell(width, height, text, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.set_x(x)

    def _titles(self, titles: Sequence[str], widths: Sequence[float]) -> None:
        top, x = self.get_y(), float(LEFT)
        self._box(LEFT, top, self.epw, 6.6, PALE)
        for title, width in zip(titles, widths, strict=True):
            self.set_xy(x + 1.5, top + 1.2)
            self.write_text(title, width - 3, 8.5, SEMIBOLD, MUTED)
            x += width
        self.set_y(top + 6.6)
        self._rule(MUTED)

    def _cell(self, cell: _Cell, width: float, x: float) -> None:
        ink, indent = INK, 1.5
        if cell.mark is not None:
            ink, indent = COLOURS[cell.mark], 6.5
            self._mark(cell.mark, x + 1.5, self.get_y() + 0.35, 3.6)
        style = BOLD if cell.mark in (Level.GOOD, Level.BAD) else cell.style
        self.set_x(x + indent)
        self.write_text(cell.text, width - indent - 1.5, 9, style, ink)
        if cell.below:
            self.set_x(x + indent)
            self.write_text(cell.below, width - indent - 1.5, 8, REGULAR, MUTED)

    def _fact(self, pair: tuple[str, str], x: float, width: float) -> None:
        label, value = pair
        top = self.get_y()
        self.set_x(x + 1.5)
        self.write_text(label, 38, 9, REGULAR, MUTED)
        bottom = self.get_y()
        self.set_xy(x + 40, top)
        self.write_text(value, width - 43, 9, SEMIBOLD)
        self.set_y(max(bottom, self.get_y()))

    def _bullet(self, text: str, x: float, width: float) -> None:
        self.set_xy(x, self.get_y())
        self.write_text("•", 4, 9.5)
        self.set_xy(x + 4, self.get_y() - 9.5 * POINT * LEADING)
        self.write_text(text, width - 4, 9.5)

    def _height(self, draw: Callable[..., None], *values: object) -> float:
        """How high something will be, without drawing it."""
        place, self._measuring = (self.get_x(), self.get_y()), True
        try:
            self.set_y(TOP)
            draw(*values)
            return self.get_y() - TOP
        finally:
            self._measuring = False
            self.set_xy(*place)

    def _room(self, height: float) -> None:
        if self.will_page_break(height):
            self.add_page()

    def _box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.set_fill_color(*colour)
        self.rect(x, y, width, height, style="F")

    def _rule(self, colour: Colour) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(0.2)
        self.line(LEFT, self.get_y(), self.w - LEFT, self.get_y())

    def _mark(self, level: Level, x: float, y: float, side: float) -> None:
        """A disc with a tick, an exclamation mark, a cross; an empty ring for what was not tried."""
        if self._measuring:
            return
        strokes = {
            Level.GOOD: (((0.27, 0.53), (0.44, 0.69), (0.74, 0.34)),),
            Level.NOTICE: (((0.5, 0.24), (0.5, 0.58)), ((0.5, 0.74), (0.5, 0.76))),
            Level.BAD: (((0.33, 0.33), (0.67, 0.67)), ((0.67, 0.33), (0.33, 0.67))),
            Level.OPEN: (((0.3, 0.5), (0.7, 0.5)),),
        }[level]
        hollow = level is Level.OPEN
        self.set_line_width(side * 0.1)
        self.set_draw_color(*COLOURS[level])
        self.set_fill_color(*COLOURS[level])
        self.ellipse(x, y, side, side, style="D" if hollow else "F")
        self.set_draw_color(*(MUTED if hollow else (255, 255, 255)))
        for stroke in strokes:
            for (x1, y1), (x2, y2) in pairwise(stroke):
                self.line(x + x1 * side, y + y1 * side, x + x2 * side, y + y2 * side)

    def _qr(self, text: str, x: float, y: float, side: float) -> None:
        """Modules as black squares; the margin of the page is its quiet zone."""
        modules = qr_modules(text)
        step = side / len(modules)
        self.set_fill_color(0, 0, 0)
        for row, line in enumerate(modules):
            for column, dark in enumerate(line):
                if dark:
                    self.rect(x + column * step, y + row * step, step, step, style="F")
