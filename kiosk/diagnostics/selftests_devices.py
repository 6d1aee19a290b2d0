"""Self-tests of the devices on their real path: through the driver, on the thread that alone touches it.

No citizen's data comes out of them: of a chip only what opened it and whether it is genuine, of a sheet only its dirt.
"""

from __future__ import annotations

import hmac
import io
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from devices.errors import DeviceError
from devices.interfaces import (
    CardReader,
    Condition,
    Device,
    DeviceStatus,
    DocumentScanner,
    PrintOutcome,
    PrintResult,
    TicketPrinter,
)
from kiosk import slips
from kiosk.diagnostics.dirt import find_dirt
from kiosk.diagnostics.selftests import Finding, failed, not_done, passed
from kiosk.slip_picture import draw

if TYPE_CHECKING:
    from devices.card_reader.emrtd.results import ChipData
    from devices.card_reader.emrtd.trust import TrustStore

QR_MARK = "KT1"  # of a technician's slip, which no screen of the citizens takes for anything
TOKEN_BYTES = 8  # a slip of an earlier test is never taken for this one
MOST_SPECKS = 5  # fewer are dust that the next sheet takes along
LARGE_MM = 3.0  # as high as a capital letter of 12 points: it covers a whole sign
PLACES = 8  # named in the record


def ask(device: Device) -> tuple[DeviceStatus, Finding]:
    """Ask the driver how the device is; it opens it first."""
    started = time.perf_counter()
    status = device.status()
    figures: dict[str, float | str] = {"answer_ms": round((time.perf_counter() - started) * 1000)}
    return status, (passed if status.condition is Condition.READY else failed)(status.code, **figures)


# -- printer and code scanner ------------------------------------------------------------------------------------------
def new_token() -> str:
    """What only the slip of this test says."""
    return secrets.token_hex(TOKEN_BYTES)


def token_text(kiosk_id: str, token: str) -> str:
    """What stands in the QR code of the test ticket."""
    return f"{QR_MARK}|{kiosk_id}|{token}"


def print_ticket(
    printer: TicketPrinter, *, centre: str, kiosk_id: str, token: str, printed_at: datetime
) -> PrintOutcome:
    """Print the technician's slip with the token in its QR code."""
    slip = slips.test_slip(centre=centre, kiosk_id=kiosk_id, width_dots=printer.width_dots, printed_at=printed_at)
    code = slips.Qr(token_text(kiosk_id, token))
    blocks = tuple(code if isinstance(block, slips.Qr) else block for block in slip.blocks)
    return printer.print_page(draw(replace(slip, blocks=blocks), printer.width_dots))


def ticket_read(text: str, kiosk_id: str, token: str) -> bool:
    """Whether the code scanner has read the ticket of this very test, to the letter."""
    return hmac.compare_digest(text.encode(), token_text(kiosk_id, token).encode())


def after_print(outcome: PrintOutcome) -> Finding | None:
    """The finding when nothing came out; None when there is something to be read back."""
    return failed(outcome.code or "printer_fault") if outcome.result is PrintResult.FAILED else None


# -- document scanner --------------------------------------------------------------------------------------------------
def scan_blank(scanner: DocumentScanner) -> Finding:
    """Scan a blank sheet: whatever is on the picture is dirt on the glass, the rollers or the lens."""
    started = time.perf_counter()
    try:
        page = next(iter(scanner.scan_pages()), None)
    except DeviceError as error:
        return failed(error.code)
    if page is None:
        return failed("scanner_no_paper")
    figures: dict[str, float | str] = {"scan_s": round(time.perf_counter() - started, 2)}
    with Image.open(io.BytesIO(page.jpeg)) as picture:
        found = find_dirt(np.asarray(picture.convert("L")), page.dpi)
    figures |= {"width_mm": found.width_mm, "height_mm": found.height_mm, "paper_level": found.paper_level}
    if found.dark:
        return failed("scan_dark", **figures)
    if found.written:
        return not_done("sheet_not_blank", **figures)
    figures |= {"specks": len(found.specks), "streaks": len(found.streaks)}
    if spots := (*found.streaks, *found.specks):
        figures["largest_mm"] = max(spot.size_mm for spot in spots)
        figures["places_mm"] = "; ".join(str(spot) for spot in spots[:PLACES])
    if found.streaks:
        return failed("scan_streaks", **figures)
    large = [spot for spot in found.specks if spot.size_mm >= LARGE_MM]
    return failed("scan_specks", **figures) if large or len(found.specks) > MOST_SPECKS else passed(**figures)


# -- card reader -------------------------------------------------------------------------------------------------------
def card_chip(reader: CardReader, number: str, trust: Callable[[], TrustStore]) -> Finding:
    """Read a whole chip and tell nothing of whose it is; `number` opens it, "" on a simulated reader."""
    from devices.card_reader.emrtd.access import AccessKey
    from devices.card_reader.emrtd.reader import read_chip
    from devices.card_reader.emrtd.results import ChipData
    from devices.card_reader.simulated import SimulatedCardReader

    if not number and isinstance(reader, SimulatedCardReader):
        number = reader.holder.number
    if not number:
        return not_done("card_number_missing")
    try:
        with reader.connect() as line:
            for event in read_chip(line, AccessKey.from_id_number(number), trust()):
                if isinstance(event, ChipData):
                    return _of_chip(event)
    except DeviceError as error:
        return failed(error.code)
    return failed("chip_protocol")


def _of_chip(data: ChipData) -> Finding:
    from devices.card_reader.emrtd.results import CloneCheck, Trust

    figures: dict[str, float | str] = {
        "access": data.access.value,
        "trust": data.verdict.trust.value,
        "clone_check": data.clone_check.value,
        "commands": data.apdus,
        "bytes": data.octets,
        "seconds": round(data.seconds, 2),
    }
    if data.verdict.trust is Trust.FAILED:
        return failed("chip_changed", **figures)
    if data.clone_check is CloneCheck.COPIED:
        return failed("chip_copied", **figures)
    # a test card is signed by its maker: the reader has done its work, and the technician is told
    return passed("" if data.verdict.trust is Trust.TRUSTED else "chip_unknown_signer", **figures)
