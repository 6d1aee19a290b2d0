"""What waits, what was rejected and what became of it; a rejected dossier with its reasons, papers and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from kiosk import audit, correction, telephone
from kiosk.correction import Declared, place_of
from kiosk.forms import REQUESTER, Question, all_sections, visible_questions, visible_sections
from kiosk.needs import SEEN_BY_STAFF
from kiosk.pages import papers
from kiosk.pages.visit import Handler, Visit, answering
from offline_queue.entry import EXPORTED, LOST, PAPERS_LOST, RETURNED, EntryState, OutboxEntry

NOT_FOUND, CONFLICT = 404, 409
ROWS = 50
LAST = 10
ENDED = "dossier_already_ended"
SAME_ID_TAKEN = "province_conflict"
DAMAGED = ("scan_damaged", LOST, PAPERS_LOST)  # nothing that could be corrected here, or sent again
NOT_REACHED = "citizen_not_reached"
PLACES = {"/attachments": "Giấy tờ đã quét", "/fee": "Lệ phí"}  # of what is no question
TOLD_BY = {
    "told_by_phone": "Gọi điện thoại",
    "told_in_person": "Nói trực tiếp tại quầy",
    "told_by_letter": "Gửi thư hoặc giấy báo",
}
CONFIRMED_BY = {
    "in_person": "Trực tiếp tại quầy, đã xem thẻ căn cước",
    "phone": "Qua điện thoại, gọi đúng số người nộp đã khai",
    "signed": "Bằng giấy có chữ ký của người nộp",
}
# acts of the audit log that concern a dossier, as its history tells them
ACTS = {
    NOT_REACHED: "Gọi người nộp, không liên lạc được",
    "dossier_corrected": "Sửa và nộp lại, người nộp đã xác nhận",
    "dossier_returned": "Trả lại cho người nộp",
    "entry_retried": "Gửi lại nguyên như cũ",
    "slip_reprinted": "In lại phiếu hẹn",
}


@dataclass(frozen=True)
class Reason:
    """What the province says: `place` as of `place_of`, with the label of the question or the title of the paper."""

    place: str
    label: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """One question of the form with what was answered, as it is kept, and what the province says about it."""

    question: Question | None
    id: str
    value: str = field(repr=False)
    reasons: tuple[str, ...] = ()


def known_of(visit: Visit, entry: OutboxEntry) -> Declared | None:
    """What an entry declares, with the form of today."""
    return correction.declared(entry, visit.desk.catalogue, visit.desk.forms)


def found(handler: Callable[[Visit, OutboxEntry], Response]) -> Handler:
    """A handler of one entry; 404 for an unknown one."""

    def handle(visit: Visit) -> Response:
        entry = visit.desk.outbox.get(visit.path["entry"])
        return handler(visit, entry) if entry else visit.sorry("page_unknown", NOT_FOUND)

    return handle


def phone_of(entry: OutboxEntry) -> str:
    """Where the citizen can be reached, "" for nowhere; a landline stands among the answers only."""
    answers = entry.payload.get("form", {}).get("answers", {})
    said = entry.payload.get("submitter", {}).get("phone") or answers.get(f"{REQUESTER}.phone")
    return telephone.grouped(said) if said else ""


def reasons_of(entry: OutboxEntry, known: Declared | None) -> list[Reason]:
    """The province's reasons with the places that they are about; a pointer to no place of ours is the label itself."""
    labels = {f"paper:{number}": paper.title for number, paper in enumerate(entry.attachments)}
    if known:
        labels |= {
            question.id: question.label
            for section in all_sections(known.form, known.answers)
            for question in section.questions
        }
    found = []
    for problem in entry.problems:
        place = place_of(problem.path, known)
        label = labels.get(place, PLACES.get(problem.path, problem.path))
        found.append(Reason(place if place in labels else "", label, problem.message))
    return found


