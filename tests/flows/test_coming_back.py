"""Missing papers go straight to the dossier that waits for them; a suggestion reaches the province."""

from __future__ import annotations

from functools import partial

from kiosk.commands.report import figures_of
from kiosk.dossier_schema import dossier_problems
from kiosk.errands.petition import NOBODY
from kiosk.figures import Period
from kiosk.sandbox.progress import known_code
from kiosk.sandbox.store import Store
from kiosk.state import Job, Step
from tests.flows.conftest import Player
from tests.flows.test_dossier import MOTHER, fill_form, has_page, submit
from tests.flows.test_following import AGENCY, followed, look_up, told


def on_line_of_today(player: Player) -> int:
    """How many dossiers the report knows that were handed in here and accepted."""
    day = Period.day(player.kiosk.now().date().isoformat())
    return figures_of(day, player.machine.config).online.count


def supplement(player: Player) -> None:
    """From the dossier that waits for papers to the slip of what was brought."""
    player.kiosk.supplement()
    player.at(Step.IDENTIFY)
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    player.kiosk.card_done()
    player.kiosk.accept_notice(())
    fill_form(player)
    player.at(Step.PAPERS)
    player.kiosk.next()
    player.at(Step.PAPERS)  # nothing scanned: nothing to send
    component = player.kiosk.papers_needed()[0]
    player.kiosk.open_paper(component.id)
    player.kiosk.scan_page()
    player.until(partial(has_page, component.id), "the page")
    player.until(lambda s: bool(s.session and s.session.scan is Job.NONE), "the end of the scan")
    player.kiosk.next()
    player.kiosk.next()
    player.at(Step.REVIEW)
    player.kiosk.next()
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")


def test_missing_papers_move_the_dossier_on(player: Player) -> None:
    code = known_code(AGENCY, 5)
    look_up(player, code)
    player.kiosk.supplement()
    player.kiosk.back()
    player.at(Step.LOOKUP)
    supplement(player)
    ref = player.state.session.client_ref if player.state.session else ""
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    player.kiosk.finish()
    assert look_up(player, code).status == 4
    kept = player.kiosk.parts.outbox.get(ref)
    assert kept is not None
    assert kept.receipt
    assert on_line_of_today(player) == 0  # it is the other dossier that has a result


def test_what_came_from_here_is_named_by_its_client_ref_and_costs_nothing(player: Player) -> None:
    first = submit(player, "2.000635")
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    entry = player.kiosk.parts.outbox.get(first)
    assert entry
    assert entry.receipt
    assert on_line_of_today(player) == 1
    assert player.machine.province
    player.machine.province.decide(entry.receipt.code, 5, "Yêu cầu bổ sung", "Bổ sung bản chụp giấy khai sinh cũ.")
    player.kiosk.finish()
    look_up(player, entry.provisional_code)
    assert followed(player.until(told, "the answer")).status == 5
    player.machine.province.fault = "refuse"
    supplement(player)
    assert player.state.session
    sent = player.kiosk.parts.outbox.get(player.state.session.client_ref)
    assert sent
    assert (sent.payload["replaces"], sent.payload["fee"]) == (first, None)
    assert sent.payload["form"]["answers"]["dossier.code"] == entry.receipt.code
    slip = repr(player.kiosk.slip_of_entry(sent))
    assert "PHIẾU BỔ SUNG GIẤY TỜ" in slip
    assert entry.receipt.code in slip.replace("\N{NO-BREAK SPACE}", " ")
    assert dossier_problems(sent.payload, attachments=False) == ()


def test_who_wants_an_answer_may_give_a_landline(player: Player) -> None:
    player.kiosk.give_feedback()
    player.kiosk.tell_petition(text="Xin thêm ghế", name="Trần Văn Mẫu", named=True, phone="0243825")
    player.kiosk.send_petition()
    assert player.state.session
    assert player.state.session.errors == {"phone": "phone_line_length"}
    player.kiosk.tell_petition(phone="+84 24 3825 0000")
    player.kiosk.send_petition()
    player.until(lambda s: bool(s.session and s.session.submit is Job.CONFIRMED), "the stored words")
    entry = player.kiosk.parts.outbox.get(player.state.session.client_ref)
    assert entry
    assert dossier_problems(entry.payload, attachments=False) == ()
    assert entry.payload["form"]["answers"]["phone"] == "02438250000"
    assert entry.payload["submitter"]["phone"] is None


