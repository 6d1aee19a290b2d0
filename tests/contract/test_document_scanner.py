"""One suite for every document scanner: SANE's own pnm and test backends, through the real library, and the fake."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from devices import registry, usb
from devices.document_scanner import sane
from devices.document_scanner.page import check_page
from devices.document_scanner.simulated import SimulatedDocumentScanner
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout, Unavailable
from devices.interfaces import DEVICE_KINDS, Condition, DocumentScanner, Identified
from kiosk.i18n import advice, error_text
from tests.contract.sane_backends import FEEDER, SLOW, Sane, libsane

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 10.0
__all__ = ["Sane", "libsane"]


@dataclass
class Rig:
    """A scanner and the hands of a person."""

    device: DocumentScanner
    unplug: Callable[[], None]
    replug: Callable[[], None]


@pytest.fixture(params=["pnm", "test", "simulated"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    if request.param != "simulated":
        libsane = cast(Sane, request.getfixturevalue("libsane"))
        return Rig(libsane.scanner(request.param), libsane.unplug, libsane.plug)
    Image.new("L", (414, 585), 255).save(tmp_path / "page.png")
    table = {"driver": "simulated", "folder": str(tmp_path), "seconds_per_page": 0}
    fake = registry.create("document_scanner", table)
    assert isinstance(fake, SimulatedDocumentScanner)
    return Rig(fake, fake.unplug, fake.restore)


EARLIER: set[int] = set()
"""Processes that other tests have left for good, such as multiprocessing's resource tracker."""


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    EARLIER.clear()
    EARLIER.update(children())
    yield
    assert children() == []


def children() -> list[int]:
    """Processes that this test has started and not yet waited for."""
    lists = [(task / "children").read_text().split() for task in Path("/proc/self/task").iterdir()]
    return [pid for words in lists for pid in map(int, words) if pid not in EARLIER]


def eventually(answer: Callable[[], bool]) -> bool:
    """Whether it becomes true before patience ends."""
    end = time.monotonic() + PATIENCE
    while not (true := answer()) and time.monotonic() < end:
        time.sleep(0.01)
    return true


def fault_of(device: DocumentScanner) -> DeviceError:
    """What goes wrong with a scan."""
    with pytest.raises(DeviceError) as caught:
        list(device.scan_pages())
    return caught.value


# -- every driver --------------------------------------------------------------------------------------------------
def test_is_a_document_scanner(rig: Rig) -> None:
    assert isinstance(rig.device, DocumentScanner)


def test_open_and_close_twice(rig: Rig) -> None:
    rig.device.close()
    for _ in range(2):
        rig.device.open()
    for _ in range(2):
        rig.device.close()
    assert rig.device.status().condition is Condition.READY


def test_a_page_is_a_jpeg_of_the_told_size(rig: Rig) -> None:
    for _ in range(2):
        (page,) = rig.device.scan_pages()
        kept = Image.open(io.BytesIO(page.jpeg))
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (page.width, page.height))
        assert rig.device.status().condition is Condition.READY


def test_unplugged_is_a_state_that_ends_by_itself(rig: Rig) -> None:
    assert rig.device.status().condition is Condition.READY
    rig.unplug()
    fault = fault_of(rig.device)
    assert isinstance(fault, Unavailable)
    assert fault.code == "device_unplugged"
    for _ in range(2):
        status = rig.device.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, "device_unplugged")
    with pytest.raises(Unavailable):
        rig.device.open()
    rig.replug()
    assert rig.device.status().condition is Condition.READY
    assert len(list(rig.device.scan_pages())) == 1


def test_absent_from_the_start(rig: Rig) -> None:
    rig.unplug()
    assert rig.device.status().condition is Condition.OFFLINE
    rig.replug()
    assert rig.device.status().condition is Condition.READY


# -- SANE ----------------------------------------------------------------------------------------------------------
def test_pixels_are_those_on_the_glass(libsane: Sane) -> None:
    (page,) = libsane.scanner().scan_pages()
    assert page == check_page(libsane.picture, 100)
    assert (page.width, page.height, page.dpi) == (414, 585, 100)


def test_resolution_and_colour_are_asked_for(libsane: Sane) -> None:
    (page,) = libsane.scanner("test", resolution=72).scan_pages()
    assert page.dpi == 72
    assert page.width == pytest.approx(210 / 25.4 * 72, abs=1)
    red, _, blue = Image.open(io.BytesIO(page.jpeg)).split()
    assert red.tobytes() != blue.tobytes()


def test_resolution_is_the_nearest_that_is_enough(libsane: Sane) -> None:
    (page,) = libsane.scanner(resolution=110).scan_pages()
    assert page.dpi == 120


def test_feeder_gives_its_pages_until_it_is_empty(libsane: Sane) -> None:
    assert len(list(libsane.scanner("test", source=FEEDER).scan_pages())) == 10


