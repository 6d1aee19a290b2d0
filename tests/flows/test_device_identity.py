"""Who a printer is: asked by the kiosk, kept on the disk, shown by others while the kiosk holds the printer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from devices.interfaces import Condition
from kiosk import config as configuration
from kiosk.state import AppState
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_commands import Shell, free_port
from tests.flows.test_numbers import log_in

OTHER_PRINTER = """
import sys
from devices.printer.virtual import Printer
from devices.printer.virtual_lines import TcpPrinter
printer = Printer()
printer.identity[65] = f"_{sys.argv[2]}\\0".encode()
with TcpPrinter(printer, int(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def main(tmp_path: Path) -> Shell:
    """The command line."""
    return Shell(tmp_path)


class Plugged:
    """A network printer in a process of its own that tells another firmware."""

    def __init__(self, port: int, firmware: str) -> None:
        self.url = f"socket://127.0.0.1:{port}"
        self._command = [sys.executable, "-c", OTHER_PRINTER, str(port), firmware]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout
        assert self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def of_printer(report: Any) -> tuple[str | None, str | None]:
    """Firmware and serial number of a printer in a report."""
    connection = report["devices"]["printer"]["connection"]
    return connection.get("firmware"), connection.get("serial")


def test_who_a_printer_is_outlives_the_kiosk_until_another_one_contradicts(main: Shell, tmp_path: Path) -> None:
    port = free_port()
    path = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "socket://127.0.0.1:{port}"\n')

    def beside(condition: Condition, firmware: str, *options: str | Path) -> tuple[str | None, str | None]:
        """What another process finds once the kiosk, which holds the printer, shows its firmware."""
        with Machine(configuration.load(path).model_copy(update={"embedded": True})) as machine:  # its technician
            player = Player(machine)
            player.until(lambda s: "printer" in s.devices and s.devices["printer"].condition is condition, "its state")
            log_in(player, "technician", "8642")

            def shown(state: AppState) -> bool:
                memory = state.diagnostics.memory.get("printer")
                return memory is not None and memory.connection.get("firmware") == firmware

            player.until(shown, "who it is")
            report = main("diagnose", "--config", path, "--json", *options).json
            assert report["devices"]["printer"]["held_by_kiosk"]
            return of_printer(report)

    with Plugged(port, "1.04"):
        assert beside(Condition.READY, "1.04") == ("1.04", "V0000001")
    folder = tmp_path / "paper"
    assert beside(Condition.OFFLINE, "1.04", "--report", folder, "--bundle", folder) == ("1.04", "V0000001")
    (paper,), (bundle,) = folder.glob("*.pdf"), folder.glob("*.zip")
    with pypdfium2.PdfDocument(paper) as document:
        words = " ".join(page.get_textpage().get_text_range() for page in document)
    assert re.search(r"Virtual\s80.*1\.04.*V0000001", words, re.DOTALL)
    with zipfile.ZipFile(bundle) as archive:
        known = json.loads(archive.read("history/identities.json"))["printer"]
    assert (known["firmware"], known["model"], known.keys() & {"where"}) == ("1.04", "Virtual 80", set())
    with Plugged(port, "2.00"):
        assert beside(Condition.READY, "2.00") == ("2.00", "V0000001")