def test_what_cannot_be_read_is_told_beside_its_field(player: Player) -> None:
    player.kiosk.give_feedback()
    good = {"text": "Xin thêm ghế\n ở khu đợi.", "name": "Trần Văn Mẫu", "phone": "0912345678"}
    for field, value, code in (
        ("text", "Xin\u200b thêm ghế", "text_invalid"),
        ("text", "Xin thêm \u202eghế\u202c", "text_invalid"),
        ("text", "Xin thêm ghế 😀", "text_invalid"),
        ("text", "\u200b" * 9, "text_invalid"),
        ("text", "\u3164" * 9, "letters_foreign"),
        ("text", " \n \n ", "petition_empty"),
        ("text", "Quạt", "petition_short"),
        ("name", "Trần\u202e Văn\u200b 😀 Mẫu\x07", "text_invalid"),
        ("name", "\u3164", "letters_foreign"),
        ("name", "Mẫu 2", "name_invalid"),
        ("name", " ", "required"),
        ("phone", "0912345678\u200b", "text_invalid"),
    ):
        player.kiosk.tell_petition(**{**good, field: value}, named=True)
        player.kiosk.send_petition()
        session = player.state.session
        assert session
        assert (dict(session.errors), session.submit) == ({field: code}, Job.NONE)
        assert session.petition
        assert getattr(session.petition, field) == value  # nothing is lost of it
    assert player.machine.province
    player.machine.province.fault = "refuse"  # what is delivered keeps no words
    player.kiosk.tell_petition(**good)
    player.kiosk.send_petition()
    session = player.until(lambda s: bool(s.session and s.session.submit is Job.CONFIRMED), "the stored words").session
    assert session
    entry = player.kiosk.parts.outbox.get(session.client_ref)
    assert entry
    assert entry.payload["form"]["answers"]["text"] == "Xin thêm ghế\nở khu đợi."


def test_a_suggestion_that_is_too_long_says_what_is_kept(player: Player) -> None:
    player.kiosk.give_feedback()
    player.kiosk.tell_petition(name="Trần Văn Mẫu", text="Xin thêm ghế. " * 1000)
    session = player.state.session
    assert session
    assert session.petition
    assert (len(session.petition.text), session.petition.name) == (2000, "Trần Văn Mẫu")
    assert session.errors == {"text": "field_full"}


def test_a_suggestion_without_a_name_reaches_the_province(player: Player) -> None:
    player.kiosk.give_feedback()
    player.at(Step.PETITION)
    player.kiosk.send_petition()
    assert player.state.session
    assert player.state.session.errors == {"text": "petition_empty"}
    words = "Xin thêm ghế ở khu ngồi đợi"
    player.kiosk.tell_petition(text=words, name="Trần Văn Mẫu", phone="0900000001")  # typed, then not signed
    player.kiosk.send_petition()
    state = player.until(lambda s: bool(s.session and s.session.submit is Job.CONFIRMED), "the stored words")
    assert state.session
    assert state.session.petition
    assert state.session.petition.text == ""
    ref = state.session.client_ref
    player.until(lambda s: s.outbox.delivered == 1, "the delivery")
    assert on_line_of_today(player) == 0
    assert player.machine.province
    player.machine.province.stop()
    store = Store(player.machine.config.storage.data_dir / "province")
    accepted = store.by_client_ref(ref)
    store.close()
    assert accepted
    assert accepted.payload["form"]["answers"] == {"kind": "suggestion", "text": "Xin thêm ghế ở khu ngồi đợi"}
    assert accepted.payload["submitter"]["id_number"] == NOBODY
    assert "Mẫu" not in str(accepted.payload)
    player.kiosk.finish()
    player.at(Step.HOME)
