"""Forms as they are filled in: a family that the registers know, rows of a table, early words, the paper at the end."""

from __future__ import annotations

from functools import partial

import pypdfium2
import pytest

from kiosk.errands.inquiries import Answered
from kiosk.forms import FOLLOWS, Question, QuestionType, Rows, Section
from kiosk.forms.declaration import NOT_DRAWN
from kiosk.state import AppState, Job, Session, Step
from offline_queue.entry import DECLARATION, EntryState
from offline_queue.gateway import FamilyMember, Registered
from tests.flows.conftest import Player
from tests.flows.test_chip import Citizen, card
from tests.flows.test_dossier import MOTHER, fill_form, scan_papers, to_review

STAY = "2.001159"


def start(player: Player, code: str, case_id: str) -> Session:
    """At the first questions of a form, with the printed code of a card."""
    player.kiosk.browse()
    player.kiosk.choose_procedure(code)
    player.kiosk.choose_case(case_id)
    player.kiosk.start_dossier()
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    player.kiosk.card_done()
    player.kiosk.accept_notice(())
    return session_of(player)


def session_of(player: Player) -> Session:
    session = player.state.session
    assert session
    return session


def open_section(player: Player, section_id: str) -> None:
    player.kiosk.edit(section_id)
    section = session_of(player).section
    assert section
    assert section.id == section_id


def knows_family(state: AppState) -> bool:
    return bool(state.session and state.session.relatives)


def proven(player: Player) -> Citizen:
    """Who has proven themselves with their chip, and whom the registers know."""
    citizen = Citizen(player)
    citizen.identify()
    citizen.lay(card())
    citizen.kiosk.card_done()
    citizen.kiosk.accept_notice(())
    player.until(knows_family, "the registers")
    return citizen


def test_a_family_is_offered_to_who_is_proven_and_picked_instead_of_typed(player: Player) -> None:
    citizen = proven(player)
    known = citizen.session
    names = {one.person.full_name: one for one in known.relatives}
    assert set(names) == {"Trần Văn Mẫu", "Nguyễn Văn Ví Dụ", "Lê Thị Thử Nghiệm", "Trần Đào Thử"}
    assert names["Trần Văn Mẫu"].relation == "Chồng"  # of the household, with the number of the spouse
    assert "Trần" not in repr(names["Trần Văn Mẫu"]) + repr(citizen.session)
    assert citizen.kiosk.offered() == ()  # nobody else fills what is asked about oneself
    citizen.kiosk.answer("relation.kind", "mother")
    citizen.kiosk.answer("father_known.answer", "yes")
    open_section(player, "father")
    assert names["Trần Văn Mẫu"] in citizen.kiosk.offered()
    citizen.kiosk.choose_relative(names["Trần Văn Mẫu"])
    answers = citizen.session.answers
    assert answers["father.full_name"] == "Trần Văn Mẫu"
    assert answers["father.id_number"] == "027088000003"
    assert answers["father.date_of_birth"] == "1988-08-20"
    citizen.kiosk.choose_relative(names["Nguyễn Văn Ví Dụ"])  # her own father is not that of her child
    assert citizen.session.answers == answers
    open_section(player, "mother")
    assert names["Trần Văn Mẫu"] not in citizen.kiosk.offered()  # stands in the form already
    old = citizen.session.id
    player.kiosk.finish()
    player.kiosk.handle(Answered(old, "late", Registered((FamilyMember("Ai Đó", "Con"),))))
    assert player.state.session is None


def test_of_another_relative_nothing_of_the_first_stays(player: Player) -> None:
    citizen = proven(player)
    known = citizen.session
    of = {one.relation: one for one in known.relatives}
    player.kiosk.change_session(form=player.kiosk.parts.forms["temporary-residence"])
    player.kiosk.change_session(answers={**session_of(player).answers, "together.answer": "yes"})
    open_section(player, "members.1")
    citizen.kiosk.choose_relative(of["Chồng"])
    assert citizen.session.answers["members.1.id_number"] == "027088000003"
    citizen.kiosk.choose_relative(of["Mẹ"])
    answers = citizen.session.answers
    assert answers["members.1.full_name"] == "Lê Thị Thử Nghiệm"
    assert (answers["members.1.id_number"], answers["members.1.relation"]) == ("", "parent")
    assert answers["members.1.sex"] == "female"  # which only what they are called tells


