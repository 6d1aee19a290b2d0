"""Coming back with a code: a dossier's way, its last known state off line, a result, an appointment."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from kiosk.config import Config
from kiosk.errands import Asked, Following
from kiosk.errands.following import for_the_counter
from kiosk.hall.hall import RETURNING
from kiosk.hall.tickets import TicketKind
from kiosk.sandbox.progress import known_code
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit

AGENCY = "H05.114"


def followed(state: AppState) -> Following:
    """The dossier on the glass."""
    assert state.session is not None
    assert state.session.following is not None
    return state.session.following


def told(state: AppState) -> bool:
    """Whether the province has answered, or will not."""
    return followed(state).asked not in (Asked.NO, Asked.WAITING)


def look_up(player: Player, code: str) -> Following:
    """Type a code from home."""
    player.kiosk.follow()
    player.at(Step.FOLLOW)
    player.kiosk.type_code(code)
    player.at(Step.LOOKUP)
    return followed(player.until(told, "the province's answer"))


def test_a_typed_code_shows_what_must_be_done(player: Player) -> None:
    found = look_up(player, known_code(AGENCY, 5).lower().replace("-", " "))
    assert found.asked is Asked.ANSWERED
    assert found.progress is not None
    assert (found.status, [row.status for row in found.progress.timeline]) == (5, [1, 2, 5])
    assert "Giấy chứng sinh" in found.progress.ask
    assert found.progress.owner_masked == "N*** T** Đ**"
    player.kiosk.back()
    player.at(Step.FOLLOW)
    player.kiosk.type_code("H05.114-999999-0001")
    player.at(Step.FOLLOW)
    assert player.state.session
    assert player.state.session.errors == {"code": "code_unknown"}
    player.kiosk.follow()
    assert not player.state.session.errors
    player.machine.devices["code_scanner"].present("https://example.invalid/x")  # a code is what it waits for
    player.until(lambda s: s.session is not None and s.session.errors == {"code": "code_unknown"}, "the sentence")
    assert look_up(player, f"{AGENCY}-260101-0001").asked is Asked.UNKNOWN
    player.kiosk.take_counter_number()  # nobody knows for which series
    player.at(Step.HOME)
    assert player.state.session.following is None


def test_off_line_the_last_known_state_is_told_with_its_age(config: Config) -> None:
    code = known_code(AGENCY, 9)
    with Machine(config) as machine:
        look_up(Player(machine), code)
    with Machine(config) as machine:  # also after a restart
        assert machine.province
        machine.province.fault = "refuse"
        player = Player(machine)
        found = look_up(player, code)
        assert (found.asked, found.why, found.status) == (Asked.FAILED, "province_unreachable", 9)
        assert found.seen_at is not None
        assert found.progress is not None
        assert (found.progress.owner_masked, found.progress.ask) == ("", "")
        assert look_up(player, known_code(AGENCY, 5)).progress is None
        machine.province.fault = ""
        player.kiosk.look_again()
        assert followed(player.until(lambda s: followed(s).asked is Asked.ANSWERED, "the answer")).status == 5
    kept = b"".join(path.read_bytes() for path in config.storage.data_dir.glob("ledger.db*"))
    assert code.encode() in kept
    assert "Giấy chứng sinh".encode() not in kept
    assert b"N***" not in kept


def test_a_slip_leads_to_its_dossier_on_line_and_off(player: Player) -> None:
    ref = submit(player, "2.000635")
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    entry = player.kiosk.parts.outbox.get(ref)
    assert entry
    assert entry.receipt
    assert player.machine.province
    player.machine.province.decide(entry.receipt.code, 6, "Yêu cầu nộp lệ phí")
    player.kiosk.finish()
    player.machine.devices["code_scanner"].present(f"KM1|{AGENCY}|{entry.provisional_code}")
    player.until(lambda s: s.step is Step.LOOKUP, "the dossier")
    found = followed(player.until(told, "the answer"))
    assert (found.code, found.status) == (entry.receipt.code, 6)
    assert found.entry
    assert found.entry.payload == {}


UNREADABLE = {"key_wrong", "store_failed", "store_damaged"}  # by the page that is read first


@pytest.mark.parametrize("typed", [True, False])
def test_a_store_that_cannot_be_read_is_told_to_citizen_and_staff(player: Player, typed: bool) -> None:
    player.until(lambda s: s.online is True, "the province")
    code = known_code(AGENCY, 5)
    for file in player.machine.config.storage.data_dir.glob("outbox.db*"):
        with file.open("r+b") as damaged:  # while it is open
            damaged.write(os.urandom(file.stat().st_size))
    if typed:
        player.kiosk.follow()
        player.kiosk.type_code(code)
        assert player.state.step is Step.FOLLOW
        assert player.state.session
        told = {player.state.session.errors["code"]}
    else:
        player.machine.devices["code_scanner"].present(f"KM1|{AGENCY}|{code}")
        told = {player.until(lambda s: bool(s.toast), "the sentence").toast}
    assert told <= UNREADABLE
    player.until(lambda s: s.outbox_trouble in UNREADABLE and s.outbox_trouble in s.alerts, "what staff see")


def test_a_ready_result_gets_its_number(player: Player) -> None:
    look_up(player, known_code(AGENCY, 9))
    player.kiosk.take_result_number()
    player.at(Step.TICKET)
    assert player.state.session
    assert player.state.session.ticket
    assert player.state.session.ticket.number == "E-001"


@pytest.mark.parametrize("status", [3, 5, 6])
def test_a_result_that_is_not_ready_gets_none(player: Player, status: int) -> None:
    look_up(player, known_code(AGENCY, status))
    player.kiosk.take_result_number()
    player.at(Step.LOOKUP)


@pytest.mark.parametrize(("status", "group"), [(3, ""), (5, RETURNING), (6, "")])
def test_who_is_sent_to_the_counter_gets_a_number_at_once(player: Player, status: int, group: str) -> None:
    look_up(player, known_code(AGENCY, status))
    player.kiosk.take_counter_number()
    player.at(Step.TICKET)
    hall = player.kiosk.parts.hall
    (ticket,) = hall.store.of_day(hall.day(player.kiosk.now()))
    assert ticket.priority == group


def test_an_answer_for_who_has_left_is_dropped(player: Player) -> None:
    player.kiosk.follow()
    player.kiosk.type_code(known_code(AGENCY, 5))
    player.kiosk.finish()
    player.kiosk.follow()
    player.kiosk.type_code(known_code(AGENCY, 9))
    assert followed(player.until(told, "the answer")).status == 9


def test_an_appointment_has_its_place_in_the_queue(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    player.machine.devices["code_scanner"].present("LH-0001")
    player.until(lambda s: s.step is Step.APPOINTMENT, "the appointment")
    state = player.until(lambda s: bool(s.session and s.session.coming and s.session.coming.appointment), "its time")
    assert state.session
    assert state.session.coming
    assert state.session.coming.appointment
    assert state.session.coming.appointment.series == "A"
    start = state.session.coming.appointment.start
    monkeypatch.setattr(player.kiosk, "now", lambda: start - timedelta(minutes=5))
    player.kiosk.take_appointed_number()
    player.at(Step.TICKET)
    hall = player.kiosk.parts.hall
    (ticket,) = hall.store.of_day(hall.day(start))
    assert (ticket.kind, ticket.due_at) == (TicketKind.APPOINTMENT, start)
    player.kiosk.done_with_ticket()
    player.machine.devices["code_scanner"].present("LH-0001")
    again = player.until(lambda s: s.step is Step.TICKET, "its number once more")
    assert again.session
    assert again.session.ticket
    assert (again.session.ticket.id, again.session.ticket.standing) == (ticket.id, ticket.state)
    assert again.session.ticket.print is Job.NONE
    assert len(hall.store.of_day(hall.day(start))) == 1
    hall.store.cancel(ticket.id)
    player.kiosk.done_with_ticket()
    player.machine.devices["code_scanner"].present("LH-0001")
    player.until(lambda s: bool(s.session and s.session.coming and s.session.coming.appointment), "its time")
    player.kiosk.take_appointed_number()
    assert [one.number for one in hall.store.of_day(hall.day(start))] == [1, 2]


def test_an_unknown_appointment_leads_to_a_number(config: Config) -> None:
    (first, *_) = config.hall.series
    alone = config.model_copy(update={"hall": config.hall.model_copy(update={"series": (first,)})})
    for hall, step in ((config, Step.HOME), (alone, Step.TICKET)):
        with Machine(hall) as machine:
            player = Player(machine)
            player.kiosk.come_with_code()
            player.kiosk.type_code("LH-9999")
            player.until(
                lambda s: bool(s.session and s.session.coming and s.session.coming.asked is Asked.UNKNOWN),
                "no such one",
            )
            player.kiosk.take_ordinary_number()
            player.at(step)


@pytest.mark.parametrize(
    ("following", "officer"),
    [
        (Following("H05.114-261120-0042", asked=Asked.WAITING), False),
        (Following("H05.114-261120-0042", asked=Asked.UNKNOWN), True),
        (Following("H05.114-261120-0042", asked=Asked.FAILED), True),
    ],
)
def test_where_nothing_is_known_an_officer_is_the_way(following: Following, officer: bool) -> None:
    assert for_the_counter(following) is officer


def test_after_its_time_an_appointment_is_a_number_as_any_other(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    player.kiosk.come_with_code()
    player.kiosk.type_code("lh0001")
    state = player.until(lambda s: bool(s.session and s.session.coming and s.session.coming.appointment), "its time")
    assert state.session
    assert state.session.coming
    assert state.session.coming.appointment
    end = state.session.coming.appointment.end
    monkeypatch.setattr(player.kiosk, "now", lambda: end + timedelta(hours=2))
    player.kiosk.take_appointed_number()
    player.at(Step.TICKET)
    hall = player.kiosk.parts.hall
    (ticket,) = hall.store.of_day(hall.day(end))
    assert ticket.kind is TicketKind.ORDINARY
