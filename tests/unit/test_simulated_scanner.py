"""The simulated document scanner: its folder, its faults, and the papers that we ship."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from devices import registry
from devices.document_scanner.simulated import SimulatedDocumentScanner
from devices.errors import DeviceError
from devices.interfaces import Condition, DocumentScanner

PATIENCE = 10.0


def fault_of(device: DocumentScanner) -> DeviceError:
    """What goes wrong with a scan."""
    with pytest.raises(DeviceError) as caught:
        list(device.scan_pages())
    return caught.value


def test_faults_have_codes(tmp_path: Path) -> None:
    table = {"driver": "simulated", "folder": str(tmp_path), "seconds_per_page": 0}
    fake = cast(SimulatedDocumentScanner, registry.create("document_scanner", table))
    assert fault_of(fake).code == "scanner_no_paper"
    fake.jam()
    assert fault_of(fake).code == fake.status().code == "scanner_jam"
    fake.restore()
    (tmp_path / "page.jpg").write_bytes(b"")
    assert fault_of(fake).code == "page_unreadable"


def test_it_gives_one_picture_after_the_other(tmp_path: Path) -> None:
    for number in range(3):
        Image.new("RGB", (100 + number, 140), "white").save(tmp_path / f"{number}.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    table = {"driver": "simulated", "folder": str(tmp_path), "seconds_per_page": 0}
    glass = cast(DocumentScanner, registry.create("document_scanner", table))
    assert [page.width for page in glass.scan_pages()] == [100]
    assert fault_of(glass).code == "page_unreadable"
    assert [page.width for _ in range(2) for page in glass.scan_pages()] == [102, 100]
    (tmp_path / "1.png").unlink()
    feeder = cast(DocumentScanner, registry.create("document_scanner", {**table, "feeder": True}))
    assert [page.width for page in feeder.scan_pages()] == [100, 102]


def test_it_gives_the_papers_that_we_ship() -> None:
    glass = cast(DocumentScanner, registry.create("document_scanner", {"driver": "simulated", "seconds_per_page": 0}))
    pages = [page for _ in range(3) for page in glass.scan_pages()]
    assert [(page.width, page.height, page.dpi, page.problems) for page in pages] == [(1654, 2339, 200, ())] * 3
    assert len({page.jpeg for page in pages}) == 3
    assert all(len(page.jpeg) < 600_000 for page in pages)


def test_scan_is_broken_off_by_a_fault(tmp_path: Path) -> None:
    Image.new("RGB", (100, 140), "white").save(tmp_path / "page.png")
    table = {"driver": "simulated", "folder": str(tmp_path), "seconds_per_page": 60}
    fake = cast(SimulatedDocumentScanner, registry.create("document_scanner", table))
    found: list[DeviceError] = []
    scan = threading.Thread(target=lambda: found.append(fault_of(fake)))
    scan.start()
    fake.jam()
    scan.join(PATIENCE)
    assert [fault.code for fault in found] == ["scanner_jam"]


def test_without_its_folder_is_off_line(tmp_path: Path) -> None:
    table = {"driver": "simulated", "folder": str(tmp_path / "later"), "seconds_per_page": 0}
    fake = cast(DocumentScanner, registry.create("document_scanner", table))
    assert fake.status().condition is Condition.OFFLINE
    (tmp_path / "later").mkdir()
    assert fake.status().condition is Condition.READY