def test_without_a_name_the_first_device_is_taken(libsane: Sane) -> None:
    (libsane.folder / "dll.conf").write_text("test\n")
    device = libsane.scanner("test", device="")
    assert len(list(device.scan_pages())) == 1
    libsane.unplug()
    assert fault_of(device).code == "device_unplugged"  # nobody has chosen the other one that is there now
    assert device.status().condition is Condition.READY  # the next look takes it
    assert len(list(device.scan_pages())) == 1


@pytest.mark.parametrize("named", ["epson2:libusb:001:005", ""])
def test_plugged_in_again_it_has_another_name_and_the_first_scan_works(libsane: Sane, named: str) -> None:
    (libsane.folder / "dll.conf").write_text("test\n")
    libsane.plug("epson2:libusb:001:005")
    device = libsane.scanner("test", device=named)
    assert len(list(device.scan_pages())) == 1
    libsane.unplug()
    libsane.plug("epson2:libusb:001:006")
    for _ in range(2):
        assert len(list(device.scan_pages())) == 1
    libsane.plug("fujitsu:libusb:001:007")
    assert fault_of(device).code == "device_unplugged"
    libsane.plug("epson2:libusb:002:011")
    assert device.status().condition is Condition.READY
    assert len(list(device.scan_pages())) == 1