def texts_by_place(reasons: list[Reason]) -> dict[str, list[str]]:
    """The same by place."""
    texts: dict[str, list[str]] = {}
    for reason in reasons:
        texts.setdefault(reason.place, []).append(reason.text)
    return texts


def ended(visit: Visit, entry: OutboxEntry) -> Response:
    """Somebody else was there first: say so, show what became of it."""
    visit.officer.drafts.pop(entry.id, None)
    return visit.go(f"/dossiers/{entry.id}", ENDED)


def names_of(visit: Visit) -> Callable[[str], str]:
    """Names of procedures by code; the code itself of one that is no longer offered."""
    offered = visit.desk.catalogue.procedures
    return lambda code: offered[code].short_name if code in offered else code


def _list(visit: Visit) -> Response:
    outbox = visit.desk.outbox
    tries = Counter(record["facts"].get("entry") for record in audit.told(visit.desk.audit.path, NOT_REACHED))
    return visit.page(
        "list.html",
        counts=outbox.counts(),
        notices=outbox.notices(),
        seen_by_staff=SEEN_BY_STAFF,
        rejected=outbox.list(ROWS, (EntryState.REJECTED,)),
        waiting=outbox.list(ROWS, (EntryState.PENDING, EntryState.SENDING)),
        delivered=outbox.list(LAST, (EntryState.DELIVERED,)),
        closed=outbox.list(LAST, (EntryState.CLOSED,)),
        tries=tries,
        named=names_of(visit),
    )


def _show(visit: Visit, entry: OutboxEntry) -> Response:
    values: dict[str, Any] = {
        "entry": entry,
        "history": _history(visit, entry),
        "acts": ACTS,
        "all_ways": CONFIRMED_BY | TOLD_BY,
        "named": names_of(visit),
    }
    if entry.state is not EntryState.REJECTED:
        return visit.page("ended.html", moved=entry.last_error == EXPORTED, **values)
    visit.audit("dossier_viewed", entry=entry.id)
    known = known_of(visit, entry)
    reasons = reasons_of(entry, known)
    by_place = texts_by_place(reasons)
    case = next((c.title for c in known.procedure.cases if c.id == known.case), "") if known else ""
    return visit.page(
        "dossier.html",
        known=known,
        case=case,
        correctable=known is not None and entry.last_error not in DAMAGED,
        damaged=entry.last_error in DAMAGED,
        sections=_answers(known, entry, by_place),
        reasons=reasons,
        by_place=by_place,
        phone=phone_of(entry),
        submitter=entry.payload.get("submitter", {}).get("full_name", ""),
        tries=sum(act == NOT_REACHED for _, act, *_ in values["history"]),
        ways=TOLD_BY,
        conflict=entry.last_error == SAME_ID_TAKEN,
        **values,
    )


def _answers(
    known: Declared | None, entry: OutboxEntry, reasons: dict[str, list[str]]
) -> list[tuple[str, list[Answer]]]:
    """Titles of sections with their answers; what no question of today's form asks for comes last."""
    said = {str(k): str(v) for k, v in entry.payload.get("form", {}).get("answers", {}).items()}
    sections: list[tuple[str, list[Answer]]] = []
    asked: set[str] = set()
    if known:
        for section in visible_sections(known.form, known.case, said):
            questions = visible_questions(section, known.case, said)
            asked |= {question.id for question in questions}
            rows = [Answer(q, q.id, said.get(q.id, ""), tuple(reasons.get(q.id, ()))) for q in questions]
            sections.append((section.title, rows))
    rest = [Answer(None, key, said[key], tuple(reasons.get(key, ()))) for key in said if key not in asked]
    return [*sections, ("Nội dung khác", rest)] if rest else sections


def _history(visit: Visit, entry: OutboxEntry) -> list[tuple[datetime, str, str, str]]:
    """Time, act, officer and way of all that was done with this dossier or the one that it corrects, newest first."""
    records = audit.told(visit.desk.audit.path, entry.id, entry.replaces)
    ids = {entry.id, entry.replaces} - {""}
    rows = [
        (datetime.fromisoformat(record["at"]), record["act"], record["who"], str(record["facts"].get("way", "")))
        for record in records
        if record["act"] in ACTS and ids & {record["facts"].get("entry"), record["facts"].get("by")}
    ]
    return rows[::-1]


