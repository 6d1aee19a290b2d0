"""After delivery nothing of the citizens is left: in no file, not in one decrypted, not in the sender's memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.wiping import ENVIRONMENT
from tests.queue.people import KEY
from tests.queue.plain_pages import plain_pages
from tests.queue.province import Province
from tests.queue.remains import mark_of_names, mark_of_numbers, mark_of_scans

ROOT = Path(__file__).parent.parent.parent
DOSSIERS = 12
SOON = 10.0  # seconds; only what is not wiped needs them
NEEDLES = {
    "name": mark_of_names().encode(),
    "name as a str": mark_of_names().encode("utf-16-le"),
    "name in ASCII": mark_of_names().encode("unicode_escape"),
    "number": mark_of_numbers().encode(),
    "number as a str": mark_of_numbers().encode("utf-16-le"),
    "scan": mark_of_scans(),
}
MAPPED = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ *(.*)$", re.MULTILINE)
NOTHING: Counter[str] = Counter()


def traces(parts: Iterable[bytes]) -> Counter[str]:
    """How often each kind is found."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update({kind: count for kind, needle in NEEDLES.items() if (count := part.count(needle))})
    return counts


def memory_of(process: subprocess.Popen[str]) -> Iterator[bytes]:
    """All that it can read, as a core dump would have it."""
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for start, end, name in MAPPED.findall(maps):
            if not name.startswith("[v"):  # the kernel's own
                memory.seek(int(start, 16))
                yield memory.read(int(end, 16) - int(start, 16))


def files_of(folder: Path) -> Iterator[bytes]:
    """Every file, and its name."""
    for path in folder.rglob("*"):
        yield path.name.encode()
        if path.is_file():
            yield path.read_bytes()


@contextmanager
def kiosk_process(folder: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.queue.remains", str(folder), url, str(DOSSIERS)]
    environment = {**os.environ, **ENVIRONMENT}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str]) -> str:
    """Let it do the next thing; what it says then."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def left_in_the_end(look: Callable[[], Counter[str]]) -> Counter[str]:
    """What is there when the sender has come to rest."""
    end = time.monotonic() + SOON
    while (left := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def test_nothing_of_a_delivered_dossier_is_left(tmp_path: Path, province: Province) -> None:
    folder = tmp_path / "kiosk"
    folder.mkdir()
    with kiosk_process(folder, province.url) as process:
        assert tell(process) == "taken"
        assert traces(files_of(folder)) == NOTHING
        for place in (memory_of(process), plain_pages(folder / "outbox.db", KEY)):
            assert {"name", "number"} <= set(traces(place)), "the search finds nothing at all"
        assert tell(process) == "sent"
        assert left_in_the_end(lambda: traces(memory_of(process))) == NOTHING
        assert left_in_the_end(lambda: traces(plain_pages(folder / "outbox.db", KEY))) == NOTHING
        assert traces(files_of(folder)) == NOTHING
        assert [path.name for path in (folder / "scans").iterdir()] == ["lock"]
        assert len(province.dossiers) == DOSSIERS
        assert all(traces([bytes(upload.data)])["scan"] for upload in province.uploads.values())


def test_the_kiosk_wipes_what_it_frees(tmp_path: Path) -> None:
    """`main.py` begins anew with the environment that the test above has given to its process."""
    command = [sys.executable, "main.py", "province", "--listen", "127.0.0.1:0", "--data", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        environment = (
            Path(f"/proc/{process.pid}/environ").read_text().replace("\0glibc", ":glibc")
        )  # which cuts its own
        process.kill()
    assert {f"{name}={value}" for name, value in ENVIRONMENT.items()} <= set(environment.split("\0"))
