"""The centre's figures: days, medians, what is kept, and what is written."""

from __future__ import annotations

import csv
import io
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.builders import site_clock
from kiosk.commands.report import figures_of
from kiosk.config import Site, parse
from kiosk.figures import Figures, Period, Spread, dossiers, figures
from kiosk.figures import paper as figures_paper
from kiosk.figures.metrics import Metrics, Purpose, Rating, Visit
from kiosk.figures.visits import split_days
from offline_queue.entry import REPLACED, EntryState, OutboxEntry, Receipt
from tests.hall.house import House
from tests.hall.test_day_of_waits import serve

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY, NEXT = date(2026, 11, 24), date(2026, 11, 25)


def entry(created_at: datetime, minutes: int = 2, due_days: int | None = 3) -> OutboxEntry:
    due = (created_at + timedelta(days=due_days)).isoformat() if due_days else None
    receipt = Receipt("H05.114-261124-0001", 1, (created_at + timedelta(minutes=minutes)).isoformat(), due)
    return OutboxEntry("x", "1.001193", created_at, EntryState.DELIVERED, receipt=receipt)


def told() -> Figures:
    visits = [
        *(Visit(DAY, Purpose.DOSSIER, seconds=60.0 * n) for n in range(1, 11)),
        *(Visit(DAY, Purpose.DOSSIER, "form") for _ in range(3)),
        Visit(DAY, Purpose.DOSSIER, "identify"),
        *(Visit(DAY, Purpose.NUMBER) for _ in range(20)),
        *(Visit(DAY, Purpose.LOOK) for _ in range(5)),
    ]
    stars = {5: 6, 4: 3, 2: 1}
    ratings = [Rating(DAY, Purpose.DOSSIER, n, ("quick",)) for n, count in stars.items() for _ in range(count)]
    at = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
    return figures(Period.day("2026-11-24"), visits, ratings, [], [entry(at), entry(at, minutes=4)], 5400.0, ZONE)


def test_what_a_day_says() -> None:
    day = told()
    assert (day.visits, day.finished) == (39, 30)
    assert list(day.abandoned.items()) == [("form", 3), ("identify", 1)]
    assert (day.filling.count, day.filling.median, day.filling.p90) == (10, 330.0, 540.0)
    assert day.satisfied == 0.9
    assert day.levels == {"Rất hài lòng": 6, "Hài lòng": 3, "Không hài lòng": 1}
    assert (day.online.count, day.online.median) == (2, 180.0)
    assert day.offline_hours == 1.5


def test_a_dossier_belongs_to_the_day_of_the_site() -> None:
    before, after = datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    today, tomorrow = (
        figures(Period.day(day), [], [], [], [entry(before), entry(after)], 0, ZONE)
        for day in ("2026-11-24", "2026-11-25")
    )
    assert (today.online.count, tomorrow.online.count) == (1, 1)


@pytest.mark.parametrize(("text", "last"), [("2026-11", 30), ("2026-12", 31), ("2028-02", 29)])
def test_a_month_has_all_its_days(text: str, last: int) -> None:
    period = Period.month(text)
    assert (period.first.day, period.last.day, period.name) == (1, last, text)


