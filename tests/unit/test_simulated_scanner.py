"""The simulated document scanner: its folder, its faults, and the papers that we ship."""

from __future__ import annotations

import io
import threading
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

from devices import registry
from devices.document_scanner.simulated import SimulatedDocumentScanner
from devices.errors import DeviceError, NeedsAttention
from devices.interfaces import Condition, DocumentCamera, DocumentScanner
from tests.unit.paper import printed

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


def playing(**table: object) -> SimulatedDocumentScanner:
    """The simulator with the papers that we ship."""
    wanted = {"driver": "simulated", "seconds_per_page": 0, **table}
    return cast(SimulatedDocumentScanner, registry.create("document_scanner", wanted))


@pytest.mark.parametrize(
    ("verb", "code", "condition"),
    [
        ("cover_open", "scanner_cover_open", Condition.ATTENTION),
        ("busy", "scanner_busy", Condition.ATTENTION),
        ("broken", "scanner_io", Condition.FAULT),
        ("no_memory", "scanner_no_memory", Condition.FAULT),
        ("no_access", "scanner_access", Condition.OFFLINE),
    ],
)
def test_each_fault_of_a_scanner_can_be_played_and_ends(verb: str, code: str, condition: Condition) -> None:
    fake = playing()
    getattr(fake, verb)()
    assert fault_of(fake).code == code
    assert (fake.status().condition, fake.status().code) == (condition, code)
    fake.restore()
    assert len(list(fake.scan_pages())) == 1


def test_a_scan_that_hangs_is_given_up_and_nobody_knew_before() -> None:
    fake = playing(time_limit=0.05)
    fake.hang()
    assert fake.status().condition is Condition.READY
    assert fault_of(fake).code == "scanner_timeout"
    fake.restore()
    assert len(list(fake.scan_pages())) == 1


class Watched(threading.Event):
    """Tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_for.set()
        return super().wait(timeout)


def test_a_scan_that_hangs_goes_on_or_is_unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    for verb, pages in (("restore", 1), ("unplug", 0)):
        fake, came, freed = playing(), list[object](), Watched()
        monkeypatch.setattr(fake, "_freed", freed)
        fake.hang()

        def scan(fake: SimulatedDocumentScanner = fake, came: list[object] = came) -> None:
            try:
                came += fake.scan_pages()
            except DeviceError as error:
                came.append(error.code)

        thread = threading.Thread(target=scan)
        thread.start()
        assert freed.waited_for.wait(PATIENCE)
        getattr(fake, verb)()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert len(came) == 1
        assert (came[0] == "device_unplugged") is (pages == 0)


def test_a_picture_that_ends_too_early_is_no_page() -> None:
    fake = playing()
    fake.cut_off()
    assert fault_of(fake).code == "scanner_io"


def test_a_stack_without_an_end_is_told_after_its_pages(tmp_path: Path) -> None:
    Image.new("L", (40, 56), 255).save(tmp_path / "page.png")
    fake = playing(feeder=True, folder=str(tmp_path), max_pages=500)
    fake.many_pages()
    pages = fake.scan_pages()
    assert len(list(islice(pages, 500))) == 500
    with pytest.raises(NeedsAttention) as caught:
        next(pages)
    assert caught.value.code == "scanner_too_many"


@pytest.mark.parametrize("camera", [False, True])
@pytest.mark.parametrize(
    ("how", "problems"),
    [("blurred", "page_blurred"), ("glare", "page_glare"), ("dark", "page_dark"), ("blank", "page_blank")],
)
def test_what_spoils_a_page_is_told(how: str, problems: str, camera: bool) -> None:
    fake = playing(camera=camera)
    fake.lay(how)
    (page,) = fake.scan_pages()
    assert page.problems == (problems,)
    fake.restore()
    (page,) = fake.scan_pages()
    assert page.problems == ()


def test_a_page_that_lies_upside_down_becomes_the_same_page(tmp_path: Path) -> None:
    printed("text", 0).save(tmp_path / "page.png")
    (upright,) = playing(folder=str(tmp_path)).scan_pages()
    fake = playing(folder=str(tmp_path))
    fake.lay("upside_down")
    (page,) = fake.scan_pages()
    greys = [
        np.asarray(Image.open(io.BytesIO(one.jpeg)).convert("L").resize((210, 297)), float) for one in (upright, page)
    ]
    assert np.corrcoef(greys[0].ravel(), greys[1].ravel())[0, 1] > 0.9
    assert np.corrcoef(greys[0].ravel(), greys[1][::-1, ::-1].ravel())[0, 1] < 0.5


def test_a_camera_shows_what_would_spoil_the_page() -> None:
    fake = playing(camera=True)
    assert isinstance(fake, DocumentCamera)

    def seen() -> tuple[bool, bool, tuple[str, ...]]:
        now = fake.preview(0.0)
        assert now is not None
        return now.corners is not None, now.steady, now.problems

    assert seen() == (True, True, ())
    fake.cut_off()
    assert seen() == (True, True, ("page_cut",))
    assert next(iter(fake.scan_pages())).problems == ("page_cut",)
    fake.restore()
    fake.move()
    assert seen() == (True, False, ())
    assert fault_of(fake).code == "page_moving"
    fake.restore()
    fake.lay("glare")
    assert seen() == (True, True, ("view_glare",))
    fake.lay("dark")
    assert seen()[2] in ((), ("view_dark",))  # a dark sheet may not stand out from a dark mat
    fake.cover()
    assert seen() == (False, False, ())
