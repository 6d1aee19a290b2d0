"""In a network namespace of its own: the link is down, dossiers wait, it goes up; how soon the first is accepted."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxChanged
from offline_queue.http_gateway import HttpGateway
from offline_queue.link import LinkWatch
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry
from tests.queue.province import TOKEN, running

ROUNDS, AWAY_SECONDS = 5, 8.0  # long enough for the pauses to have grown
PATIENCE = 60.0


def link(state: str) -> None:
    """Pull or plug the cable."""
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def main() -> None:
    """Print the seconds as JSON."""
    link("up")
    with running() as province, tempfile.TemporaryDirectory() as folder:
        outbox, blobs = Outbox(Path(folder) / "outbox.db", KEY), BlobStore(Path(folder) / "scans", KEY)
        gateway = HttpGateway(province.url, TOKEN, timeout=(2, 5), uploads=outbox.uploads)
        events: list[OutboxChanged] = []
        sender = Sender(outbox, blobs, gateway, events.append, rng=random.Random(1))
        watch = LinkWatch(sender.wake)
        sender.start()
        watch.start()
        seconds = []
        for _ in range(ROUNDS):
            link("down")
            accepted = len(province.order)
            outbox.add(entry())
            sender.wake()
            time.sleep(AWAY_SECONDS)
            assert len(province.order) == accepted
            link("up")
            start = time.perf_counter()
            while len(province.order) == accepted and time.perf_counter() - start < PATIENCE:
                time.sleep(0.005)
            seconds.append(time.perf_counter() - start)
        watch.stop()
        sender.stop()
        gateway.close()
        outbox.close()
    print(json.dumps({"link_back_seconds": statistics.median(seconds), "link_back_seconds_longest": max(seconds)}))


if __name__ == "__main__":
    main()
