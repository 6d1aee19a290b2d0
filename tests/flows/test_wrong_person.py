"""A card, or a number, of somebody who does not belong into a part of the form: told there, and nothing is replaced."""

from __future__ import annotations

import pytest

from devices.card_reader.chip.card import ChipCard
from kiosk.forms import visible_answers
from kiosk.identity import Relative
from kiosk.state import Job, Step
from tests.flows.conftest import Player
from tests.flows.test_chip import Citizen, card
from tests.flows.test_dossier import MOTHER, fill_form
from tests.flows.test_forms import open_section, session_of, start
from tests.flows.test_person_card import FATHER, FATHER_CODE, known

RESIDENCE, BIRTH = "1.004194", "1.001193"


def shown(player: Player, code: str, error: str) -> None:
    """Hold a code up that is not taken, for this reason."""
    player.machine.devices["code_scanner"].present(code)
    player.until(lambda s: bool(s.session and s.session.errors.get("scan") == error), error)


def at_the_mother(player: Player, relation: str) -> None:
    """Her section; who stands there is this to the child."""
    start(player, BIRTH, "certificate")
    player.kiosk.answer("relation.kind", relation)
    player.kiosk.answer("father_known.answer", "yes")
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", relation)
    player.kiosk.answer("requester.address", "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh")
    player.kiosk.next()
    open_section(player, "mother")


def test_a_mothers_own_part_is_not_replaced_by_the_fathers_card(player: Player) -> None:
    at_the_mother(player, "mother")
    before = session_of(player).answers
    assert before["mother.full_name"] == "Nguyễn Thị Đào"
    shown(player, FATHER_CODE, "person_not_you")
    assert session_of(player).answers == before
    assert not session_of(player).scanned_person
    open_section(player, "requester")
    shown(player, FATHER_CODE, "person_not_you")
    assert session_of(player).answers == before
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: bool(s.session and s.session.scanned_person), "their own card")
    assert not session_of(player).errors


def test_a_man_is_no_mother_neither_by_card_nor_by_number(player: Player) -> None:
    at_the_mother(player, "relative")
    shown(player, FATHER_CODE, "person_sex")
    shown(player, MOTHER, "parent_is_requester")  # who stands there would be no relative then
    assert not session_of(player).answers.get("mother.full_name")
    player.kiosk.answer("mother.id_number", FATHER.number)
    player.kiosk.settle("mother.id_number")
    assert session_of(player).errors["mother.id_number"] == "person_sex"
    player.kiosk.answer("mother.id_number", "027190000008")
    player.kiosk.settle("mother.id_number")
    assert "mother.id_number" not in session_of(player).errors


def test_who_stands_in_the_form_already_is_told_when_their_card_is_shown(player: Player) -> None:
    start(player, RESIDENCE, "rent")
    player.kiosk.answer("together.answer", "yes")
    open_section(player, "together")
    player.kiosk.answer("together.answer", "yes")
    open_section(player, "members.1")
    shown(player, MOTHER, "member_is_requester")
    assert not session_of(player).answers.get("members.1.full_name")
    player.machine.devices["code_scanner"].present(FATHER_CODE)
    player.until(lambda s: bool(s.session and s.session.scanned_person), "the first member")
    player.kiosk.answer("members.1.relation", "spouse")
    player.kiosk.add_row()
    shown(player, FATHER_CODE, "person_twice")
    assert not session_of(player).answers.get("members.2.full_name")


def test_words_go_with_what_they_were_about(player: Player) -> None:
    start(player, RESIDENCE, "rent")
    open_section(player, "together")
    player.kiosk.answer("together.answer", "yes")
    open_section(player, "members.1")
    player.machine.devices["code_scanner"].present("https://example.invalid")
    player.until(lambda s: bool(s.session and s.session.errors.get("scan")), "the foreign code")
    lay(player, card(FATHER))
    player.until(lambda s: known(s).job is Job.FAILED, "what the card needs")
    assert "scan" not in session_of(player).errors  # one word at a time: about the card
    shown(player, MOTHER, "member_is_requester")
    assert known(player.state).job is Job.NONE  # and about the code that came after it
    player.kiosk.answer("members.1.id_number", "027188000003")
    player.kiosk.answer("members.1.date_of_birth", "1987-08-20")
    player.kiosk.settle("members.1.date_of_birth")
    assert session_of(player).errors["members.1.date_of_birth"] == "id_number_birth_year"
    player.kiosk.answer("members.1.id_number", "027187000003")
    player.kiosk.settle("members.1.id_number")
    assert "members.1.date_of_birth" not in session_of(player).errors


