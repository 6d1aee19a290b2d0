"""What can be on the glass, one scene each: every step, with long names, errors, failures and full lists."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageDraw

from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.results import CloneCheck, Trust
from devices.interfaces import ScannedPage
from kiosk import forms, slips
from kiosk.app import Kiosk
from kiosk.dossier import DOSSIER_CODE, SUPPLEMENT
from kiosk.errands.supplementing import supplement_case
from kiosk.fees import fee_by_pages
from kiosk.hall.tickets import TicketState
from kiosk.hall.view import Estimate
from kiosk.identity import Citizen, Method
from kiosk.preparing import fee_of
from kiosk.slip_picture import draw
from kiosk.state import (
    AppState,
    CardReading,
    Job,
    Page,
    PaperView,
    Preparation,
    SeriesView,
    Session,
    Step,
    TicketView,
)
from offline_queue.entry import OutboxCounts, Receipt
from tests.screens.camera_scenes import camera_scenes
from tests.screens.catalogue_scenes import catalogue_scenes
from tests.screens.desk_scenes import doors
from tests.screens.errand_scenes import errands
from tests.screens.form_scenes import form_scenes
from tests.screens.scene import (
    ADDRESS,
    CODE,
    DOTS,
    ERRORS,
    ID_NUMBER,
    NAME,
    NOW,
    PORTRAIT,
    READY,
    TROUBLE,
    Scene,
    Site,
)
from tests.screens.sheet_scenes import low, rating, sheets, simple

LOW = {  # what a citizen meets at each step, shown once more to who sits: the fullest page of each
    "priority",
    "ticket-unconfirmed",
    "procedures-typed",
    "bring-1.001193",
    "prepare-chosen",
    "checklist",
    "identify",
    "identify-wrong",
    "follow-wrong",
    "card-genuine",
    "notice",
    "papers",
    "scan-pages",
    "scan-failed",
    "scan-moving",
    "review",
    "declare",
    "collect-card",
    "slip",
    "rating-displeased",
    "lookup-status-5",
    "appointment-in-time",
    "pay-waiting",
    "vneid-waiting",
    "petition-wrong",
    "petition-wrong-phone",
}


def site_of(kiosk: Kiosk) -> Site:
    """The site that this kiosk serves."""
    base = replace(kiosk.state, now=NOW, session=None, language="vi", step=Step.HOME, online=True)
    return Site(base, kiosk.parts.lookup, dict(kiosk.parts.forms))


def scenes(site: Site, language: str) -> Iterator[Scene]:
    """Every scene in one language."""
    parts = (
        _numbers,
        _preparing,
        _dossier,
        _form,
        form_scenes,
        _papers,
        _end,
        errands,
        rating,
        sheets,
        low,
        simple,
        doors,
    )
    for part in parts:
        for scene in part(site, language):
            yield replace(scene, state=replace(scene.state, language=language))
    for scene in (one for part in parts for one in part(site, language) if one.name in LOW):
        comfort = replace(scene.state.comfort, reach=True)
        low_one = replace(scene.state, language=language, comfort=comfort)
        yield replace(scene, name=f"low-{scene.name}", state=low_one)


def _numbers(site: Site, language: str) -> Iterator[Scene]:
    base = site.base
    told = (Estimate(115, 96, 134), None, Estimate(18, 12, 25), None, Estimate(1, 0, 2), None)
    busy = tuple(replace(s, waiting=15 - 3 * i, estimate=told[i]) for i, s in enumerate(base.series))
    some = (*busy[:2], replace(busy[2], closed_code="series_full"), *busy[3:])
    yield Scene("home", replace(base, series=busy))
    waiting = replace(base, series=some, online=False, outbox=OutboxCounts(pending=12))
    group = Session(id="scene", started_at=NOW, priority="Có con nhỏ dưới 36 tháng")
    yield Scene("home-paper-low", replace(base, paper=PaperView(3.2, 80.0, 840, low=True)))
    yield Scene("home-card-left", replace(base, series=busy, card_present=True, card_left=True))
    yield Scene("home-priority-offline", replace(waiting, session=group))
    closed = replace(base, closed_code="hall_lunch", next_opening=NOW + timedelta(hours=4))
    yield Scene("home-closed", closed)
    yield Scene("priority", replace(base, step=Step.PRIORITY, session=group))
    for name, job, code in (
        ("ticket-printing", Job.RUNNING, ""),
        ("ticket", Job.CONFIRMED, ""),
        ("ticket-unconfirmed", Job.UNCONFIRMED, ""),
        ("ticket-failed", Job.FAILED, "paper_out"),
    ):
        ticket = _ticket(base.series[0], language, job, code)
        yield Scene(name, replace(base, step=Step.TICKET, session=Session(id="scene", started_at=NOW, ticket=ticket)))
    for standing in (TicketState.PRINTED, TicketState.CALLED, TicketState.HELD, TicketState.ABSENT):
        scanned = _ticket(base.series[0], language, Job.NONE, "")
        scanned = replace(scanned, standing=standing, counter=2, picture=None)
        session = Session(id="scene", started_at=NOW, ticket=scanned)
        yield Scene(f"ticket-scanned-{standing}", replace(base, step=Step.TICKET, session=session))
    warned = _ticket(base.series[0], language, Job.UNCONFIRMED, "")
    session = Session(id="scene", started_at=NOW, ticket=warned)
    yield Scene("ticket-idle", replace(base, step=Step.TICKET, session=session, idle_seconds_left=17))


def _ticket(series: SeriesView, language: str, job: Job, code: str) -> TicketView:
    number, ahead, wait = "A-128", 17, Estimate(68, 55, 82)
    slip = slips.ticket_slip(
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        number=number,
        series_title=series.title,
        counters=series.counters,
        issued_at=NOW,
        ahead=ahead,
        estimate=wait,
        qr="KM1|A-128",
        priority="",
        language=language,
    )
    picture = None if job in (Job.RUNNING, Job.FAILED) else draw(slip, DOTS)
    return TicketView(1, number, series.title, series.counters, NOW, ahead, wait, job, code, picture)


def _preparing(site: Site, _language: str) -> Iterator[Scene]:
    base = site.base
    copies = site.procedures["2.000815"]
    bare = Session(id="scene", started_at=NOW, procedure=copies)
    yield from catalogue_scenes(site)
    wrong = replace(bare, errors={"kind": "choice_missing"})
    yield Scene("prepare", replace(base, step=Step.PREPARE, session=wrong))
    assert copies.fee is not None
    assert copies.fee.tariff is not None
    given = Preparation(copies.kinds[4], 12, 25, fee_by_pages(copies.fee.tariff, 12, 25))
    chosen = replace(bare, preparation=given)
    yield Scene("prepare-chosen", replace(base, step=Step.PREPARE, session=chosen))
    yield Scene("checklist", replace(base, step=Step.CHECKLIST, session=chosen))
    for code in ("2.000884", "1.004222", "1.000894"):
        procedure = site.procedures[code]
        given = Preparation(procedure.kinds[2], fee_vnd=fee_of(procedure, 1, 1, NOW.date()))
        ready = replace(bare, procedure=procedure, preparation=given)
        yield Scene(f"prepare-{code}", replace(base, step=Step.PREPARE, session=ready))
        case = procedure.cases[2] if procedure.cases else None
        yield Scene(f"checklist-{code}", replace(base, step=Step.CHECKLIST, session=replace(ready, case=case)))


def _dossier(site: Site, _language: str) -> Iterator[Scene]:
    base = replace(site.base, devices=READY)
    session = site.session("1.001193")
    yield Scene("identify", replace(base, step=Step.IDENTIFY, session=session))
    wrong = replace(session, errors={"scan": "qr_not_id_card", "id_number": "id_number_length"})
    yield Scene("identify-left", replace(base, step=Step.IDENTIFY, session=session, card_present=True, card_left=True))
    yield Scene("identify-wrong", replace(base, step=Step.IDENTIFY, session=wrong))
    typed = replace(base, step=Step.IDENTIFY, session=wrong)
    yield Scene("identify-typed", typed, lambda screen: screen.type_number())
    yield from _chip(base, session)
    yield Scene("notice", replace(base, step=Step.NOTICE, session=session))
    yield Scene("review", replace(base, step=Step.REVIEW, session=replace(session, papers=_scanned(session))))
    missing = replace(session, answers=_answers(session, **{"relation.kind": "other"}), papers=_scanned(session))
    yield Scene("review-missing", replace(base, step=Step.REVIEW, session=missing))
    assert session.procedure is not None
    papers, of = _scanned(session), _answers(session, **{DOSSIER_CODE: "H05.114-261120-0042"})
    supplement = replace(session, case=supplement_case(session.procedure), form=site.forms[SUPPLEMENT], answers=of)
    yield Scene("review-supplement", replace(base, step=Step.REVIEW, session=replace(supplement, papers=papers)))
    yield Scene("declare", replace(base, step=Step.DECLARE, session=session))
    late = replace(session, answers=_answers(session, **{"child.date_of_birth": "2026-06-01", "copies": "0"}))
    yield Scene("declare-late", replace(base, step=Step.DECLARE, session=late))
    proven = CardReading(Job.CONFIRMED, citizen=session.citizen, trust=Trust.TRUSTED, clone_check=CloneCheck.GENUINE)
    yield Scene("declare-proven", replace(base, step=Step.DECLARE, session=replace(session, card=proven)))
    copies = replace(site.session("2.000635"), answers=MappingProxyType({"copies": "3"}))
    yield Scene("declare-fee", replace(base, step=Step.DECLARE, session=copies))
    failed = replace(session, submit=Job.FAILED, submit_code="disk_full")
    yield Scene("declare-failed", replace(base, step=Step.DECLARE, session=failed))
    saving = replace(session, submit=Job.RUNNING)
    yield Scene("declare-saving", replace(base, step=Step.DECLARE, session=saving))


def _chip(base: AppState, session: Session) -> Iterator[Scene]:
    citizen = Citizen(ID_NUMBER, NAME, date(1990, 2, 14), "female", ADDRESS, method=Method.CHIP)
    picture = Portrait("image/jpeg", PORTRAIT.read_bytes())
    readings = {
        "waiting": CardReading(),
        "reading": CardReading(Job.RUNNING, "card:1", 0.13),
        "fields": CardReading(Job.RUNNING, "card:1", 0.4, citizen=citizen),
        "genuine": CardReading(
            Job.CONFIRMED, "card:1", 1.0, "", citizen, picture, None, Trust.TRUSTED, CloneCheck.GENUINE
        ),
        "unproven": CardReading(Job.CONFIRMED, "card:1", 1.0, "", citizen, picture),
        "mismatch": CardReading(Job.FAILED, "card:1", 0.1, "card_number_mismatch"),
        "expired": CardReading(Job.FAILED, "card:1", 0.2, "card_expired"),
        "dates": CardReading(Job.FAILED, "card:1", 0.1, "card_needs_mrz"),
    }
    for name, card in readings.items():
        yield Scene(f"card-{name}", replace(base, step=Step.CARD, session=replace(session, card=card)))
    away = {**base.devices, "card_reader": TROUBLE["code_scanner"]}
    yield Scene("card-away", replace(base, step=Step.CARD, session=session, devices=away))


def _form(site: Site, language: str) -> Iterator[Scene]:
    longest = ("2.000635", "1.004873") if language == "en" else ()  # each scene costs: English is the longer one
    for code in ("1.001193", *longest):
        session = site.session(code)
        assert session.form is not None
        for section in session.form.sections:
            shown = replace(session, section=section, scanned_person=section.id if section.person else "")
            yield Scene(f"form-{code}-{section.id}", replace(site.base, step=Step.FORM, session=shown))
    session = site.session("1.001193")
    assert session.form is not None
    seen: set[str] = set()
    for section in session.form.sections[:4]:
        errors = {question.id: ERRORS.get(question.type, "required") for question in section.questions}
        shown = replace(session, section=section, errors={**errors, "scan": "qr_truncated"})
        state = replace(site.base, step=Step.FORM, session=shown)
        yield Scene(f"form-errors-{section.id}", state)
        for question in section.questions:
            if language == "vi" and question.type not in seen and question.type != "choice":
                seen.add(question.type)
                yield Scene(f"form-edit-{section.id}-{question.type}", state, _editing(session.form.id, question.id))


def _editing(form_id: str, question_id: str) -> Callable[[Any], None]:
    def act(screen: Any) -> None:
        screen.edit(screen._fields[form_id, question_id].editors()[-1])

    return act


def _papers(site: Site, _language: str) -> Iterator[Scene]:
    base = replace(site.base, devices=READY)
    session = site.session("1.001193")
    session = replace(session, answers=_answers(session, **{"relation.kind": "other"}))  # two papers
    assert session.case is not None
    component = session.case.components[0]
    missing = replace(session, errors={paper.id: "paper_missing" for paper in session.case.components})
    yield Scene("papers", replace(base, step=Step.PAPERS, session=missing))
    scanning = replace(session, component=component)
    yield Scene("scan-empty", replace(base, step=Step.SCAN, session=scanning))
    running = replace(scanning, scan=Job.RUNNING)
    yield Scene("scan-running", replace(base, step=Step.SCAN, session=running))
    failed = replace(scanning, scan=Job.FAILED, scan_code="scanner_jam")
    yield Scene("scan-failed", replace(base, step=Step.SCAN, session=failed))
    pages = replace(scanning, papers=_scanned(session))
    yield Scene("scan-pages", replace(base, step=Step.SCAN, session=pages))
    yield Scene("scan-moving", replace(base, step=Step.SCAN, session=pages), lambda screen: screen.ask_where())
    yield from camera_scenes(site, scanning, _scanned(session)[component.id])
    yield Scene("papers-scanned", replace(base, step=Step.PAPERS, session=replace(pages, component=None)))


def _answers(session: Session, **said: str) -> Mapping[str, str]:
    return MappingProxyType({**session.answers, **said})


def _scanned(session: Session) -> dict[str, tuple[Page, ...]]:
    assert session.case is not None
    pages = tuple(_page(number, ("page_blurred",) if number == 3 else ()) for number in (1, 2, 3))
    return {session.case.components[0].id: pages}


def _page(number: int, problems: tuple[str, ...]) -> Page:
    picture = Image.new("RGB", (827, 1169), "white")
    pen = ImageDraw.Draw(picture)
    for y in range(120, 1080, 44):
        pen.rectangle((90, y, 330 + (y * 7 * number) % 400, y + 16), fill=(60, 60, 70))
    data = io.BytesIO()
    picture.save(data, "JPEG")
    jpeg = data.getvalue()
    return Page(f"{number:064d}", len(jpeg), ScannedPage(jpeg, 827, 1169, 100, 900.0, problems))


def _end(site: Site, language: str) -> Iterator[Scene]:
    base = site.base
    linked = _ticket(base.series[0], language, Job.CONFIRMED, "")
    session = replace(site.session("1.001193"), provisional_code=CODE, ticket=linked, client_ref="scene")
    yield Scene("collect", replace(base, step=Step.COLLECT, session=session))
    yield Scene("collect-paper", replace(base, step=Step.COLLECT, session=replace(session, paper_left=True)))
    yield Scene("collect-card", replace(base, step=Step.COLLECT, session=session, card_present=True))
    printing = replace(session, slip_print=Job.RUNNING)
    yield Scene("slip-printing", replace(base, step=Step.SLIP, session=printing, online=False))
    due = "2026-11-25T17:00:00Z"  # here a new day has begun
    receipt = Receipt("H05.114-261123-0042", 2, NOW.isoformat(), due)
    done = replace(session, slip_print=Job.CONFIRMED, receipt=receipt, slip_picture=_slip(session, language))
    yield Scene("slip", replace(base, step=Step.SLIP, session=done))
    unsure = replace(done, slip_print=Job.UNCONFIRMED, receipt=None)
    yield Scene("slip-unconfirmed", replace(base, step=Step.SLIP, session=unsure))
    failed = replace(session, slip_print=Job.FAILED, slip_code="paper_out", ticket=None)
    yield Scene("slip-failed", replace(base, step=Step.SLIP, session=failed))


def _slip(session: Session, language: str) -> Image.Image:
    assert session.procedure is not None
    slip = slips.provisional_slip(
        scanned=(),
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        code=CODE,
        qr=f"KM1|H05.114|{CODE}",
        procedure=session.procedure,
        papers=forms.papers_of(session.case, session.answers),
        stored_at=NOW,
        declared=True,
        linked_number="A-128",
        counters=(1, 2),
        hotline="1022",
        language=language,
    )
    return draw(slip, DOTS)