@pytest.mark.parametrize("text", ["2026-13", "x", "2026-11-24", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        Period.month(text)


@given(st.lists(st.floats(0, 1e5), min_size=1))
def test_nine_of_ten_do_not_exceed_p90(seconds: list[float]) -> None:
    spread = Spread.of(seconds)
    assert spread.p90 is not None
    assert 10 * sum(s <= spread.p90 for s in seconds) >= 9 * len(seconds)
    assert 10 * sum(s < spread.p90 for s in seconds) < 9 * len(seconds)


@given(st.integers(0, 366 * 86400), st.floats(0, 4e5))
def test_no_second_is_lost_at_midnight(end: int, seconds: float) -> None:
    shares = split_days(datetime(2026, 1, 5, tzinfo=ZONE) + timedelta(seconds=end), seconds)
    assert sum(shares.values()) == pytest.approx(seconds, abs=0.01)
    assert all(0 <= share <= 86400 for share in shares.values())


def test_a_line_lost_over_midnight_counts_for_both_days() -> None:
    end = datetime(2026, 11, 25, 0, 20, tzinfo=ZONE)
    assert split_days(end, 3600) == pytest.approx({DAY: 2400.0, NEXT: 1200.0})


def test_what_is_kept_is_found_by_its_day(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.db")
    metrics.add_visit(Visit(DAY, Purpose.DOSSIER, "scan"))
    metrics.add_visit(Visit(NEXT, Purpose.NUMBER))
    metrics.add_visit(Visit(NEXT, Purpose.DOSSIER, seconds=200.5))
    metrics.add_rating(Rating(DAY, Purpose.DOSSIER, 4, ("easy",), "Máy chạy tốt, cảm ơn cô Hoa"))
    for _ in range(2):
        metrics.add_offline({DAY: 1800.0, NEXT: 60.0})
    again = Metrics(tmp_path / "metrics.db")
    assert again.visits(DAY, DAY) == (Visit(DAY, Purpose.DOSSIER, "scan"),)
    assert len(again.visits(DAY, NEXT)) == 3
    assert again.ratings(DAY, NEXT)[0].words == "Máy chạy tốt, cảm ơn cô Hoa"
    assert again.offline(DAY, DAY) == 3600.0
    assert again.offline(DAY, NEXT) == 3720.0


def test_nothing_is_readable_and_nothing_can_be_linked(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.db")
    for number in range(40):
        metrics.add_visit(Visit(DAY, Purpose.DOSSIER, seconds=float(number)))
        metrics.add_rating(Rating(DAY, Purpose.DOSSIER, 5, (), "Nguyễn Thị Đào"))
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        data = path.read_bytes()
        assert "Đào".encode() not in data
        assert b"visit" not in data
    assert "Đào" not in repr(metrics.ratings(DAY, DAY))
    order = [visit.seconds for visit in metrics.visits(DAY, DAY)]
    assert order != sorted(order, key=lambda seconds: seconds or 0)  # not the order in which they came


def test_old_figures_go(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.db")
    metrics.add_visit(Visit(DAY, Purpose.NUMBER))
    metrics.add_visit(Visit(DAY + timedelta(days=401), Purpose.NUMBER))
    assert metrics.visits(DAY, DAY) == ()


def test_waiting_comes_from_the_hall(tmp_path: Path) -> None:
    house = House(str(tmp_path / "tickets.db"), tmp_path)
    house.open(1)
    for _ in range(3):
        house.take()
    for minutes in (10, 10):
        house.later(minutes=minutes)
        assert house.called()
    house.later(days=2)  # the day between is a holiday
    house.take()
    period = Period.day("2026-11-23")
    day = figures(period, [], [], house.store.times(period.first, period.last), [], 0, ZONE)
    house.close()
    assert dict(day.tickets) == {"done": 2, "printed": 1}
    assert day.waiting.count == 2
    assert day.waiting.median == pytest.approx(902, abs=2)


def test_csv_is_read_by_a_spreadsheet() -> None:
    text = figures_paper.as_csv(told())
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    found = {(row["nhom"], row["chi_tieu"]): row["gia_tri"] for row in rows}
    assert text.startswith("\ufeff")
    assert found["Hài lòng", "Tỷ lệ hài lòng"] == "90"
    assert found["Từ định danh đến nộp", "Trung vị"] == "5.5"
    assert found["Chờ gọi số", "Trung vị"] == ""
    assert {row["ky"] for row in rows} == {"2026-11-24"}


def test_large_numbers_are_whole_in_the_csv() -> None:
    spread = Spread(100000, 12345.6 * 60, 99999.9 * 60, 10000.0 * 60)
    day = replace(told(), purposes={"number": 100000}, waiting=spread, offline_hours=744.256)
    rows = list(csv.DictReader(io.StringIO(figures_paper.as_csv(day).removeprefix("\ufeff"))))
    found = {(row["nhom"], row["chi_tieu"]): row["gia_tri"] for row in rows}
    assert [found["Chờ gọi số", what] for what in ("Số trường hợp", "Trung bình", "Trung vị", "9/10 không quá")] == [
        *("100000", "12345.6", "99999.9", "10000")
    ]
    assert (found["Lượt dùng", "Lấy số"], found["Đường truyền", "Không có mạng"]) == ("100000", "744.26")


def test_suggestions_and_missing_papers_are_no_dossiers() -> None:
    first, other = entry(datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)), "H05.114-261120-0007"
    dossier = replace(first, id="1")
    suggestion = replace(first, id="2", procedure_code="0.000000")
    papers = replace(first, id="3", replaces=other)
    wrong = replace(first, id="4", state=EntryState.CLOSED, last_error=REPLACED)
    corrected = replace(first, id="5", replaces="4")
    wrong_papers = replace(wrong, id="6", replaces=other)
    corrected_papers = replace(first, id="7", replaces="6")
    entries = [dossier, suggestion, papers, wrong, corrected, wrong_papers, corrected_papers]
    assert [one.id for one in dossiers(entries, "0.000000")] == ["1", "4", "5"]


def test_the_report_says_how_good_the_told_waits_were(tmp_path: Path) -> None:
    house = House(str(tmp_path / "tickets.db"), tmp_path)
    house.open(1)
    for _ in range(8):
        house.take()
    for _ in range(5):
        serve(house, 4)
    house.take()  # the first that is told how long it will wait
    for _ in range(4):
        serve(house, 5)
    period = Period.day(house.now.date().isoformat())
    house.close()
    keys = {"data_dir": str(tmp_path), "key_file": str(tmp_path / "key")}
    report = figures_of(period, parse({"storage": keys}))
    assert report.forecast is not None
    assert (report.forecast.count, report.forecast.mean_absolute_minutes) == (1, 3.0)
    found = {(group, what): number for group, what, number, _ in figures_paper.rows(report)}
    assert found["Thời gian chờ đã báo trên phiếu", "Sai số tuyệt đối trung bình"] == 3.0
    assert ("Số thứ tự", "xong") in found


def test_the_report_says_from_which_day_on_dossiers_are_known(tmp_path: Path) -> None:
    import pypdfium2

    storage = {"data_dir": str(tmp_path), "key_file": str(tmp_path / "key"), "keep_days": 10}
    site = parse({"storage": storage})
    today = site_clock(site)().date()
    first = today - timedelta(days=9)
    note = f"Trực tuyến: máy chỉ còn số liệu của hồ sơ nộp từ ngày {first:%d/%m/%Y}."
    kept = figures_of(Period.day(str(first)), site)
    assert (kept.online_from, kept.online_forgotten) == (None, False)
    assert note not in "\n".join(figures_paper.table(kept))
    gone = figures_of(Period.day(str(first - timedelta(days=1))), site)
    assert list(figures_paper.table(gone))[-1].strip() == note
    assert f"Còn số liệu từ ngày nộp,{first}," in figures_paper.as_csv(gone)
    assert figures_paper.as_json(gone)["online_from"] == str(first)
    group = "Trực tuyến: từ nộp đến tiếp nhận"
    counts = [{(row[0], row[1]): row[2] for row in figures_paper.rows(one)} for one in (kept, gone)]
    assert [found[group, "Số trường hợp"] for found in counts] == [0, None]
    assert counts[1]["Chờ gọi số", "Số trường hợp"] == 0
    pdf = pypdfium2.PdfDocument(figures_paper.pdf(gone, Site(), datetime(2026, 11, 25, 8, 0, tzinfo=ZONE)))
    assert note in " ".join(page.get_textpage().get_text_bounded() for page in pdf)
    assert not replace(told(), online_from=NEXT).online_forgotten  # what is still there is told


def test_the_table_says_what_is_not_known() -> None:
    lines = list(figures_paper.table(figures(Period.day("2026-11-24"), [], [], [], [], 0, ZONE)))
    assert any("Tỷ lệ hài lòng" in line and "chưa có số liệu" in line for line in lines)


@pytest.mark.parametrize(
    "day", [told(), figures(Period.month("2026-11"), [], [], [], [], 0, ZONE)], ids=["day", "none"]
)
def test_the_pdf_holds_its_letters(day: Figures) -> None:
    import pypdfium2

    data = figures_paper.pdf(day, Site(), datetime(2026, 11, 25, 8, 0, tzinfo=ZONE))
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data))
    assert "Báo cáo máy tự phục vụ" in text
    assert "Theo ba mức của Cổng" in text or not day.rated