def test_who_is_picked_from_the_registers_is_called_as_they_call_them(player: Player) -> None:
    citizen = Citizen(player)
    citizen.identify()
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    relatives = player.until(lambda s: bool(s.session and s.session.relatives), "the family").session
    assert relatives
    child = next(one for one in relatives.relatives if one.relation == "Con")
    husband = next(one for one in relatives.relatives if one.relation == "Chồng")
    player.kiosk.answer("relation.kind", "relative")
    open_section(player, "mother")
    assert husband not in citizen.kiosk.offered()
    player.kiosk.change_session(form=player.kiosk.parts.forms["temporary-residence"])
    player.kiosk.change_session(answers={**session_of(player).answers, "together.answer": "yes"})
    open_section(player, "members.1")
    citizen.kiosk.choose_relative(child)
    assert session_of(player).answers["members.1.relation"] == "child"


def proven(player: Player, procedure: str = BIRTH) -> dict[str, Relative]:
    """The mother with her genuine chip, and whom the registers know, by what they call them."""
    citizen = Citizen(player)
    citizen.identify(procedure=procedure)
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    session = player.until(lambda s: bool(s.session and s.session.relatives), "the family").session
    assert session
    return {one.relation: one for one in session.relatives}


def offered(player: Player) -> set[str]:
    return {one.relation for one in player.kiosk.offered()}


@pytest.mark.parametrize(
    ("relation", "section", "whom"),
    [
        ("mother", "father", {"Chồng"}),
        ("relative", "father", set()),
        ("relative", "mother", {"Con"}),
        ("other", "father", set()),
    ],
)
def test_only_who_can_be_meant_is_offered(player: Player, relation: str, section: str, whom: set[str]) -> None:
    family = proven(player)
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", relation)
    player.kiosk.next()
    player.kiosk.answer("father_known.answer", "yes")
    open_section(player, "father_known")
    player.kiosk.answer("father_known.answer", "yes")
    open_section(player, section)
    assert offered(player) == whom
    player.kiosk.answer(f"{section}.full_name", "Ai Đó")
    for one in family.values():
        if one.relation not in whom:
            player.kiosk.choose_relative(one)
    assert session_of(player).answers[f"{section}.full_name"] == "Ai Đó"


def test_who_was_picked_as_one_relative_is_not_kept_as_another(player: Player) -> None:
    family = proven(player, "1.000656")
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "parent")
    open_section(player, "deceased")
    player.kiosk.choose_relative(family["Con"])
    assert session_of(player).answers["deceased.full_name"] == "Trần Đào Thử"
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "spouse")
    assert session_of(player).answers["deceased.full_name"] == ""


def test_whom_their_own_chip_has_named_is_kept_and_told(player: Player) -> None:
    family = proven(player, "1.000656")
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "parent")
    open_section(player, "deceased")
    player.kiosk.choose_relative(family["Con"])
    player.kiosk.change_session(proven_people=(family["Con"].person,))
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "spouse")
    open_section(player, "deceased")
    assert session_of(player).answers["deceased.full_name"] == "Trần Đào Thử"
    assert player.kiosk.warnings()["deceased.full_name"] == "relation_differs"


def test_who_is_another_relative_than_was_said_is_told_and_no_obstacle(player: Player) -> None:
    family = proven(player, "1.000656")
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "child")
    open_section(player, "deceased")
    assert offered(player) == {"Cha", "Mẹ"}
    player.machine.devices["code_scanner"].present(FATHER_CODE)
    player.until(lambda s: bool(s.session and s.session.scanned_person), "the husband's card")
    assert player.kiosk.warnings()["deceased.full_name"] == "relation_differs"
    open_section(player, "relation")
    player.kiosk.answer("relation.kind", "spouse")
    open_section(player, "deceased")
    assert "deceased.full_name" not in player.kiosk.warnings()
    assert family["Chồng"].person.full_name == FATHER.full_name


def test_a_father_is_not_asked_whether_there_is_one(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.browse()
    kiosk.choose_procedure(BIRTH)
    kiosk.choose_case("certificate")
    kiosk.start_dossier()
    player.machine.devices["code_scanner"].present(FATHER_CODE)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    kiosk.card_done()
    kiosk.accept_notice(())
    kiosk.next()
    kiosk.answer("requester.address", "Tổ 3, Võ Cường, Bắc Ninh")
    kiosk.answer("relation.kind", "mother")
    assert session_of(player).errors == {"relation.kind": "requester_sex"}  # at once, beside the choice
    kiosk.answer("relation.kind", "father")
    assert not session_of(player).errors
    fill_form(player)
    answers = visible(player)
    assert answers["father_known.answer"] == "yes"  # which the officers see
    assert answers["father.id_number"] == FATHER.number
    kiosk.edit("father_known")
    section = session_of(player).section
    assert section
    assert section.id == "relation"  # there it is changed
    kiosk.answer("relation.kind", "relative")
    kiosk.next()
    kiosk.edit("father_known")
    assert session_of(player).section != section
    assert session_of(player).answers["father_known.answer"] == ""


def visible(player: Player) -> dict[str, str]:
    session = session_of(player)
    assert session.form
    return visible_answers(session.form, player.kiosk.case_id(), session.answers)


def lay(player: Player, laid: ChipCard) -> None:
    player.machine.devices["card_reader"].insert(laid)
    player.until(lambda s: s.card_present, "the reader to notice")
