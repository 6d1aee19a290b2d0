"""The filled form as a paper (tờ khai): A4, PDF/A-2b, every Vietnamese letter, its text can be selected.

Always in Vietnamese: it goes into the authority's files. The same answers and time give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from kiosk import forms, places
from kiosk.catalogue import Case, Procedure
from kiosk.forms import Form, Question, QuestionType, Section, display_value
from kiosk.letters import BOLD, REGULAR, printable
from kiosk.voice.announce import Words, number_words

if TYPE_CHECKING:
    from fpdf import FPDF

STATE, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
FONT = "Be Vietnam"
INK, MUTED, LINE, HEAD = (26, 26, 26), (90, 86, 78), (170, 165, 156), (243, 239, 231)
MARGIN, ROW, SIGNATURE = 18, 5.6, 32  # millimetres
LABEL = 62  # millimetres of a question, before its answer
CELL, PADDING, LONGEST_WORD = 5, 1, 34  # of a table, in millimetres: a line, its edge, a word that is never broken
SIZES = (9, 8, 7)  # of its letters
NARROW = {QuestionType.DATE, QuestionType.CHOICE, QuestionType.PHONE, QuestionType.TIME}
OFFICIAL = Words(odd="linh")  # as in printed forms


@dataclass(frozen=True)
class Filled:
    """All that stands on the paper. `answers` are those that are sent; `at` is the site's time."""

    form: Form
    procedure: Procedure
    case: Case | None
    answers: Mapping[str, str] = field(repr=False)
    at: datetime
    commune: str = ""  # of the centre, by its name
    signer: str = field(default="", repr=False)
    code: str = ""  # the provisional one
    verified: bool = False

    @property
    def case_id(self) -> str:
        """The chosen case, "" for none."""
        return self.case.id if self.case else ""


@dataclass(frozen=True)
class FilledPaper:
    """The PDF and how many pages it has."""

    pdf: bytes
    pages: int


def date_in_words(day: date) -> str:
    """«Ngày mười bốn, tháng hai, năm một nghìn chín trăm chín mươi»."""
    words = [number_words(number, OFFICIAL) for number in (day.day, day.month, day.year)]
    return f"Ngày {words[0]}, tháng {words[1]}, năm {words[2]}"


def filled_form(told: Filled) -> FilledPaper:
    """The paper as PDF/A-2b. Raises whatever the library does where it cannot be drawn."""
    from devices.document_scanner.pdf import as_pdf_a

    paper = _sheet(told)
    try:
        _head(paper, told)
        for section in _sections(told):
            if isinstance(section, Section):
                _answers(paper, told, section)
            else:
                _table(paper, told, section)
        _end(paper, told)
        return FilledPaper(as_pdf_a(bytes(paper.output()), told.at), paper.page_no())
    finally:
        for font in paper.fonts.values():  # the library closes them in a document that has become one
            getattr(font, "close", lambda: None)()


def _sections(told: Filled) -> Iterator[Section | tuple[Section, ...]]:
    """Sections as they stand on the paper; the rows of a table come together."""
    rows: list[Section] = []
    for section in forms.visible_sections(told.form, told.case_id, told.answers):
        if rows and (not section.row or section.row == 1):
            yield tuple(rows)
            rows = []
        if section.row:
            rows.append(section)
        elif any(told.answers.get(question.id) for question in section.questions):
            yield section
    if rows:
        yield tuple(rows)


