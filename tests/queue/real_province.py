"""The embedded province as a process of its own, and what it has in the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.sandbox.store import Store
from kiosk.sandbox.uploads import EncryptedUploads
from offline_queue.entry import OutboxEntry

ROOT = Path(__file__).parent.parent.parent
TOKEN = "sandbox"


@dataclass(frozen=True)
class Arrived:
    """One dossier as the province has it."""

    code: str
    payload: Mapping[str, Any] = field(repr=False)
    files: tuple[bytes | None, ...] = field(repr=False)


class RealProvince:
    """`python main.py province` on a port that it keeps over restarts."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.address = ("127.0.0.1", 0)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> RealProvince:
        """Run it until it answers."""
        host, port = self.address
        command = [sys.executable, "main.py", "province", "--listen", f"{host}:{port}", "--data", str(self.data)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        url = urlsplit(self._process.stdout.readline().strip())
        assert url.port, "the province does not start"
        self.address = (host, url.port)
        return self

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def dossiers(self) -> dict[str, Arrived]:
        """What it holds, by client_ref; also while it runs. Fails when any is there twice."""
        with closing(Store(self.data)) as store:
            uploads = EncryptedUploads(self.data / "uploads", store.blob_key, store)
            rows = store._db.execute("SELECT client_ref, code FROM dossier").fetchall()
            assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == len(rows)
            return {ref: _arrived(store, uploads, ref) for ref, _ in rows}

    def dossier(self, client_ref: str) -> Arrived | None:
        """One of them."""
        with closing(Store(self.data)) as store:
            if store.by_client_ref(client_ref) is None:
                return None
            return _arrived(store, EncryptedUploads(self.data / "uploads", store.blob_key, store), client_ref)


def _arrived(store: Store, uploads: EncryptedUploads, client_ref: str) -> Arrived:
    accepted = store.by_client_ref(client_ref)
    assert accepted is not None
    papers = accepted.payload["attachments"]
    files = tuple(uploads.content(paper["file_url"].rsplit("/", 1)[1]) for paper in papers)
    return Arrived(accepted.code, accepted.payload, files)


def assert_arrived(arrived: Arrived | None, sent: OutboxEntry, *files: bytes) -> None:
    """The dossier is there as it was submitted, its files byte for byte."""
    assert arrived is not None, "it has not arrived"
    said = {key: value for key, value in arrived.payload.items() if key != "attachments"}
    assert said == dict(sent.payload), "another dossier arrived"  # compared as a whole: no name in the output
    assert arrived.files == files, "other bytes arrived"
    assert [paper["sha256"] for paper in arrived.payload["attachments"]] == [one.sha256 for one in sent.attachments]


@contextmanager
def real_province(data: Path) -> Iterator[RealProvince]:
    """A province for the length of a test."""
    province = RealProvince(data).start()
    try:
        yield province
    finally:
        province.kill()
