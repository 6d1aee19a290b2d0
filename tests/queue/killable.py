"""A kiosk's store and sender that are killed again and again: forked from a process that has everything imported.

`python -m tests.queue.killable FOLDER URL`: for each number read from stdin a kiosk starts, takes dossiers from that
number on and sends them, and is killed at some instant. It says `added N` for each that was committed; after it died
this process says `killed` and what was going on.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: F401  imported once, not after each fork

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry, Receipt
from offline_queue.gateway import OpenBlob
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY, paper
from tests.queue.power_cut.dossiers import dossier, pages
from tests.queue.province import TOKEN

LONGEST_LIFE = 0.4  # seconds
LONGEST_WAIT = 1.0  # seconds for a phase to come
CLOSE_TO = 0.004  # seconds after the begin of the phase that a kill aims at


class Phase(IntEnum):
    """What a kiosk is at: a byte each in memory that outlives it."""

    OPENING = 0
    ADDING = 1
    SENDING = 2
    PURGING = 3


class Phases:
    """Set by the kiosk, read by whoever kills it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, len(Phase))

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        """It is at this until the block ends."""
        self._memory[phase] = 1
        try:
            yield
        finally:
            self._memory[phase] = 0

    def now(self) -> list[Phase]:
        """What it is at."""
        return [phase for phase in Phase if self._memory[phase]]

    def clear(self) -> None:
        """Before the next one."""
        for phase in Phase:
            self._memory[phase] = 0


class Watched(Outbox):
    """Tells when it purges."""

    phases: Phases

    def delivered(self, entry_id: str, receipt: Receipt) -> tuple[str, ...]:
        with self.phases.during(Phase.PURGING):
            return super().delivered(entry_id, receipt)


class WatchedBlobs(BlobStore):
    """Tells when it purges."""

    phases: Phases

    def discard(self, hashes: Iterable[str], used: Callable[[str], bool]) -> None:
        with self.phases.during(Phase.PURGING):
            super().discard(hashes, used)


class WatchedGateway(HttpGateway):
    """Tells when it sends."""

    phases: Phases

    def submit(self, entry: OutboxEntry, open_blob: OpenBlob) -> Receipt:
        with self.phases.during(Phase.SENDING):
            return super().submit(entry, open_blob)


def say(line: str) -> None:
    """One line, in one piece."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def live(folder: Path, url: str, number: int, phases: Phases) -> None:
    """A kiosk from its start on; never ends."""
    Watched.phases = WatchedBlobs.phases = WatchedGateway.phases = phases
    with phases.during(Phase.OPENING):
        outbox, blobs = Watched(folder / "outbox.db", KEY), WatchedBlobs(folder / "scans", KEY)
        blobs.sweep(outbox.blob_ids)
        if faults := start_faults(outbox, [path.name for path in (folder / "scans").iterdir()]):
            say(f"fault {faults}")
    sender = Sender(outbox, blobs, WatchedGateway(url, TOKEN, uploads=outbox.uploads), lambda _: None)
    sender.start()
    rng = random.Random(number)
    while True:
        with phases.during(Phase.ADDING), blobs.hold():
            papers = tuple(paper(blobs.put(page), len(page)) for page in pages(number))
            outbox.add(dossier(number, papers))
        say(f"added {number}")
        sender.wake()
        number += 1
        time.sleep(rng.expovariate(60))


def start_faults(outbox: Outbox, scans: Collection[str]) -> list[str]:
    """What the one before must not have left behind; counts only."""
    faults = list(outbox.damage())
    if (there := len(set(scans) - {"lock"})) != (needed := len(outbox.blob_ids())):
        faults.append(f"{there} scans, {needed} needed")
    return faults


def kill_at_some_instant(child: int, phases: Phases, rng: random.Random) -> str:
    """Any instant of a kiosk's life, or one close to a phase that is short; what was going on."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, LONGEST_LIFE))
    else:
        phase, end = rng.choice(list(Phase)), time.monotonic() + LONGEST_WAIT
        while phase not in phases.now() and time.monotonic() < end:
            time.sleep(0.0002)
        time.sleep(rng.uniform(0, CLOSE_TO))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it died by itself"
    return " ".join(phase.name.lower() for phase in phases.now())


def main(folder: Path, url: str) -> None:
    """Fork a kiosk for each number, and kill it."""
    phases, rng = Phases(), random.Random()  # the instants are meant to differ from run to run
    for line in sys.stdin:
        phases.clear()
        child = os.fork()
        if child == 0:
            try:
                live(folder, url, int(line), phases)
            finally:
                os._exit(1)
        say(f"killed {kill_at_some_instant(child, phases, rng)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
