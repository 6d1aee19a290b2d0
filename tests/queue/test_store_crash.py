"""The store under two processes at once, on a full disk, and on one that can only be read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue.store import Outbox
from tests.queue.people import KEY, entry

ROOT = Path(__file__).parent.parent.parent

LEASE_ALL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from offline_queue.store import Outbox
from tests.queue.people import KEY
outbox = Outbox(Path(sys.argv[1]) / "outbox.db", KEY)
print("ready", flush=True)
sys.stdin.readline()
while (one := outbox.lease(datetime.now(UTC))) is not None:
    print(one.id, flush=True)
"""

FILL = """
import sys
from pathlib import Path
from offline_queue.entry import Limits, Room
from offline_queue.errors import OutboxFull
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry
folder = Path(sys.argv[1])
outbox = Outbox(folder / "outbox.db", KEY, limits=Limits(min_free=200_000))
assert outbox.room() is Room.PLENTY
kept = []
try:
    for _ in range(1000):
        one = entry(note="x" * 10_000)
        outbox.add(one)
        kept.append(one.id)
except OutboxFull as error:
    assert error.code == "disk_full"
else:
    raise SystemExit("never full")
assert outbox.room() is Room.NONE
assert outbox.get(one.id) is None
assert outbox.counts().pending == len(kept) > 10
(folder / "ballast").unlink()
outbox.add(one)
kept.append(one.id)
outbox.close()
again = Outbox(folder / "outbox.db", KEY)
assert [e.id for e in again.list(limit=2000)] == kept
again.close()
print("kept", len(kept))
"""


def python(code: str, *arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_lease_every_entry_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", KEY)
    entries = [entry() for _ in range(100)]
    for one in entries:
        outbox.add(one)
    outbox.close()
    children = [python(LEASE_ALL, str(tmp_path), stdin=subprocess.PIPE) for _ in range(2)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    outputs = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        outputs.append(child.communicate()[0].split())
        assert child.returncode == 0
    assert sorted(outputs[0] + outputs[1]) == sorted(one.id for one in entries)


def tiny_disk(folder: Path, megabytes: int = 2) -> list[str]:
    """The start of a command line that gives `folder` a small file system of its own, as root or without."""
    mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "{folder}"'
    for options in (["-m"], ["-rm"]):
        command = ["unshare", *options, "sh", "-c", f'{mount} && exec "$@"', "sh"]
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    pytest.skip("this machine lets nobody mount a small disk")


def test_a_full_disk_refuses_and_keeps_what_is_there(tmp_path: Path) -> None:
    start = f'head -c 500000 /dev/zero > "{tmp_path}/ballast" && exec "$@"'
    done = subprocess.run(
        [*tiny_disk(tmp_path), "sh", "-c", start, "sh", sys.executable, "-c", FILL, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("kept ")


def test_a_page_that_does_not_fit_leaves_nothing_half(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from offline_queue.blobs import BlobStore
blobs = BlobStore(Path(sys.argv[1]) / "scans", bytes(32))
small = blobs.put(b"a page")
try:
    blobs.put(bytes(3_000_000))
except OSError as error:
    print(error.strerror)
assert sorted(p.name for p in (Path(sys.argv[1]) / "scans").iterdir()) == sorted([blobs._path(small).name, "lock"])
assert blobs.get(small) == b"a page"
"""
    done = subprocess.run(
        [*tiny_disk(tmp_path), sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "No space left on device\n")
