"""A dossier from home to the rating, with the province there, away, and coming back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from kiosk import audit, forms
from kiosk.config import Config
from kiosk.forms import Question, QuestionType
from kiosk.slips import Pair, Slip, Text, format_vnd
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from offline_queue.entry import EntryState
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in

MOTHER = "027190012345|123456789|Nguyễn Thị Đào|14021990|Nữ|Tổ 1, Võ Cường, Bắc Ninh|10092025"
ANSWERS = {
    QuestionType.NAME: "Trần Thị Mai",
    QuestionType.TEXT: "Tổ 1",
    QuestionType.PHONE: "0912345678",
    QuestionType.ID_NUMBER: "027190012345",
    QuestionType.NUMBER: "1",
    QuestionType.DATE: "1990-02-14",
    QuestionType.ETHNIC: "01",
    QuestionType.COMMUNE: "09190",
    QuestionType.ADDRESS: "Tổ 1, Võ Cường, Bắc Ninh",
    QuestionType.TIME: "07:30",
    QuestionType.EMAIL: "mai@example.vn",
    QuestionType.MONEY: "50000000",
    QuestionType.TAX_CODE: "0100109106",
}
OWN = {"child.date_of_birth": "2026-11-01"}


def reply(question: Question) -> str:
    """A plausible answer."""
    if question.id in OWN:
        return OWN[question.id]
    if question.type is QuestionType.ID_NUMBER and not question.id.startswith("requester."):
        return "027190000008" if question.id.startswith("mother.") else "001090000008"  # both born in 1990
    return question.choices[0].value if question.choices else ANSWERS[question.type]


def fill_form(player: Player) -> None:
    """Answer every question that must be answered, section by section."""
    while player.state.step is Step.FORM:
        session = player.state.session
        assert session
        assert session.section
        for _ in range(10):  # an answer may bring up another question
            session = player.state.session
            assert session
            assert session.section
            case = session.case.id if session.case else ""
            shown = forms.visible_questions(session.section, case, session.answers)
            asked = [q for q in shown if q.required and not session.answers.get(q.id)]
            if not asked:
                break
            for question in asked:
                player.kiosk.answer(question.id, reply(question))
        before = session.section
        player.kiosk.next()
        session = player.state.session
        assert session
        assert dict(session.errors) == {}
        assert (player.state.step, session.section) != (Step.FORM, before)


def scan_papers(player: Player) -> None:
    """Scan one page of each paper."""
    for component in player.kiosk.papers_needed():
        player.kiosk.open_paper(component.id)
        player.kiosk.scan_page()
        player.until(partial(has_page, component.id), "the page")
        player.until(lambda s: bool(s.session and s.session.scan is Job.NONE), "the end of the scan")
        player.kiosk.next()
    player.kiosk.next()


def has_page(component_id: str, state: AppState) -> bool:
    """Whether a page of this paper is stored."""
    return bool(state.session and state.session.papers.get(component_id))


def to_form(player: Player, code: str) -> None:
    """From home to the first question."""
    player.kiosk.browse()
    player.kiosk.choose_procedure(code)
    session = player.state.session
    assert session
    assert session.procedure
    player.kiosk.choose_case(session.procedure.cases[-1].id)
    player.kiosk.start_dossier()
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    player.kiosk.card_done()
    player.at(Step.NOTICE)
    player.kiosk.accept_notice(())


def to_review(player: Player, code: str) -> None:
    """From home to the check of the answers."""
    to_form(player, code)
    fill_form(player)
    if player.state.step is Step.PAPERS:
        scan_papers(player)
    player.at(Step.REVIEW)


def submit(player: Player, code: str) -> str:
    """From home to the slip; returns the client_ref."""
    to_review(player, code)
    player.kiosk.next()
    player.at(Step.DECLARE)
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    player.kiosk.collected()
    state = player.until(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the slip")
    assert state.session
    return state.session.client_ref


@pytest.mark.parametrize("code", ["2.000635", "1.004873", "1.001193"])
def test_the_province_accepts_each_procedure(player: Player, code: str) -> None:
    ref = submit(player, code)
    state = player.until(lambda s: bool(s.session and s.session.receipt), "the receipt")
    assert state.session
    assert state.session.receipt
    assert state.session.receipt.code.startswith("H05.114-")
    entry = player.kiosk.parts.outbox.get(ref)
    assert entry
    assert entry.state is EntryState.DELIVERED
    assert dict(entry.payload) == {}
    player.kiosk.done_with_slip()
    player.at(Step.RATING)
    assert player.state.session
    assert player.state.session.citizen is None
    assert dict(player.state.session.answers) == {}
    player.kiosk.rate(5)
    player.at(Step.HOME)


def test_off_line_the_slip_is_printed_and_the_dossier_arrives_once_later(config: Config) -> None:
    with Machine(config) as machine:
        assert machine.province
        machine.province.fault = "refuse"
        ref = submit(Player(machine), "2.000635")
        entry = machine.kiosk.parts.outbox.get(ref)
        assert entry
        assert entry.state is not EntryState.DELIVERED
    with Machine(config) as machine:  # after a restart, with the province back
        player = Player(machine)
        machine.kiosk.parts.sender.wake()
        player.until(lambda s: s.outbox.delivered == 1 and s.outbox.pending == 0, "the delivery")


def test_the_slip_finds_the_official_code_also_after_the_purge(player: Player) -> None:
    ref = submit(player, "2.000635")
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    entry = player.machine.kiosk.parts.outbox.get(ref)
    assert entry is not None
    assert entry.receipt is not None
    assert entry.payload == {}
    player.kiosk.finish()
    scanner = player.machine.devices["code_scanner"]
    scanner.present(f"KM1|H05.114|{entry.provisional_code}")
    state = player.until(lambda s: s.step is Step.LOOKUP, "the dossier")
    assert state.session is not None
    assert state.session.following is not None
    assert state.session.following.entry is not None
    assert state.session.following.entry.receipt == entry.receipt
    player.kiosk.back()
    player.at(Step.HOME)
    assert player.state.session is None
    scanner.present("KM1|H05.114|KM-0000-0000")
    player.until(lambda s: s.toast == "dossier_not_here", "the message")
    player.at(Step.HOME)


def test_what_waits_is_told_at_once_and_staff_can_print_its_slip_again(config: Config) -> None:
    """Also while no attempt is made because the province is known to be away; the kiosk died before the slip."""
    with Machine(config) as machine:
        assert machine.province
        machine.province.fault = "refuse"
        player = Player(machine)
        machine.kiosk.parts.sender.stop()
        to_review(player, "2.000635")
        player.kiosk.next()
        player.kiosk.declare()
        state = player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
        assert state.outbox.pending == 1
        assert state.session
        code = state.session.provisional_code
    away = config.model_copy(update={"province": None})  # from the first moment, or the sender would be quicker
    with Machine(away) as machine:
        player = Player(machine)
        log_in(player)
        (entry,) = player.state.staff.entries
        printed = config.storage.data_dir / "printed"
        before = set(printed.glob("*.png"))
        player.kiosk.reprint_entry(entry.id, "because")
        player.kiosk.reprint_entry(entry.id, "lost")
        player.until(lambda _s: len(set(printed.glob("*.png")) - before) == 1, "the slip")
        stored = machine.kiosk.parts.outbox.get(entry.id)
        assert stored is not None
        slip = machine.kiosk.slip_of_entry(stored)
        assert slip is not None
        assert "HỒ SƠ NỘP TRƯỚC" in repr(machine.kiosk.slip_of_entry(replace(stored, payload={})))
        assert machine.kiosk.slip_of_entry(replace(stored, payload={"linked_ticket": "Z-009"})) is not None
        assert machine.kiosk.slip_of_entry(replace(stored, procedure_code="9.999999")) is None
        (told,) = audit.told(config.storage.data_dir / "audit.jsonl", "slip_reprinted")
        assert told["facts"] == {"entry": entry.id, "reason": "lost"}
        texts = repr(slip)
        assert code in texts
        assert stored.payload["linked_ticket"] in texts


def test_a_declared_dossier_has_its_counter_number(player: Player) -> None:
    submit(player, "2.000635")
    session = player.state.session
    assert session
    assert session.ticket
    assert session.ticket.number.startswith("A-")


def test_going_back_loses_nothing(player: Player) -> None:
    to_review(player, "2.000635")
    assert player.state.session
    before = dict(player.state.session.answers)
    while player.state.step is not Step.NOTICE:
        player.kiosk.back()
    player.kiosk.accept_notice(())
    session = player.state.session
    assert session is not None
    assert dict(session.answers) == before


def test_finish_wipes_at_once(player: Player) -> None:
    to_review(player, "2.000635")
    player.kiosk.finish()
    player.drain()
    assert player.state.session is None
    assert player.state.language == "vi"
    scans = player.machine.config.storage.data_dir / "scans"
    assert [p.name for p in scans.rglob("*") if p.is_file()] == ["lock"]


def test_a_late_page_of_an_ended_session_reaches_nobody(player: Player) -> None:
    player.kiosk.browse()
    player.kiosk.choose_procedure("2.000635")
    session = player.state.session
    assert session
    assert session.procedure
    player.kiosk.choose_case(session.procedure.cases[-1].id)
    papers = player.kiosk.papers_needed()
    assert papers, "the last case has a paper to scan"
    player.kiosk.open_paper(papers[0].id)
    player.kiosk.scan_page()
    player.kiosk.finish()
    player.kiosk.browse()
    player.drain()
    assert player.state.session
    assert dict(player.state.session.papers) == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://example.invalid/x", "qr_not_id_card"),
        ("027190012345|123|Nguyễn Thị Đào", "qr_not_id_card"),
        ("027190012345||Nguyễn Thị Đào|31021990|Nữ|Tổ 1|10092025", "qr_bad_date"),
    ],
)
def test_a_bad_code_is_a_sentence_and_nothing_is_lost(player: Player, text: str, code: str) -> None:
    player.kiosk.browse()
    player.kiosk.choose_procedure("2.000635")
    session = player.state.session
    assert session
    assert session.procedure
    player.kiosk.choose_case(session.procedure.cases[0].id)
    player.kiosk.start_dossier()
    player.machine.devices["code_scanner"].present(text)
    state = player.until(lambda s: bool(s.session and s.session.errors), "the error")
    assert state.session
    assert dict(state.session.errors) in ({"scan": code}, {"scan": "qr_truncated"})
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    player.kiosk.card_done()
    player.at(Step.NOTICE)


def test_the_slip_tells_what_it_will_cost_where_it_is_paid_later(player: Player) -> None:
    to_review(player, "2.000635")
    copies = player.kiosk.session.answers["copies"]
    slip = player.kiosk.completed_slip(Slip(()))
    told = [block.value for block in slip.blocks if isinstance(block, Pair)]
    assert told[-1] == format_vnd(8000 * int(copies))
    assert "Chưa phải trả bây giờ." in "".join(block.text for block in slip.blocks if isinstance(block, Text))


def test_certified_copies_in_five_touches(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.choose_procedure("2.000815", shortcut=True)
    player.at(Step.PREPARE)
    session = player.state.session
    assert session
    assert session.procedure
    kiosk.prepare(kind=session.procedure.kinds[0])
    kiosk.next()
    player.at(Step.CHECKLIST)
    assert player.state.session
    assert player.state.session.preparation.fee_vnd == 2000
    kiosk.take_number(session.procedure.series)
    state = player.until(
        lambda s: bool(s.session and s.session.ticket and s.session.ticket.print is Job.CONFIRMED), "the number"
    )
    assert state.session
    assert state.session.ticket
    assert state.session.ticket.number == "B-001"


def test_what_was_put_right_stays_after_going_back_to_the_notice(player: Player) -> None:
    to_review(player, "2.000635")
    player.kiosk.edit("contact")
    player.kiosk.answer("requester.address", "Số 5, phố mới, Phường Võ Cường, Tỉnh Bắc Ninh")
    while player.state.step is not Step.NOTICE:
        player.kiosk.back()
    player.kiosk.accept_notice(())
    session = player.state.session
    assert session is not None
    assert session.answers["requester.address"] == "Số 5, phố mới, Phường Võ Cường, Tỉnh Bắc Ninh"


def test_the_number_is_for_the_counter_of_the_procedures_field(config: Config) -> None:
    table = config.hall.series[1].model_copy(update={"letter": "K", "fields": ("Chứng thực",)})
    hall = config.hall.model_copy(update={"series": (config.hall.series[0], table)})
    with Machine(config.model_copy(update={"hall": hall})) as machine:
        player = Player(machine)
        player.kiosk.choose_procedure("2.000815", shortcut=True)
        player.kiosk.prepare(kind="Giấy khai sinh")
        player.kiosk.next()
        player.kiosk.take_number("B")
        session = player.state.session
        assert session is not None
        assert session.ticket is not None
        assert session.ticket.number == "K-001"


def test_a_paper_in_the_scanner_is_told_until_it_is_taken(player: Player) -> None:
    to_review(player, "2.000635")
    player.kiosk.next()
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    scanner = player.machine.devices["document_scanner"]
    scanner.leave_paper()
    player.kiosk.tick()
    player.until(lambda s: bool(s.session and s.session.paper_left), "the reminder")
    scanner.take_paper()
    player.kiosk.tick()
    player.until(lambda s: bool(s.session and not s.session.paper_left), "the end of the reminder")
