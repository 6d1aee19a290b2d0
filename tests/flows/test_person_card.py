"""The chip of somebody of the family, laid on the reader while a form asks about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from devices.card_reader.chip.card import ChipCard
from devices.card_reader.chip.profile import Person, Profile
from kiosk.identity import Method
from kiosk.state import AppState, CardReading, Job
from tests.flows.conftest import Player
from tests.flows.test_chip import PERSON, Citizen, card, sent
from tests.flows.test_forms import STAY, open_section, start

FATHER = Person(
    number="027088000003",
    full_name="Trần Văn Mẫu",
    birth_date=date(1988, 8, 20),
    sex="Nam",
    expiry_date=date(2040, 1, 1),
    residence="Tổ 3, Võ Cường, Bắc Ninh",
)
FATHER_CODE = "027088000003||Trần Văn Mẫu|20081988|Nam|Tổ 3, Võ Cường, Bắc Ninh|10052021"


def known(state: AppState) -> CardReading:
    """How far the chip of the section is."""
    return state.session.person_card if state.session else CardReading()


class Parent(Citizen):
    """The mother, proven by her own chip, at the section of the father; his card is at hand, hers may be `left`."""

    def __init__(self, player: Player, left: bool = False) -> None:
        super().__init__(player)
        self.identify()
        self.lay(card())
        self.kiosk.card_done()
        self.kiosk.accept_notice(())
        self.kiosk.answer("relation.kind", "mother")
        self.kiosk.answer("father_known.answer", "yes")
        if not left:
            self.take()
        open_section(player, "father")

    def take(self) -> None:
        """Take the card from the reader."""
        self.reader.remove()
        self.player.until(lambda s: not s.card_present, "the reader to notice")

    def put(self, laid: ChipCard) -> None:
        """Lay a card down and go on."""
        self.reader.insert(laid)
        self.player.until(lambda s: s.card_present, "the reader to notice")

    def show(self, code: str = FATHER_CODE) -> None:
        """Hold the printed code up."""
        number = code.partition("|")[0]
        self.player.machine.devices["code_scanner"].present(code)
        self.player.until(lambda s: bool(s.session and s.session.answers.get("father.id_number") == number), "the code")

    def ends(self) -> CardReading:
        """The end of the reading of the section's card."""
        self.player.until(lambda s: known(s).job in (Job.CONFIRMED, Job.FAILED), "the end of the reading")
        return known(self.player.state)


@pytest.fixture
def parent(player: Player) -> Parent:
    """At the section of the father."""
    return Parent(player)


def test_the_fathers_chip_fills_and_locks_his_section_and_the_applicant_stays(parent: Parent) -> None:
    before = parent.session
    parent.show()
    assert parent.session.answers.get("father.ethnic", "") == ""
    parent.put(card(FATHER))
    assert parent.ends().verified
    session, kiosk = parent.session, parent.kiosk
    assert session.answers["father.ethnic"] == "01"  # which only the chip tells
    assert {"father.full_name", "father.id_number", "father.ethnic", "mother.full_name"} <= kiosk.locked()
    kiosk.answer("father.full_name", "Ai Khác")
    assert parent.session.answers["father.full_name"] == FATHER.full_name
    assert (session.citizen, session.card) == (before.citizen, before.card)
    assert session.proven is not None
    assert session.proven.id_number == PERSON.number
    assert sent(session)["submitter"]["id_number"] == PERSON.number
    assert FATHER.full_name not in repr(session) + repr(session.person_card)


def test_a_card_without_a_known_number_says_at_once_what_to_do_and_the_code_opens_it(parent: Parent) -> None:
    parent.put(card(FATHER))
    assert (known(parent.player.state).job, known(parent.player.state).code) == (Job.FAILED, "person_card_first")
    parent.show()
    assert parent.ends().verified
    assert "father.full_name" in parent.kiosk.locked()


def test_a_typed_number_opens_the_card_that_lies_there(parent: Parent) -> None:
    parent.put(card(FATHER))
    parent.kiosk.answer("father.id_number", FATHER.number)
    parent.kiosk.settle("father.id_number")
    assert parent.ends().verified
    assert parent.session.answers["father.full_name"] == FATHER.full_name


def test_the_citizens_own_card_left_on_the_reader_is_not_tried_with_anothers_number(player: Player) -> None:
    parent = Parent(player, left=True)
    parent.show()
    parent.player.drain(0.2)
    assert known(parent.player.state).job is Job.NONE


