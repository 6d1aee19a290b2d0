"""The rules of the hall, its tiles, its QR codes, its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.hall import hall as hall_module
from kiosk.hall.hall import Hall, TicketReference, parse_qr
from kiosk.hall.opening import OpeningHours
from kiosk.hall.store import TicketStore
from kiosk.hall.tickets import HallError, Series
from kiosk.i18n import advice, error_text

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
SERIES = (Series("A", "Hộ tịch", counters=(1, 2), icon="baby"), Series("B", "Chứng thực", daily_limit=1))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    store = TicketStore(tmp_path / "tickets.db")
    yield Hall(store, SERIES, OpeningHours(["07:30-11:30", "13:30-17:00"]), "H05.114")
    store.close()


def refused(hall: Hall, letter: str, now: datetime) -> str:
    with pytest.raises(HallError) as caught:
        hall.take(letter, now)
    return caught.value.code


def test_a_number_is_taken(hall: Hall) -> None:
    ticket = hall.take("A", MONDAY, "Phụ nữ mang thai")
    assert (ticket.label, ticket.day, ticket.priority) == ("A-001", date(2026, 11, 23), "Phụ nữ mang thai")
    assert hall.store.get(ticket.id) == ticket


def test_the_day_is_the_sites(tmp_path: Path) -> None:
    store = TicketStore(tmp_path / "tickets.db")
    always = Hall(store, SERIES, OpeningHours(), "H05.114")
    before = always.take("A", datetime(2026, 11, 23, 16, 59, tzinfo=UTC))
    after = always.take("A", datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
    assert (before.day, before.label) == (date(2026, 11, 23), "A-001")
    assert (after.day, after.label) == (date(2026, 11, 24), "A-001")
    assert after.issued_at.hour == 0
    assert refused(always, "A", datetime(2026, 11, 23, 16, 59, tzinfo=UTC)) == "clock_behind"
    store.close()


def test_why_no_number_is_given(hall: Hall) -> None:
    assert refused(hall, "Z", MONDAY) == "series_unknown"
    assert refused(hall, "A", MONDAY.replace(hour=6)) == "hall_closed"
    assert refused(hall, "A", MONDAY.replace(hour=12)) == "hall_lunch"
    assert refused(hall, "A", MONDAY.replace(hour=16, minute=50)) == "last_ticket_over"
    assert refused(hall, "A", MONDAY + timedelta(days=1)) == "hall_holiday"
    hall.store.pause("A", "An")
    assert refused(hall, "A", MONDAY) == "series_paused"
    hall.store.reopen("A", "An")
    hall.take("A", MONDAY)
    hall.take("B", MONDAY)
    assert refused(hall, "B", MONDAY) == "series_full"
    assert [ticket.label for ticket in hall.store.of_day(hall.day(MONDAY))] == ["A-001", "B-001"]


def test_the_tiles_of_home(hall: Hall) -> None:
    hall.take("A", MONDAY)
    hall.take("B", MONDAY)
    a, b = hall.views(MONDAY)
    assert (a.letter, a.title, a.counters, a.waiting, a.icon, a.closed_code) == ("A", "Hộ tịch", (1, 2), 1, "baby", "")
    assert b.closed_code == "series_full"
    hall.store.pause("A", "An")
    assert hall.views(MONDAY)[0].closed_code == "series_paused"
    assert {view.closed_code for view in hall.views(MONDAY.replace(hour=12))} == {"hall_lunch"}


def test_a_qr_code_names_its_ticket(hall: Hall) -> None:
    ticket = hall.take("A", MONDAY)
    assert hall.qr_text(ticket) == "MC1|H05.114|2026-11-23|A-001"
    assert parse_qr(hall.qr_text(ticket)) == TicketReference("H05.114", date(2026, 11, 23), "A", 1)
    assert parse_qr("MC1|H05.114|2026-11-23|A-1024\r\n").number == 1024


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MC1|H05.114|2026-11-23",
        "MC1|H05.114|2026-13-23|A-001",
        "MC1|H05.114|2026-11-23|A-000",
        "MC1|H05.114|2026-11-23|AA-001",
        "MC1|H05.114|2026-11-23|A-٠٠١",
        "MC2|H05.114|2026-11-23|A-001",
        "001190000001||Nguyễn Thị Đào|14021990|Nữ|Võ Cường|01012022",
    ],
)
def test_other_codes_name_no_ticket(text: str) -> None:
    with pytest.raises(HallError) as caught:
        parse_qr(text)
    assert caught.value.code == "ticket_qr_unknown"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_has_a_sentence_and_advice(language: str) -> None:
    folder = Path(hall_module.__file__).parent
    text = "\n".join(path.read_text() for path in folder.glob("*.py"))
    codes = set(re.findall(r'"((?:hall|last|series|clock|disk|ticket|reason|print)_[a-z_]+)"', text))
    codes -= {"print_code", "print_failed"}
    assert {"clock_behind", "hall_lunch", "print_unknown", "series_full", "disk_full"} <= codes
    for code in sorted(codes):
        assert error_text(code, language) != code
        assert advice(code, language)
