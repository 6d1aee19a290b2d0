"""A disk that can only be read: refused in our own words, nothing changed, and all there when it can be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.queue.sending import Kiosk, all_sent
from tests.queue.test_store_crash import ROOT, tiny_disk

LOOP_DISK = """
image="$1" folder="$2"; shift 2
head -c 16000000 /dev/zero > "$image" && mkfs.ext4 -q "$image" && device=$(losetup --find --show "$image") || exit 77
trap 'umount "$folder"; losetup --detach "$device"' EXIT
mount -o errors=remount-ro "$device" "$folder" && test -w "/sys/fs/ext4/${device##*/}/trigger_fs_error" || exit 77
"$@" "$folder" "$device"
"""
NOT_HERE = 77


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_disk_that_is_mounted_for_reading_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    child = [sys.executable, "-m", "tests.queue.read_only", "mounted", str(tmp_path)]
    done = run([*tiny_disk(tmp_path), *child])
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_a_disk_that_fails_while_the_stores_are_open_keeps_what_is_there(tmp_path: Path) -> None:
    """ext4 goes read-only at the first error (`errors=remount-ro`), under whatever is open."""
    (tmp_path / "disk").mkdir()
    child = [sys.executable, "-m", "tests.queue.read_only", "failed"]
    done = run(["unshare", "-m", "sh", "-c", LOOP_DISK, "sh", str(tmp_path / "image"), str(tmp_path / "disk"), *child])
    if done.returncode == NOT_HERE or "unshare:" in done.stderr:
        pytest.skip("this machine lets nobody mount an image")
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_the_sender_waits_until_the_store_can_be_written(kiosk: Kiosk) -> None:
    """Its lock cannot be taken at the start: it says so, and goes on as soon as it can."""
    kiosk.submit(b"page")
    in_the_way = kiosk.scans.parent / "outbox.db-senders"
    in_the_way.mkdir()
    kiosk.sender.start()
    kiosk.wait(lambda event: event.trouble == "store_failed")
    in_the_way.rmdir()
    kiosk.sender.wake()
    kiosk.wait(lambda event: all_sent(event) and not event.trouble)