def _sheet(told: Filled) -> FPDF:
    from fpdf import FPDF

    class Sheet(FPDF):
        """Its pages tell to which dossier they belong."""

        def normalize_text(self, text: str) -> str:
            """A letter that cannot be printed is seen to be missing; fpdf2 leaves it out and names it in the log."""
            return super().normalize_text(printable(text))

        def footer(self) -> None:
            """Form, version, code and page."""
            self.set_y(-14)
            self.set_font(FONT, size=8)
            self.set_text_color(*MUTED)
            number = f"{told.form.paper.number} · " if told.form.paper.number else ""
            self.cell(0, 5, f"{number}Mẫu điện tử {told.form.id}, bản {told.form.version:%d/%m/%Y} · {told.code}")
            self.set_x(MARGIN)
            self.cell(0, 5, f"Trang {self.page_no()} / {{nb}}", align="R")

    paper = Sheet(format="A4")
    paper.set_margins(MARGIN, MARGIN)
    paper.set_auto_page_break(True, MARGIN)
    paper.add_font(FONT, "", REGULAR)
    paper.add_font(FONT, "B", BOLD)
    paper.set_text_shaping(True)  # marks stand above their letters
    paper.set_title(told.form.title)
    paper.set_lang("vi")
    paper.set_creation_date(told.at)
    paper.add_page()
    paper.set_text_color(*INK)
    return paper


def _line(paper: FPDF, text: str, size: float, bold: bool = False, height: float = ROW, align: str = "C") -> None:
    paper.set_font(FONT, "B" if bold else "", size)
    paper.multi_cell(0, height, text, align=align, new_x="LMARGIN", new_y="NEXT")


def _head(paper: FPDF, told: Filled) -> None:
    if told.form.paper.number:
        _line(paper, f"Mẫu {told.form.paper.number}", 9, align="R")
    _line(paper, STATE, 11, bold=True)
    _line(paper, MOTTO, 11, bold=True)
    width = paper.get_string_width(MOTTO)
    paper.set_draw_color(*INK)
    paper.line(paper.w / 2 - width / 2, paper.get_y() + 0.6, paper.w / 2 + width / 2, paper.get_y() + 0.6)
    paper.ln(6)
    _line(paper, told.form.title.upper(), 15, bold=True, height=8)
    case = f" ({told.case.title})" if told.case and len(told.procedure.cases) > 1 else ""
    _line(paper, f"Thủ tục {told.procedure.code}: {told.procedure.name}{case}", 9.5, height=5)
    if told.form.paper.to:
        paper.ln(3)
        _line(paper, f"Kính gửi: {told.form.paper.to.replace(forms.COMMUNE, told.commune)}", 11)
    paper.ln(3)


def _title(paper: FPDF, text: str, room: float) -> None:
    if paper.will_page_break(room):
        paper.add_page()
    paper.set_fill_color(*HEAD)
    paper.set_font(FONT, "B", 11)
    paper.cell(0, 7, text, fill=True, new_x="LMARGIN", new_y="NEXT")
    paper.ln(1)


def _answers(paper: FPDF, told: Filled, section: Section) -> None:
    _title(paper, section.title, 7 + 2 * ROW)
    for question in forms.visible_questions(section, told.case_id, told.answers):
        if value := told.answers.get(question.id, ""):
            text = "\n".join(_shown(question, value))
            high = cast("float", paper.multi_cell(paper.epw - LABEL, ROW, text, dry_run=True, output="HEIGHT"))
            if paper.will_page_break(high):
                paper.add_page()
            top = paper.get_y()
            paper.set_font(FONT, size=10)
            paper.set_text_color(*MUTED)
            paper.multi_cell(LABEL - 3, ROW, question.label, align="L", new_x="LMARGIN", new_y="NEXT")
            below = paper.get_y()
            paper.set_text_color(*INK)
            paper.set_font(FONT, size=11)
            paper.set_xy(MARGIN + LABEL, top)
            paper.multi_cell(0, ROW, text, align="L", new_x="LMARGIN", new_y="NEXT")
            paper.set_y(max(below, paper.get_y()))
    paper.ln(1.5)


def _shown(question: Question, value: str) -> Iterator[str]:
    yield display_value(question, value)
    day = forms.day_of(value) if question.type is QuestionType.DATE else None
    if question.in_words and day:
        yield date_in_words(day)


