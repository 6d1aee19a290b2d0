"""When a visit begins and ends, and how long the line was away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kiosk.catalogue import load_catalogue
from kiosk.config import ASSETS
from kiosk.figures.metrics import Purpose, Visit
from kiosk.figures.visits import OfflineWatch, VisitWatch
from kiosk.identity import Citizen
from kiosk.state import AppState, Job, Session, Step, TicketView

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY, NEXT = date(2026, 11, 24), date(2026, 11, 25)
PROCEDURES = load_catalogue(ASSETS / "catalogue").procedures
BIRTH, COPY = PROCEDURES["1.001193"], PROCEDURES["2.000815"]
SESSION = Session("s", datetime(2026, 11, 24, 23, 58, tzinfo=ZONE), procedure=BIRTH)
CITIZEN = Citizen("027190012345", "Nguyễn Thị Đào")


def seen(*states: AppState, day: date = DAY, seconds: float = 10.0) -> list[Visit]:
    """The visits that these states tell, one state every `seconds`."""
    watch = VisitWatch()
    told = (watch.watch(state, day, seconds * n) for n, state in enumerate(states))
    return [visit for visit in told if visit is not None]


def at(step: Step, session: Session | None = SESSION) -> AppState:
    return AppState(step=step, session=session)


HOME = at(Step.HOME, None)


def test_from_identification_to_submission() -> None:
    known = replace(SESSION, citizen=CITIZEN)
    sent = replace(known, submit=Job.CONFIRMED)
    states = [at(Step.BRING), at(Step.NOTICE, known), at(Step.FORM, known), at(Step.COLLECT, sent)]
    states += [at(Step.SLIP, sent), at(Step.RATING, Session("other", SESSION.started_at)), HOME, HOME]
    assert seen(HOME, *states) == [Visit(DAY, Purpose.DOSSIER, "", 20.0)]


def test_looking_up_and_suggesting_are_errands_of_their_own() -> None:
    bare = Session("s", SESSION.started_at)
    assert seen(at(Step.FOLLOW, bare), HOME) == [Visit(DAY, Purpose.LOOKUP, "follow")]
    assert seen(at(Step.FOLLOW, bare), at(Step.LOOKUP, bare), HOME) == [Visit(DAY, Purpose.LOOKUP)]
    sent = replace(bare, submit=Job.CONFIRMED)
    assert seen(at(Step.PETITION, bare), at(Step.PETITION, sent), HOME) == [Visit(DAY, Purpose.PETITION)]


def test_who_goes_away_has_left_a_step() -> None:
    assert seen(at(Step.BRING), at(Step.IDENTIFY), HOME) == [Visit(DAY, Purpose.DOSSIER, "identify")]
    prepare, checklist = (at(step, replace(SESSION, procedure=COPY)) for step in (Step.PREPARE, Step.CHECKLIST))
    assert seen(prepare, HOME) == [Visit(DAY, Purpose.COUNTER, "prepare")]
    assert seen(prepare, checklist, HOME) == [Visit(DAY, Purpose.COUNTER, "checklist")]
    assert seen(at(Step.APPOINTMENT), HOME) == [Visit(DAY, Purpose.NUMBER, "appointment")]
    assert seen(HOME, HOME) == []


def test_who_looks_up_what_to_bring_has_left_nothing() -> None:
    look = [Visit(DAY, Purpose.LOOK)]
    assert seen(at(Step.PROCEDURES, None), HOME) == look
    assert seen(at(Step.PROCEDURES), at(Step.BRING), HOME) == look
    assert seen(at(Step.BRING), at(Step.BRING, replace(SESSION, slip_print=Job.CONFIRMED)), HOME) == look
    number = replace(SESSION, ticket=TicketView(1, "A-001", "Hộ tịch", (1,), SESSION.started_at, 0))
    assert seen(at(Step.BRING), at(Step.TICKET, number), HOME) == [Visit(DAY, Purpose.NUMBER)]


def test_missing_papers_that_were_begun_and_left_are_left() -> None:
    before = [at(Step.FOLLOW), at(Step.LOOKUP), at(Step.IDENTIFY), at(Step.PAPERS)]
    assert seen(*before, HOME) == [Visit(DAY, Purpose.LOOKUP, "papers")]
    sent = at(Step.COLLECT, replace(SESSION, submit=Job.CONFIRMED))
    assert seen(*before, sent, HOME) == [Visit(DAY, Purpose.LOOKUP)]


def test_a_visit_belongs_to_the_day_on_which_it_began() -> None:
    watch = VisitWatch()
    assert watch.watch(at(Step.BRING), DAY, 0.0) is None
    assert watch.watch(at(Step.FORM), NEXT, 100.0) is None
    ended = watch.watch(HOME, NEXT, 200.0)
    assert ended
    assert ended.day == DAY


def test_staff_at_the_desk_end_a_visit_and_are_none() -> None:
    assert seen(at(Step.FORM), at(Step.LOGIN, None), at(Step.STAFF, None), HOME) == [
        Visit(DAY, Purpose.DOSSIER, "form")
    ]


def test_a_clock_that_jumps_adds_no_time_without_a_line() -> None:
    watch = OfflineWatch()
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=ZONE)
    watch.watch(False, noon, 0.0)
    watch.watch(False, noon.replace(year=2027), 60.0)  # the clock jumps a year ahead
    watch.watch(True, noon, 90.0)
    watch.watch(True, noon, 500.0)
    assert sum(watch.take().values()) == 90.0
    assert watch.take() == {}
