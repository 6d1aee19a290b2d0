"""Tables of persons on the page of a correction: rows are added and removed as the form allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import expect

from kiosk.dossier import payload
from kiosk.provisional import provisional_code
from offline_queue.entry import OutboxEntry, Problem
from tests.pages.conftest import Tabs
from tests.pages.desk import OFFICER, PIN, Browser, Office, fields
from tests.pages.test_corrections import HOME, newest
from tests.unit.test_dossier import session_of


def household(office: Office, *people: str) -> OutboxEntry:
    """A business of a family, whose people the province does not know."""
    session = session_of("1.001612", "family")
    said = {key: value for key, value in session.answers.items() if not key.startswith("family.")}
    for number, name in enumerate(people, start=1):
        row = {key: value for key, value in session.answers.items() if key.startswith("family.1.")}
        said |= {key.replace("family.1.", f"family.{number}."): value for key, value in row.items()}
        said |= {f"family.{number}.full_name": name, f"family.{number}.id_number": f"02719000000{number}"}
    entry = OutboxEntry(
        id=session.client_ref,
        procedure_code="1.001612",
        created_at=office.now,
        provisional_code=provisional_code(session.client_ref),
        payload=payload(replace(session, answers=said), "k1", "H05.114", office.now),
    )
    office.outbox.add(entry)
    office.outbox.lease(office.now + timedelta(days=400))
    told = Problem("/form/answers/family.2.full_name", "Không có người này.")
    office.outbox.reject(entry.id, [told], "province_rejected")
    return entry


def press(browser: Browser, entry: OutboxEntry, act: str, **typed: str) -> str:
    """One of the buttons of a row, with what was typed meanwhile."""
    page = browser.correct(entry, {"row": act} | typed)
    assert "/correction" in page.url
    return page.text


def names(page: str) -> list[str]:
    return [value for key, value in fields(page).items() if key.startswith("answer:family.") and "full_name" in key]


def test_rows_of_a_table_are_added_and_removed_within_the_limits_of_the_form(office: Office) -> None:
    entry = household(office, "Trần Văn Một", "Trần Văn Hai", "Trần Văn Ba")
    browser = office.officer()
    page = browser.get(f"/dossiers/{entry.id}/correction").text
    assert names(page) == ["Trần Văn Một", "Trần Văn Hai", "Trần Văn Ba"]
    assert page.index('class="entered"') < page.index('name="row"')  # what Enter presses
    assert page.count('value="add:family.') == 1
    assert "Không có người này." in page[page.index('id="family.2"') : page.index('id="family.3"')]
    typed = {"commune:family.3.address": "Làng Đâu Đó", "answer:family.1.full_name": "Trần Văn Mới"}
    page = press(browser, entry, "remove:family.2", **typed)
    assert names(page) == ["Trần Văn Mới", "Trần Văn Ba"]
    assert fields(page)["commune:family.2.address"] == "Làng Đâu Đó"  # moved up with its row, as it was typed
    assert "Không có người này." not in page[page.index('id="family.2"') :]  # it is about nobody here
    assert "Không có người này." in page
    page = press(browser, entry, "add:family.2", **{"commune:family.2.address": HOME})
    assert names(page) == ["Trần Văn Mới", "Trần Văn Ba", ""]
    assert browser.correct(entry, {}).url.endswith("/correction")  # the new one is not complete
    page = press(browser, entry, "remove:family.3")
    assert names(page) == ["Trần Văn Mới", "Trần Văn Ba"]
    assert browser.correct(entry, {}).url.endswith("/confirmation")
    browser.confirm(entry)
    answers = office.entry(newest(office, entry.id)).payload["form"]["answers"]
    said = [value for key, value in answers.items() if key.startswith("family.") and key.endswith("full_name")]
    assert said == ["Trần Văn Mới", "Trần Văn Ba"]
    assert not any(key.startswith("family.3") or key.endswith("moved") for key in answers)


def test_no_row_too_many_and_none_too_few(office: Office) -> None:
    entry = household(office, "Trần Văn Một")
    browser = office.officer()
    page = press(browser, entry, "remove:family.1")
    assert names(page) == ["Trần Văn Một"]
    assert 'value="remove:' not in page
    for number in range(1, 12):
        page = press(browser, entry, f"add:family.{number}")
    assert len(names(page)) == 10
    assert 'value="add:' not in page
    for nonsense in ("add:requester", "remove:family.99", "add", "drop:family.1", "add:family.3"):
        assert len(names(press(browser, entry, nonsense))) == 10


def test_a_browser_without_scripts_adds_and_removes_and_enter_does_neither(office: Office, tabs: Tabs) -> None:
    entry = household(office, "Trần Văn Một", "Trần Văn Hai")
    page = tabs.open(f"{office.url}/login", script=False)
    page.select_option("#name", OFFICER)
    page.fill("#pin", PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_have_count(0)
    page.goto(f"{office.url}/dossiers/{entry.id}/correction")
    people = page.locator('input[name^="answer:family."][name$=".full_name"]')
    people.first.fill("Trần Văn Mới")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{office.url}/dossiers/{entry.id}/confirmation")
    page.goto(f"{office.url}/dossiers/{entry.id}/correction")
    expect(people).to_have_count(2)
    page.click("text=Thêm một người")
    expect(people).to_have_count(3)
    page.click('button[value="remove:family.1"]')
    expect(people).to_have_count(2)
    expect(people.first).to_have_value("Trần Văn Hai")
