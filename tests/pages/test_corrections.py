"""Correcting with the citizen: what may change, what is checked, what is recorded, what is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.dossier import payload
from kiosk.dossier_schema import dossier_problems
from kiosk.forms import Question, QuestionType, clean
from kiosk.pages.typed import address_text, commune_code, iso_date
from kiosk.provisional import provisional_code
from kiosk.sandbox.server import Province
from offline_queue.entry import EntryState, OutboxEntry, Problem
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from tests.pages.desk import OTHER, Browser, Office, fields
from tests.pages.test_dossiers import NAME
from tests.unit.test_dossier import session_of

ADDRESS = Question(id="q", type=QuestionType.ADDRESS, label="?")


def newest(office: Office, but: str) -> str:
    """The id of the correction."""
    (found,) = [entry.id for entry in office.outbox.list() if entry.id != but]
    return found


def test_a_correction_replaces_the_rejected_dossier(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    office.now += timedelta(hours=2)
    page = browser.correct(
        entry,
        {
            "answer:child.full_name": "  Trần Thị  Bé ",
            "date:child.date_of_birth": "2/11/2026",
            "commune:birth.commune": "phuong ba dinh, thanh pho ha noi",
            "answer:requester.phone": "0987 654 321",
            "answer:copies": "3",
        },
    )
    assert page.url.endswith("/confirmation")
    for text in ("Trần Thị Mai", "Trần Thị Bé", "01/11/2026", "02/11/2026", "Phường Ba Đình", "0987654321"):
        assert text in page.text
    assert "Đã nộp lại hồ sơ đã sửa." in browser.confirm(entry).text
    anew = office.entry(newest(office, entry.id))
    old = office.entry(entry.id)
    assert (old.state, old.last_error) == (EntryState.CLOSED, "entry_replaced")
    assert (anew.state, anew.replaces, anew.provisional_code) == ("pending", entry.id, entry.provisional_code)
    assert anew.attachments == entry.attachments
    said = anew.payload
    assert dossier_problems(said, attachments=False) == ()
    assert (said["replaces"], said["client_ref"]) == (entry.id, anew.id)
    assert said["declaration_confirmed_at"] == office.now.isoformat()
    assert said["form"]["answers"] == {
        **entry.payload["form"]["answers"],
        "child.full_name": "Trần Thị Bé",
        "child.date_of_birth": "2026-11-02",
        "birth.commune": "00004",
        "requester.phone": "0987654321",
        "copies": "3",
    }
    assert said["submitter"] == {**entry.payload["submitter"], "phone": "0987654321"}
    assert said["identification"] == entry.payload["identification"]
    assert said["consents"] == entry.payload["consents"]
    assert office.woken.is_set()


@pytest.mark.parametrize("form", [{"agreed": ""}, {"way": ""}, {"way": "guessed"}])
def test_nothing_is_changed_without_the_citizens_confirmation(office: Office, form: dict[str, str]) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    browser.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
    given = {"way": "phone", "agreed": "on"} | form
    page = browser.post(f"/dossiers/{entry.id}/confirmation", **{k: v for k, v in given.items() if v})
    assert "thiếu xác nhận của người nộp" in page.text
    assert office.entry(entry.id) == entry
    assert "Trần Thị Bé" in page.text  # the draft is kept


def test_a_confirmation_without_a_correction_leads_to_the_form(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    assert browser.confirm(entry).url.endswith("/correction")
    assert browser.get(f"/dossiers/{entry.id}/confirmation").url.endswith("/correction")
    assert office.entry(entry.id) == entry


def test_faults_are_told_beside_their_fields_and_what_was_typed_stays(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    page = browser.correct(
        entry,
        {
            "answer:child.full_name": "Bé 2",
            "date:child.date_of_birth": "31/2/2026",
            "commune:birth.commune": "Làng Đâu Đó",
            "answer:requester.phone": "12",
            "answer:birth.place": "",
        },
    )
    assert page.url.endswith("/correction")
    kept = fields(page.text)
    assert kept["date:child.date_of_birth"] == "31/2/2026"
    assert kept["commune:birth.commune"] == "Làng Đâu Đó"
    for question in ("child.full_name", "child.date_of_birth", "birth.commune", "requester.phone", "birth.place"):
        assert f'<a href="#{question}">' in page.text
    assert "Họ tên chỉ gồm chữ cái." in page.text[page.text.index('id="child.full_name"') :]
    page = browser.get(f"/dossiers/{entry.id}/confirmation")
    assert page.url.endswith("/correction")
    browser.post(f"/dossiers/{entry.id}/discard")
    assert fields(browser.get(f"/dossiers/{entry.id}/correction").text)["answer:child.full_name"] == "Trần Thị Mai"


HOME = "Phường Võ Cường, Tỉnh Bắc Ninh"


def test_an_address_is_corrected_by_commune_and_line(office: Office) -> None:
    entry = office.rejected(("/submitter/commune_code", "Nơi cư trú không khớp."))
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}/correction").text
    shown = fields(page)
    assert (shown["commune:requester.address"], shown["line:requester.address"]) == (HOME, "Tổ 1")
    assert "answer:requester.address" not in shown
    assert "Nơi cư trú không khớp." in page[page.index('id="requester.address"') : page.index('id="child.full_name"')]
    wrong = {"commune:requester.address": "Làng Đâu Đó, Bắc Ninh", "line:requester.address": "Số 5 Hàng Bè"}
    page = browser.correct(entry, wrong).text
    assert '<a href="#requester.address">' in page
    assert "Chưa có xã, phường, hoặc tên không có trong danh sách." in page
    assert {key: fields(page)[key] for key in wrong} == wrong  # each part as it was typed
    page = browser.correct(entry, {"commune:requester.address": "phuong ba dinh, thanh pho ha noi"}).text
    assert "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh" in page  # old beside new
    assert "Số 5 Hàng Bè, Phường Ba Đình, Thành phố Hà Nội" in page
    browser.confirm(entry)
    said = office.entry(newest(office, entry.id)).payload
    assert said["form"]["answers"]["requester.address"] == "Số 5 Hàng Bè, Phường Ba Đình, Thành phố Hà Nội"
    assert said["submitter"]["commune_code"] == "00004"
    assert dossier_problems(said, attachments=False) == ()


def test_half_an_address_is_told(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    page = browser.correct(entry, {"line:requester.address": ""}).text
    assert "Chưa có số nhà, đường hoặc thôn, tổ." in page
    assert fields(page)["commune:requester.address"] == HOME
    page = browser.correct(entry, {"commune:requester.address": "", "line:requester.address": "Tổ 7"}).text
    assert "Chưa có xã, phường" in page
    page = browser.correct(entry, {"commune:requester.address": "Nơi Khác", "line:requester.address": ""}).text
    assert "Chưa có xã, phường" in page
    assert fields(page)["commune:requester.address"] == "Nơi Khác"
    browser.correct(entry, {"commune:requester.address": "", "line:requester.address": "Tổ 7, Võ Cường, Bắc Ninh"})
    browser.confirm(entry)
    answers = office.entry(newest(office, entry.id)).payload["form"]["answers"]
    assert answers["requester.address"] == answers["mother.address"] == f"Tổ 7, {HOME}"  # repeated there
    assert {key for key in answers if key.endswith((".line", ".commune"))} == {"birth.commune"}


def test_an_address_from_two_fields() -> None:
    for line, commune in (("Tổ 1", "Phường Võ Cường"), (f"Tổ 1, {HOME}", HOME), ("Tổ 1, Võ Cường, Bắc Ninh", "")):
        assert clean(ADDRESS, address_text(line, commune)) == f"Tổ 1, {HOME}"
    for old in ("Tổ 1, Đại Phúc, TP Bắc Ninh, Bắc Ninh", "Tổ 1, Phường Ba Đình, Hà Nội"):  # not both
        assert address_text(old, HOME) == f"Tổ 1, {HOME}"
    assert address_text(" Tổ 1 ", "Đâu Đó") == "Tổ 1, Đâu Đó"
    assert address_text("", "Đâu Đó") == "Đâu Đó"


def test_money_is_read_in_thousands_and_told_where_it_is_unclear(office: Office) -> None:
    session = session_of("1.001612", "individual")
    entry = OutboxEntry(
        id=session.client_ref,
        procedure_code="1.001612",
        created_at=office.now,
        provisional_code=provisional_code(session.client_ref),
        payload=payload(session, "k1", "H05.114", office.now),
    )
    office.outbox.add(entry)
    office.outbox.lease(office.now + timedelta(days=400))
    office.outbox.reject(entry.id, [Problem("/form/answers/business.capital", "Vốn không đúng.")], "province_rejected")
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}/correction").text
    assert fields(page)["answer:business.capital"] == "50.000.000 đồng"
    page = browser.correct(entry, {"answer:business.capital": "1.5 triệu"}).text
    assert "Số tiền chỉ gồm chữ số." in page
    assert fields(page)["answer:business.capital"] == "1.5 triệu"
    page = browser.correct(entry, {"answer:business.capital": "150.000.000 đ"}).text
    assert "150.000.000 đồng" in page
    browser.confirm(entry)
    answers = office.entry(newest(office, entry.id)).payload["form"]["answers"]
    assert answers == {**entry.payload["form"]["answers"], "business.capital": "150000000"}


def test_telephone_numbers_as_people_write_them(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    page = browser.correct(entry, {"answer:requester.phone": "09123"}).text
    assert "Số điện thoại này thiếu chữ số." in page[page.index('id="requester.phone"') :]
    browser.correct(entry, {"answer:requester.phone": "+84 24.3825-0000"})
    browser.confirm(entry)
    anew = office.entry(newest(office, entry.id))
    assert anew.payload["form"]["answers"]["requester.phone"] == "02438250000"
    assert anew.payload["submitter"]["phone"] is None  # the province's `Person` has room for ten digits
    assert dossier_problems(anew.payload, attachments=False) == ()
    office.outbox.lease(office.now + timedelta(days=400))
    office.outbox.reject(anew.id, [Problem("/submitter/full_name", "Họ tên không khớp.")], "province_rejected")
    assert "024 3825 0000" in browser.get(f"/dossiers/{anew.id}").text  # where the officer calls


def test_a_correction_that_changes_nothing_is_none(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    assert "Chưa có thay đổi nào" in browser.correct(entry, {}).text
    other = office.rejected(error="province_conflict")
    assert browser.correct(other, {}).url.endswith("/confirmation")  # a new id is what helps here


def test_what_the_chip_has_proven_cannot_be_changed(office: Office) -> None:
    entry = office.rejected(NAME, verified=True)
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}/correction").text
    proven = ("requester.full_name", "requester.id_number", "mother.full_name", "mother.id_number")
    assert not {f"answer:{one}" for one in proven} & set(fields(page))
    assert "date:requester.date_of_birth" not in fields(page)
    forged = {f"answer:{one}": "Phạm Văn Giả" for one in proven} | {"answer:requester.date_of_birth": "1970-01-01"}
    browser.correct(entry, {"answer:child.full_name": "Trần Thị Bé", **forged})
    browser.confirm(entry)
    said = office.entry(newest(office, entry.id)).payload
    assert said["submitter"] == entry.payload["submitter"]
    assert said["identification"]["assurance"] == "verified"
    assert said["form"]["answers"] == {**entry.payload["form"]["answers"], "child.full_name": "Trần Thị Bé"}


def test_who_is_no_longer_the_mother_is_taken_out_of_her_block(office: Office) -> None:
    entry = office.rejected(NAME, verified=True)
    browser = office.officer()
    page = browser.correct(entry, {"answer:relation.kind": "relative"})
    assert page.url.endswith("/correction")  # the mother's block is empty now, and may be filled in
    assert fields(page.text)["answer:mother.full_name"] == ""
    page = browser.correct(entry, {"answer:relation.kind": "mother"})
    assert page.url.endswith("/correction")
    assert "answer:mother.full_name" not in fields(page.text)
    assert "Nguyễn Thị Đào" in page.text[page.text.index('id="mother.full_name"') :]


def test_another_number_than_the_cards_makes_it_declared(office: Office) -> None:
    entry = office.rejected(("/submitter/id_number", "Số định danh không đúng."))
    browser = office.officer()
    browser.correct(
        entry, {"answer:requester.id_number": "027190054321", "answer:requester.full_name": "Nguyễn Thị Đào"}
    )
    browser.confirm(entry)
    said = office.entry(newest(office, entry.id)).payload
    assert said["submitter"]["id_number"] == "027190054321"
    assert said["form"]["answers"]["mother.id_number"] == "027190054321"  # repeated there
    assert (said["identification"]["method"], said["identification"]["assurance"]) == ("typed", "declared")
    assert dossier_problems(said, attachments=False) == ()


def test_a_question_that_appears_is_asked(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    page = browser.correct(entry, {"answer:father_known.answer": "yes"})
    assert page.url.endswith("/correction")
    assert fields(page.text)["answer:father.full_name"] == "Trần Thị Mai" or '#father.full_name"' in page.text


def test_two_officers_correct_at_once(office: Office) -> None:
    entry = office.rejected(NAME)
    first, second = office.officer(), office.officer(OTHER)
    first.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
    second.correct(entry, {"answer:child.full_name": "Trần Thị Ba"})
    assert "Đã nộp lại" in first.confirm(entry).text
    assert "vừa được xử lý rồi" in second.confirm(entry).text
    assert office.outbox.counts().pending == 1
    assert office.log().count("dossier_corrected") == 1


def test_drafts_go_with_the_session(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    browser.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
    browser.post("/logout")
    again: Browser = office.officer()
    assert fields(again.get(f"/dossiers/{entry.id}/correction").text)["answer:child.full_name"] == "Trần Thị Mai"


def test_rejected_corrected_accepted(office: Office, tmp_path: Path) -> None:
    """The whole loop with a province that rejects, over real HTTP."""
    entry = office.added(papers=2)
    province = Province(tmp_path / "province", fault="reject")
    gateway = HttpGateway(province.start(), province.token, uploads=office.outbox.uploads)
    try:
        Sender(office.outbox, office.blobs, gateway, lambda _event: None).drain(10)
        assert office.entry(entry.id).state is EntryState.REJECTED
        browser = office.officer()
        page = browser.get(f"/dossiers/{entry.id}").text
        assert "Họ tên không khớp với dữ liệu dân cư." in page
        assert "Thiếu giấy tờ bắt buộc." in page
        province.fault = ""
        browser.correct(entry, {"answer:requester.full_name": "Nguyễn Thị Đảo"})
        browser.confirm(entry, way="in_person")
        Sender(office.outbox, office.blobs, gateway, lambda _event: None).drain(10)
    finally:
        gateway.close()
        province.stop()
    anew = office.entry(newest(office, entry.id))
    assert anew.state is EntryState.DELIVERED
    assert anew.receipt
    assert office.entry(entry.id).payload == {}  # purged with its correction
    assert office.outbox.find_by_code(entry.provisional_code) == anew
    assert anew.receipt.code in browser.get("/").text


def test_dates_as_people_write_them() -> None:
    for text in ("2/11/2026", "02.11.2026", "2-11-2026", " 02 / 11 / 2026 ", "02112026"):
        assert iso_date(text) == "2026-11-02"
    for text in ("31/2/2026", "2/11/26", "2/11.2026", "211 2026", "x", "", "2026-11-02", "٢/11/2026"):
        assert iso_date(text) == text


def test_communes_as_people_write_them() -> None:
    for text in ("Phường Võ Cường, Tỉnh Bắc Ninh", "phuong vo cuong,  tinh bac ninh", "Phường Võ Cường", "09190"):
        assert commune_code(text) == "09190"
    for text in ("Xã Tân Tiến", "Võ", "", "Đâu Đó"):
        assert commune_code(text) == text
