"""Rejected dossiers at the desk: seen with their reasons, sent again, given back, not reached."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest

from kiosk.audit import verify
from offline_queue.entry import EntryState, OutboxEntry, Receipt
from tests.pages.desk import OTHER, Office, picture

NAME = ("/form/answers/child.full_name", "Tên trẻ không khớp giấy chứng sinh.")
REASONS = (
    NAME,
    ("/submitter/phone", "Số điện thoại sai."),
    ("/attachments/1", "Trang bị mờ."),
    ("/fee", "Chưa có lệ phí."),
)


def row(page: str, element: str) -> str:
    """One answer of the page."""
    found = re.search(rf'<div id="{re.escape(element)}".*?</div>', page, re.DOTALL)
    assert found, element
    return found[0]


def test_reasons_stand_next_to_what_they_are_about(office: Office) -> None:
    entry = office.rejected(*REASONS, papers=2)
    page = office.officer().get(f"/dossiers/{entry.id}").text
    assert NAME[1] in row(page, "child.full_name")
    assert "Trần Thị Mai" in row(page, "child.full_name")
    assert "Số điện thoại sai." in row(page, "requester.phone")
    assert "reason" not in row(page, "mother.full_name")
    assert "Trang bị mờ." in page[page.index('id="paper:1"') :]
    assert "Chưa có lệ phí." in page[: page.index("Nội dung đã khai")]
    assert '<span class="phone">0912 345 678</span>' in page
    assert "Phường Võ Cường, Tỉnh Bắc Ninh" in page


def test_scans_are_shown_page_by_page_and_no_other_file_is(office: Office) -> None:
    entry, waiting = office.rejected(NAME, papers=2), office.added()
    browser = office.officer()
    answer = browser.get(f"/dossiers/{entry.id}/papers/1/1")
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert answer.content == picture(60)
    stranger = office.blobs.put(b"of nobody here")
    for path in ("0/2", "2/0", "-1/0", "0/-1", "a/b", stranger, f"{stranger}/0", "99999999999999999999/0"):
        assert browser.get(f"/dossiers/{entry.id}/papers/{path}").status_code == 404, path
    assert browser.get(f"/dossiers/{waiting.id}/papers/0/0").status_code == 404
    office.blobs.delete(entry.attachments[0].sha256)
    assert browser.get(f"/dossiers/{entry.id}/papers/0/0").status_code == 503
    assert "Một trang đã quét" in browser.get(f"/dossiers/{entry.id}/papers/0/0").text


def test_at_a_glance(office: Office) -> None:
    rejected, waiting, done = office.rejected(NAME), office.added(), office.added()
    later = office.now + timedelta(minutes=7)
    office.outbox.lease(office.now)
    office.outbox.retry_at(waiting.id, later, "province_busy")
    office.outbox.delivered(done.id, Receipt("H05.114-261124-0001", 1, "2026-11-24T09:00:00+07:00"))
    office.outbox.notice("province_unauthorised")
    office.now += timedelta(hours=3)
    page = office.officer().get("/").text
    assert re.findall(r"<b>(\d+)</b>", page) == ["1", "1", "1"]
    for text in (rejected.provisional_code, "3 giờ trước", "Hệ thống của tỉnh đang bận.", "09:07 24/11/2026"):
        assert text in page
    assert "H05.114-261124-0001" in page
    assert "không chấp nhận máy này" in page
    assert "Trần Thị Mai" not in page
    english = office.officer().get("/?lang=en").text
    assert "The province&#39;s system is busy." in english
    assert "3 hours ago" in english


def test_a_dossier_is_sent_again_as_it_is(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    browser.get(f"/dossiers/{entry.id}")
    page = browser.post(f"/dossiers/{entry.id}/retry").text
    assert "Hồ sơ sẽ được gửi" in page
    assert office.entry(entry.id).state is EntryState.PENDING
    assert office.woken.is_set()
    assert '"entry_retried"' in office.log()


def test_the_same_id_with_other_content_is_not_sent_again(office: Office) -> None:
    entry = office.rejected(error="province_conflict")
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}").text
    assert "báo kỹ thuật viên" in page
    assert "/retry" not in page
    browser.post(f"/dossiers/{entry.id}/retry")
    assert office.entry(entry.id).state is EntryState.REJECTED


def test_a_damaged_scan_cannot_be_corrected_but_given_back(office: Office) -> None:
    entry = office.rejected(error="scan_damaged")
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}").text
    assert "quét lại giấy tờ" in page
    assert "/correction" not in page
    assert browser.get(f"/dossiers/{entry.id}/correction").url.endswith(entry.id)


def test_what_was_moved_away_can_be_sent_from_here(office: Office) -> None:
    entry = office.added()
    office.outbox.exported(entry.id)
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}").text
    assert "đã được chuyển sang máy khác" in page
    assert "Trần Thị Mai" not in page
    browser.post(f"/dossiers/{entry.id}/retry")
    assert office.entry(entry.id).state is EntryState.PENDING


@pytest.mark.parametrize("form", [{}, {"way": "told_by_phone"}, {"told": "on"}, {"way": "by_pigeon", "told": "on"}])
def test_nothing_is_given_back_before_the_citizen_knows(office: Office, form: dict[str, str]) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    assert "Chưa trả lại hồ sơ." in browser.post(f"/dossiers/{entry.id}/return", **form).text
    assert office.entry(entry.id) == entry


def test_giving_back_erases_answers_and_scans(office: Office) -> None:
    entry, other = office.rejected(NAME, papers=2), office.added()
    browser = office.officer()
    page = browser.post(f"/dossiers/{entry.id}/return", way="told_by_phone", told="on").text
    assert "Đã trả lại hồ sơ." in page
    stub = office.entry(entry.id)
    assert (stub.state, stub.last_error, stub.payload) == (EntryState.CLOSED, "entry_returned", {})
    assert hashes_on_disk(office, entry, other) == {other.attachments[0].sha256}
    page = browser.get(f"/dossiers/{entry.id}").text
    assert "đã được trả lại cho người nộp" in page
    assert "Gọi điện thoại" in page


def hashes_on_disk(office: Office, *entries: OutboxEntry) -> set[str]:
    """Which of their papers are still there: the first paper of all is the same file."""
    hashes = {paper.sha256 for entry in entries for paper in entry.attachments}
    files = {path.name for path in (office.audit.path.parent / "scans").iterdir()}
    return {sha256 for sha256 in hashes if office.blobs._path(sha256).name in files}


def test_not_reached_is_counted_and_stays_open(office: Office) -> None:
    entry, other = office.rejected(NAME), office.rejected(NAME)
    first, second = office.officer(), office.officer(OTHER)
    first.post(f"/dossiers/{entry.id}/not-reached")
    assert "Đã gọi 2 lần" in second.post(f"/dossiers/{entry.id}/not-reached").text
    page = second.get(f"/dossiers/{entry.id}").text
    assert page.count("không liên lạc được") == 2
    assert OTHER in page
    assert office.entry(entry.id).state is EntryState.REJECTED
    assert "2 lần" in second.get("/").text
    assert "Chưa ghi lần gọi nào" in second.get(f"/dossiers/{other.id}").text


@pytest.mark.parametrize("act", ["retry", "return", "not-reached", "correction", "confirmation"])
def test_the_second_officer_is_told_that_it_was_dealt_with(office: Office, act: str) -> None:
    entry = office.rejected(NAME)
    first, second = office.officer(), office.officer(OTHER)
    second.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
    first.post(f"/dossiers/{entry.id}/return", way="told_in_person", told="on")
    before = office.entry(entry.id)
    answer = second.post(f"/dossiers/{entry.id}/{act}", way="told_by_phone", told="on", agreed="on")
    assert "vừa được xử lý rồi" in answer.text
    assert "đã được trả lại cho người nộp" in answer.text
    assert office.entry(entry.id) == before
    assert office.outbox.counts().pending == 0


def test_reload_and_back_do_nothing_twice(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    token = browser.token
    answer = browser.post(f"/dossiers/{entry.id}/retry")
    assert [one.status_code for one in answer.history] == [303]
    assert answer.request.method == "GET"
    answer = browser.send(f"/dossiers/{entry.id}/retry", {"csrf": token})
    assert office.log().count("entry_retried") == 2  # it still waits: sending it "now" again harms nothing
    assert office.outbox.counts().pending == 1


def test_every_act_is_in_the_audit_log_and_nothing_of_the_citizen(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer(OTHER)
    browser.get(f"/dossiers/{entry.id}")
    browser.post(f"/dossiers/{entry.id}/not-reached")
    browser.correct(entry, {"answer:child.full_name": "Trần Thị Bé"})
    browser.confirm(entry)
    browser.post("/logout")
    log = office.log()
    acts = re.findall(r'"act": "(\w+)"', log)
    assert acts == [
        "logged_in", "dossier_viewed", "citizen_not_reached", "dossier_viewed", "dossier_corrected", "logged_out",
    ]  # fmt: skip
    assert log.count(entry.id) == 4
    assert log.count(OTHER) == 6
    assert '"fields": "child.full_name"' in log
    assert '"way": "phone"' in log
    for secret in ("Trần", "Nguyễn", "0912345678", "027190012345", hashlib.sha256(b"").hexdigest()):
        assert secret not in log
    assert verify(office.audit.path) is None


def test_what_cannot_be_written_down_is_not_done(office: Office) -> None:
    entry = office.rejected(NAME)
    browser = office.officer()
    office.audit.path.rename(office.audit.path.with_suffix(".away"))
    office.audit.path.mkdir()
    answer = browser.post(f"/dossiers/{entry.id}/return", way="told_by_phone", told="on")
    assert answer.status_code == 503
    assert "không ghi được nhật ký" in answer.text
    assert office.entry(entry.id) == entry


def test_a_call_for_help_is_seen_and_ended_from_the_desk(office: Office) -> None:
    office.outbox.notice("help_called", "09:41")
    office.outbox.notice("province_unauthorised")
    browser = office.officer()
    page = browser.get("/").text
    assert "09:41" in page
    assert page.count("/seen") == 1
    browser.post("/notices/province_unauthorised/seen")
    browser.post("/notices/help_called/seen")
    assert list(office.outbox.notices()) == ["province_unauthorised"]
