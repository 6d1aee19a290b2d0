"""The plug is pulled: at every fsync, with any of what was not synced lost, torn or out of order."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from offline_queue.entry import EntryState, OutboxEntry
from tests.queue.people import paper
from tests.queue.power_cut.child import Stores, stores, submit
from tests.queue.power_cut.disk import FATES, Disk, Tree, build, kept
from tests.queue.power_cut.dossiers import REASONS, dossier, pages, receipt
from tests.queue.power_cut.recording import MAPPED, Kind, Operation, compile_shim, record

CHILD = "tests.queue.power_cut.child"
ACKNOWLEDGED = ("added", "accepted", "delivered", "rejected")
NEW = 10**6  # the number of a dossier that comes after the power is back
MEMORY = Path("/dev/shm")  # a disk of its own for thousands of folders, if there is one


@dataclass
class Known:
    """What a recording had said when the power went: numbers of dossiers by the verb of its marks."""

    said: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def hear(self, mark: str) -> None:
        verb, number = mark.split()
        self.said[verb].add(int(number))

    def signature(self) -> str:
        return repr(sorted((verb, len(numbers)) for verb, numbers in self.said.items()))


@dataclass
class Recording:
    """What a process did, and the folder that it left."""

    root: Path
    inode: int
    operations: list[Operation] = field(repr=False)


@contextmanager
def recorded(folder: Path, dossiers: int, starts: int) -> Iterator[Recording]:
    root = folder / "kiosk"
    root.mkdir()
    yield Recording(
        root, root.stat().st_ino, record(CHILD, str(dossiers), str(starts), root=root, shim=compile_shim(folder))
    )


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """Room for the rebuilt folders."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path) as name:
        yield Path(name)


def left_behind(root: Path) -> Tree:
    tree: Tree = {}
    for path in root.rglob("*"):
        if not path.name.endswith(MAPPED):
            tree[PurePosixPath(path.relative_to(root))] = None if path.is_dir() else path.read_bytes()
    return tree


def check(folder: Path, known: Known) -> None:
    """A kiosk that starts here has everything that was acknowledged, nothing half, and goes on."""
    with stores(folder) as kiosk:
        assert kiosk.outbox.damage() == ()
        present = [number for number in known.said["adding"] if entry_is_right(kiosk, number, known)]
        assert len(present) == len(kiosk.outbox.list(limit=10**6)), "an entry that nobody submitted"
        scans = {path.name for path in (folder / "data" / "scans").iterdir()} - {"lock"}
        assert len(scans) == len(kiosk.outbox.blob_ids()), "scans of nobody"
        with kiosk.outbox.sending():
            for number in known.said["accepted"] & set(present):
                stored = kiosk.outbox.get(dossier(number).id)
                assert stored is not None
                assert stored.state is EntryState.DELIVERED or stored.unsure, "would be sent again without asking"
        submit(kiosk, NEW)
        assert entry_is_right(kiosk, NEW, Known())


def entry_is_right(kiosk: Stores, number: int, known: Known) -> bool:
    """Whether the entry is there; it is there as a whole, and not behind what was said of it."""
    entry = kiosk.outbox.get(dossier(number).id)
    if entry is None:
        assert number not in known.said["added"], "lost after it was acknowledged"
        return False
    if number in known.said["delivered"]:
        # without files it may have to be asked for once more; with files nothing would be left to send
        asked = (entry.unsure or entry.state is EntryState.SENDING) and not pages(number)
        assert entry.state is EntryState.DELIVERED or asked, "delivered, then forgotten"
    if number in known.said["rejected"]:
        assert (entry.state, entry.problems) == (EntryState.REJECTED, REASONS), "rejected, then forgotten"
    if entry.state is EntryState.DELIVERED:
        assert number in known.said["delivering"]
        assert entry.receipt == receipt(number)
        assert entry.payload == {}
        assert entry.attachments == ()
    else:
        assert_whole(kiosk, entry, number)
    return True


def assert_whole(kiosk: Stores, entry: OutboxEntry, number: int) -> None:
    data = pages(number)
    papers = tuple(paper(hashlib.sha256(page).hexdigest(), len(page)) for page in data)
    assert entry.attachments == papers, "other papers"
    assert entry.payload == dossier(number).payload, "other answers"
    assert [kiosk.blobs.get(one.sha256, one.size) for one in papers] == data, "other scans"


def cut_everywhere(recording: Recording, scratch: Path, seed: int, throws: int = 1) -> Counter[str]:
    """Cut the power before and after every fsync, with each fate of what was not synced; how many of which."""
    disk, known, rng = Disk(recording.inode), Known(), random.Random(seed)
    counts: Counter[str] = Counter()
    seen: set[int] = set()

    def cut(place: str) -> None:
        counts["cuts"] += 1
        for fate in FATES * throws:
            counts["folders"] += 1
            tree = fate(disk, rng)
            signature = hash((frozenset(tree.items()), known.signature()))
            if signature in seen:
                continue
            seen.add(signature)
            counts["different"] += 1
            examine(tree, known, scratch, f"{fate.__name__}, {place}, seed {seed}")

    for number, operation in enumerate(recording.operations):
        if operation.kind is Kind.SYNC:
            cut(f"before step {number}")
        if operation.kind is Kind.MARK:
            known.hear(operation.text)
        disk.follow(operation)
        if operation.kind is Kind.SYNC or (operation.kind is Kind.MARK and operation.text.split()[0] in ACKNOWLEDGED):
            cut(f"after step {number}")
    cut("after the last step")
    return counts


def examine(tree: Tree, known: Known, scratch: Path, where: str) -> None:
    folder = scratch / "cut"
    try:
        build(tree, folder)
        check(folder, known)
    except BaseException as error:
        error.add_note(where)
        raise
    finally:
        shutil.rmtree(folder)


def test_the_recording_misses_nothing(tmp_path: Path) -> None:
    """Rebuilt with all that was recorded, the folder is the one that the process left, byte for byte."""
    with recorded(tmp_path, dossiers=4, starts=2) as recording:
        disk = Disk(recording.inode)
        for operation in recording.operations:
            disk.follow(operation)
        assert kept(disk, random.Random()) == left_behind(recording.root)


def test_a_power_cut_at_any_fsync_loses_nothing(
    tmp_path: Path, scratch: Path, record_property: Callable[[str, object], None]
) -> None:
    with recorded(tmp_path, dossiers=9, starts=2) as recording:
        counts = cut_everywhere(recording, scratch, random.randrange(2**32))
    record_property("power_cuts", dict(counts))
    print(f"\npower cuts: {dict(counts)}")
    assert counts["cuts"] > 100


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_power_cuts_over_a_long_run(
    tmp_path: Path, scratch: Path, record_property: Callable[[str, object], None]
) -> None:
    with recorded(tmp_path, dossiers=100, starts=2) as recording:
        counts = cut_everywhere(recording, scratch, random.randrange(2**32), throws=2)
    record_property("power_cuts", dict(counts))
    print(f"\npower cuts: {dict(counts)}")
    assert counts["cuts"] > 1500