def test_who_it_is_is_told_by_the_address_where_it_was_found(
    libsane: Sane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else may have the configured one: a scanner that was plugged in again took another."""
    monkeypatch.setattr(usb, "SYS", tmp_path)
    for number, product in ((5, "Mouse"), (6, "Perfection V39")):
        node = tmp_path / f"bus/usb/devices/1-{number}"
        node.mkdir(parents=True)
        for name, text in {"busnum": "1", "devnum": f"{number}", "product": product}.items():
            (node / name).write_text(text)
    (libsane.folder / "dll.conf").write_text("test\n")
    libsane.plug("epson2:libusb:001:006")
    device = libsane.scanner("test", device="epson2:libusb:001:005")
    assert isinstance(device, Identified)
    assert device.identity == {}
    assert device.status().condition is Condition.READY
    assert (device.identity["model"], device.identity["bus"]) == ("Perfection V39", "usb 1-6")
    libsane.unplug()
    assert fault_of(device).code == "device_unplugged"
    assert device.identity == {}
    libsane.plug("epson2:libusb:001:006")
    assert len(list(device.scan_pages())) == 1
    assert device.identity["model"] == "Perfection V39"


def test_a_ready_scanner_is_looked_at_from_time_to_time(libsane: Sane) -> None:
    device = libsane.scanner("test", check_seconds=0.01)
    assert device.status().condition is Condition.READY
    libsane.unplug()
    assert eventually(lambda: device.status().code == "device_unplugged")
    libsane.plug()
    assert eventually(lambda: device.status().condition is Condition.READY)
    device.close()


@pytest.mark.parametrize(
    ("option", "code", "after"),
    [
        ("jammed", "scanner_jam", Condition.ATTENTION),
        ("coveropen", "scanner_cover_open", Condition.ATTENTION),
        ("nodocs", "scanner_no_paper", Condition.READY),
        ("ioerror", "scanner_io", Condition.READY),
        ("nomem", "scanner_no_memory", Condition.READY),
        ("accessdenied", "scanner_access", Condition.READY),
        ("eof", "scanner_io", Condition.READY),
    ],
)
def test_faults_of_the_glass_have_codes(libsane: Sane, option: str, code: str, after: Condition) -> None:
    device = libsane.scanner(options={f"status-{option}": True})
    assert fault_of(device).code == code
    status = device.status()
    assert status.condition is after
    assert status.code == ("" if after is Condition.READY else code)


@pytest.mark.parametrize(
    ("answer", "code"),
    [("DEVICE_BUSY", "scanner_busy"), ("UNSUPPORTED", "scanner_failed"), ("NO_DOCS", "scanner_no_paper")],
)
def test_faults_of_a_feeder_have_codes(libsane: Sane, answer: str, code: str) -> None:
    device = libsane.scanner("test", source=FEEDER, options={"read-return-value": f"SANE_STATUS_{answer}"})
    assert fault_of(device).code == code


def test_a_jam_ends_with_the_next_good_scan(libsane: Sane) -> None:
    device = libsane.scanner()
    libsane.paper.write_bytes(libsane.paper.read_bytes()[:-100_000])
    fault = fault_of(device)
    assert isinstance(fault, ProtocolError)
    assert fault.code == "scanner_io"  # the library gave a picture that is too short, and no error
    libsane.picture.save(libsane.paper)
    assert len(list(device.scan_pages())) == 1
    assert device.status().condition is Condition.READY


def test_a_scan_of_too_many_pixels_is_not_begun(libsane: Sane) -> None:
    fault = fault_of(libsane.scanner("test", resolution=1200))
    assert isinstance(fault, NeedsAttention)
    assert (fault.code, fault.detail) == ("page_too_large", "scan: too large")


@pytest.mark.parametrize("options", [{"no-such": 1}, {"depth": "eight"}, {"mode": "Sepia"}])
def test_a_wrong_option_is_told_before_the_first_scan(libsane: Sane, options: dict[str, object]) -> None:
    status = libsane.scanner("test", options=options).status()
    assert (status.condition, status.code) == (Condition.FAULT, "scanner_failed")
    assert next(iter(options)) in status.detail


def test_sixteen_bits_are_refused_not_misread(libsane: Sane) -> None:
    assert fault_of(libsane.scanner("test", options={"depth": 16})).code == "scanner_failed"


def test_a_scanner_that_hangs_is_given_up(libsane: Sane) -> None:
    device = libsane.scanner("test", time_limit=0.5, options=SLOW)
    fault = struck(device, signal.SIGSTOP)  # it would not even see that nobody listens any more
    assert isinstance(fault, Timeout)
    assert fault.code == "scanner_timeout"
    assert children() == []
    assert device.status().condition is Condition.READY


def test_a_scan_that_nobody_waits_for_ends(libsane: Sane) -> None:
    pages = libsane.scanner("test", source=FEEDER).scan_pages()
    next(pages)
    assert len(children()) == 1
    cast(object, pages).close()  # type: ignore[attr-defined]  # the protocol says Iterator, every driver is a generator
    assert children() == []


def test_a_scan_ends_with_the_kiosk(libsane: Sane) -> None:
    """Nobody can tell the child any more: it notices by itself, and lets the carriage go back."""
    table = {"driver": "sane", "device": "kiosk-test", "options": {"read-delay": True, "read-delay-duration": 200_000}}
    program = f"from devices.document_scanner.sane import *\nlist(create(Settings(**{table!r})).scan_pages())"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as kiosk:
        tasks = Path(f"/proc/{kiosk.pid}/task/{kiosk.pid}/children")
        assert eventually(lambda: bool(tasks.read_text()))
        child = Path("/proc") / tasks.read_text().strip()
        assert eventually(lambda: len(list((child / "task").iterdir())) > 1)  # it scans
        kiosk.kill()
    # a process that nobody has buried yet has ended, too
    assert eventually(lambda: not child.exists() or ") Z " in (child / "stat").read_text())


@pytest.mark.parametrize("name", ["kiosk-test", ""])
def test_tried_alone_it_writes_pages(libsane: Sane, name: str) -> None:
    command = [sys.executable, "-m", "devices.document_scanner.sane", "--device", name, "--source", FEEDER]
    more = ["--resolution", "50", "--option", "test-picture=Grid", "--out", str(libsane.folder / "out")]
    (libsane.folder / "dll.conf").write_text("test\n")
    subprocess.run([*command, *more], cwd=ROOT, check=True, capture_output=True)
    pages = sorted((libsane.folder / "out").iterdir())
    assert [page.name for page in pages] == [f"page-{number:03d}.jpg" for number in range(1, 11)]
    assert Image.open(io.BytesIO(pages[-1].read_bytes())).size == (413, 584)


def test_a_library_that_crashes_is_a_fault_with_a_code(libsane: Sane) -> None:
    fault = struck(libsane.scanner("test", options=SLOW), signal.SIGSEGV)
    assert fault.code == "scanner_failed"


def struck(device: DocumentScanner, blow: signal.Signals) -> DeviceError:
    """What goes wrong with a scan whose process gets a signal."""
    found: list[DeviceError] = []
    scan = threading.Thread(target=lambda: found.append(fault_of(device)))
    scan.start()
    end = time.monotonic() + PATIENCE
    while not children() and time.monotonic() < end:
        time.sleep(0.01)
    for child in children():
        os.kill(child, blow)
    scan.join(PATIENCE)
    (fault,) = found
    return fault


def test_nothing_is_written_to_a_disk(libsane: Sane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "tmp"
    empty.mkdir()
    monkeypatch.setenv("TMPDIR", str(empty))
    pages = libsane.scanner("test", source=FEEDER).scan_pages()
    for _ in range(3):
        next(pages)
        assert list(empty.iterdir()) == []
    assert len(list(pages)) == 7


@pytest.mark.parametrize("table", [{"resolution": 0}, {"time_limit": 0}, {"options": {"a": [1]}}, {"devise": "x"}])
def test_mistakes_in_the_table_are_told(table: dict[str, object]) -> None:
    assert registry.check("document_scanner", {"driver": "sane", **table})


# -- words ---------------------------------------------------------------------------------------------------------
def codes() -> list[str]:
    """Every code in the drivers of the three kinds."""
    files = [path for kind in DEVICE_KINDS[1:] for path in (ROOT / "devices" / kind).glob("*.py")]
    files.append(ROOT / "devices" / "transport.py")
    quoted = r'"((?:scanner|page|scan|card|device|camera|text_layer)_[a-z_]+|no_card)"'
    found = {code for path in files for code in re.findall(quoted, path.read_text(encoding="utf-8"))}
    return sorted(found - set(DEVICE_KINDS))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_is_told_to_the_citizen(language: str) -> None:
    assert {code for _, code in sane.ERRORS.values()} < set(codes())
    silent = [code for code in codes() if error_text(code, language) == code or not advice(code, language)]
    assert silent == []