def test_a_telephone_that_the_registers_know_is_not_asked_for_again_and_can_be_changed(player: Player) -> None:
    citizen = proven(player)
    assert citizen.session.answers["requester.phone"] == "0900000001"
    assert "requester.full_name" in citizen.kiosk.locked()
    assert "requester.phone" not in citizen.kiosk.locked()
    citizen.kiosk.answer("requester.phone", "0912345678")
    citizen.kiosk.fill_again()  # whatever else is told: what was typed stays
    assert citizen.session.answers["requester.phone"] == "0912345678"


def test_what_one_has_said_of_themselves_is_not_said_of_the_next_who_is_identified(player: Player) -> None:
    start(player, "2.000635", "self")
    open_section(player, "contact")  # which names nobody
    player.kiosk.answer("requester.phone", "0912345678")
    while player.state.step is not Step.IDENTIFY:
        player.kiosk.back()
    player.kiosk.type_id_number("066301000017")
    player.kiosk.card_done()
    player.kiosk.accept_notice(())
    answers = session_of(player).answers
    assert answers["requester.id_number"] == "066301000017"
    assert (answers["requester.full_name"], answers["requester.phone"]) == ("", "")


def test_nobody_is_looked_up_without_a_proof(player: Player) -> None:
    start(player, STAY, "home")
    player.drain(0.3)
    session = session_of(player)
    assert (session.evidence, session.looked_up_for, session.relatives) == ("", "", ())


def test_a_telephone_number_is_kept_as_it_is_sent_and_what_is_wrong_with_it_is_named(player: Player) -> None:
    start(player, STAY, "home")
    for typed, code in (("912345678", "phone_start"), ("0243825000", "phone_line_length")):
        player.kiosk.answer("requester.phone", typed)
        player.kiosk.settle("requester.phone")
        assert session_of(player).errors == {"requester.phone": code}
    for typed, kept in (("0084912345678", "0912345678"), ("84 24 3825 0000", "02438250000")):
        player.kiosk.answer("requester.phone", typed)
        player.kiosk.settle("requester.phone")
        assert not session_of(player).errors
        assert session_of(player).answers["requester.phone"] == kept


@pytest.mark.parametrize("sign", ["A", "e\u0302\u0301", "Nguyễn ", "👍", "1"])
def test_ten_thousand_characters_fill_a_field_and_it_says_so(player: Player, sign: str) -> None:
    start(player, STAY, "home")
    open_section(player, "guests.1")
    kiosk = player.kiosk
    kiosk.answer("guests.1.sex", "female")
    before = dict(session_of(player).answers)
    kiosk.answer("guests.1.full_name", sign * 10_000)
    kiosk.answer("guests.1.id_number", "1" * 10_000)
    answers = dict(session_of(player).answers)
    assert len(answers.pop("guests.1.full_name")) == 100
    assert len(answers.pop("guests.1.id_number")) == 20
    assert answers | {"guests.1.sex": "female"} == before
    assert kiosk.warnings()["guests.1.full_name"] == "field_full"
    kiosk.settle("guests.1.id_number")
    assert session_of(player).errors["guests.1.id_number"] == "id_number_length"
    kiosk.answer("guests.1.full_name", "Trần An")
    assert "guests.1.full_name" not in kiosk.warnings()


def test_a_long_name_on_a_card_and_a_long_address_keep_what_there_is_room_for(player: Player) -> None:
    start(player, STAY, "home")
    open_section(player, "guests.1")
    code = MOTHER.replace("Nguyễn Thị Đào", "Đào " * 150)
    player.machine.devices["code_scanner"].present(code)
    player.until(lambda s: bool(s.session and s.session.scanned_person == "guests.1"), "the guest's card")
    assert len(session_of(player).answers["guests.1.full_name"]) == 100
    assert player.kiosk.warnings()["guests.1.full_name"] == "field_full"
    open_section(player, "stay")
    home = "Phường Võ Cường, Tỉnh Bắc Ninh"
    for pasted in ("x" * 10_000 + ", Võ Cường, Bắc Ninh", f"{'Số 1, ngõ 2, ' * 1000}{home}"):
        player.kiosk.answer("stay.address", pasted)
        kept = session_of(player).answers["stay.address"]
        assert kept.endswith(f", {home}")
        assert len(kept) == 200
        assert player.kiosk.warnings()["stay.address"] == "field_full"


