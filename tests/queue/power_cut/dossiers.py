"""Dossiers that are made again from their number: what was submitted, for whoever looks what is left."""

from __future__ import annotations

import random
import uuid

from offline_queue.entry import Attachment, OutboxEntry, Problem, Receipt
from tests.queue.people import entry

SHARED_PAGE = b"the same paper of several dossiers " * 40
REASONS = (Problem("/submitter/phone", "thiếu số điện thoại"),)


def pages(number: int) -> list[bytes]:
    """The scans of dossier `number`: none to three, 1 byte to some 20 kB; every fifth has one in common with others."""
    rng = random.Random(number)
    own = [rng.randbytes(rng.choice((1, 511, 4096, 20_000)) + number) for _ in range(rng.randrange(4))]
    return [*own, SHARED_PAGE] if number % 5 == 0 else own


def dossier(number: int, papers: tuple[Attachment, ...] = ()) -> OutboxEntry:
    """Dossier `number`; the note makes it one or several database pages long."""
    rng = random.Random(number)
    note = rng.randbytes(rng.choice((10, 1000, 8000))).hex()
    return entry(*papers, entry_id=str(uuid.UUID(int=number)), note=note)


def receipt(number: int) -> Receipt:
    """The province's answer to dossier `number`."""
    return Receipt(f"H05.114-261123-{number:04}", 1, "2026-11-23T08:00:00+07:00", None)


def number_of(entry_id: str) -> int:
    """The number of the dossier with this id."""
    return uuid.UUID(entry_id).int
