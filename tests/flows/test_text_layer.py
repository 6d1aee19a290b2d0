"""Scanned papers can be searched in before they leave; what cannot be read is sent all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from devices.document_scanner.pdf import ABSENT, TextLayer, can_add_text, is_pdf_a
from kiosk.config import Config
from kiosk.state import Step
from kiosk.text_layer import HOLD_SECONDS, TextReader
from kiosk.wiring import Machine
from offline_queue.blobs import BlobStore
from offline_queue.entry import EntryState
from offline_queue.store import Outbox
from tests.flows.conftest import Player
from tests.flows.test_dossier import to_review
from tests.queue.people import KEY, entry, paper

BIRTH = "1.001193"
PLAIN, WITH_TEXT = b"%PDF plain", b"%PDF with text"


def words(pdf: bytes) -> list[str]:
    """What a search would find in it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document).split()


class Desk:
    """An outbox with one dossier on hold, and a reader of our choice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outbox = Outbox(folder / "outbox.db", KEY)
        self.blobs = BlobStore(folder / "scans", KEY)
        self.woken = threading.Event()
        sha256 = self.blobs.put(PLAIN)
        self.entry = entry(replace(paper(sha256, len(PLAIN)), media_type="application/pdf"))
        self.outbox.add(self.entry, hold_seconds=HOLD_SECONDS)

    def read(self, layer: TextLayer) -> TextReader:
        """Have it read by one that gives `layer`."""
        reader = TextReader(self.outbox, self.blobs, self.woken.set, add=lambda _pdf, _seconds: layer)
        reader.reads = True
        reader.start()
        reader.read(self.entry.id)
        assert self.woken.wait(10)
        reader.stop()
        return reader

    @property
    def file(self) -> bytes:
        """What would be sent."""
        kept = self.outbox.get(self.entry.id)
        assert kept
        return self.blobs.get(kept.attachments[0].sha256, kept.attachments[0].size)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.outbox.close()


def test_a_dossier_goes_as_soon_as_its_papers_have_their_text(desk: Desk) -> None:
    assert desk.outbox.lease(datetime.now(UTC)) is None
    desk.read(TextLayer(WITH_TEXT))
    assert desk.file == WITH_TEXT
    assert len(list(desk.folder.glob("scans/[0-9a-f]*"))) == 1  # the one without text is gone
    assert desk.outbox.lease(datetime.now(UTC)) is not None


@pytest.mark.parametrize("code", ["text_layer_failed", "text_layer_timeout", ABSENT])
def test_what_cannot_be_read_goes_at_once_as_it_is(desk: Desk, code: str) -> None:
    reader = desk.read(TextLayer(PLAIN, code))
    assert desk.file == PLAIN
    assert desk.outbox.lease(datetime.now(UTC)) is not None
    assert reader.reads is (code != ABSENT)  # what is not installed is not waited for again
    assert (reader.hold_seconds(desk.entry) > 0) is reader.reads


def test_a_dossier_that_has_left_keeps_what_the_province_got(desk: Desk) -> None:
    desk.outbox.retry_now(desk.entry.id)
    assert desk.outbox.lease(datetime.now(UTC)) is not None
    desk.read(TextLayer(WITH_TEXT))
    assert desk.file == PLAIN


@pytest.mark.skipif(not can_add_text(), reason="OCRmyPDF is not installed on this machine")
@pytest.mark.timeout(200)
def test_the_province_gets_papers_that_can_be_searched(config: Config) -> None:
    storage = config.storage.model_copy(update={"text_layer": True})
    with Machine(config.model_copy(update={"storage": storage})) as machine:
        player = Player(machine)
        kept: list[bytes] = []
        blobs, exchange = machine.kiosk.parts.blobs, machine.kiosk.parts.outbox.exchange_papers

        def seen(entry_id: str, papers: list[object]) -> object:
            kept.extend(blobs.get(p.sha256) for p in papers)  # type: ignore[attr-defined]
            return exchange(entry_id, papers)  # type: ignore[arg-type]

        machine.kiosk.parts.outbox.exchange_papers = seen  # type: ignore[method-assign,assignment]
        to_review(player, BIRTH)
        player.kiosk.next()
        player.kiosk.declare()
        player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
        for _ in range(8):  # four seconds a page, on a machine that does other things as well
            if player.state.outbox.delivered:
                break
            player.drain(15)
        (entry,) = machine.kiosk.parts.outbox.list()
        assert entry.state is EntryState.DELIVERED
    assert kept
    assert all(is_pdf_a(pdf) for pdf in kept)
    assert max(len(words(pdf)) for pdf in kept) > 20
