"""What a form says about cards and people: who was filled in, whose card it wants, why an answer is locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.interfaces import Condition
from kiosk.dossier import DOSSIER_CODE
from kiosk.forms import REQUESTER, Question, Section
from kiosk.forms.filling import UNPROVEN
from kiosk.identity import Method, Relative
from kiosk.state import AppState, Job, Session
from screens.tr import tr


def called(relative: Relative) -> str:
    """«Trần Văn Mẫu (Chồng), 1988»: what tells two of a family apart."""
    person = relative.person
    relation = f" ({relative.relation})" if relative.relation else ""
    born = f", {person.date_of_birth.year}" if person.date_of_birth else ""
    return f"{person.full_name}{relation}{born}"


def name_in(section: Section, answers: Mapping[str, str]) -> str:
    """What is answered for the name of a section's person."""
    return next((answers.get(one.id, "") for one in section.questions if one.fills == "full_name"), "")


def proven(session: Session, locked: set[str]) -> str:
    """Why answers of a section cannot be typed over; "" where all can."""
    if not locked - {DOSSIER_CODE}:
        return ""  # the field itself says that its code is known
    if session.proven is not None and session.proven.method is Method.VNEID:
        return tr._("Ô có khóa đã được VNeID xác nhận.")
    if any(question.startswith(f"{REQUESTER}.") for question in locked):
        return tr._("Ô có khóa được đọc từ chip thật trên thẻ của bạn.")
    return tr._("Ô có khóa được đọc từ chip thật trên thẻ.")


def filled(session: Session, questions: Sequence[Question], scanned: bool) -> str:
    """Who has answered something of what is on the glass; "" for nobody but the citizen."""
    told = {question.id: question.fills for question in questions if session.answers.get(question.id)}
    if scanned and set(told.values()) - {"", *UNPROVEN}:
        return tr._("Đã điền từ thẻ. Hãy xem lại cho đúng.")
    phone = session.citizen.phone if session.citizen else ""  # which no card knows
    if phone and any(fills == "phone" and session.answers[one] == phone for one, fills in told.items()):
        return tr._("Số này do hệ thống quốc gia cho biết. Hãy xem lại cho đúng.")
    return ""


def of_chip(state: AppState, session: Session, section: Section, more: bool) -> tuple[str, str, str]:
    """Tone, words and detail about the chip that fills a section; `more`: its card has filled it, its chip can too."""
    others = session.person_card.section == section.id
    card = session.person_card if others else session.card
    if card.job is Job.RUNNING and (others or section.person == REQUESTER):
        return "info", tr._("Đang đọc thẻ, xin để yên: {n} %").format(n=int(100 * card.done)), ""
    if others and card.job is Job.FAILED:
        return "error", tr.error(card.code), tr.advice(card.code)
    if others and card.job is Job.CONFIRMED and not card.verified:
        said = tr._("Đã đọc thẻ, nhưng máy chưa xác thực được chip.")
        return "warn", said, tr._("Hãy xem lại cho đúng. Cán bộ sẽ xem thẻ tại quầy.")
    if more and section.person != REQUESTER and ready(state, "card_reader"):
        return "info", tr._("Có thẻ ở đây? Đặt lên đầu đọc để máy điền thêm từ chip."), ""
    return "info", "", ""


def ready(state: AppState, kind: str) -> bool:
    """Whether a device can be used now."""
    device = state.devices.get(kind)
    return device is not None and device.condition is Condition.READY


def scan_text(person: str) -> str:
    """Whose card is asked for; "" for nobody's."""
    texts = {
        REQUESTER: tr._("Quét mã QR trên thẻ căn cước của bạn để điền nhanh"),
        "mother": tr._("Quét mã QR trên thẻ căn cước của người mẹ để điền nhanh"),
        "father": tr._("Quét mã QR trên thẻ căn cước của người cha để điền nhanh"),
    }
    return texts.get(person, tr._("Quét mã QR trên thẻ căn cước của người đó để điền nhanh")) if person else ""
