"""Accounts, PINs, delays."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from kiosk.staff import Account, AccountsError, LoginDelay, add_account, default_accounts, load_accounts, verify

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HASH = default_accounts()[0].hash
NO_ACCOUNTS = [("", "staff"), (" An", "staff"), ("A:n", "staff"), ("A\nn", "staff"), ("An", "boss")]


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_an_added_account_logs_in_with_its_own_pin_only(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "accounts"
    added = add_account(path, "Lò Thị Đào", "staff", "135790")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "135790" not in path.read_text()
    assert "$argon2id$" in path.read_text()
    (loaded,) = load_accounts(path)
    assert loaded == added
    assert verify(loaded, "135790")
    for wrong in ("135791", "", "13579", "١٣٥٧٩٠"):
        assert not verify(loaded, wrong)
    assert not verify(None, "135790")
    assert not verify(Account("x", "staff", "no hash"), "135790")
    assert HASH not in repr(Account("x", "staff", HASH))


def test_a_second_account_keeps_the_first_and_a_name_is_taken_once(tmp_path: Path) -> None:
    path = write(tmp_path / "accounts", f"# chung\nAn:staff:{HASH}")
    add_account(path, "Bình", "technician", "8642")
    assert [(a.name, a.role) for a in load_accounts(path)] == [("An", "staff"), ("Bình", "technician")]
    assert path.read_text().startswith("# chung\n")
    before = path.read_bytes()
    with pytest.raises(AccountsError, match="already"):
        add_account(path, "An", "staff", "1234")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["accounts"]


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "", "１２３４", "1234\n"])
def test_a_pin_has_4_to_12_digits(tmp_path: Path, pin: str) -> None:
    with pytest.raises(AccountsError, match="digits"):
        add_account(tmp_path / "accounts", "An", "staff", pin)
    assert not (tmp_path / "accounts").exists()


@pytest.mark.parametrize(("name", "role"), NO_ACCOUNTS)
def test_a_bad_name_or_role_is_refused(tmp_path: Path, name: str, role: str) -> None:
    with pytest.raises(AccountsError):
        add_account(tmp_path / "accounts", name, role, "1234")


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = f"An:staff:{HASH}\n\nAn:staff:{HASH}\nBình:boss:{HASH}\nCúc:staff\nDũng:staff:1234\n"
    with pytest.raises(AccountsError) as caught:
        load_accounts(write(tmp_path / "accounts", text, 0o644))
    told = caught.value.problems
    assert len(told) == 5
    assert "chmod" in told[0]
    for number, problem in zip((3, 4, 5, 6), told[1:], strict=True):
        assert f"line {number}:" in problem
    assert "1234" not in str(caught.value)


def test_no_file_is_no_accounts_and_garbage_is_refused(tmp_path: Path) -> None:
    assert load_accounts(tmp_path / "none") == ()
    (tmp_path / "garbage").write_bytes(b"\xff\xfe")
    with pytest.raises(AccountsError, match="cannot be read"):
        load_accounts(tmp_path / "garbage")


def test_processes_add_accounts_at_once_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "accounts"
    script = "import sys; from pathlib import Path; from kiosk.staff import add_account\n"
    script += "add_account(Path(sys.argv[1]), sys.argv[2], 'staff', '1234')"
    running = [subprocess.Popen([sys.executable, "-c", script, str(path), f"An {n}"]) for n in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert {account.name for account in load_accounts(path)} == {f"An {n}" for n in range(4)}


def test_a_writer_waits_for_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "accounts"
    folder = os.open(tmp_path, os.O_RDONLY)
    flock(folder, LOCK_EX)
    second = threading.Thread(target=add_account, args=(path, "Bình", "staff", "1234"))
    second.start()
    second.join(0.5)
    waited = not path.exists()
    os.close(folder)
    second.join()
    assert waited
    assert [account.name for account in load_accounts(path)] == ["Bình"]


def test_the_default_accounts_open_both_doors() -> None:
    officer, technician = default_accounts()
    assert (officer.role, technician.role) == ("staff", "technician")
    assert verify(officer, "2468")
    assert verify(technician, "8642")
    assert not verify(officer, "8642")


def test_wrong_pins_delay_and_never_lock() -> None:
    delay, now = LoginDelay(), NOW
    waits = []
    for _ in range(9):
        retry_at = delay.wrong("An", now)
        assert delay.retry_at("An", now) == retry_at
        assert delay.retry_at("An", retry_at) is None
        waits.append((retry_at - now).total_seconds())
        now = retry_at
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert delay.retry_at("Bình", now - timedelta(seconds=1)) is None
    delay.right("An")
    assert delay.wrong("An", now) == now + timedelta(seconds=1)


def test_a_clock_that_jumps_back_locks_nobody_out() -> None:
    delay = LoginDelay()
    delay.wrong("An", NOW)
    assert delay.retry_at("An", NOW - timedelta(days=1)) is None


def test_a_thousand_wrong_pins_delay_by_30_seconds() -> None:
    delay = LoginDelay()
    for _ in range(1000):
        retry_at = delay.wrong("An", NOW)
    assert retry_at == NOW + timedelta(seconds=30)
