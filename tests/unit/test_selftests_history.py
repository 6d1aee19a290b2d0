"""What is remembered of devices: appended, bounded, whole after a power cut, the same from several processes."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from devices.interfaces import Condition
from kiosk.diagnostics.history import Change, History, Journal
from kiosk.diagnostics.records import TestRecord, Verdict

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def record(number: int) -> TestRecord:
    """One of many."""
    figures: dict[str, float | str] = {"median_ms": number / 2, "sensor": "cpu"}
    return TestRecord("storage_write", Verdict.PASS, NOW + timedelta(seconds=number), 0.5, "", "", figures, "Kỹ thuật")


def test_records_come_back_newest_first_after_a_restart(tmp_path: Path) -> None:
    for number in range(3):
        History(tmp_path).keep(record(number))
    assert History(tmp_path).tests() == (record(2), record(1), record(0))
    assert (tmp_path / "diagnostics").stat().st_mode & 0o077 == 0


def test_a_journal_stays_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", limit=1000)
    for number in range(500):
        journal.append({"n": number})
        assert journal.path.stat().st_size <= 1000
    kept = [line["n"] for line in journal.records()]
    assert kept == list(range(kept[0], 500))
    assert len(kept) > 30


@pytest.mark.parametrize("torn", [b'{"n": 9', b'{"n": ' + b"9" * 300, b"\xff\xfe\n", b"[1]\n", b'{"n": 9}'])
def test_a_torn_line_is_left_out_and_hides_no_other(tmp_path: Path, torn: bytes) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append({"n": 1})
    with journal.path.open("ab") as file:
        file.write(torn)
    assert [line["n"] for line in journal.records()] == [1]
    journal.append({"n": 2})
    assert [line["n"] for line in journal.records()] == [1, 2]


def _append(path: Path, name: str, limit: int, start: Barrier) -> None:
    start.wait()
    for number in range(150):
        Journal(path, limit).append({"who": name, "n": number})


@pytest.mark.parametrize("limit", [100_000, 4000])
def test_processes_at_once_lose_and_mix_nothing(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "j.jsonl"
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(3)
    processes = [spawn.Process(target=_append, args=(path, name, limit, start)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    kept = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len(kept) == 450 or limit == 4000
    for name in "abc":
        numbers = [line["n"] for line in kept if line["who"] == name]
        assert numbers == list(range(150))[150 - len(numbers) :]


def test_changes_and_counters_are_kept_by_device(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.changed("printer", Change(NOW, Condition.ATTENTION, "paper_out"))
    history.changed("printer", Change(NOW + timedelta(minutes=1), Condition.READY))
    assert [change.code for change in History(tmp_path).changes("printer")] == ["", "paper_out"]
    assert history.changes("card_reader") == ()
    history.add({"printer": {"jobs": 2, "pages": 2}})
    history.add({"printer": {"jobs": 1}, "code_scanner": {"reads": 5}})
    assert History(tmp_path).counters() == {"printer": {"jobs": 3, "pages": 2}, "code_scanner": {"reads": 5}}


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"printer": 3}', b'{"printer": {"jobs": "many"}}'])
def test_broken_counters_begin_again(tmp_path: Path, broken: bytes) -> None:
    history = History(tmp_path)
    history.add({"printer": {"jobs": 2}})
    (tmp_path / "diagnostics/counters.json").write_bytes(broken)
    assert history.counters() == {}
    history.add({"printer": {"jobs": 1}})
    assert history.counters() == {"printer": {"jobs": 1}}


VKP = {"maker": "Custom", "model": "VKP80III", "firmware": "1.04", "serial": "A1"}


def test_an_identity_stays_since_it_was_first_told(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.identified("printer", "usblp:///dev/usb/lp0", {"model": "VKP80III"}, NOW)
    history.identified("printer", "usblp:///dev/usb/lp0", VKP, NOW + timedelta(hours=1))
    for told in ({}, {"model": "VKP80III"}, {"name": "none of ours"}):  # silent, or nearly so
        history.identified("printer", "usblp:///dev/usb/lp0", told, NOW + timedelta(hours=2))
    assert History(tmp_path).identity("printer", "usblp:///dev/usb/lp0") == VKP
    assert History(tmp_path).identities()["printer"]["since"] == NOW.isoformat()
    assert history.identity("card_reader", "") == {}


@pytest.mark.parametrize(
    ("where", "told"),
    [("usblp:///dev/usb/lp0", {"model": "VKP80III", "serial": "B2"}), ("usblp:///x", {"maker": "Custom"})],
)
def test_another_device_inherits_nothing(tmp_path: Path, where: str, told: dict[str, str]) -> None:
    history = History(tmp_path)
    history.identified("printer", "usblp:///dev/usb/lp0", VKP, NOW)
    history.identified("printer", where, told, NOW + timedelta(hours=1))
    assert history.identity("printer", where) == told
    assert history.identities()["printer"]["since"] == (NOW + timedelta(hours=1)).isoformat()
    assert history.identity("printer", "usblp:///elsewhere") == {}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b'{"printer": 3}',
        b'{"printer": {"since": "x", "where": ""}}',
        b'{"printer": {"since": "x", "where": "", "told": {"owner": "y"}}}',
        b'{"printer": {"since": "x", "where": "", "told": {"model": 3}}}',
    ],
)
def test_a_broken_identity_is_none(tmp_path: Path, broken: bytes) -> None:
    history = History(tmp_path)
    history.identified("printer", "", VKP, NOW)
    (tmp_path / "diagnostics/identities.json").write_bytes(broken)
    assert history.identity("printer", "") == {}
    history.identified("printer", "", VKP, NOW)
    assert history.identity("printer", "") == VKP


def test_the_detail_of_a_state_is_not_kept(tmp_path: Path) -> None:
    """A driver's detail may quote what a device has sent."""
    assert "detail" not in Change.__dataclass_fields__
    History(tmp_path).changed("printer", Change(NOW, Condition.FAULT, "printer_garbage"))
    line = json.loads((tmp_path / "diagnostics/printer.jsonl").read_bytes())
    assert set(line) == {"at", "condition", "code"}
