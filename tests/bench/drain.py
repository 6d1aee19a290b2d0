"""Speed of delivering: a long queue drained into a local province, beside a bare `requests` loop with the same bodies;
what an entry costs with few and with many others waiting; how soon the first dossier is there when the link is back."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxEntry
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox

ROOT = Path(__file__).parent.parent.parent
KEY = bytes(32)
QUEUE = 10_000
BLOCK = 500  # sent in turns with the bare loop, as the machine is shared
FEW, MANY, LOOKS = 100, 100_000, 200
NOTE = "x" * 1700
# a province that does nothing but answer, in a process of its own: what is measured is the kiosk
PROVINCE = """
import itertools, socket, threading
count = itertools.count(10**6)
receipt = b'{"code": "H05.114-261123-%d", "status": 1, "received_at": "2026-11-23T08:00:00Z"}'
length_of_receipt = len(receipt % 10**6)
body = b"HTTP/1.1 201 Created\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n%s\\r\\n" + receipt
def serve(line):
    with line:
        stream = line.makefile("rb")
        while first := stream.readline():
            length, close = 0, b""
            while (header := stream.readline()) != b"\\r\\n":
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                if name.lower() == b"connection" and b"close" in value:
                    close = b"Connection: close\\r\\n"
            stream.read(length)
            line.sendall(body % (length_of_receipt, close, next(count)))
            if close:
                return
server = socket.create_server(("127.0.0.1", 0), backlog=512)
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def measure() -> Mapping[str, float]:
    """Dossiers a second and their ratio to the bare loops; memory; milliseconds an entry at both lengths; seconds."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_drain(Path(folder)), **_lengths(Path(folder)), **_link_back()}


def _entry() -> OutboxEntry:
    entry_id = str(uuid.uuid4())
    payload = {"client_ref": entry_id, "form": {"answers": {"note": NOTE}}}
    return OutboxEntry(entry_id, "2.000635", datetime.now(UTC), payload=payload)


def _drain(folder: Path) -> Mapping[str, float]:
    with _province() as url:
        outbox, blobs = Outbox(folder / "drain.db", KEY), BlobStore(folder / "scans", KEY)
        gateway = HttpGateway(url, "token", uploads=outbox.uploads)
        sender = Sender(outbox, blobs, gateway, lambda _event: None, rng=random.Random(1))
        entries = [_entry() for _ in range(QUEUE)]
        bodies = [json.dumps({**entry.payload, "attachments": []}).encode() for entry in entries[:BLOCK]]
        for entry in entries:
            outbox.add(entry)
        rates: dict[str, list[float]] = {"ours": [], "new_line": [], "kept_line": []}
        before = 0.0
        with outbox.sending():
            for _ in range(QUEUE // BLOCK):
                rates["ours"].append(BLOCK / _seconds(lambda: [sender.step() for _ in range(BLOCK)]))
                rates["new_line"].append(BLOCK / _seconds(lambda: _post(requests, url, bodies)))
                with requests.Session() as session:
                    rates["kept_line"].append(BLOCK / _seconds(lambda: _post(session, url, bodies)))
                before = before or _rss_mb()
        assert outbox.counts().delivered == QUEUE
        gateway.close()
        outbox.close()
    ours = rates.pop("ours")
    answer = {"drain_per_second": statistics.median(ours), "drain_memory_growth_mb": _rss_mb() - before}
    for name, theirs in rates.items():
        answer[f"requests_{name}_per_second"] = statistics.median(theirs)
        answer[f"drain_ratio_{name}"] = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return answer


def _post(library: Any, url: str, bodies: list[bytes]) -> None:
    headers = {"Authorization": "Bearer token", "Idempotency-Key": "x", "Content-Type": "application/json"}
    for body in bodies:
        library.post(f"{url}/v1/dossiers", data=body, headers=headers, timeout=20).json()


def _lengths(folder: Path) -> Mapping[str, float]:
    """One `add` and one `lease` with 100 and with 100,000 entries waiting, in turns."""
    stores = {count: _filled(folder / f"{count}.db", count) for count in (FEW, MANY)}
    times: dict[tuple[str, int], list[float]] = {}
    for _ in range(LOOKS):
        for count, outbox in stores.items():
            entry = _entry()
            times.setdefault(("add", count), []).append(_seconds(lambda: outbox.add(entry)))  # noqa: B023  at once
            times.setdefault(("lease", count), []).append(_seconds(lambda: outbox.lease(datetime.now(UTC))))  # noqa: B023
    for outbox in stores.values():
        outbox.close()
    ms = {key: 1000 * statistics.median(values) for key, values in times.items()}
    answer = {f"{verb}_ms_at_{count}_waiting": ms[verb, count] for verb, count in ms}
    return answer | {f"{verb}_ratio_many_to_few": ms[verb, MANY] / ms[verb, FEW] for verb in ("add", "lease")}


def _filled(path: Path, count: int) -> Outbox:
    outbox = Outbox(path, KEY)
    with outbox._database.writing() as connection:  # one transaction: what is measured comes after
        columns = "id, procedure_code, created_at, digest, payload"
        rows = ((str(uuid.uuid4()), "2.000635", "2026-11-23T08:00:00+07:00", b"", NOTE) for _ in range(count))
        connection.executemany(f"INSERT INTO entries ({columns}) VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE entries SET digest = ?", (b"",))
    return outbox


def _link_back() -> Mapping[str, float]:
    """In a network of its own: the link goes up, and the seconds until the province has the first dossier."""
    command = [sys.executable, "-m", "tests.bench.link_back"]
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        done = subprocess.run([*unshare, *command], cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0:
            return dict(json.loads(done.stdout.splitlines()[-1]))
    return {}


@contextmanager
def _province() -> Iterator[str]:
    child = subprocess.Popen([sys.executable, "-c", PROVINCE], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