def test_rows_of_a_table_come_and_go_and_words_come_early(player: Player) -> None:
    start(player, STAY, "home")
    open_section(player, "guests.1")
    kiosk = player.kiosk
    kiosk.add_row()
    assert session_of(player).errors["guests.1.full_name"] == "required"  # first this one
    kiosk.answer("guests.1.id_number", "12345678")
    kiosk.settle("guests.1.id_number")
    assert session_of(player).errors["guests.1.id_number"] == "id_number_length"
    scanner = player.machine.devices["code_scanner"]
    scanner.present(MOTHER)
    player.until(lambda s: bool(s.session and s.session.scanned_person == "guests.1"), "the guest's card")
    assert not session_of(player).errors
    kiosk.answer("guests.1.sex", "female")
    assert not kiosk.can_remove_row()
    kiosk.add_row()
    section = session_of(player).section
    assert section
    assert (section.id, section.row) == ("guests.2", 2)
    kiosk.answer("guests.2.id_number", MOTHER.split("|")[0])
    kiosk.settle("guests.2.id_number")
    assert session_of(player).errors == {"guests.2.id_number": "person_twice"}
    kiosk.answer("guests.2.id_number", "")
    kiosk.answer("guests.2.full_name", "Trần An")
    assert kiosk.can_remove_row()
    open_section(player, "guests.1")
    kiosk.remove_row()
    answers = session_of(player).answers
    assert answers["guests.1.full_name"] == "Trần An"
    assert not [key for key in answers if key.startswith("guests.2.")]
    open_section(player, "stay")
    kiosk.answer("stay.since", "2026-12-01")
    kiosk.answer("stay.until", "2027-02-01")
    assert kiosk.warnings() == {"stay.until": "stay_is_residence"}  # told, and no obstacle
    kiosk.answer("stay.until", "2026-11-30")
    kiosk.settle("stay.until")
    assert session_of(player).errors == {"stay.until": "date_order"}


def test_what_a_scanner_pastes_loses_nothing_else(player: Player) -> None:
    start(player, STAY, "home")
    open_section(player, "stay")
    kiosk = player.kiosk
    kiosk.answer("stay.reason", "visit")
    before = dict(session_of(player).answers)
    for pasted, code in (
        ("Tổ 1 😀, Võ Cường, Bắc Ninh", "text_invalid"),
        ("Tổ\u202e 1, Võ Cường, Bắc Ninh", "text_invalid"),
        ("Tổ\u200b 1, Võ Cường, Bắc Ninh", "text_invalid"),
        ("Tổ 1, Nơi Không Có, Bắc Ninh", "address_commune_missing"),
        ("Võ Cường, Bắc Ninh", "address_line_missing"),
    ):
        kiosk.answer("stay.address", pasted)
        kiosk.settle("stay.address")
        assert session_of(player).errors == {"stay.address": code}
    kiosk.answer("stay.address", "Tổ 1, Võ Cường, Bắc Ninh")
    assert not session_of(player).errors
    assert {**session_of(player).answers, "stay.address": ""} == {**before, "stay.address": ""}


@pytest.mark.parametrize("code", ["1.000656"])
def test_the_filled_form_goes_with_the_dossier(player: Player, code: str) -> None:
    start(player, code, "notice")
    player.kiosk.answer("deceased.address", FOLLOWS)
    fill_form(player)
    scan_papers(player)
    player.kiosk.next()
    player.at(Step.DECLARE)
    assert player.machine.province
    player.machine.province.fault = "refuse"
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    parts, ref = player.kiosk.parts, session_of(player).client_ref
    entry = parts.outbox.get(ref)
    assert entry
    paper = entry.attachments[-1]
    assert (paper.component, paper.title, paper.media_type) == (
        DECLARATION,
        "Tờ khai đăng ký khai tử",
        "application/pdf",
    )
    with pypdfium2.PdfDocument(parts.blobs.get(paper.sha256, paper.size)) as document:
        assert len(document) == paper.pages
        text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "Nguyễn Thị Đào" in text
    assert entry.payload["form"]["answers"]["deceased.address"] == entry.payload["form"]["answers"]["requester.address"]
    player.machine.province.fault = ""
    parts.sender.wake()
    player.until(partial(delivered, player, ref), "the delivery")


