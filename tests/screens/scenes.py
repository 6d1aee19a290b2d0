"""What can be on the glass, one scene each: every step, with long names, errors, failures and full lists."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.results import CloneCheck, Trust
from devices.interfaces import Condition, DeviceStatus, ScannedPage
from kiosk import slips
from kiosk.app import Kiosk
from kiosk.catalogue import Procedure
from kiosk.fees import fee_by_pages
from kiosk.forms import Form
from kiosk.identity import Citizen, Method
from kiosk.provisional import provisional_code
from kiosk.slip_picture import draw
from kiosk.state import (
    AppState,
    CardReading,
    DeviceLogLine,
    Job,
    Page,
    Preparation,
    SeriesView,
    Session,
    StaffTicket,
    StaffView,
    Step,
    TicketView,
)
from offline_queue.entry import EntryState, OutboxCounts, OutboxEntry, Problem, Receipt

NOW = datetime.fromisoformat("2026-11-23T09:41:00+07:00")
NAME = "Nguyễn Thị Hoàng Phương Khánh Linh"
ADDRESS = "Số 128, ngách 45/12, đường Nguyễn Văn Cừ, Tổ dân phố Khả Lễ 2, phường Võ Cường, tỉnh Bắc Ninh"
ID_NUMBER, PHONE = "027190012345", "0912345678"
CODE = provisional_code("scene")
DOTS = 576

PORTRAIT = Path(__file__).parents[2] / "assets/samples/portraits/portrait.jpg"


@dataclass(frozen=True)
class Scene:
    """One state; `act` does what only a touch can bring up, on the screen that shows it."""

    name: str
    state: AppState
    act: Callable[[Any], None] = lambda _screen: None

    @property
    def step(self) -> Step:
        """The step that it belongs to."""
        return self.state.step


@dataclass(frozen=True)
class Site:
    """What scenes are made of: the state of the embedded default and its catalogue."""

    base: AppState
    procedures: dict[str, Procedure]
    forms: dict[str, Form]

    def session(self, code: str, case: int = -1, **values: Any) -> Session:
        """A citizen in the middle of a procedure."""
        procedure = self.procedures[code]
        cases = procedure.cases
        full: dict[str, Any] = {
            "procedure": procedure,
            "case": cases[case] if cases else None,
            "form": self.forms.get(procedure.form_id),
            "citizen": Citizen(ID_NUMBER, NAME, date(1990, 2, 14), "female", ADDRESS, method=Method.QR),
            "answers": ANSWERS,
            "step_number": 3,
            "step_count": 11,
        }
        return Session(id="scene", started_at=NOW, **{**full, **values})


ANSWERS = {
    "requester.full_name": NAME,
    "requester.id_number": ID_NUMBER,
    "requester.date_of_birth": "1990-02-14",
    "requester.phone": PHONE,
    "requester.address": ADDRESS,
    "relation.kind": "relative",
    "child.full_name": "Trần Nguyễn Hoàng Minh Đức Anh",
    "child.sex": "male",
    "child.date_of_birth": "2026-11-01",
    "birth.place": "Bệnh viện Sản Nhi tỉnh Bắc Ninh, phường Võ Cường, tỉnh Bắc Ninh",
    "birth.ethnic": "01",
    "birth.commune": "09190",
    "birth.hometown": "09190",
    "mother.full_name": NAME,
    "mother.id_number": ID_NUMBER,
    "mother.date_of_birth": "1990-02-14",
    "mother.address": ADDRESS,
    "father_known.answer": "yes",
    "father.full_name": "Trần Văn Bình",
    "father.id_number": "027088004321",
    "father.date_of_birth": "1988-09-05",
    "father.address": ADDRESS,
    "copies": "2",
    "subject.full_name": NAME,
    "subject.id_number": ID_NUMBER,
    "subject.date_of_birth": "1990-02-14",
    "origin.ethnic": "01",
    "origin.commune": "09190",
    "registered.commune": "09190",
    "registered.year": "2015",
    "marital.spouse": NAME,
    "purpose.text": "Đăng ký kết hôn với người nước ngoài tại cơ quan có thẩm quyền của nước ngoài",
}


def site_of(kiosk: Kiosk) -> Site:
    """The site that this kiosk serves."""
    base = replace(kiosk.state, now=NOW, session=None, language="vi", step=Step.HOME, online=True)
    return Site(base, dict(kiosk.parts.catalogue.procedures), dict(kiosk.parts.forms))


def scenes(site: Site, language: str) -> Iterator[Scene]:
    """Every scene in one language."""
    for part in (_numbers, _preparing, _dossier, _form, _papers, _end, _doors):
        for scene in part(site, language):
            yield replace(scene, state=replace(scene.state, language=language))


def _numbers(site: Site, language: str) -> Iterator[Scene]:
    base = site.base
    busy = tuple(replace(s, waiting=3 * i) for i, s in enumerate(base.series))
    some = (*busy[:2], replace(busy[2], closed_code="series_full"), *busy[3:])
    yield Scene("home", replace(base, series=busy))
    waiting = replace(base, series=some, online=False, outbox=OutboxCounts(pending=12))
    group = Session(id="scene", started_at=NOW, priority="Có con nhỏ dưới 36 tháng")
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
    warned = _ticket(base.series[0], language, Job.UNCONFIRMED, "")
    session = Session(id="scene", started_at=NOW, ticket=warned)
    yield Scene("ticket-idle", replace(base, step=Step.TICKET, session=session, idle_seconds_left=17))


def _ticket(series: SeriesView, language: str, job: Job, code: str) -> TicketView:
    number, ahead, minutes = "A-128", 17, 68
    slip = slips.ticket_slip(
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        number=number,
        series_title=series.title,
        counters=series.counters,
        issued_at=NOW,
        ahead=ahead,
        estimate_minutes=minutes,
        qr="KM1|A-128",
        priority="",
        language=language,
    )
    picture = None if job in (Job.RUNNING, Job.FAILED) else draw(slip, DOTS)
    return TicketView(1, number, series.title, series.counters, NOW, ahead, minutes, job, code, picture)


def _preparing(site: Site, _language: str) -> Iterator[Scene]:
    base = site.base
    copies = site.procedures["2.000815"]
    bare = Session(id="scene", started_at=NOW, procedure=copies)
    yield Scene("procedures", replace(base, step=Step.PROCEDURES))
    wrong = replace(bare, errors={"kind": "choice_missing"})
    yield Scene("prepare", replace(base, step=Step.PREPARE, session=wrong))
    assert copies.fee is not None
    assert copies.fee.tariff is not None
    given = Preparation(copies.kinds[4], 12, 25, fee_by_pages(copies.fee.tariff, 12, 25))
    chosen = replace(bare, preparation=given)
    yield Scene("prepare-chosen", replace(base, step=Step.PREPARE, session=chosen))
    yield Scene("checklist", replace(base, step=Step.CHECKLIST, session=chosen))
    for code in site.procedures:
        if site.procedures[code].online:
            yield Scene(f"bring-{code}", replace(base, step=Step.BRING, session=site.session(code)))


def _dossier(site: Site, _language: str) -> Iterator[Scene]:
    base = replace(site.base, devices=READY)
    session = site.session("1.001193")
    yield Scene("identify", replace(base, step=Step.IDENTIFY, session=session))
    wrong = replace(session, errors={"scan": "qr_not_id_card", "id_number": "id_number_length"})
    yield Scene("identify-wrong", replace(base, step=Step.IDENTIFY, session=wrong))
    typed = replace(base, step=Step.IDENTIFY, session=wrong)
    yield Scene("identify-typed", typed, lambda screen: screen.type_number())
    yield from _chip(base, session)
    yield Scene("notice", replace(base, step=Step.NOTICE, session=session))
    yield Scene("review", replace(base, step=Step.REVIEW, session=replace(session, papers=_scanned(session))))
    yield Scene("declare", replace(base, step=Step.DECLARE, session=session))
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
        screen.edit(screen._fields[form_id, question_id])

    return act


def _papers(site: Site, _language: str) -> Iterator[Scene]:
    base = replace(site.base, devices=READY)
    session = site.session("1.001193")
    assert session.case is not None
    component = session.case.components[0]
    missing = replace(session, errors={component.id: "paper_missing"})
    yield Scene("papers", replace(base, step=Step.PAPERS, session=missing))
    scanning = replace(session, component=component)
    yield Scene("scan-empty", replace(base, step=Step.SCAN, session=scanning))
    running = replace(scanning, scan=Job.RUNNING)
    yield Scene("scan-running", replace(base, step=Step.SCAN, session=running))
    failed = replace(scanning, scan=Job.FAILED, scan_code="scanner_jam")
    yield Scene("scan-failed", replace(base, step=Step.SCAN, session=failed))
    pages = replace(scanning, papers=_scanned(session))
    yield Scene("scan-pages", replace(base, step=Step.SCAN, session=pages))
    yield Scene("papers-scanned", replace(base, step=Step.PAPERS, session=replace(pages, component=None)))


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
    yield Scene("collect-card", replace(base, step=Step.COLLECT, session=session, card_present=True))
    printing = replace(session, slip_print=Job.RUNNING)
    yield Scene("slip-printing", replace(base, step=Step.SLIP, session=printing, online=False))
    receipt = Receipt("H05.114-261123-0042", 2, NOW.isoformat(), (NOW + timedelta(days=3)).isoformat())
    done = replace(session, slip_print=Job.CONFIRMED, receipt=receipt, slip_picture=_slip(session, language))
    yield Scene("slip", replace(base, step=Step.SLIP, session=done))
    unsure = replace(done, slip_print=Job.UNCONFIRMED, receipt=None)
    yield Scene("slip-unconfirmed", replace(base, step=Step.SLIP, session=unsure))
    failed = replace(session, slip_print=Job.FAILED, slip_code="paper_out", ticket=None)
    yield Scene("slip-failed", replace(base, step=Step.SLIP, session=failed))
    yield Scene("rating", replace(base, step=Step.RATING, session=Session(id="scene", started_at=NOW)))


def _slip(session: Session, language: str) -> Image.Image:
    assert session.procedure is not None
    slip = slips.provisional_slip(
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        code=CODE,
        qr=f"KM1|H05.114|{CODE}",
        procedure=session.procedure,
        case=session.case,
        stored_at=NOW,
        declared=True,
        linked_number="A-128",
        counters=(1, 2),
        hotline="1022",
        language=language,
    )
    return draw(slip, DOTS)


def _doors(site: Site, _language: str) -> Iterator[Scene]:
    base = site.base
    names = ("Nguyễn Thị Hoàng Phương Khánh Linh", "Trần Văn Bình")
    wrong = StaffView(names=names, role="staff", wrong=2, code="pin_wrong")
    yield Scene("login", replace(base, step=Step.LOGIN, staff=StaffView(names=names, role="staff")))
    yield Scene("login-wrong", replace(base, step=Step.LOGIN, staff=wrong), _pin)
    absent = StaffView(role="technician")
    yield Scene("login-nobody", replace(base, step=Step.LOGIN, staff=absent))
    desk = StaffView(role="staff", name=names[0], tickets=_tickets(), entries=_entries(), paused=("C",))
    counts = OutboxCounts(pending=12, rejected=1, delivered=40, alarm=True)
    staff = replace(base, step=Step.STAFF, staff=desk, outbox=counts)
    yield Scene("staff", staff)
    yield Scene("staff-empty", replace(base, step=Step.STAFF, staff=StaffView(role="staff", name="Trần Văn Bình")))
    said = replace(staff, staff=replace(desk, code="reprint_sent"), trouble="stopped_by_staff", outbox=OutboxCounts())
    yield Scene("staff-reprint", said, _reprint)
    yield Scene("staff-outbox", staff, lambda screen: screen.open_tab("outbox"))
    yield Scene("staff-series", staff, lambda screen: screen.open_tab("series"))
    trouble = replace(base, step=Step.DIAGNOSTICS, devices=TROUBLE, device_log=_log())
    yield Scene("diagnostics", replace(trouble, staff=StaffView(role="technician", name="Kỹ thuật")))
    yield Scene("diagnostics-ready", replace(base, step=Step.DIAGNOSTICS, devices=READY))
    for code in ("stopped_by_staff", "printer_absent"):
        yield Scene(f"out-of-service-{code}", replace(base, step=Step.OUT_OF_SERVICE, trouble=code))


def _pin(screen: Any) -> None:
    for key in "123456789012":
        screen.press(key)


def _reprint(screen: Any) -> None:
    screen.reprinting, screen.reprinting_number = 2, "A-002"


def _tickets() -> tuple[StaffTicket, ...]:
    states = ("issued", "printed", "print_failed", "called", "serving", "done", "absent", "cancelled")
    return tuple(
        StaffTicket(
            number,
            f"A-{number:03d}",
            state,
            NOW - timedelta(minutes=3 * number),
            "paper_out" if state == "print_failed" else "",
            "Có con nhỏ dưới 36 tháng" if number % 2 else "",
            2 if number == 3 else 0,
        )
        for number, state in enumerate(states * 3, start=1)
    )


def _entries() -> tuple[OutboxEntry, ...]:
    ref = "0b6f3a52-9a40-4f0e-9c7f-0242ac120002"
    problems = (Problem("/applicant/id_number", "Số định danh không có trong Cơ sở dữ liệu quốc gia về dân cư"),)
    receipt = Receipt("H05.114-261123-0042", 2, NOW.isoformat())
    return (
        OutboxEntry(ref, "2.000635", NOW, EntryState.PENDING, attempts=3),
        OutboxEntry(ref, "1.004873", NOW, EntryState.SENDING, attempts=1),
        OutboxEntry(ref, "1.001193", NOW, EntryState.REJECTED, attempts=1, problems=problems),
        OutboxEntry(ref, "1.001193", NOW, EntryState.DELIVERED, attempts=1, receipt=receipt),
    )


def _log() -> tuple[DeviceLogLine, ...]:
    return tuple(
        DeviceLogLine(NOW - timedelta(minutes=number), kind, status)
        for number in range(4)
        for kind, status in TROUBLE.items()
    )


READY = {kind: DeviceStatus(Condition.READY) for kind in ("printer", "code_scanner", "document_scanner", "card_reader")}
TROUBLE = {
    "printer": DeviceStatus(Condition.ATTENTION, "paper_out"),
    "code_scanner": DeviceStatus(Condition.OFFLINE, "device_unplugged"),
    "document_scanner": DeviceStatus(Condition.FAULT, "scanner_io"),
    "card_reader": DeviceStatus(Condition.READY),
}
ERRORS = {
    "name": "name_invalid",
    "date": "child_older_than_parent",
    "id_number": "id_number_birth_year",
    "phone": "phone_invalid",
    "text": "too_long",
    "commune": "commune_unknown",
}
