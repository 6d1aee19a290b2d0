"""Identification by phone: confirmed, of too low a level, refused, off line."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

from kiosk.errands import Phone, PhoneStage
from kiosk.identity import Assurance, Method
from kiosk.sandbox.people import People
from kiosk.state import AppState, Step
from tests.flows.conftest import Player
from tests.flows.test_dossier import MOTHER, fill_form


def phone(state: AppState) -> Phone | None:
    """The identification on the glass."""
    return state.session.phone if state.session else None


def start(player: Player, people: People) -> None:
    """To the code for the phone."""
    assert player.machine.province
    player.machine.province.people.phone = people.phone
    player.kiosk.browse()
    player.kiosk.choose_procedure("2.000635")
    session = player.state.session
    assert session
    assert session.procedure
    player.kiosk.choose_case(session.procedure.cases[0].id)
    player.kiosk.start_dossier()
    player.kiosk.identify_by_phone()
    player.at(Step.VNEID)
    player.until(lambda s: (p := phone(s)) is not None and p.stage is not PhoneStage.STARTING, "the code")


def wait(player: Player) -> None:
    """Ask as the window does, until the phone has answered."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        player.kiosk._phone_asked_at = 0.0
        player.kiosk.watch_phone()
        player.drain(0.1)
        now = phone(player.state)
        if now is None or now.stage is not PhoneStage.WAITING:
            return
    raise AssertionError("the phone never answered")


def test_the_phone_proves_and_fills_in(player: Player) -> None:
    start(player, People(phone="confirms"))
    wait(player)
    player.at(Step.NOTICE)
    session = player.state.session
    assert session
    assert session.citizen
    assert (session.citizen.full_name, session.citizen.method) == ("Nguyễn Thị Đào", Method.VNEID)
    assert session.assurance is Assurance.VERIFIED
    assert session.proof
    player.kiosk.accept_notice(())
    assert player.state.session
    assert player.state.session.answers["requester.full_name"] == "Nguyễn Thị Đào"
    player.kiosk.answer("requester.full_name", "Người Khác")  # proven: not typed over
    assert player.state.session.answers["requester.full_name"] == "Nguyễn Thị Đào"
    fill_form(player)


def test_what_is_proven_and_contradicts_itself_stops_nobody(player: Player) -> None:
    """A number of 1990 with a birth in 1991, as the registers have it of some: only they can put it right."""
    start(player, People(phone="confirms"))
    wait(player)
    kiosk = player.kiosk
    assert kiosk.session.citizen
    wrong = replace(kiosk.session.citizen, date_of_birth=date(1991, 2, 14), sex="male")
    kiosk.change_session(citizen=wrong)
    kiosk.accept_notice(())
    first = kiosk.session.section
    assert kiosk.session.answers["requester.date_of_birth"] == "1991-02-14"
    kiosk.next()
    assert not kiosk.session.errors
    assert kiosk.session.section != first


def test_who_shows_their_card_meanwhile_is_identified_by_it(player: Player) -> None:
    start(player, People(phone="waits"))
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.step is Step.CARD, "the card")
    assert player.kiosk.session.phone is None
    assert player.kiosk.session.citizen
    assert player.kiosk.session.citizen.method is Method.QR


def test_a_low_level_gets_the_number_of_the_police(player: Player) -> None:
    start(player, People(phone="low_level"))
    wait(player)
    now = phone(player.state)
    assert now
    assert now.stage is PhoneStage.LOW_LEVEL
    player.kiosk.take_level_2_number()
    player.at(Step.TICKET)
    assert player.state.session
    assert player.state.session.ticket
    assert player.state.session.ticket.number == "C-001"


def test_who_refuses_can_go_another_way(player: Player) -> None:
    start(player, People(phone="refuses"))
    wait(player)
    now = phone(player.state)
    assert now
    assert now.stage is PhoneStage.REFUSED
    assert player.state.session
    assert player.state.session.citizen is None
    player.kiosk.leave_phone()
    player.at(Step.IDENTIFY)


def test_off_line_the_card_is_offered(player: Player) -> None:
    assert player.machine.province
    player.machine.province.fault = "refuse"
    start(player, People())
    now = phone(player.state)
    assert now
    assert (now.stage, now.why) == (PhoneStage.FAILED, "province_unreachable")
    player.kiosk.back()
    player.at(Step.IDENTIFY)
