"""How long a device is away after its plug is back: printer over TCP and a serial line, code scanner on a terminal."""

from __future__ import annotations

import queue
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices import registry
from devices.code_scanner.serial_simulator import SerialScannerSimulator
from devices.events import DeviceChanged
from devices.interfaces import Condition
from devices.printer.virtual_lines import PtyPrinter, TcpPrinter
from devices.worker import DeviceWorker

TIMES = 5
REST_SECONDS = 8.0  # a device that comes and goes more often than this is a loose plug, and told so


def measure() -> dict[str, float]:
    """Seconds from the plug to the news that the device is ready: median and longest of `TIMES`."""
    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        measured: dict[str, Callable[[], list[float]]] = {
            "printer_tcp": lambda: _printer(TcpPrinter()),
            "printer_serial": lambda: _printer(PtyPrinter(Path(folder) / "printer")),
            "code_scanner": lambda: _code_scanner(Path(folder) / "scanner"),
        }
        for name, times in measured.items():
            seconds = times()
            answer[f"{name}_seconds_p50"] = statistics.median(seconds)
            answer[f"{name}_seconds_longest"] = max(seconds)
    return answer


def _printer(served: TcpPrinter | PtyPrinter) -> list[float]:
    with served:
        device = registry.create("printer", {"driver": "escpos", "url": served.url})
        return _away("printer", device, None, served.unplug, served.plug)


def _code_scanner(link: Path) -> list[float]:
    simulator = SerialScannerSimulator(link)
    device = registry.create("code_scanner", {"driver": "serial_line", "url": simulator.url})
    try:
        return _away(
            "code_scanner", device, lambda scanner: scanner.read_code(0.2) or (), simulator.unplug, simulator.replug
        )
    finally:
        simulator.unplug()


def _away(
    kind: str, device: Any, idle: Callable[[Any], Any] | None, unplug: Callable[[], None], plug: Callable[[], None]
) -> list[float]:
    inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
    worker = DeviceWorker(kind, device, inbox, idle=idle)
    worker.start()
    seconds = []
    _wait(inbox, ready=True)
    for _ in range(TIMES):
        unplug()
        _wait(inbox, ready=False)
        plug()
        begun = time.monotonic()
        _wait(inbox, ready=True)
        seconds.append(time.monotonic() - begun)
        time.sleep(REST_SECONDS)
    worker.stop()
    return seconds


def _wait(inbox: queue.SimpleQueue[object], ready: bool) -> None:
    while True:
        event = inbox.get(timeout=30)
        if isinstance(event, DeviceChanged) and (event.status.condition is Condition.READY) is ready:
            return
