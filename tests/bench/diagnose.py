"""`main.py diagnose --self-test` in a cold process, with a printer and a scanner that are there and two that hang."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from devices.printer.virtual_lines import TcpPrinter

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 3
CONFIG = """
[storage]
data_dir = "{folder}/data"
[devices.printer]
driver = "escpos"
url = "{printer}"
[devices.document_scanner]
driver = "sane"
[devices.card_reader]
driver = "pcsc"
[devices.code_scanner]
driver = "serial_line"
url = "socket://127.0.0.1:{port}"
[province]
url = "http://127.0.0.1:{port}"
"""


def measure() -> dict[str, float]:
    """Seconds until the report is there: with the embedded devices, and where nobody answers (target: 15)."""
    return {"embedded_seconds": _median(None), "nobody_answers_seconds": _median(CONFIG)}


def _median(config: str | None) -> float:
    return statistics.median(_once(config) for _ in range(ROUNDS))


def _once(text: str | None) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        TcpPrinter() as printer,
        socket.create_server(("127.0.0.1", 0)) as mute,
    ):
        command = [sys.executable, str(ROOT / "main.py"), "diagnose", "--self-test", "--json"]
        if text:
            path = Path(folder) / "site.toml"
            path.write_text(text.format(folder=folder, printer=printer.url, port=mute.getsockname()[1]))
            command += ["--config", str(path)]
        started = time.perf_counter()
        done = subprocess.run(
            command, env={**os.environ, "XDG_DATA_HOME": folder}, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        report = json.loads(done.stdout)
        if report["devices"]["printer"]["condition"] != "ready":
            raise RuntimeError("the printer that is there was not found")
        return seconds


if __name__ == "__main__":
    print(json.dumps(measure()))
