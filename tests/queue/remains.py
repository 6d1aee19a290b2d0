"""A kiosk's outbox and sender in a process whose memory is looked into from outside.

`python -m tests.queue.remains FOLDER URL DOSSIERS`: told by lines on stdin, it takes the dossiers, sends them, ends; it
answers each with a line.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxChanged
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper
from tests.queue.province import TOKEN

REPEATS = 20_000


def mark_of_names() -> str:
    """Part of every citizen's name. All marks are made when they are needed, so that no constant is found instead."""
    return "".join(random.Random("name").choices("ăâđêôơưẵẫễộợự", k=12))


def mark_of_numbers() -> str:
    """Part of every citizen's number."""
    return "0" + str(random.Random("number").randrange(10**8, 10**9))


def mark_of_scans() -> bytes:
    """What every scan is made of."""
    return random.Random("scan").randbytes(16)


def take(outbox: Outbox, blobs: BlobStore, number: int) -> None:
    """Commit the dossier of a citizen."""
    name, id_number = f"Nguyễn {mark_of_names()} {number}", f"{mark_of_numbers()}{number:02}"
    scan = mark_of_scans() * REPEATS + bytes([number])
    with blobs.hold():
        dossier = entry(paper(blobs.put(scan), len(scan)), note=f"{name} {id_number}" * (number % 3 * 40))
        submitter = {"id_number": id_number, "full_name": name}
        outbox.add(replace(dossier, payload={**dossier.payload, "submitter": submitter}))


def main(folder: Path, url: str, dossiers: int) -> None:
    """Take, send, end."""
    logging.basicConfig(filename=folder / "log", level=logging.DEBUG)
    outbox, blobs = Outbox(folder / "outbox.db", KEY), BlobStore(folder / "scans", KEY)
    gateway = HttpGateway(url, TOKEN, uploads=outbox.uploads)
    all_sent = threading.Event()

    def changed(event: OutboxChanged) -> None:
        if event.counts.delivered == dossiers:
            all_sent.set()

    sender = Sender(outbox, blobs, gateway, changed)
    with closing(outbox), closing(gateway), closing(Outbox(folder / "outbox.db", KEY)):  # one more: it stays open
        sys.stdin.readline()
        for number in range(dossiers):
            take(outbox, blobs, number)
        print("taken", flush=True)
        sys.stdin.readline()
        outbox.let_go()  # as the clerk does when a citizen has left, and the glass when nothing waits any more
        sender.start()
        all_sent.wait()
        print("sent", flush=True)
        sys.stdin.readline()
        sender.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
