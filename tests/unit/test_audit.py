"""The audit log: durable, chained, shared by processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.audit import AuditLog, last_chain, verify

ACTS = ("logged_in", "series_paused", "reprinted", "logged_out")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    for number, act in enumerate(ACTS):
        audit.write("Nguyễn Thị Đào", act, series="A", number=number)
    return path


def test_lines_are_json_in_order_and_private(log: Path) -> None:
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [record["act"] for record in records] == list(ACTS)
    assert records[1]["who"] == "Nguyễn Thị Đào"
    assert records[1]["facts"] == {"series": "A", "number": 1}
    assert log.stat().st_mode & 0o777 == 0o600


def test_an_untouched_log_verifies_and_so_does_none(log: Path, tmp_path: Path) -> None:
    assert verify(log) is None
    assert verify(tmp_path / "none.jsonl") is None


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_changed_line_is_found(log: Path, line: int) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b'"number": ', b'"number": 9')
    log.write_bytes(b"".join(lines))
    assert verify(log) == line


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_line_taken_out_is_found(log: Path, line: int) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    del lines[line - 1]
    log.write_bytes(b"".join(lines))
    assert verify(log) == line


def test_swapped_repeated_and_foreign_lines_are_found(log: Path) -> None:
    a, b, c, d = log.read_bytes().splitlines(keepends=True)
    for lines, broken in (((a, c, b, d), 2), ((a, b, b, c, d), 3), ((a, b, b"[]\n", c, d), 3), ((a, b"\xff\n", c), 2)):
        log.write_bytes(b"".join(lines))
        assert verify(log) == broken


@pytest.mark.parametrize("kept", [0, 1, 3])
@pytest.mark.parametrize("seal", ["left", "removed", "of an earlier log"])
def test_lines_cut_off_the_end_are_found_now_and_after_more_was_written(log: Path, kept: int, seal: str) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:kept]))
    if seal == "removed":
        log.with_suffix(".seal").unlink()
    elif seal == "of an earlier log":
        other = log.parent / "other"
        other.mkdir()
        AuditLog(other / "audit.jsonl").write("kiosk", "started")
        log.with_suffix(".seal").write_bytes((other / "audit.seal").read_bytes())
    assert verify(log) == kept + 1
    for _ in ACTS:
        AuditLog(log).write("kiosk", "started")
        assert verify(log) == kept + 1


def test_a_log_that_was_taken_away_is_found_now_and_after_more_was_written(log: Path) -> None:
    log.unlink()
    assert verify(log) == 1
    AuditLog(log).write("kiosk", "started")
    assert verify(log) == 1


def test_nobody_without_the_key_can_write_a_log_that_holds(log: Path) -> None:
    forged = log.parent / "forged" / "audit.jsonl"
    forged.parent.mkdir()
    for number, act in enumerate(ACTS):
        AuditLog(forged).write("Nguyễn Thị Đào", act, series="A", number=number)
    log.write_bytes(forged.read_bytes())
    assert verify(log) == 1
    log.with_suffix(".seal").write_bytes(forged.with_suffix(".seal").read_bytes())
    assert verify(log) == 1


def test_a_line_that_says_the_same_in_other_bytes_is_found(log: Path) -> None:
    whole = log.read_bytes()
    for old, new in ((b'"who": ', b'"who":  '), (b'"act": "series', b'"act": "x", "act": "series'), (b"\n", b" \n")):
        log.write_bytes(whole.replace(old, new))
        assert verify(log) in (1, 2)


def test_a_power_cut_between_a_line_and_its_seal_breaks_nothing(log: Path) -> None:
    seal = log.with_suffix(".seal")
    before = seal.read_bytes()
    AuditLog(log).write("kiosk", "started")
    seal.write_bytes(before)
    assert verify(log) is None
    AuditLog(log).write("kiosk", "started")
    assert verify(log) is None


def test_the_key_is_private_and_stays(log: Path) -> None:
    key = log.with_suffix(".key")
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    AuditLog(log).write("kiosk", "started")
    assert key.read_bytes() == before
    key.chmod(0o644)
    with pytest.raises(OSError, match="key_readable_by_others"):
        AuditLog(log).write("kiosk", "started")


def test_the_end_of_the_log_can_be_written_down(log: Path, tmp_path: Path) -> None:
    assert last_chain(log) == json.loads(log.read_text().splitlines()[-1])["chain"]
    assert last_chain(tmp_path / "none.jsonl") == ""


def test_the_chain_goes_on_in_the_next_process_and_over_a_torn_line(log: Path) -> None:
    log.write_bytes(log.read_bytes() + b'{"at": "2026-11-23T08:00')
    assert verify(log) is None
    AuditLog(log).write("kiosk", "started")
    assert verify(log) is None
    assert json.loads(log.read_text().splitlines()[-1])["act"] == "started"
    assert len(log.read_text().splitlines()) == len(ACTS) + 1


def test_a_changed_line_stays_found_after_more_was_written(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b"logged_out", b"logged_on"))
    AuditLog(log).write("kiosk", "started")
    assert verify(log) == 4


def test_processes_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    script = "import sys; from pathlib import Path; from kiosk.audit import AuditLog\n"
    script += "for n in range(25): AuditLog(Path(sys.argv[1])).write('kiosk', 'tried', n=n)"
    running = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert verify(path) is None
    assert len(path.read_text().splitlines()) == 100


def test_a_full_disk_adds_nothing(log: Path) -> None:
    before = log.read_bytes()
    script = """
import resource, signal, sys
from pathlib import Path
from kiosk.audit import AuditLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    AuditLog(Path(sys.argv[1])).write('kiosk', 'tried')
except OSError:
    sys.exit(7)
"""
    limit = len(before) + 20  # some of the line fits, not all of it
    assert subprocess.run([sys.executable, "-c", script, str(log), str(limit)], check=False).returncode == 7
    assert log.read_bytes() == before
