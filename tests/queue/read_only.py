"""What a kiosk says on a disk that can only be read; its test runs this with a file system of its own.

`python -m tests.queue.read_only mounted FOLDER` mounts it for reading only and again for writing; `failed FOLDER` makes
the kernel find an error in it while the stores are open.
"""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry, Room
from offline_queue.errors import OutboxError
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper

PAGE = b"a page"


def refused(act: Callable[[], object]) -> None:
    """It raises an error of ours."""
    with pytest.raises(OutboxError) as refusal:
        act()
    assert refusal.value.code == "store_failed"
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def submit(outbox: Outbox, blobs: BlobStore) -> OutboxEntry:
    """Commit a dossier with one page."""
    with blobs.hold():
        one = entry(paper(blobs.put(PAGE), len(PAGE)))
        outbox.add(one)
    return one


def contents(folder: Path) -> dict[str, bytes]:
    """Every file."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def works(folder: Path, *there: OutboxEntry) -> None:
    """What was submitted is there, and one more can be."""
    with closing(Outbox(folder / "outbox.db", KEY)) as outbox:
        blobs = BlobStore(folder / "scans", KEY)
        assert outbox.damage() == ()
        submit(outbox, blobs)
        assert outbox.room() is Room.PLENTY
        assert outbox.counts().pending == len(there) + 1
        for one in there:
            stored = outbox.get(one.id)
            assert stored is not None
            assert stored.payload == one.payload
            assert [blobs.get(paper.sha256, paper.size) for paper in stored.attachments] == [PAGE]


def mounted(folder: Path) -> None:
    """The stores are opened where nothing can be written."""
    with closing(Outbox(folder / "outbox.db", KEY)) as outbox:
        one = submit(outbox, BlobStore(folder / "scans", KEY))
    before = contents(folder)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    refused(lambda: Outbox(folder / "outbox.db", KEY))
    refused(lambda: Outbox(folder / "new" / "outbox.db", KEY))
    refused(lambda: BlobStore(folder / "new", KEY))
    blobs = BlobStore(folder / "scans", KEY)
    assert blobs.get(one.attachments[0].sha256) == PAGE
    refuses_changes(blobs)
    assert contents(folder) == before
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    works(folder, one)


def refuses_changes(blobs: BlobStore) -> None:
    """As documented: what the operating system says for `put`, our own error for the rest."""
    with pytest.raises(OSError) as error:  # noqa: PT011  told apart by its number
        blobs.put(b"another page")
    assert error.value.errno == errno.EROFS
    refused(lambda: blobs.discard(["00" * 32], lambda _: False))
    refused(lambda: blobs.sweep(frozenset))


def failed(folder: Path, device: str) -> None:
    """The file system becomes read-only by an error while the stores are open; all that only reads goes on."""
    outbox, blobs = Outbox(folder / "outbox.db", KEY), BlobStore(folder / "scans", KEY)
    with closing(outbox):
        one = submit(outbox, blobs)
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("test")
        refused(lambda: outbox.add(entry()))
        refused(lambda: outbox.lease(datetime.now(UTC)))
        refused(lambda: outbox.sending().__enter__())
        refuses_changes(blobs)
        assert outbox.room() is Room.NONE
        assert outbox.counts().pending == 1
        assert blobs.get(one.attachments[0].sha256) == PAGE
    subprocess.run(["umount", folder], check=True)
    subprocess.run(["e2fsck", "-fy", device], stdout=subprocess.DEVNULL)
    subprocess.run(["mount", device, folder], check=True)
    works(folder, one)


if __name__ == "__main__":
    if sys.argv[1] == "mounted":
        mounted(Path(sys.argv[2]))
    else:
        failed(Path(sys.argv[2]), sys.argv[3])
    print("done")
