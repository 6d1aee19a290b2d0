"""Identifying with the chip of the card: from the reader to the dossier that the province gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import MRZ, Person, Profile
from devices.card_reader.simulated import SimulatedCardReader
from kiosk.config import Config
from kiosk.dossier import payload
from kiosk.identity import Assurance, Method
from kiosk.left_behind import reminds, told
from kiosk.state import AppState, Job, Session, Step
from kiosk.wiring import Machine
from offline_queue.entry import EntryState
from tests.flows.conftest import Player
from tests.flows.test_dossier import MOTHER, fill_form, scan_papers

PERSON = Person(expiry_date=date(2040, 2, 14))
BIRTH = "1.001193"


def card(person: Person = PERSON, profile: Profile | None = None, **faults: Any) -> ChipCard:
    """A card with one fault."""
    return make_card(person, profile, faults=Faults(**faults))


class Citizen:
    """Stands before the machine with a card."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.kiosk = player.kiosk
        player.until(lambda s: "card_reader" in s.devices, "the card reader")

    @property
    def reader(self) -> SimulatedCardReader:
        reader = self.player.machine.devices["card_reader"]
        assert isinstance(reader, SimulatedCardReader)
        return reader

    @property
    def session(self) -> Session:
        assert self.player.state.session
        return self.player.state.session

    def identify(self, text: str = MOTHER, case: int = 0, procedure: str = BIRTH) -> None:
        """Up to the step of the chip, by the printed code."""
        self.kiosk.browse()
        self.kiosk.choose_procedure(procedure)
        self.kiosk.choose_case(self.session.procedure.cases[case].id)  # type: ignore[union-attr]
        self.kiosk.start_dossier()
        self.player.machine.devices["code_scanner"].present(text)
        self.player.until(lambda s: s.step is Step.CARD, "the step of the chip")

    def lay(self, laid: ChipCard) -> Session:
        """Lay a card down and wait until its reading is over."""
        self.reader.insert(laid)
        self.player.until(reading_over, "the end of the reading")
        return self.session


def reading_over(state: AppState) -> bool:
    """The chip has been read, or not."""
    return state.session is not None and state.session.card.job in (Job.CONFIRMED, Job.FAILED)


@pytest.fixture
def citizen(player: Player) -> Citizen:
    """Before a running machine."""
    return Citizen(player)


def sent(session: Session) -> dict[str, Any]:
    """What the province would get of it."""
    now = session.started_at
    ready = replace(session, declared_at=now, client_ref="0190a6d0-0000-7000-8000-000000000000", notice_accepted_at=now)
    return payload(ready, "K1", "H05.114", now)


def test_a_genuine_chip_fills_in_and_locks_what_it_proves(citizen: Citizen) -> None:
    citizen.identify()
    session = citizen.lay(card())
    assert (session.card.job, session.card.verified, session.assurance) == (Job.CONFIRMED, True, Assurance.VERIFIED)
    assert session.card.portrait is not None
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    answers = citizen.session.answers
    assert answers["requester.full_name"] == PERSON.full_name
    assert {"requester.full_name", "requester.id_number", "requester.date_of_birth", "requester.address"} <= (
        citizen.kiosk.locked()
    )
    citizen.kiosk.answer("requester.full_name", "Ai Khác")
    assert citizen.session.answers["requester.full_name"] == PERSON.full_name
    citizen.kiosk.answer("requester.phone", "0912345678")
    assert citizen.session.answers["requester.phone"] == "0912345678"
    said = sent(citizen.session)["identification"]
    assert said == {
        "method": "chip",
        "assurance": "verified",
        "access": "pace_can",
        "trust": "trusted",
        "clone_check": "genuine",
    }


def test_a_verified_dossier_needs_no_counter_number_and_the_province_takes_it(citizen: Citizen) -> None:
    citizen.identify()
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    fill_form(citizen.player)
    if citizen.player.state.step is Step.PAPERS:
        scan_papers(citizen.player)
    citizen.kiosk.next()
    citizen.kiosk.declare()
    citizen.player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    assert citizen.session.ticket is None
    entry_id = citizen.session.client_ref
    outbox = citizen.kiosk.parts.outbox

    def arrived(_state: AppState) -> bool:
        entry = outbox.get(entry_id)
        return entry is not None and entry.state is EntryState.DELIVERED

    citizen.player.until(arrived, "the province")


