"""A dossier with every device in another process, each pulled and restored on the way; run by `test_hardware.py`.

Printer: our own network printer. Codes: a serial line. Papers: SANE's pnm backend. Card: pcscd with a virtual reader.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.card import make_card
from devices.interfaces import Condition
from kiosk.config import Config
from kiosk.identity import Assurance
from kiosk.state import AppState, Job, Step
from kiosk.wiring import Machine
from offline_queue.entry import EntryState
from tests.contract.card_player import CardPlayer
from tests.contract.pcsc_scenarios import _own_machine
from tests.contract.pcsc_service import FIRST, Service
from tests.contract.test_document_scanner import Sane
from tests.flows.conftest import Player, config
from tests.flows.test_chip import PERSON
from tests.flows.test_dossier import fill_form, has_page

__all__ = ["_own_machine", "config"]
BIRTH = "1.001193"
PORT = 9100
CODE = f"{PERSON.number}||{PERSON.full_name}|14021990|Nữ|Tổ 1, Võ Cường, Bắc Ninh|10092025"


class NetworkPrinter:
    """The printer in a process of its own; each life of it keeps its slips in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lives = 0
        self._process: subprocess.Popen[str] | None = None

    def plug(self, *options: str) -> None:
        """Switch it on; it answers when this returns."""
        self._lives += 1
        out = self._folder / f"life-{self._lives}"
        command = [
            sys.executable,
            "-m",
            "devices.printer.virtual_lines",
            "--port",
            str(PORT),
            "--out",
            str(out),
            *options,
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline()

    def unplug(self) -> None:
        """Pull its plug."""
        assert self._process
        assert self._process.stdout
        assert self._process.stdin
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def slips(self) -> list[str]:
        """What the QR code of each slip says that was cut off, in all its lives; "" where none can be read."""
        told = []
        for path in sorted(self._folder.glob("life-*/*.png")):
            with Image.open(path) as picture:
                told.append(" ".join(code.text for code in zxingcpp.read_barcodes(picture.convert("L"))))
        return told


class SerialScanner:
    """The code scanner in a process of its own."""

    def __init__(self, link: Path) -> None:
        command = [sys.executable, "-m", "devices.code_scanner.simulated", "--pty", "--link", str(link)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()

    def order(self, line: str) -> None:
        """A code, or a fault."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Switch it off."""
        assert self._process.stdin
        assert self._process.stdout
        self.order("!quit")
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Hall:
    """The machine with its devices around it, and a person who pulls and restores them."""

    def __init__(self, config: Config, folder: Path, exits: ExitStack) -> None:
        self.printer = NetworkPrinter(folder)
        self.printer.plug()
        exits.callback(self.printer.unplug)
        self.codes = SerialScanner(folder / "scanner")
        exits.callback(self.codes.close)
        self.papers = Sane(folder)
        readers = folder / "readers"  # the service reads every file of its folder
        readers.mkdir()
        self.cards = Service(readers)
        self.cards.start()
        exits.callback(self.cards.kill)
        trusted = folder / "csca"
        trusted.mkdir()
        (trusted / "csca.der").write_bytes(Authority.create().csca_certificate)
        options = {"filename": str(self.papers.paper)}
        devices = {
            "printer": {"driver": "escpos", "url": f"socket://127.0.0.1:{PORT}"},
            "code_scanner": {"driver": "serial_line", "url": self.codes.url},
            "document_scanner": {"driver": "sane", "device": "kiosk-pnm", "resolution": 100, "options": options},
            "card_reader": {"driver": "pcsc", "csca_dir": str(trusted)},
        }
        machine = exits.enter_context(Machine(config.model_copy(update={"devices": devices})))
        self.player = Player(machine)
        self.ticking(lambda s: all(self.well(kind, s) for kind in devices), "all devices")

    @staticmethod
    def well(kind: str, state: AppState) -> bool:
        """Whether this device is ready."""
        return kind in state.devices and state.devices[kind].condition is Condition.READY

    def ticking(self, wanted: Callable[[AppState], bool], what: str) -> None:
        """Time passes until it is so."""

        def ticked(state: AppState) -> bool:
            self.player.kiosk.tick()
            return wanted(state)

        self.player.until(ticked, what)

    def comes_and_goes(self, kind: str, pull: Callable[[], None], restore: Callable[[], None]) -> None:
        """Pull a device until the kiosk has noticed, then restore it."""
        step, session = self.player.state.step, self.player.state.session
        pull()
        self.ticking(lambda s: not self.well(kind, s), f"{kind} to be missed")
        restore()
        self.ticking(lambda s: self.well(kind, s), f"{kind} to be back")
        assert self.player.state.step is step
        assert self.player.state.session is not None
        assert session is not None
        assert self.player.state.session.id == session.id


@pytest.fixture
def hall(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    """Everything is switched on."""
    folder = tmp_path / "devices"
    folder.mkdir()
    monkeypatch.setenv("SANE_CONFIG_DIR", str(folder))
    with ExitStack() as exits:
        yield Hall(config, folder, exits)


def test_each_device_is_pulled_and_restored_and_one_slip_comes_out(hall: Hall) -> None:
    player, kiosk = hall.player, hall.player.kiosk
    kiosk.browse()
    kiosk.choose_procedure(BIRTH)
    session = kiosk.session
    assert session.procedure
    kiosk.choose_case(session.procedure.cases[0].id)
    kiosk.start_dossier()
    hall.comes_and_goes("code_scanner", lambda: hall.codes.order("!unplug"), lambda: hall.codes.order("!replug"))
    hall.codes.order(CODE)
    player.until(lambda s: s.step is Step.CARD, "the step of the chip")
    hall.comes_and_goes("card_reader", lambda: hall.cards.restart(readers=False), hall.cards.restart)
    with CardPlayer(make_card(PERSON), FIRST):
        hall.ticking(lambda s: bool(s.session and s.session.card.job is Job.CONFIRMED), "the chip")
    kiosk.card_done()
    kiosk.accept_notice(())
    assert kiosk.session.assurance is Assurance.VERIFIED
    fill_form(player)
    player.at(Step.PAPERS)
    scan_papers(hall)
    player.at(Step.REVIEW)
    kiosk.next()
    kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    hall.printer.unplug()
    kiosk.collected()
    hall.ticking(lambda s: bool(s.session and s.session.slip_print is Job.FAILED), "the failed print")
    assert hall.printer.slips == []
    hall.printer.plug("--dies-after", "9000")  # and again, in the middle of the slip
    hall.ticking(lambda s: bool(s.session and s.session.slip_print is Job.RUNNING), "the second try")
    hall.ticking(
        lambda s: bool(s.session and s.session.slip_print in (Job.FAILED, Job.UNCONFIRMED)), "the second failure"
    )
    if kiosk.session.slip_print is Job.UNCONFIRMED:
        kiosk.slip_is_missing()
    hall.ticking(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the slip")
    hall.ticking(lambda s: s.outbox.pending == 0, "the province")
    (entry,) = kiosk.parts.outbox.list()
    assert entry.state is EntryState.DELIVERED
    assert hall.printer.slips == [kiosk.slip_qr(entry.provisional_code)]


def scan_papers(hall: Hall) -> None:
    """One page of each paper; the scanner is pulled before the first and found again by scanning."""
    player, kiosk = hall.player, hall.player.kiosk
    hall.papers.unplug()
    for component in kiosk.papers_needed():
        kiosk.open_paper(component.id)
        while True:
            kiosk.scan_page()
            player.until(lambda s: bool(s.session and s.session.scan is not Job.RUNNING), "the end of the scan")
            if kiosk.session.scan is not Job.FAILED:
                break
            assert kiosk.session.scan_code == "device_unplugged"
            hall.papers.plug()
        player.until(partial(has_page, component.id), "the page")
        kiosk.next()
    kiosk.next()
