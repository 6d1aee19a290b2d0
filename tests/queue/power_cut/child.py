"""The program that is recorded: a kiosk that starts several times, takes dossiers and sends them, saying what it did.

`python -m tests.queue.power_cut.child ROOT DOSSIERS STARTS`; each mark is a verb and the number of a dossier.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from offline_queue import rotation, salvage
from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry, Problem, Receipt
from offline_queue.gateway import Health, OpenBlob, Rejected, Unreachable
from offline_queue.key import derive, load_or_create_key
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import paper
from tests.queue.power_cut.dossiers import REASONS, dossier, number_of, pages, receipt

OUTBOX, SCANS = "outbox", "scans"


@dataclass(frozen=True)
class Stores:
    """What a kiosk opens at its start, and the key of it."""

    key: bytes
    outbox: Outbox
    blobs: BlobStore


@contextmanager
def stores(root: Path, kind: type[Outbox] = Outbox) -> Iterator[Stores]:
    """Open them as the kiosk does at its start: an interrupted rotation and the check first, the sweep last."""
    key_file, outbox_file = root / "etc" / "key", root / "data" / "outbox.db"
    if rotation.unfinished(outbox_file):
        rotation.finish(outbox_file, key_file)
    if outbox_file.exists():
        key = load_or_create_key(key_file, store_exists=True)
        assert salvage.check(outbox_file, derive(key, OUTBOX), datetime.now(UTC)) is None, "taken for damaged"
    key = load_or_create_key(key_file, store_exists=outbox_file.exists())
    outbox = kind(outbox_file, derive(key, OUTBOX))
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


class Telling(Outbox):
    """Says when a delivery or a refusal is committed."""

    def delivered(self, entry_id: str, receipt: Receipt) -> tuple[str, ...]:
        mark("delivering", number_of(entry_id))
        free = super().delivered(entry_id, receipt)
        mark("delivered", number_of(entry_id))
        return free

    def reject(self, entry_id: str, problems: Sequence[Problem], error: str = "province_rejected") -> None:
        mark("rejecting", number_of(entry_id))
        super().reject(entry_id, problems, error)
        mark("rejected", number_of(entry_id))


class Desk:
    """A province without a line: rejects every sixth dossier, and of another sixth the first answer gets lost."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def submit(self, entry: OutboxEntry, open_blob: OpenBlob) -> Receipt:
        number = number_of(entry.id)
        assert [open_blob(one) for one in entry.attachments] == pages(number)
        if number % 6 == 3:
            raise Rejected(REASONS)
        mark("accepted", number)
        if number % 6 == 5 and number not in self._taken:
            self._taken.add(number)
            raise Unreachable("reply lost")
        return receipt(number)

    def find(self, client_ref: str) -> Receipt | None:
        number = number_of(client_ref)
        return receipt(number) if number in self._taken else None

    def health(self) -> Health:
        return Health("ok", datetime.now(UTC))

    def heartbeat(self, report: Mapping[str, Any]) -> None:
        """Nothing to keep."""

    def status(self, code: str) -> Mapping[str, Any]:
        return {}

    def procedures(self, etag: str = "") -> tuple[Mapping[str, Any] | None, str]:
        return None, etag


def main(root: Path, dossiers: int, starts: int) -> None:
    """Take and send; at each end some still wait, and at the last the key is rotated."""
    number, desk = 0, Desk()
    for start in range(1, starts + 1):
        with stores(root, Telling) as kiosk:
            sender = Sender(kiosk.outbox, kiosk.blobs, desk, lambda _: None)
            with kiosk.outbox.sending():
                while number < dossiers * start // starts:
                    number += 1
                    mark("adding", number)
                    submit(kiosk, number)
                    mark("added", number)
                    if number % 4:
                        sender.step()
    mark("rotating")
    rotate(root)
    mark("rotated")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