@pytest.mark.parametrize(
    ("fault", "trust", "clone_check"),
    [
        ({"forged_sod": True}, "failed", "genuine"),
        ({"exchanged_dg": True}, "failed", "genuine"),
        ({"copied": True}, "trusted", "copied"),
        ({"unknown_signer": True}, "untrusted_signer", "genuine"),
        ({"revoked_signer": True}, "untrusted_signer", "genuine"),
        ({"expired_signer": True}, "untrusted_signer", "genuine"),
    ],
)
def test_what_is_not_proven_stays_declared(
    citizen: Citizen, fault: dict[str, Any], trust: str, clone_check: str
) -> None:
    citizen.identify()
    session = citizen.lay(card(**fault))
    assert (session.card.trust, session.card.clone_check) == (trust, clone_check)
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    assert citizen.kiosk.locked() == frozenset()
    said = sent(citizen.session)["identification"]
    assert (said["assurance"], said["trust"], said["clone_check"]) == ("declared", trust, clone_check)


@pytest.mark.parametrize(
    ("laid", "code"),
    [
        (card(replace(PERSON, number="027190054321")), "card_number_mismatch"),
        (card(replace(PERSON, number="001188012345")), "card_number_mismatch"),  # the same last six digits
        (card(replace(PERSON, expiry_date=date(2024, 1, 1))), "card_expired"),
        (card(blocked=True), "card_blocked"),
        (card(pulled_after=30), "card_removed"),
        (card(wrong_mac=4), "chip_protocol"),
        (card(profile=Profile(pace_curve=None)), "card_needs_mrz"),
    ],
)
def test_each_failure_says_what_it_is_and_the_code_is_enough(citizen: Citizen, laid: ChipCard, code: str) -> None:
    citizen.identify()
    session = citizen.lay(laid)
    assert (session.card.job, session.card.code) == (Job.FAILED, code)
    citizen.kiosk.card_done()
    citizen.player.at(Step.NOTICE)
    citizen.kiosk.accept_notice(())
    assert citizen.session.answers["requester.full_name"] == "Nguyễn Thị Đào"
    said = sent(citizen.session)["identification"]
    assert (said["assurance"], said["trust"]) == ("declared", "not_checked")


def test_a_card_that_was_taken_too_early_is_read_when_it_comes_back(citizen: Citizen) -> None:
    citizen.identify()
    laid = card(pulled_after=30)
    assert citizen.lay(laid).card.code == "card_removed"
    citizen.player.until(lambda s: not s.card_present, "the reader to notice")
    citizen.reader.insert(laid)
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "a whole reading")


def test_a_card_without_pace_is_opened_with_its_dates(citizen: Citizen) -> None:
    citizen.identify()
    citizen.lay(card(profile=Profile(pace_curve=None)))
    citizen.kiosk.read_card(PERSON.birth_date, PERSON.expiry_date)
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "a whole reading")
    assert citizen.session.card.access == "bac"


def test_a_card_with_only_the_mrz_password_too(citizen: Citizen) -> None:
    citizen.identify()
    endless = replace(PERSON, expiry_date=None)
    laid = card(endless, Profile(passwords=frozenset({MRZ})))
    assert citizen.lay(laid).card.job is Job.FAILED
    citizen.kiosk.read_card(PERSON.birth_date, None)
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "a whole reading")
    assert citizen.session.card.access == "pace_mrz"


def test_a_card_that_is_left_behind_is_told_until_it_is_taken(citizen: Citizen) -> None:
    citizen.identify()
    citizen.lay(card())
    citizen.kiosk.finish()
    state = citizen.player.state
    assert (state.step, state.card_left, told(state), reminds(state)) == (Step.HOME, True, "card_left", True)
    citizen.kiosk.browse()
    state = citizen.player.state
    assert (state.card_left, told(state), reminds(state)) == (True, "", False)  # the next person has their own matter
    citizen.reader.remove()
    state = citizen.player.until(lambda s: not s.card_present, "the reader to notice")
    citizen.kiosk.finish()
    assert (citizen.player.state.card_left, told(citizen.player.state)) == (False, "")


def test_a_card_that_lies_there_first_is_read_at_once(citizen: Citizen) -> None:
    citizen.reader.insert(card())
    citizen.player.until(lambda s: s.card_present, "the card")
    citizen.identify()
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "a whole reading")


