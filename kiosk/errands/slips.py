"""What is printed for those who come back: a fee and its code, thanks for a suggestion, the fee on a dossier's slip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

from kiosk.errands import ChargeLine
from kiosk.i18n import SOURCE_LANGUAGE
from kiosk.slips import TIME_FORMAT, Block, Code, Qr, Rule, Slip, Style, Writer, format_vnd

TIMES = "x"


def payment_slip(
    *,
    centre: str,
    code: str,
    lines: Iterable[ChargeLine],
    qr: str,
    expires_at: datetime | None,
    zone: tzinfo | None,
    language: str = SOURCE_LANGUAGE,
) -> Slip:
    """What is to be paid for a dossier, and the VietQR that pays it."""
    write, lines = Writer(language), tuple(lines)
    blocks = [*write.head(centre), *write.text("PHIẾU NỘP PHÍ, LỆ PHÍ", Style.TITLE), *write.text("Mã hồ sơ")]
    blocks += [Code(code), Rule(), *_fee(lines, write), Rule(), Qr(qr)]
    blocks += write.text("Mở ứng dụng ngân hàng, quét mã này để trả tiền.")
    if expires_at:
        blocks.append(write.pair("Trả trước", expires_at.astimezone(zone).strftime(TIME_FORMAT)))
    blocks += write.text("Chỉ trả một lần. Nếu đã trả, không quét lại.", Style.NOTE)
    return Slip(tuple(blocks))


def petition_slip(*, centre: str, code: str, qr: str, at: datetime, language: str = SOURCE_LANGUAGE) -> Slip:
    """That a suggestion was taken; nothing of what it says."""
    write = Writer(language)
    blocks = [*write.head(centre), *write.text("PHIẾU NHẬN GÓP Ý, PHẢN ÁNH", Style.TITLE)]
    blocks += [*write.text("Mã góp ý"), Code(code), Qr(qr), write.pair("Giờ nhận", at.strftime(TIME_FORMAT))]
    return Slip((*blocks, *write.text("Dùng mã này để hỏi kết quả trả lời.", Style.NOTE)))


def with_fee(slip: Slip, lines: tuple[ChargeLine, ...], paid: bool, qr: str, proof: str, language: str) -> Slip:
    """`slip` with the fee of its dossier: paid, to be waived at the counter for `proof`, or with the code to pay."""
    write = Writer(language)
    blocks = [Rule(), *write.text("Phí, lệ phí", Style.HEADING, centred=False), *_fee(lines, write)]
    if paid:
        blocks += write.text("ĐÃ TRẢ ĐỦ")
    elif proof:
        blocks += [*write.text("Miễn, giảm tại quầy. Cần mang:"), write.item(proof)]
    elif qr:
        blocks += [*write.text("Trả tiền bằng ứng dụng ngân hàng:"), Qr(qr)]
        blocks += write.text("Chỉ trả một lần. Nếu đã trả, không quét lại.", Style.NOTE)
    else:
        blocks += write.text("Trả tiền tại quầy.")
    return replace(slip, blocks=(*slip.blocks, *blocks))


def with_fee_later(slip: Slip, lines: tuple[ChargeLine, ...], language: str) -> Slip:
    """`slip` with the fee of its dossier, which is paid when the province asks for it."""
    write = Writer(language)
    blocks = [Rule(), *write.text("Phí, lệ phí", Style.HEADING, centred=False), *_fee(lines, write)]
    blocks += write.text("Chưa phải trả bây giờ. Cơ quan tiếp nhận sẽ báo khi cần trả.")
    return replace(slip, blocks=(*slip.blocks, *blocks))


def _fee(lines: tuple[ChargeLine, ...], write: Writer) -> list[Block]:
    """Line by line, then the sum."""
    blocks = [write.pair(line.label, counted(line)) for line in lines]
    return [*blocks, write.pair("Tổng cộng", format_vnd(sum(line.total_vnd for line in lines)))]


def counted(line: ChargeLine) -> str:
    """`2 × 8.000 đồng`."""
    return f"{line.count} {TIMES} {format_vnd(line.each_vnd)}" if line.count != 1 else format_vnd(line.each_vnd)