@pytest.mark.parametrize(
    ("laid", "code"),
    [
        (card(), "card_number_mismatch"),
        (card(replace(FATHER, number="001188000003", sex="Nữ")), "card_number_mismatch"),  # the same last six digits
        (card(replace(FATHER, expiry_date=date(2024, 1, 1))), "person_card_expired"),
        (card(FATHER, pulled_after=30), "card_removed"),
        (card(FATHER, blocked=True), "card_blocked"),
        (card(FATHER, Profile(pace_curve=None)), "person_card_needs_mrz"),
    ],
)
def test_each_failure_is_told_on_the_section_and_nothing_filled_is_lost(
    parent: Parent, laid: ChipCard, code: str
) -> None:
    parent.show()
    answers = parent.session.answers
    parent.put(laid)
    reading = parent.ends()
    assert (reading.job, reading.code, reading.section) == (Job.FAILED, code, "father")
    assert parent.session.answers["father.full_name"] == answers["father.full_name"] == FATHER.full_name
    assert parent.session.card.verified  # the citizen's own
    assert "father.full_name" not in parent.kiosk.locked()


@pytest.mark.parametrize("fault", [{"forged_sod": True}, {"copied": True}, {"unknown_signer": True}])
def test_what_a_false_chip_tells_can_be_typed_over(parent: Parent, fault: dict[str, Any]) -> None:
    parent.show()
    parent.put(card(FATHER, **fault))
    reading = parent.ends()
    assert (reading.job, reading.verified) == (Job.CONFIRMED, False)
    assert not {one for one in parent.kiosk.locked() if one.startswith("father.")}


def test_the_wrong_persons_card_gives_way_to_another_or_to_typing(parent: Parent) -> None:
    parent.show()
    parent.put(card(FATHER))
    parent.ends()
    uncle = "027085000004||Trần Văn Chú|01021985|Nam|Tổ 4, Võ Cường, Bắc Ninh|10052021"
    parent.show(uncle)
    assert parent.session.answers["father.full_name"] == "Trần Văn Chú"
    assert "father.full_name" not in parent.kiosk.locked()
    parent.show()
    assert parent.kiosk.can_forget_person() == ("father.full_name" in parent.kiosk.locked())
    parent.take()
    parent.put(card(FATHER))
    parent.ends()
    assert parent.kiosk.can_forget_person()
    parent.kiosk.forget_person()
    assert parent.session.answers["father.full_name"] == parent.session.answers["father.id_number"] == ""
    parent.kiosk.answer("father.full_name", "Trần Văn Chú")
    assert parent.session.answers["father.full_name"] == "Trần Văn Chú"
    assert not parent.kiosk.can_forget_person()


def test_the_lock_goes_with_the_person_when_rows_move_up(player: Player) -> None:
    citizen = Citizen(player)
    start(player, STAY, "home")
    open_section(player, "guests.1")
    citizen.kiosk.answer("guests.1.full_name", "Lê Văn Hai")
    citizen.kiosk.answer("guests.1.id_number", "027085000004")
    citizen.kiosk.change_session(answers={**citizen.session.answers, "guests.2.id_number": FATHER.number})
    open_section(player, "guests.2")
    citizen.reader.insert(card(FATHER))
    player.until(lambda s: known(s).verified, "the guest's card")
    assert "guests.2.full_name" in citizen.kiosk.locked()
    open_section(player, "guests.1")
    citizen.kiosk.remove_row()
    assert citizen.session.answers["guests.1.full_name"] == FATHER.full_name
    assert {"guests.1.full_name", "guests.1.id_number"} <= citizen.kiosk.locked()


def test_who_went_on_without_the_chip_may_lay_their_own_card_down_on_the_form(player: Player) -> None:
    citizen = Citizen(player)
    citizen.identify()
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    assert citizen.session.citizen is not None
    assert citizen.session.citizen.method is Method.QR
    citizen.reader.insert(card(pulled_after=30))
    player.until(lambda s: bool(s.session and s.session.card.job is Job.FAILED), "a card that is taken")
    player.until(lambda s: not s.card_present, "the reader to notice")
    citizen.lay(card())
    player.until(lambda s: bool(s.session and s.session.card.verified), "a whole reading")
    assert "requester.full_name" in citizen.kiosk.locked()


def test_the_end_of_a_session_ends_the_reading_of_a_family_card(parent: Parent) -> None:
    parent.show()
    parent.reader.insert(card(FATHER, slow=0.02))
    parent.player.until(lambda s: known(s).done > 0, "the first progress")
    parent.kiosk.finish()
    parent.player.drain(0.3)
    assert parent.player.state.session is None