def test_the_typed_number_opens_it_as_well(citizen: Citizen) -> None:
    citizen.kiosk.browse()
    citizen.kiosk.choose_procedure("2.000635")
    citizen.kiosk.choose_case("self")
    citizen.kiosk.start_dossier()
    citizen.kiosk.type_id_number(PERSON.number)
    citizen.player.at(Step.CARD)
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    assert citizen.session.answers["requester.full_name"] == PERSON.full_name


def test_fields_come_before_the_portrait_and_the_form_does_not_wait(citizen: Citizen) -> None:
    citizen.identify()
    citizen.reader.insert(card(slow=0.02))
    citizen.player.until(lambda s: bool(s.session and s.session.card.citizen), "the fields")
    assert citizen.session.card.job is Job.RUNNING
    assert citizen.session.card.portrait is None
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    assert citizen.session.answers["requester.full_name"] == PERSON.full_name
    assert citizen.kiosk.locked() == frozenset()
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "the end of the reading")
    assert "requester.full_name" in citizen.kiosk.locked()


def test_without_a_chip_table_nobody_is_asked_for_it(config: Config) -> None:
    devices = {kind: table for kind, table in config.devices.items() if kind != "card_reader"}
    with Machine(config.model_copy(update={"devices": devices})) as machine:
        player = Player(machine)
        player.kiosk.browse()
        player.kiosk.choose_procedure("2.000635")
        player.kiosk.choose_case("self")
        player.kiosk.start_dossier()
        player.kiosk.type_id_number(PERSON.number)
        player.at(Step.NOTICE)


def test_a_mother_is_not_asked_twice(citizen: Citizen) -> None:
    citizen.identify()
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    for question, answer in {"requester.phone": "0912345678", "relation.kind": "mother"}.items():
        while not any(q.id == question for q in citizen.session.section.questions):  # type: ignore[union-attr]
            citizen.kiosk.next()
        citizen.kiosk.answer(question, answer)
    citizen.kiosk.next()
    answers = citizen.session.answers
    assert (answers["mother.full_name"], answers["mother.ethnic"]) == (PERSON.full_name, "01")
    assert "mother.full_name" in citizen.kiosk.locked()
    citizen.kiosk.back()
    citizen.kiosk.answer("relation.kind", "relative")
    citizen.kiosk.next()
    assert not citizen.session.answers["mother.full_name"]
    assert not citizen.session.answers.get("father.full_name")


def test_nothing_of_the_card_is_left_on_disk_or_in_a_log(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = Person(
        number="001095076543", full_name="Lò Văn Khuê", residence="Bản Chiềng Ly", birth_date=date(1995, 7, 1)
    )
    secret = replace(secret, sex="Nam", expiry_date=date(2040, 1, 1))
    said = "|".join([secret.number, "", secret.full_name, "01071995", "Nam", "Bản Chiềng Ly", "10052021"])
    with caplog.at_level("DEBUG"), Machine(config) as machine:
        citizen = Citizen(Player(machine))
        for fault in ({}, {"forged_sod": True}, {"wrong_mac": 4}, {"pulled_after": 40}):
            citizen.identify(said)
            citizen.lay(card(secret, **fault))
            citizen.reader.remove()
            citizen.player.until(lambda s: not s.card_present, "the reader to notice")
            citizen.kiosk.finish()
            assert citizen.player.state.session is None
        assert secret.full_name not in repr(citizen.player.state)
    portrait = (Path(__file__).parents[2] / "assets/samples/portraits/portrait.jpg").read_bytes()[200:264]
    left = [caplog.text.encode(), *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    assert len(left) > 3
    for content in left:
        for word in (secret.number, secret.can, secret.full_name, "Chiềng Ly", "LO<<VAN"):
            assert word.encode() not in content
        assert portrait not in content


def test_the_end_of_a_session_ends_its_reading(citizen: Citizen) -> None:
    citizen.identify()
    citizen.reader.insert(card(slow=0.02))
    citizen.player.until(lambda s: bool(s.session and s.session.card.done > 0), "the first progress")
    citizen.kiosk.finish()
    citizen.player.drain(0.3)
    assert citizen.player.state.session is None
    citizen.identify()
    assert citizen.session.card.job in (Job.RUNNING, Job.NONE)
    citizen.player.until(lambda s: bool(s.session and s.session.card.verified), "the next reading")
    assert citizen.session.citizen is not None
    assert citizen.session.citizen.method is Method.CHIP
