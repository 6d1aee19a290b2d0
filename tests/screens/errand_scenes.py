"""Scenes of those who come back: a dossier in each of its states, an appointment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from kiosk.errands import Asked, ChargeLine, Coming, Following, Paying, Petition, Phone, PhoneStage
from kiosk.errands.vietqr import vietqr
from kiosk.identity import Assurance
from kiosk.state import Job, Session, Step
from offline_queue.entry import EntryState, OutboxEntry, Receipt
from offline_queue.gateway import Appointment, Payment, PaymentState, PhoneSession, Progress, TimelineRow
from tests.screens.scene import CODE, NAME, NOW, READY, Scene, Site

OFFICIAL = "H05.114-261120-0042"
RECEIVED = NOW - timedelta(days=3)
ASK = "Bổ sung bản chụp Giấy chứng sinh: bản đã nộp bị mờ, không đọc được tên bệnh viện và ngày cấp."
REASON = "Giấy chứng sinh do cơ sở ở tỉnh khác cấp chưa có xác nhận của trạm y tế nơi cư trú."
WAY = {2: (1, 2), 3: (1, 3), 4: (1, 2, 4), 5: (1, 2, 4, 5), 6: (1, 2, 6), 9: (1, 2, 4, 5, 4, 9), 10: (1, 2, 4, 9, 10)}


def errands(site: Site, _language: str) -> Iterator[Scene]:
    """Every scene of these steps."""
    base = replace(site.base, devices=READY)
    bare = Session(id="scene", started_at=NOW)
    yield Scene("follow", replace(base, step=Step.FOLLOW, session=bare), lambda screen: screen._typed("H05.114-2611"))
    wrong = replace(bare, errors={"code": "code_mistyped"})
    yield Scene("follow-wrong", replace(site.base, step=Step.FOLLOW, session=wrong))
    unread = replace(bare, errors={"code": "store_failed"})
    yield Scene("follow-unread", replace(site.base, step=Step.FOLLOW, session=unread))
    for name, following in _followed():
        yield Scene(f"lookup-{name}", replace(base, step=Step.LOOKUP, session=replace(bare, following=following)))
    for name, paying in _paying():
        yield Scene(f"pay-{name}", replace(base, step=Step.PAY, session=replace(bare, paying=paying)))
    paying = dict(_paying())["waiting"]
    handed_in = replace(bare, paying=replace(paying, leads_on=True, procedure_code="2.000635"))
    at_submission = replace(base, step=Step.PAY, session=handed_in)
    yield Scene("pay-submission", at_submission)
    claimed = replace(handed_in, paying=replace(paying, leads_on=True, procedure_code="2.000635", exempt="elderly"))
    yield Scene("pay-submission-exempt", replace(at_submission, session=claimed))
    yield Scene("pay-submission-groups", at_submission, lambda screen: screen.choose_group())
    for name, phone in _phones():
        yield Scene(f"vneid-{name}", replace(base, step=Step.VNEID, session=replace(bare, phone=phone)))
    for name, session in _petitions(bare):
        petition = replace(base, step=Step.PETITION, session=session)
        yield Scene(f"petition{name}", petition)
        if name == "-wrong":
            yield Scene("petition-wrong-phone", petition, lambda screen: screen.edit("phone"))
    for name, coming in _coming():
        yield Scene(f"appointment-{name}", replace(base, step=Step.APPOINTMENT, session=replace(bare, coming=coming)))


def _phones() -> Iterator[tuple[str, Phone]]:
    session = PhoneSession("s", "https://vneid.example.invalid/0123456789abcdef", NOW + timedelta(minutes=5))
    yield "waiting", Phone(PhoneStage.WAITING, session)
    yield "low-level", Phone(PhoneStage.LOW_LEVEL)
    yield "failed", Phone(PhoneStage.FAILED, why="province_unreachable")


def _petitions(bare: Session) -> Iterator[tuple[str, Session]]:
    words = "Ghế ở khu ngồi đợi ít quá, người già phải đứng lâu. Xin thêm ghế và quạt."
    yield "", replace(bare, petition=Petition(text=words))
    named = Petition("complaint", "Quạt", NAME, "0912", named=True)
    errors = {"text": "petition_short", "phone": "phone_short"}
    yield "-wrong", replace(bare, petition=named, errors=errors)
    yield "-stored", replace(bare, petition=Petition(), submit=Job.CONFIRMED, provisional_code=CODE)


def _paying() -> Iterator[tuple[str, Paying]]:
    lines = (ChargeLine("Bản sao trích lục hộ tịch", 3, 8000),)
    qr = vietqr("970436", "0123456789", 24_000, "H051142611200042", "LE PHI H05.114-261120-0042")
    asking = Paying("scene", OFFICIAL, lines, Asked.WAITING, bank="Vietcombank", account="0123456789")
    waiting = Payment("p1", PaymentState.WAITING, qr, NOW + timedelta(minutes=15))
    shown = replace(asking, asked=Asked.ANSWERED, payment=waiting, qr=qr)
    yield "asking", asking
    yield "waiting", shown
    yield "unsure", replace(shown, why="province_unreachable", leads_on=True)
    yield "changed", replace(shown, told_vnd=7_000)
    yield "paid", replace(shown, payment=replace(waiting, state=PaymentState.PAID))
    yield "expired", replace(shown, payment=replace(waiting, state=PaymentState.EXPIRED))
    yield "exempt", replace(shown, exempt="poor", procedure_code="2.000635")
    yield "failed", replace(asking, asked=Asked.FAILED, why="province_unreachable")
    yield "withheld", replace(asking, lines=(), asked=Asked.UNKNOWN, why="payment_code_wrong")


def progress(status: int, procedure: str = "1.001193") -> Progress:
    """A dossier in this status, with its way."""
    way = WAY[status]
    rows = tuple(
        TimelineRow(one, RECEIVED + timedelta(hours=9 * i), REASON if one == 3 else "") for i, one in enumerate(way)
    )
    ask = ASK if status == 5 else ""
    due = NOW + timedelta(days=3)
    return Progress(OFFICIAL, status, procedure, "N*** T** H*** P***", RECEIVED, due, ask, rows)


def _followed() -> Iterator[tuple[str, Following]]:
    receipt = Receipt(OFFICIAL, 1, "2026-11-20T09:41:00+07:00", "2026-11-30T17:00:00+07:00")
    stub = OutboxEntry("scene", "2.000635", NOW, provisional_code=CODE)
    delivered = replace(stub, state=EntryState.DELIVERED, receipt=receipt)
    yield "waiting", Following(CODE, stub)
    declared = {"identification": {"assurance": Assurance.DECLARED}}
    yield "waiting-declared", Following(CODE, replace(stub, payload=declared))
    yield "accepted", Following(OFFICIAL, delivered, Asked.WAITING)
    yield "rejected", Following(CODE, replace(stub, state=EntryState.REJECTED))
    for status in WAY:
        yield f"status-{status}", Following(OFFICIAL, None, Asked.ANSWERED, progress=progress(status))
    old = Progress(OFFICIAL, 4, "2.000635", received_at=RECEIVED)
    known = Following(OFFICIAL, None, Asked.FAILED, "province_unreachable", old, NOW - timedelta(hours=20))
    yield "off-line", known
    yield "asking", Following(OFFICIAL, None, Asked.WAITING)
    yield "failed", Following(OFFICIAL, None, Asked.FAILED, "province_unreachable")
    yield "unknown", Following(OFFICIAL, None, Asked.UNKNOWN)


def _coming() -> Iterator[tuple[str, Coming]]:
    soon = Appointment("LH-0001", NOW + timedelta(minutes=10), NOW + timedelta(minutes=40), "1.001193", "A")
    yield "in-time", Coming("LH-0001", Asked.ANSWERED, appointment=soon)
    day = timedelta(days=1)
    tomorrow = replace(soon, start=soon.start + day, end=soon.end + day)
    yield "tomorrow", Coming("LH-0001", Asked.ANSWERED, appointment=tomorrow)
    yield "unknown", Coming("LH-9999", Asked.UNKNOWN)
    yield "failed", Coming("LH-0001", Asked.FAILED, "province_unreachable")
