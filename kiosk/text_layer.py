"""Words to search in, added to scanned papers between commit and sending: a dossier waits for them, but never long.

Reading takes about four seconds a page. A dossier is committed with `HOLD_SECONDS` before which it is not sent;
when its papers have their text it is due at once. Whatever happens meanwhile, it goes when that time has come.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from devices.document_scanner.pdf import ABSENT, TextLayer, add_text_layer, can_add_text
from offline_queue.blobs import BlobStore
from offline_queue.entry import DECLARATION, Attachment, OutboxEntry
from offline_queue.errors import OutboxError, surprise
from offline_queue.store import Outbox

log = logging.getLogger(__name__)
HOLD_SECONDS = 600.0
READ_SECONDS = 540.0  # of those: what is not read by then goes as it is, in good time
PDF = "application/pdf"
Add = Callable[[bytes, float], TextLayer]


class TextReader:
    """Reads the papers of one dossier after the other on a thread of its own."""

    def __init__(
        self,
        outbox: Outbox,
        blobs: BlobStore,
        wake: Callable[[], None],
        add: Callable[[bytes, float], TextLayer] = add_text_layer,
    ) -> None:
        self._outbox = outbox
        self._blobs = blobs
        self._wake = wake
        self._add_text = add
        self._entries: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="text-layer", daemon=True)
        self.reads = can_add_text()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the rest as it is: each dossier goes at its time."""
        self._stopping.set()
        self._entries.put("")
        # a reading under way is not waited for: the thread is a daemon, and changes nothing once this is set

    def hold_seconds(self, entry: OutboxEntry) -> float:
        """How long this dossier may wait for its text."""
        return HOLD_SECONDS if self.reads and any(map(_is_scan, entry.attachments)) else 0.0

    def read(self, entry_id: str) -> None:
        """Queue a dossier that was committed with a hold."""
        self._entries.put(entry_id)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if entry_id := self._entries.get():
                try:
                    self._enrich(entry_id)
                except (OutboxError, OSError) as error:
                    log.error("text layer: %s", surprise(error))
                self._wake()

    def _enrich(self, entry_id: str) -> None:
        entry = self._outbox.get(entry_id)
        if entry is None:
            return
        end = monotonic() + READ_SECONDS
        read = [(paper, self._text_of(paper, end)) for paper in entry.attachments]
        if self._stopping.is_set():
            return
        with self._blobs.hold():  # what is written here belongs to nobody until it is committed
            papers = [self._kept(paper, pdf) if pdf else paper for paper, pdf in read]
            free = self._outbox.exchange_papers(entry_id, papers)
        new = {paper.sha256 for paper in papers} - {paper.sha256 for paper in entry.attachments}
        self._blobs.discard(new if free is None else free, used=self._outbox.uses_blob)

    def _kept(self, paper: Attachment, pdf: bytes) -> Attachment:
        return replace(paper, sha256=self._blobs.put(pdf), size=len(pdf))

    def _text_of(self, paper: Attachment, end: float) -> bytes:
        """The file with its words; b"" when it stays as it is."""
        left = end - monotonic()
        if not _is_scan(paper) or not self.reads or left <= 0 or self._stopping.is_set():
            return b""
        layer = self._add_text(self._blobs.get(paper.sha256, paper.size), left)
        if layer.code:
            log.warning("text layer: %s", layer.code)
        if layer.code == ABSENT:
            self.reads = False
        return b"" if layer.code else layer.pdf


def _is_scan(paper: Attachment) -> bool:
    return paper.media_type == PDF and paper.component != DECLARATION
