"""The program that is recorded: a kiosk that starts several times, takes dossiers and sends them, saying what it did.

`python -m tests.queue.power_cut.child ROOT DOSSIERS STARTS`; each mark is a verb and the number of a dossier.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from offline_queue import rotation, salvage
from offline_queue.blobs import BlobStore
from offline_queue.key import derive, load_or_create_key
from offline_queue.store import Outbox
from tests.queue.people import paper
from tests.queue.power_cut.dossiers import REASONS, dossier, pages, receipt

OUTBOX, SCANS = "outbox", "scans"


@dataclass(frozen=True)
class Stores:
    """What a kiosk opens at its start, and the key of it."""

    key: bytes
    outbox: Outbox
    blobs: BlobStore


@contextmanager
def stores(root: Path) -> Iterator[Stores]:
    """Open them as the kiosk does at its start: an interrupted rotation and the check first, the sweep last."""
    key_file, outbox_file = root / "etc" / "key", root / "data" / "outbox.db"
    if rotation.unfinished(outbox_file):
        rotation.finish(outbox_file, key_file)
    if outbox_file.exists():
        key = load_or_create_key(key_file, store_exists=True)
        assert salvage.check(outbox_file, derive(key, OUTBOX), datetime.now(UTC)) is None, "taken for damaged"
    key = load_or_create_key(key_file, store_exists=outbox_file.exists())
    outbox = Outbox(outbox_file, derive(key, OUTBOX))
    try:
        blobs = BlobStore(root / "data" / "scans", derive(key, SCANS))
        blobs.sweep(outbox.blob_ids)
        yield Stores(key, outbox, blobs)
    finally:
        outbox.close()


def rotate(root: Path) -> None:
    """Seal everything with a new key."""
    rotation.rotate(
        root / "data" / "outbox.db",
        root / "data" / "scans",
        root / "etc" / "key",
        lambda key: derive(key, OUTBOX),
        lambda key: derive(key, SCANS),
    )


def submit(kiosk: Stores, number: int) -> None:
    """As the kiosk does it."""
    with kiosk.blobs.hold():
        papers = tuple(paper(kiosk.blobs.put(page), len(page)) for page in pages(number))
        kiosk.outbox.add(dossier(number, papers))


def mark(verb: str, number: int = 0) -> None:
    """Say what comes next or is done, in the order of the writes."""
    ctypes.CDLL(None).power_cut_mark(f"{verb} {number}".encode())


def send_one(kiosk: Stores) -> None:
    """What a sender does with the next dossier: two of three are accepted, one of six rejected, one put off."""
    leased = kiosk.outbox.lease(datetime.now(UTC))
    if leased is None:
        return
    number = int(leased.id.replace("-", ""), 16)
    if number % 6 == 3:
        mark("rejecting", number)
        kiosk.outbox.reject(leased.id, REASONS)
        mark("rejected", number)
    elif number % 6 == 5 and leased.attempts == 1:
        kiosk.outbox.retry_at(leased.id, None, "province_unreachable")
    else:
        mark("delivering", number)
        free = kiosk.outbox.delivered(leased.id, receipt(number))
        mark("delivered", number)
        kiosk.blobs.discard(free, kiosk.outbox.uses_blob)


def main(root: Path, dossiers: int, starts: int) -> None:
    """Take and send; after every start one more is taken than sent, and the last rotates the key."""
    number = 0
    for start in range(1, starts + 1):
        with stores(root) as kiosk:
            while number < dossiers * start // starts:
                number += 1
                mark("adding", number)
                submit(kiosk, number)
                mark("added", number)
                if number % 4:
                    send_one(kiosk)
    mark("rotating")
    rotate(root)
    mark("rotated")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
