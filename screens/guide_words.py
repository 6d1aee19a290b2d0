"""Fees, times and ways of a procedure in plain words, in the citizen's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kiosk.catalogue import Channel, Component, Procedure
from kiosk.fees import FeeLine, fee_lines
from screens.tr import tr
from screens.wording import money

LONG_NAME, LONGEST_NAME = 90, 160  # letters: above that smaller, above this cut, and whole among the small print
LONGEST_NOTE = 220  # letters of a legal note beside an amount
MOST_NOTES, LONGEST_LINE = 16, 500


def name(procedure: Procedure) -> str:
    """Its name as far as it makes a heading: the law has names of half a page."""
    whole = tr._(procedure.name)
    return whole if len(whole) <= LONGEST_NAME else whole[:LONGEST_NAME].rpartition(" ")[0].rstrip(" ,;:–-") + "…"


def ways(procedure: Procedure) -> str:
    """Where it can be handed in, "" when nobody has said it."""
    known = dict.fromkeys(channel.way for channel in procedure.channels)
    return _begun(", ".join(way(one) for one in known))


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def way(name: str) -> str:
    """One way to hand in."""
    words = {"counter": tr._("ở quầy"), "online": tr._("trực tuyến"), "post": tr._("qua bưu điện")}
    return words.get(name, "")


def level(procedure: Procedure) -> str:
    """How far it goes on line here, as the province publishes it; "" when it does not."""
    words = {
        "full": tr._("Làm trọn trên mạng khi xác nhận bằng chip trên thẻ hoặc VNeID"),
        "partial": tr._("Nộp được trên mạng, nhưng vẫn phải đến quầy"),
        "none": tr._("Chỉ làm được ở quầy"),
    }
    return words.get("none" if procedure.prepare and not procedure.online else procedure.level, "")


def durations(procedure: Procedure) -> str:
    """How long it takes: one sentence, or one line for each way."""
    if procedure.duration_text:
        return tr._(procedure.duration_text)
    told: dict[str, list[str]] = {}
    for channel in procedure.channels:
        if channel.days is not None:
            told.setdefault(_duration(channel), []).append(way(channel.way))
    if len(told) == 1:
        return next(iter(told))
    return "\n".join(f"{duration}: {', '.join(dict.fromkeys(by))}" for duration, by in told.items())


def _duration(channel: Channel) -> str:
    amount = f"{channel.days:g}"
    units = {"hours": tr._("{n} giờ"), "working_days": tr._("{n} ngày làm việc")}
    return units.get(channel.unit, tr._("{n} ngày")).format(n=amount)


def fees(procedure: Procedure, on: date) -> list[tuple[str, str, str]]:
    """Line by line: (by which way, how much, why); one line that says to ask when nobody knows."""
    lines = fee_lines(procedure, on)
    if not lines:
        return [("", tr._("Hỏi tại quầy"), "")]
    told: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        told.setdefault((_amount(line), _note(line)), []).append(way(line.way))
    several = len(told) > 1
    return [(_sentence(by) if several else "", amount, note) for (amount, note), by in told.items()]


def fee_online(procedure: Procedure, on: date) -> tuple[str, str]:
    """What it costs who hands it in here, in a few words, and why."""
    told = {(_amount(line), _note(line)) for line in fee_lines(procedure, on) if line.way in ("", "online")}
    return told.pop() if len(told) == 1 else (tr._("Hỏi tại quầy"), "")


def _sentence(by: list[str]) -> str:
    text = ", ".join(dict.fromkeys(filter(None, by)))
    return tr._("Nộp {ways}").format(ways=text) if text else ""


def _amount(line: FeeLine) -> str:
    if line.amount_vnd is None:
        if line.tariff:
            return tr._("Tính theo số trang và số bản")
        return tr._("Do tỉnh quy định, hỏi tại quầy") if line.province else tr._("Hỏi tại quầy")
    if line.amount_vnd == 0:
        return tr._("Miễn phí")
    each = {"copy": tr._("{amount} một bản"), "page": tr._("{amount} một trang")}
    return each.get(line.per, "{amount}").format(amount=money(line.amount_vnd))


def _note(line: FeeLine) -> str:
    until = tr._("Áp dụng đến hết ngày {day}.").format(day=f"{line.valid_to:%d/%m/%Y}") if line.valid_to else ""
    free = tr._("Cổng Dịch vụ công ghi miễn phí, nhưng tỉnh có thể thu phí.") if line.shown_free else ""
    note = tr._(line.note) if tr._(line.note) != _amount(line) else ""
    return " ".join(filter(None, (free, until, note if len(note) <= LONGEST_NOTE else "")))


def counted(paper: Component) -> str:
    """How many originals and copies of a paper, "" when nobody has said it."""
    parts = []
    if paper.originals:
        parts.append(tr._("{n} bản chính").format(n=paper.originals))
    if paper.copies:
        parts.append(tr._("{n} bản sao").format(n=paper.copies))
    return ", ".join(parts)


def authorities(procedure: Procedure) -> str:
    """Who decides, in a few words."""
    names = {"commune": tr._("xã, phường"), "province": tr._("tỉnh"), "ministry": tr._("bộ"), "other": tr._("nơi khác")}
    return _begun(", ".join(names[one] for one in procedure.levels))


def where_to_ask(procedure: Procedure) -> str:
    """Who decides about a procedure of which only the name is known."""
    if "commune" in procedure.levels or not procedure.levels:
        return tr._("Hãy lấy số. Cán bộ ở quầy sẽ cho bạn biết cần giấy tờ gì.")
    if "province" in procedure.levels:
        return tr._("Việc này do cấp tỉnh làm. Hãy lấy số để cán bộ chỉ giúp nơi nộp.")
    return tr._("Việc này do bộ, ngành ở trung ương làm. Hãy lấy số để cán bộ chỉ giúp.")


def notes(procedure: Procedure) -> list[str]:
    """Conditions and notes of the law, as many as can be read on the glass."""
    said = [*procedure.conditions, *procedure.notes]
    shown = [note if len(note) <= LONGEST_LINE else note[:LONGEST_LINE].rpartition(" ")[0] + "…" for note in said]
    rest = [tr._("Còn nữa: hãy đọc trên Cổng Dịch vụ công quốc gia.")] if len(shown) > MOST_NOTES else []
    return shown[:MOST_NOTES] + rest


def small_print(procedure: Procedure) -> Iterator[str]:
    """What is folded away: a name that is too long for a heading, the laws, and where the portal has it from."""
    if name(procedure) != (whole := tr._(procedure.name)):
        yield whole
    if procedure.legal:
        yield ", ".join(procedure.legal)
    yield tr._("Mã thủ tục: {said}").format(said=procedure.code)
    yield tr._("Lĩnh vực: {said}").format(said=procedure.field)
