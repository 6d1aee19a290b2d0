"""Correcting a rejected dossier: change answers, have the citizen confirm the changes, hand in anew."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from kiosk import correction, places
from kiosk.correction import Declared
from kiosk.dossier_schema import dossier_problems
from kiosk.forms import Question, QuestionType, Section, declaration, visible_questions, visible_sections
from kiosk.pages import rows, typed
from kiosk.pages.dossiers import (
    CONFIRMED_BY,
    CONFLICT,
    DAMAGED,
    SAME_ID_TAKEN,
    ended,
    found,
    known_of,
    names_of,
    phone_of,
    reasons_of,
    texts_by_place,
)
from kiosk.pages.visit import Visit, answering
from offline_queue.entry import EntryState, OutboxEntry, Problem


def _correct(visit: Visit, entry: OutboxEntry) -> Response:
    """The form, with the answers of the draft if there is one, and what is wrong with them."""
    known = _correctable(visit, entry)
    if known is None:
        return _cannot(visit, entry)
    draft = visit.officer.drafts.get(entry.id)
    answers = known.answers if draft is None else draft
    faults = {} if draft is None else correction.errors(known, answers, visit.desk.clock().date())
    said = reasons_of(entry, known)
    reasons = [replace(one, place="") if rows.moved(known.form, answers, one.place) else one for one in said]
    sections = [
        (section, visible_questions(section, known.case, answers))
        for section in visible_sections(known.form, known.case, answers)
    ]
    labels = {question.id: question.label for _, questions in sections for question in questions}
    return visit.page(
        "correct.html",
        entry=entry,
        known=known,
        sections=sections,
        answers=answers,
        faults=faults,
        labels=labels,
        reasons=texts_by_place(reasons),
        general=[reason for reason in reasons if reason.place not in labels],
        locked=correction.locked(known, answers),
        types=QuestionType,
        groups=places.ethnic_groups(),
        address=partial(typed.address_parts, answers),
        communes=typed.commune_texts() if _asks_commune(sections) else (),
        can_add=partial(rows.can_add, known.form, draft=answers),
        can_remove=partial(rows.can_remove, known.form, draft=answers),
        named=names_of(visit),
    )


def _asks_commune(sections: Sequence[tuple[Section, tuple[Question, ...]]]) -> bool:
    return any(question.type in typed.NAMES_COMMUNE for _, questions in sections for question in questions)


def _check(visit: Visit, entry: OutboxEntry) -> Response:
    """Keep what was typed as the draft; on to the confirmation once nothing is wrong with it."""
    known = _correctable(visit, entry)
    if known is None:
        return _cannot(visit, entry)
    before = visit.officer.drafts.get(entry.id, dict(known.answers))
    draft = correction.merged(known, before, typed.answers(visit.form))
    visit.officer.drafts[entry.id] = typed.kept(draft, visit.form)
    here = f"/dossiers/{entry.id}/correction"
    if act := visit.form.get("row"):
        changed, row_id = rows.changed(known.form, known.case, visit.officer.drafts[entry.id], act)
        visit.officer.drafts[entry.id] = changed
        return visit.go(f"{here}#{row_id}")
    if correction.errors(known, draft, visit.desk.clock().date()):
        return visit.go(here)  # which tells what is wrong
    if not correction.changes(known, draft) and entry.last_error != SAME_ID_TAKEN:
        return visit.go(here, "nothing_changed")
    return visit.go(f"/dossiers/{entry.id}/confirmation")


def _confirm(visit: Visit, entry: OutboxEntry) -> Response:
    """The changes, old beside new, to read out to the citizen."""
    known, draft = _correctable(visit, entry), visit.officer.drafts.get(entry.id)
    if known is None:
        return _cannot(visit, entry)
    if draft is None or correction.errors(known, draft, visit.desk.clock().date()):
        return visit.go(f"/dossiers/{entry.id}/correction")
    return visit.page(
        "confirm.html",
        entry=entry,
        changes=correction.changes(known, draft),
        ways=CONFIRMED_BY,
        phone=phone_of(entry),
        named=names_of(visit),
    )


def _hand_in(visit: Visit, entry: OutboxEntry) -> Response:
    """Commit the correction, once the officer has recorded how the citizen has confirmed it."""
    desk, way = visit.desk, visit.form.get("way", "")
    known, draft = _correctable(visit, entry), visit.officer.drafts.get(entry.id)
    if known is None:
        return _cannot(visit, entry)
    if draft is None or correction.errors(known, draft, desk.clock().date()):
        return visit.go(f"/dossiers/{entry.id}/correction")
    if way not in CONFIRMED_BY or "agreed" not in visit.form:
        return visit.go(f"/dossiers/{entry.id}/confirmation", "citizen_not_confirmed")
    anew = correction.corrected(known, entry, draft, str(uuid.uuid4()), desk.clock())
    if problems := dossier_problems(anew.payload, attachments=False):
        return _against_the_rules(visit, problems)
    fields = ", ".join(change.id for change in correction.changes(known, draft))
    with desk.acting:
        now = desk.outbox.get(entry.id)
        if now is None or now.state is not EntryState.REJECTED:
            return ended(visit, entry)
        visit.audit("dossier_corrected", entry=entry.id, by=anew.id, way=way, fields=fields)
        with desk.blobs.hold():  # what is drawn here belongs to nobody until it is committed
            anew = declaration.renewed(desk.blobs, anew, known, desk.centre, desk.clock(), desk.outbox.notice)
            taken = desk.outbox.replace(entry.id, anew)
        left = {paper.sha256 for paper in (*entry.attachments, *anew.attachments)}
        desk.blobs.discard(left, used=desk.outbox.uses_blob)
        if not taken:  # the glass of the kiosk was a moment faster
            visit.audit("too_late", entry=entry.id)
            return ended(visit, entry)
    visit.officer.drafts.pop(entry.id, None)
    desk.wake()
    return visit.go("/", "dossier_was_corrected")


def _discard(visit: Visit, entry: OutboxEntry) -> Response:
    visit.officer.drafts.pop(entry.id, None)
    return visit.go(f"/dossiers/{entry.id}")


def _correctable(visit: Visit, entry: OutboxEntry) -> Declared | None:
    """What is corrected; None when it is no longer rejected, or when other answers would not help."""
    helps = entry.state is EntryState.REJECTED and entry.last_error not in DAMAGED
    return known_of(visit, entry) if helps else None


def _cannot(visit: Visit, entry: OutboxEntry) -> Response:
    if entry.state is not EntryState.REJECTED:
        return ended(visit, entry)
    return visit.go(f"/dossiers/{entry.id}", entry.last_error if entry.last_error in DAMAGED else "form_unknown")


def _against_the_rules(visit: Visit, problems: tuple[Problem, ...]) -> Response:
    return visit.page("sorry.html", CONFLICT, code="correction_against_rules", places=[p.path for p in problems])


ROUTES = [
    Route("/dossiers/{entry}/correction", answering(found(_correct)), methods=["GET"]),
    Route("/dossiers/{entry}/correction", answering(found(_check)), methods=["POST"]),
    Route("/dossiers/{entry}/confirmation", answering(found(_confirm)), methods=["GET"]),
    Route("/dossiers/{entry}/confirmation", answering(found(_hand_in)), methods=["POST"]),
    Route("/dossiers/{entry}/discard", answering(found(_discard)), methods=["POST"]),
]
