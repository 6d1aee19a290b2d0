"""Feeders and their faults: how many pages, blank backs, a stack without an end, a library that hangs."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devices.document_scanner import sane
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout
from devices.interfaces import Condition, DocumentScanner, ScannedPage
from tests.contract.sane_backends import FEEDER, Sane, libsane

__all__ = ["libsane"]  # a fixture
ROOT = Path(__file__).parent.parent.parent
WHITE = {"test-picture": "Solid white"}
# speaks as sane_child.py does: two pages, then what it is told to do
SCRIPTED = """
import json, os, sys, time
sys.stdin.buffer.readline()
for page in range(2):
    head = {"mode": "L", "width": 60, "height": 80, "dpi": 50}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\\n" + bytes([250]) * 4800)
sys.stdout.buffer.flush()
%s
"""

# python-sane with a feeder that never becomes empty: libsane's own test backend has ten pages only
ENDLESS = """
from PIL import Image
class error(Exception): pass
TYPE_BOOL = TYPE_INT = TYPE_FIXED = UNIT_MM = 0
class Device:
    opt = {}
    def start(self): pass
    def get_parameters(self): return "gray", 1, (413, 585), 8, 413
    def snap(self, no_cancel): return Image.new("L", (413, 585), 250)
    def cancel(self): pass
    def close(self): pass
def init(): pass
def open(name): return Device()
"""


def taken(device: DocumentScanner) -> tuple[list[ScannedPage], DeviceError | None]:
    """The pages that came, and what ended them."""
    pages: list[ScannedPage] = []
    try:
        pages.extend(device.scan_pages())
    except DeviceError as error:
        return pages, error
    return pages, None


def test_blank_backs_are_dropped_and_blank_fronts_told(libsane: Sane) -> None:
    pages, error = taken(libsane.scanner("test", source=FEEDER, duplex=True, options=WHITE, resolution=50))
    assert error is None
    assert [page.problems for page in pages] == [("page_blank",)] * 5


def test_without_duplex_every_blank_page_is_a_front(libsane: Sane) -> None:
    pages, _ = taken(libsane.scanner("test", source=FEEDER, options=WHITE, resolution=50))
    assert [page.problems for page in pages] == [("page_blank",)] * 10


def test_printed_backs_are_kept(libsane: Sane) -> None:
    pages, _ = taken(libsane.scanner("test", source=FEEDER, duplex=True, resolution=50))
    assert len(pages) == 10


def test_a_stack_that_is_too_high_is_told_and_loses_no_page_before(libsane: Sane) -> None:
    device = libsane.scanner("test", source=FEEDER, max_pages=4, resolution=50)
    pages, error = taken(device)
    assert len(pages) == 4
    assert isinstance(error, NeedsAttention)
    assert error.code == "scanner_too_many"
    assert device.status().condition is Condition.READY


def test_a_stack_of_just_so_many_pages_is_no_fault(libsane: Sane) -> None:
    pages, error = taken(libsane.scanner("test", source=FEEDER, max_pages=10, resolution=50))
    assert (len(pages), error) == (10, None)


def test_a_feeder_of_500_pages_ends_and_takes_no_memory(libsane: Sane, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sane", "_sane"):
        (libsane.folder / f"{name}.py").write_text(ENDLESS if name == "_sane" else "from _sane import *")
    monkeypatch.setenv("PYTHONPATH", str(libsane.folder))
    pages = libsane.scanner("test", feeder=True, max_pages=500).scan_pages()
    for _ in range(20):
        next(pages)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(480):
        next(pages)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes; all pages have 116 MB
    with pytest.raises(NeedsAttention) as caught:
        next(pages)
    assert caught.value.code == "scanner_too_many"


def test_a_backend_that_hangs_for_ever_is_killed_and_told(libsane: Sane) -> None:
    """A pipe that nobody writes to hangs in the kernel: neither cancel nor a signal that asks politely helps."""
    pipe = libsane.folder / "pipe"
    os.mkfifo(pipe)
    device = libsane.scanner(time_limit=0.5, options={"filename": str(pipe)})
    pages, error = taken(device)
    assert pages == []
    assert isinstance(error, Timeout)
    assert error.code == "scanner_timeout"
    libsane.picture.save(libsane.paper)
    assert len(taken(libsane.scanner())[0]) == 1


@pytest.mark.parametrize(
    ("then", "kind", "code"),
    [
        ("print(json.dumps({'error': 'Document feeder jammed', 'at': 'scan'}))", NeedsAttention, "scanner_jam"),
        ("print(json.dumps({'error': 'Scanner cover is open', 'at': 'scan'}))", NeedsAttention, "scanner_cover_open"),
        ("os.kill(os.getpid(), 11)", ProtocolError, "scanner_failed"),
        ("print('no JSON at all')", ProtocolError, "scanner_failed"),
        ("print('[1]')", ProtocolError, "scanner_failed"),
        ("time.sleep(60)", Timeout, "scanner_timeout"),
    ],
)
def test_the_pages_before_a_fault_are_kept(
    libsane: Sane, monkeypatch: pytest.MonkeyPatch, then: str, kind: type[DeviceError], code: str
) -> None:
    child = libsane.folder / "child.py"
    child.write_text(SCRIPTED % then)
    monkeypatch.setattr(sane, "CHILD", child)
    monkeypatch.setattr(sane, "STOP_SECONDS", 0.2)
    pages, error = taken(libsane.scanner("test", source=FEEDER, time_limit=1.0))
    assert len(pages) == 2
    assert isinstance(error, kind)
    assert error.code == code


def test_a_page_without_an_end_takes_no_memory_of_the_kiosk(libsane: Sane) -> None:
    """A hand scanner does not know its height before: its page is as long as it gives lines."""
    pages, error = taken(libsane.scanner("test", options={"hand-scanner": True}, resolution=50))
    assert error is None
    assert len(pages) == 1


@pytest.mark.parametrize(("options", "exit_code"), [([], 0), (["--option", "test-picture=Solid white"], 1)])
def test_a_trial_tells_whether_the_pages_are_good(libsane: Sane, options: list[str], exit_code: int) -> None:
    (libsane.folder / "dll.conf").write_text("pnm\ntest\n")
    command = [sys.executable, "-m", "devices.document_scanner.sane", "--device"]
    name = ["kiosk-pnm", "--option", f"filename={libsane.paper}"] if not options else ["kiosk-test", *options]
    done = subprocess.run([*command, *name, "test"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == exit_code, done.stderr
    assert "page-001.jpg" in done.stdout
    assert not list(ROOT.glob("page-*.jpg"))
    assert signal.getsignal(signal.SIGINT)
