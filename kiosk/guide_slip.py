"""The list to take home: what to bring in a case, how long it takes, what it costs, where to read more."""

from __future__ import annotations

from datetime import date

from kiosk import fees
from kiosk.catalogue import Case, Procedure
from kiosk.i18n import SOURCE_LANGUAGE
from kiosk.slips import Block, Qr, Rule, Slip, Style, Writer, format_vnd

FEE_LABELS = {
    "": "Phí, lệ phí",
    "counter": "Phí khi nộp tại quầy",
    "online": "Phí khi nộp trực tuyến",
    "post": "Phí khi gửi bưu điện",
}
TIME_LABELS = {
    "": "Thời gian (ngày)",
    "days": "Thời gian (ngày)",
    "working_days": "Thời gian (ngày làm việc)",
    "hours": "Thời gian (giờ)",
}


def guide_slip(
    *, centre: str, procedure: Procedure, case: Case | None, on: date, language: str = SOURCE_LANGUAGE
) -> Slip:
    """What to bring in a case, how long it takes and what it costs, to take home; the QR opens the national page."""
    write = Writer(language)
    blocks = [*write.head(centre), *write.text("GIẤY TỜ CẦN CHUẨN BỊ", Style.TITLE), Rule()]
    blocks += [*write.text("Thủ tục", Style.HEADING, centred=False), *write.text(procedure.name, centred=False)]
    if case is not None and len(procedure.cases) > 1:
        blocks += [*write.text("Trường hợp", Style.HEADING, centred=False), *write.text(case.title, centred=False)]
    blocks += [Rule(), *write.text("Cần mang theo", Style.HEADING, centred=False)]
    papers = (*procedure.papers, *(case.components if case else ()))
    blocks += [write.item(title) for title in dict.fromkeys((*procedure.bring, *(paper.short for paper in papers)))]
    blocks.append(Rule())
    blocks += _fees(procedure, on, write)
    blocks += _duration(procedure, write)
    blocks.append(write.pair("Ngày in", on.strftime("%d/%m/%Y")))
    blocks += write.text("Phí và giấy tờ có thể thay đổi. Hãy hỏi quầy trước khi nộp.", Style.NOTE)
    if procedure.page:
        blocks += [
            Rule(),
            Qr(procedure.page),
            *write.text("Quét mã để đọc trên Cổng Dịch vụ công quốc gia", Style.NOTE),
        ]
    return Slip(tuple(blocks))


def _fees(procedure: Procedure, on: date, write: Writer) -> list[Block]:
    """One line for each way, or one for all where they cost the same."""
    amounts: dict[tuple[str, str], None] = {}
    for line in fees.fee_lines(procedure, on):
        amount = "hỏi tại quầy" if line.amount_vnd is None else format_vnd(line.amount_vnd)
        amounts[line.way, "theo số trang" if line.tariff else amount] = None
    if len({amount for _, amount in amounts}) == 1:
        amounts = {("", next(iter(amounts))[1]): None}
    return [write.pair(FEE_LABELS[way], amount) for way, amount in amounts or {("", "hỏi tại quầy"): None}]


def _duration(procedure: Procedure, write: Writer) -> list[Block]:
    """The time that all ways take; nothing where it is not the same or not known."""
    if procedure.duration_text:
        return [write.pair("Thời gian giải quyết", procedure.duration_text)]
    known = {(channel.unit, channel.days) for channel in procedure.channels if channel.days is not None}
    return [write.pair(TIME_LABELS[unit], f"{days:g}") for unit, days in known] if len(known) == 1 else []
