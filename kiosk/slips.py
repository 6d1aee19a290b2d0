"""Contents of what is printed: queue ticket, provisional slip, checklist, test slip.

A slip is frozen data; `slip_picture.draw` turns it into a picture. Vietnamese always stands first; in another language
its line follows below. No slip holds a citizen's name, ID number or answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kiosk import preparing
from kiosk.catalogue import Case, Component, Procedure
from kiosk.hall.view import Estimate
from kiosk.i18n import SOURCE_LANGUAGE, translate
from kiosk.state import Preparation

TIME_FORMAT = "%H:%M, %d/%m/%Y"
UNBROKEN_SPACE = "\N{NO-BREAK SPACE}"


class Style(StrEnum):
    """How a text looks."""

    CENTRE = "centre"  # name of the centre, on top
    TITLE = "title"  # what this paper is
    HEADING = "heading"  # begins a part, at the left
    SERIES = "series"  # what a ticket is for
    BODY = "body"
    NOTE = "note"  # less important
    ALSO = "also"  # what stands above it, in another language


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    style: Style = Style.BODY
    centred: bool = True


@dataclass(frozen=True)
class Number:
    """A ticket number, as large as the paper allows."""

    text: str


@dataclass(frozen=True)
class Code:
    """A code that is read aloud and typed."""

    text: str


@dataclass(frozen=True)
class Pair:
    """A label at the left and its value at the right; `note` is the label in another language."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One line of a list that is ticked off by hand."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class Banner:
    """White on black, over the whole width."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class Qr:
    """A QR code."""

    text: str


@dataclass(frozen=True)
class Rule:
    """A line between parts."""


Block = Text | Number | Code | Pair | Item | Banner | Qr | Rule


@dataclass(frozen=True)
class Slip:
    """One piece of paper, from top to bottom."""

    blocks: tuple[Block, ...]


def ticket_slip(
    *,
    centre: str,
    number: str,
    series_title: str,
    counters: tuple[int, ...],
    issued_at: datetime,
    ahead: int | None,
    estimate: Estimate | None,
    qr: str,
    priority: str = "",
    language: str = SOURCE_LANGUAGE,
    reprint: bool = False,
    kept: bool = False,
) -> Slip:
    """A queue ticket. `issued_at` in the site's time zone; `ahead` None while nobody knows, `estimate` None while there
    is no ground for one; `kept`: it is called the next day, too.
    """
    write = Writer(language)
    blocks = [*write.head(centre), *write.text("SỐ THỨ TỰ CỦA BẠN", Style.TITLE), Number(number)]
    blocks += write.text(series_title, Style.SERIES)
    if priority:
        blocks.append(write.banner("ƯU TIÊN: {group}", group=priority))
    blocks += [Rule(), *write.counters(counters), write.pair("Giờ lấy số", issued_at.strftime(TIME_FORMAT))]
    if ahead is not None:
        blocks.append(write.pair("Số người chờ trước bạn", str(ahead)))
    if estimate and estimate.in_minutes:
        blocks.append(write.pair("Chờ khoảng (phút)", estimate.in_minutes))
    blocks += [Rule(), Qr(qr)]
    where = "Mời ngồi gần quầy {counters} và chờ gọi số." if counters else "Mời ngồi và chờ gọi số."
    blocks += write.text(where, counters=unbroken(_listed(counters)))
    if not kept:
        blocks += write.text("Phiếu hết hiệu lực khi hết giờ làm việc.", Style.NOTE)
    return _marked(blocks, write, reprint)


def with_checklist(slip: Slip, procedure: Procedure, preparation: Preparation, language: str) -> Slip:
    """`slip` with the checklist of a prepared procedure below."""
    case = preparing.case_of(procedure, preparation.kind)
    return replace(slip, blocks=(*slip.blocks, Rule(), *_checklist(procedure, preparation, case, Writer(language))))


def checklist_slip(
    *,
    centre: str,
    procedure: Procedure,
    preparation: Preparation,
    case: Case | None = None,
    number: str = "",
    language: str = SOURCE_LANGUAGE,
) -> Slip:
    """What to bring and what it costs, to take home; with the number for the counter when one was taken."""
    write = Writer(language)
    blocks = [*write.head(centre), *write.text("GIẤY TỜ CẦN CHUẨN BỊ", Style.TITLE)]
    if number:
        blocks += [*write.text("Số thứ tự của bạn"), Number(number)]
    return Slip((*blocks, Rule(), *_checklist(procedure, preparation, case, write)))


def provisional_slip(
    *,
    centre: str,
    code: str,
    qr: str,
    procedure: Procedure,
    papers: tuple[Component, ...],
    stored_at: datetime,
    declared: bool,
    scanned: Collection[str],
    linked_number: str = "",
    counters: tuple[int, ...] = (),
    hotline: str = "",
    completes: str = "",
    language: str = SOURCE_LANGUAGE,
    reprint: bool = False,
) -> Slip:
    """What a citizen holds until the official receipt: code, QR, what to hand over where.

    A `declared` dossier is a pre-filing that is completed at the counter under `linked_number` (DOMAIN 6); `scanned`
    are the ids of the papers that are in it, `completes` the code of the dossier for which they were missing.
    """
    write = Writer(language)
    title = "PHIẾU BỔ SUNG GIẤY TỜ" if completes else "PHIẾU NỘP HỒ SƠ TẠM"
    blocks = [*write.head(centre), *write.text(title, Style.TITLE)]
    if completes:
        blocks.append(write.pair("Cho hồ sơ", unbroken(completes)))
    blocks += write.text("Đây chưa phải là Giấy tiếp nhận hồ sơ và hẹn trả kết quả.")
    blocks += [Rule(), *write.text("Mã hồ sơ tạm"), Code(code), Qr(qr)]
    blocks += write.text("Dùng mã này để tra cứu hồ sơ cho đến khi có mã chính thức.", Style.NOTE)
    blocks += [Rule(), *write.text("Thủ tục", Style.HEADING, centred=False), *write.text(procedure.name, centred=False)]
    blocks.append(write.pair("Giờ nộp", stored_at.strftime(TIME_FORMAT)))
    blocks += [Rule(), *(_pre_filing(linked_number, counters, write) if declared else _filed(counters, write))]
    blocks += _hand_over(papers, declared, scanned, write)
    if hotline:
        blocks += [Rule(), write.pair("Điện thoại hỏi đáp", hotline)]
    return _marked(blocks, write, reprint)


def test_slip(*, centre: str, kiosk_id: str, width_dots: int, printed_at: datetime) -> Slip:
    """For a technician: every Vietnamese tone, the edges of the paper, a QR code."""
    write = Writer(SOURCE_LANGUAGE)
    return Slip(
        (
            *write.head(centre),
            *write.text("PHIẾU IN THỬ", Style.TITLE),
            Number("A-000"),
            *write.text("Ắ Ằ Ẳ Ẵ Ặ Ế Ề Ể Ễ Ệ Ố Ồ Ổ Ỗ Ộ Ớ Ờ Ở Ỡ Ợ Ứ Ừ Ử Ữ Ự Ỹ Đ"),
            *write.text("ắ ằ ẳ ẵ ặ ế ề ể ễ ệ ố ồ ổ ỗ ộ ớ ờ ở ỡ ợ ứ ừ ử ữ ự ỹ đ"),
            write.banner("Chữ trắng trên nền đen"),
            Rule(),
            write.pair("Máy", kiosk_id),
            write.pair("Bề rộng in (điểm)", str(width_dots)),
            write.pair("Giờ in", printed_at.strftime(TIME_FORMAT)),
            Qr(f"KT1|{kiosk_id}"),
        )
    )


def unbroken(text: str) -> str:
    """`text` that stays on one line where it fits on one."""
    return text.replace(" ", UNBROKEN_SPACE)


def format_vnd(amount: int) -> str:
    """`12.000 đồng`."""
    return f"{amount:,} đồng".replace(",", ".")


def _pre_filing(number: str, counters: tuple[int, ...], write: Writer) -> list[Block]:
    blocks = [write.banner("HỒ SƠ NỘP TRƯỚC")]
    blocks += write.text("Mang thẻ căn cước và phiếu này đến quầy để hoàn tất hồ sơ.")
    if not number:
        return [*blocks, *write.text("Khi đến, mời lấy số thứ tự tại máy này.")]
    return [*blocks, *write.text("Số thứ tự của bạn"), Number(number), *write.counters(counters)]


def _filed(counters: tuple[int, ...], write: Writer) -> list[Block]:
    blocks = write.text("Hồ sơ đã được lưu và sẽ được gửi đến cơ quan tiếp nhận.")
    return [*blocks, *write.counters(counters)]


def _hand_over(papers: tuple[Component, ...], declared: bool, scanned: Collection[str], write: Writer) -> list[Block]:
    """A declared dossier is compared with all its originals; of another one only what is not scanned here is missing.

    A paper that is not for everybody, and that was not scanned, is asked of nobody.
    """
    asked = [paper for paper in papers if paper.required or not paper.scan or paper.id in scanned]
    titles = [paper.title for paper in asked if declared or not paper.scan]
    if declared:
        titles.insert(0, "Thẻ căn cước của bạn")
    if not titles:
        return []
    heading = "Bản chính cần mang đến quầy" if declared else "Giấy tờ cần nộp tại quầy"
    return [Rule(), *write.text(heading, Style.HEADING, centred=False), *(write.item(title) for title in titles)]


def _checklist(procedure: Procedure, preparation: Preparation, case: Case | None, write: Writer) -> list[Block]:
    blocks = [*write.text("Thủ tục", Style.HEADING, centred=False), *write.text(procedure.name, centred=False)]
    if preparation.kind:
        blocks.append(write.pair("Trường hợp" if procedure.cases else "Loại giấy tờ", preparation.kind))
    if preparing.counts_pages(procedure):
        blocks.append(write.pair("Số trang của bản chính", str(preparation.pages)))
        blocks.append(write.pair("Số bản cần sao", str(preparation.copies)))
    elif preparing.counts_copies(procedure):
        blocks.append(write.pair("Số giấy tờ", str(preparation.copies)))
    blocks += [Rule(), *write.text("Mang đến quầy", Style.HEADING, centred=False)]
    blocks += [write.item(title) for title in preparing.to_bring(procedure, case)]
    fee = preparation.fee_vnd
    if fee is None and procedure.fee:
        fee = procedure.fee.amount_vnd
    blocks.append(Rule())
    blocks.append(write.pair("Phí, lệ phí", "hỏi tại quầy" if fee is None else format_vnd(fee)))
    if procedure.duration_text:
        blocks.append(write.pair("Thời gian giải quyết", procedure.duration_text))
    return blocks


def _marked(blocks: list[Block], write: Writer, reprint: bool) -> Slip:
    return Slip((*blocks, *(write.text("Bản in lại", Style.NOTE) if reprint else ())))


def _filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its values; what has none is a text of a person, in which braces are braces."""
    return text.format(**values) if values else text