def test_a_page_that_belongs_to_another_paper_goes_there(player: Player) -> None:
    start(player, "1.001193", "certificate")
    fill_form(player)
    player.at(Step.PAPERS)
    kiosk = player.kiosk
    kiosk.change_session(answers={**session_of(player).answers, "relation.kind": "other"})
    kiosk.open_paper("birth_certificate")
    for count in (1, 2):
        kiosk.scan_page()
        player.until(partial(has_pages, "birth_certificate", count), "the page")
        player.until(lambda s: bool(s.session and s.session.scan is Job.NONE), "the end of the scan")
    first, second = session_of(player).papers["birth_certificate"]
    kiosk.move_page(0, "birth_certificate")  # it is there
    kiosk.move_page(0, "lease")  # not of this case
    kiosk.move_page(5, "authorisation")
    assert session_of(player).papers["birth_certificate"] == (first, second)
    kiosk.move_page(0, "authorisation")
    assert player.state.toast == "page_moved"
    papers = session_of(player).papers
    assert (papers["birth_certificate"], papers["authorisation"]) == ((second,), (first,))
    player.drain(0.2)
    assert player.kiosk.parts.blobs.get(first.sha256)  # it lies where it lay


def has_pages(component_id: str, count: int, state: AppState) -> bool:
    return bool(state.session and len(state.session.papers.get(component_id, ())) == count)


def delivered(player: Player, ref: str, _state: AppState) -> bool:
    entry = player.kiosk.parts.outbox.get(ref)
    return entry is not None and entry.state is EntryState.DELIVERED


@pytest.mark.parametrize("code", ["1.010041", "1.004194", STAY, "1.001612"])
def test_each_new_form_is_taken_by_the_province(player: Player, code: str) -> None:
    to_review(player, code)
    player.kiosk.next()
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    player.until(partial(delivered, player, session_of(player).client_ref), "the delivery")


def test_what_is_done_at_the_counter_is_prepared_by_case(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.browse()
    kiosk.choose_procedure("1.000894")
    player.at(Step.BRING)  # what to bring is read first
    kiosk.start_preparing()
    kiosk.next()
    assert session_of(player).errors == {"kind": "choice_missing"}
    kiosk.back()
    player.at(Step.BRING)
    kiosk.choose_case("divorced")
    kiosk.print_list()
    player.until(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the list")
    kiosk.start_preparing()
    assert session_of(player).preparation.kind == "Có người đã ly hôn"  # not chosen twice
    kiosk.prepare(kind="Cả hai kết hôn lần đầu")
    kiosk.prepare(kind="Có người đã ly hôn")
    case = session_of(player).case
    assert case
    assert case.id == "divorced"
    kiosk.next()
    player.at(Step.CHECKLIST)
    kiosk.take_number("A")
    player.until(
        lambda s: bool(s.session and s.session.ticket and s.session.ticket.print is Job.CONFIRMED), "the number"
    )
    kiosk.done_with_ticket()
    kiosk.browse()
    kiosk.choose_procedure("2.000884")
    kiosk.start_preparing()
    kiosk.prepare(kind="Giấy ủy quyền", copies=3)
    assert session_of(player).preparation.fee_vnd == 30_000


def test_who_comes_by_a_tile_prepares_at_once_and_can_still_read_what_to_bring(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.choose_job(next(tile for tile in player.state.jobs if tile.code == "2.000815"))
    player.at(Step.PREPARE)
    kiosk.look_up_papers()
    player.at(Step.BRING)
    kiosk.back()
    player.at(Step.PREPARE)
    kiosk.back()
    player.at(Step.HOME)


def test_a_form_that_cannot_be_drawn_is_handed_in(player: Player) -> None:
    """As far as the outbox: with the answers, without its declaration, and staff know it."""
    to_review(player, "1.004194")
    form = session_of(player).form
    assert form
    wide = tuple(
        Question(id=f"t.q{n}", type=QuestionType.TEXT, label="Câu hỏi", required=False, default="x") for n in range(40)
    )
    table = Section(id="t", title="Bảng", rows=Rows(label="Thêm"), questions=wide)
    answers = {**session_of(player).answers, "t.1.q0": "x"}
    player.kiosk.change_session(form=form.model_copy(update={"sections": (*form.sections, table)}), answers=answers)
    player.kiosk.next()
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    entry = player.kiosk.parts.outbox.get(session_of(player).client_ref)
    assert entry
    assert DECLARATION not in {paper.component for paper in entry.attachments}
    assert player.kiosk.parts.outbox.notices()[NOT_DRAWN].startswith("temporary-residence ")
