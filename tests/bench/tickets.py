"""Speed of a ticket: from the slip to the last byte that a TCP printer in another process has accepted."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import IO

from devices.interfaces import PrintResult, TicketPrinter
from devices.printer import escpos, raster
from devices.printer.virtual import Printer
from devices.printer.virtual_lines import TcpPrinter
from kiosk import slips
from kiosk.hall.view import Estimate
from kiosk.slip_picture import draw
from kiosk.slips import Slip

TICKETS = 200
WIDTH = 576
NOW = datetime(2026, 11, 23, 8, 14, tzinfo=UTC)


def measure() -> dict[str, float | str]:
    """Milliseconds from the slip to the last byte accepted (first, median, 99th percentile), beside `sendall` of the
    same bytes to the same kind of receiver; the parts of it; bytes as a share of the plain raster."""
    drawing, encoding, shares, jobs = [], [], [], []
    with _receiver() as (url, accepted):
        printer = escpos.create(escpos.Settings(driver="escpos", url=url, width_dots=WIDTH))
        printer.open()
        printed = [_milliseconds(accepted, partial(_print, printer, number)) for number in range(TICKETS)]
        printer.close()
    for number in range(TICKETS):
        begin = time.monotonic()
        picture = draw(_slip(number), WIDTH)
        drawn = time.monotonic()
        jobs.append(raster.encode(picture))
        encoding.append((time.monotonic() - drawn) * 1000)
        drawing.append((drawn - begin) * 1000)
        shares.append(len(jobs[-1]) / (WIDTH // 8 * picture.height))
    sent = _reference(jobs)
    return {
        "to_last_byte_ms_first": printed[0],
        "to_last_byte_ms_p50": statistics.median(printed),
        "to_last_byte_ms_p99": _p99(printed),
        "sendall_ms_p50": statistics.median(sent),
        "sendall_ms_p99": _p99(sent),
        "draw_ms_p50": statistics.median(drawing),
        "draw_ms_p99": _p99(drawing),
        "encode_ms_p50": statistics.median(encoding),
        "encode_ms_p99": _p99(encoding),
        "bytes_of_plain_raster": statistics.mean(shares),
        "kilobytes": statistics.mean(map(len, jobs)) / 1000,
        "tickets": str(TICKETS),
    }


def _reference(jobs: list[bytes]) -> list[float]:
    with _receiver() as (url, accepted):
        host, port = url.removeprefix("socket://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return [_milliseconds(accepted, partial(line.sendall, job)) for job in jobs]


def _print(printer: TicketPrinter, number: int) -> None:
    outcome = printer.print_page(draw(_slip(number), WIDTH))
    assert outcome.result is PrintResult.CONFIRMED, outcome.code


def _milliseconds(accepted: IO[str], act: Callable[[], None]) -> float:
    begin = time.monotonic()
    act()
    return (float(json.loads(accepted.readline())) - begin) * 1000


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _slip(number: int) -> Slip:
    name = f"A-{number + 1:03d}"
    return slips.ticket_slip(
        centre="Trung tâm Phục vụ hành chính công phường Võ Cường",
        number=name,
        series_title="Khai sinh, kết hôn, hộ tịch",
        counters=(1, 2),
        issued_at=NOW.replace(minute=number % 60),
        ahead=number % 30,
        estimate=Estimate(number % 45 + 2, number % 45 + 1, number % 45 + 9),
        qr=f"MC1|H05.114|2026-11-23|{name}",
    )


@contextmanager
def _receiver() -> Iterator[tuple[str, IO[str]]]:
    """A printer in another process: its address, and a line for each job, the moment of its last byte.

    `time.monotonic` is one clock for all processes of a machine.
    """
    command = [sys.executable, "-m", "tests.bench.tickets"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.stdout
        process.stdin.close()


class _Reporting(Printer):
    """Tells each job as soon as it is cut, and keeps none."""

    def _cut(self, now: float) -> None:
        super()._cut(now)
        print(json.dumps(self.jobs.pop().accepted_at), flush=True)


def _receive() -> None:
    with TcpPrinter(_Reporting(WIDTH)) as served:
        print(served.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _receive()