def _listed(counters: tuple[int, ...]) -> str:
    return ", ".join(str(counter) for counter in counters)


class Writer:
    """Writes Vietnamese, and the line of the citizen's language below."""

    def __init__(self, language: str) -> None:
        self._language = language

    def _also(self, text: str, **values: str) -> str:
        """`text` in the citizen's language, "" when that is Vietnamese or there is no translation."""
        translated = translate(text, self._language)
        return "" if translated == text else _filled(translated, values)

    def head(self, centre: str) -> list[Block]:
        """The centre's name; it is a proper name and stays as it is."""
        return [Text(centre, Style.CENTRE), Rule()]

    def text(self, text: str, style: Style = Style.BODY, *, centred: bool = True, **values: str) -> list[Block]:
        """A paragraph."""
        blocks: list[Block] = [Text(_filled(text, values), style, centred)]
        if also := self._also(text, **values):
            blocks.append(Text(also, Style.ALSO, centred))
        return blocks

    def pair(self, label: str, value: str) -> Block:
        """A label and its value; a value that is a sentence is translated too."""
        note, value_note = self._also(label), self._also(value)
        return Pair(label, value, f"{note}: {value_note}" if note and value_note else note)

    def counters(self, counters: tuple[int, ...]) -> list[Block]:
        """At which counters; nothing when none is configured."""
        return [self.pair("Quầy", _listed(counters))] if counters else []

    def item(self, text: str) -> Block:
        """One thing to bring."""
        return Item(text, self._also(text))

    def banner(self, text: str, **values: str) -> Block:
        """What must not be overlooked; the values are translated as well."""
        translated = {name: translate(value, self._language) for name, value in values.items()}
        return Banner(_filled(text, values), self._also(text, **translated))