def _picture(visit: Visit, entry: OutboxEntry) -> Response:
    """One page of a paper of a rejected dossier, addressed by its place, so that no other file can be asked for."""
    number, page = int(visit.path["paper"]), int(visit.path["page"])
    if entry.state is not EntryState.REJECTED or number >= len(entry.attachments):
        return visit.sorry("page_unknown", NOT_FOUND)
    found_picture = papers.picture(visit.desk.blobs, entry.attachments[number], page)
    if found_picture is None:
        return visit.sorry("page_unknown", NOT_FOUND)
    data, kind = found_picture
    return Response(data, media_type=kind, headers={"Content-Disposition": "inline"})


def _retry(visit: Visit, entry: OutboxEntry) -> Response:
    desk = visit.desk
    with desk.acting:
        now = desk.outbox.get(entry.id)
        moved = now is not None and now.state is EntryState.CLOSED and now.last_error == EXPORTED
        if now is None or not (moved or now.state in (EntryState.REJECTED, EntryState.PENDING)):
            return ended(visit, entry)
        if now.last_error in (SAME_ID_TAKEN, *DAMAGED):
            return visit.go(f"/dossiers/{entry.id}", now.last_error)
        visit.audit("entry_retried", entry=entry.id)
        desk.outbox.retry_now(entry.id)
    visit.officer.drafts.pop(entry.id, None)
    desk.wake()
    return visit.go("/", "entry_will_be_sent")


def _return(visit: Visit, entry: OutboxEntry) -> Response:
    desk, way = visit.desk, visit.form.get("way", "")
    if way not in TOLD_BY or "told" not in visit.form:
        return visit.go(f"/dossiers/{entry.id}#return", "return_not_confirmed")
    with desk.acting:
        now = desk.outbox.get(entry.id)
        if now is None or now.state is not EntryState.REJECTED:
            return ended(visit, entry)
        visit.audit("dossier_returned", entry=entry.id, way=way)
        free = desk.outbox.give_back(entry.id)
        after = desk.outbox.get(entry.id)
        if after is None or after.last_error != RETURNED:  # the glass of the kiosk was a moment faster
            visit.audit("too_late", entry=entry.id)
            return ended(visit, entry)
    desk.blobs.discard(free, desk.outbox.uses_blob)
    visit.officer.drafts.pop(entry.id, None)
    desk.wake()
    return visit.go("/", "dossier_was_returned")


def _not_reached(visit: Visit, entry: OutboxEntry) -> Response:
    if entry.state is not EntryState.REJECTED:
        return ended(visit, entry)
    visit.audit(NOT_REACHED, entry=entry.id)
    return visit.go(f"/dossiers/{entry.id}", "not_reached_noted")


def _seen(visit: Visit) -> Response:
    code = visit.path["code"]
    if code in SEEN_BY_STAFF and code in visit.desk.outbox.notices():
        visit.audit("notice_seen", code=code)
        visit.desk.outbox.end_notice(code)
        visit.desk.wake()
    return visit.go("/")


ROUTES = [
    Route("/", answering(_list), methods=["GET"]),
    Route("/notices/{code}/seen", answering(_seen), methods=["POST"]),
    Route("/dossiers/{entry}", answering(found(_show)), methods=["GET"]),
    Route("/dossiers/{entry}/papers/{paper:int}/{page:int}", answering(found(_picture)), methods=["GET"]),
    Route("/dossiers/{entry}/retry", answering(found(_retry)), methods=["POST"]),
    Route("/dossiers/{entry}/return", answering(found(_return)), methods=["POST"]),
    Route("/dossiers/{entry}/not-reached", answering(found(_not_reached)), methods=["POST"]),
]