def _table(paper: FPDF, told: Filled, rows: Sequence[Section]) -> None:
    """The persons of a table, one line each. Its title, the names of the columns and the first line stay together."""
    from fpdf import FontFace

    asked = rows[0].questions
    names = ("TT", *(question.label for question in asked))
    lines = [(str(row.row), *(display_value(q, told.answers.get(q.id, "")) for q in row.questions)) for row in rows]
    weights = (1, *(2.2 if question.type in NARROW else 3.6 for question in asked))
    size, widths = _columns(paper, names, lines, weights)
    high = sum(_high(paper, texts, widths, size, bold) for texts, bold in ((names, True), (lines[0], False)))
    _title(paper, rows[0].title, 8 + high)
    paper.set_font(FONT, size=size)
    paper.set_draw_color(*LINE)
    paper.set_fill_color(255, 255, 255)
    heading = FontFace(emphasis="BOLD", color=INK, fill_color=HEAD)
    with paper.table(
        col_widths=widths, line_height=CELL, padding=PADDING, headings_style=heading, text_align="LEFT"
    ) as table:
        for texts in (names, *lines):
            table.row(texts)
    paper.ln(3)


def _columns(
    paper: FPDF, names: Sequence[str], lines: Sequence[Sequence[str]], weights: Sequence[float]
) -> tuple[float, list[float]]:
    """Size of the letters and widths of the columns in which no date, number or other short word is broken. Those that
    have room for their longest word share what is left by `weights`; with the smallest letters all share what there is.
    """
    least = [0.0]
    for size in SIZES:
        least = [
            max(_longest(paper, name, size, True), *(_longest(paper, line[n], size, False) for line in lines))
            for n, name in enumerate(names)
        ]
        if sum(least) <= paper.epw:
            break
    if sum(least) >= paper.epw:
        return size, [one * paper.epw / sum(least) for one in least]
    room, shares = paper.epw, dict(enumerate(weights))
    while short := [n for n in shares if least[n] > room * shares[n] / sum(shares.values())]:
        for n in short:
            room -= least[n]
            del shares[n]
    return size, [room * shares[n] / sum(shares.values()) if n in shares else one for n, one in enumerate(least)]


def _longest(paper: FPDF, text: str, size: float, bold: bool) -> float:
    """The width in millimetres of a cell in which no word of a text is broken, but for endless ones (an e-mail)."""
    paper.set_font(FONT, "B" if bold else "", size)
    return (
        min(LONGEST_WORD, max((paper.get_string_width(word) for word in text.split()), default=0)) + 2 * PADDING + 0.2
    )


def _high(paper: FPDF, texts: Sequence[str], widths: Sequence[float], size: float, bold: bool) -> float:
    """The height in millimetres of a line of the table."""
    paper.set_font(FONT, "B" if bold else "", size)
    cells = (
        cast("float", paper.multi_cell(width, CELL, text, align="L", dry_run=True, output="HEIGHT"))
        for text, width in zip(texts, widths, strict=True)
    )
    return max(cells) + 2 * PADDING


def _end(paper: FPDF, told: Filled) -> None:
    if paper.will_page_break(SIGNATURE + 2 * ROW):
        paper.add_page()
    paper.set_font(FONT, size=11)
    paper.multi_cell(0, ROW, told.form.paper.pledge, align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)
    half, top = paper.epw / 2, paper.get_y()
    sure = "Danh tính đã được xác thực điện tử" if told.verified else "Người nộp ký tại quầy, xuất trình thẻ căn cước"
    lines = (
        (
            f"{told.commune[:1].upper()}{told.commune[1:]}, ngày {told.at:%d} tháng {told.at:%m} năm {told.at:%Y}",
            "",
            10,
            0,
        ),
        (told.form.paper.signer, "B", 11, ROW),
        ("(ký, ghi rõ họ tên)", "", 9, 2 * ROW),
        (told.signer, "B", 11, SIGNATURE - 2 * ROW),
        (f"({sure}, {told.at:%H:%M})", "", 8, SIGNATURE - ROW),
    )
    for text, emphasis, size, below in lines:
        paper.set_font(FONT, emphasis, size)
        paper.set_xy(MARGIN + half, top + below)
        paper.multi_cell(half, ROW, text, align="C")


def commune_of(centre: str) -> str:
    """The commune that a centre's name ends with («phường Võ Cường»); the name itself where it names none."""
    words = places.COMMUNE_IN_NAME.search(centre)
    return words[0] if words else centre
