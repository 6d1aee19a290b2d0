"""Every protocol and value type of the hardware, on one page.

A driver is a file `devices/<kind>/<driver>.py` with two names: `Settings`, a pydantic model of its table in the
configuration (unknown keys forbidden), and `create(settings)`, which returns a device that is not open yet. Heavy
libraries are imported when the device is opened, never when the file is.

Unplugged is a state, not a crash: `status()` opens what can be opened again and answers `OFFLINE` while it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self, runtime_checkable

from PIL import Image

DEVICE_KINDS = ("printer", "code_scanner", "document_scanner", "card_reader")


class Condition(StrEnum):
    """What a device can do now, in the order in which a person must care."""

    OFFLINE = "offline"  # not found, unplugged, silent
    READY = "ready"  # works
    ATTENTION = "attention"  # a person must act: paper, cover, jam
    FAULT = "fault"  # broken: a technician must act


@dataclass(frozen=True)
class DeviceStatus:
    """State of one device. `code` is stable and translated with advice; `detail` goes to the log only.

    A READY device may carry a code that warns without stopping it, such as `paper_low`.
    """

    condition: Condition
    code: str = ""
    detail: str = ""


class PrintResult(StrEnum):
    """How sure it is that the paper came out."""

    CONFIRMED = "confirmed"  # the printer answered after the job that all is well
    UNCONFIRMED = "unconfirmed"  # all bytes were taken, but the printer has not told what became of them
    FAILED = "failed"  # nothing complete came out


NO_STATUS = "printer_no_status"  # code of every job of a printer that never tells anything


@dataclass(frozen=True)
class PrintOutcome:
    """Result of one print job; `code` says why it is not confirmed (`paper_out`, `cover_open`, …).

    `paper_mm` is the length of paper that it took, also when it came out broken.
    """

    result: PrintResult
    code: str = ""
    paper_mm: float = 0.0


@dataclass(frozen=True)
class ScannedPage:
    """One page as it came from the scanner, cropped and checked.

    `jpeg` is colour JPEG; `width` and `height` in pixels at `dpi`; `sharpness` is the variance of the Laplacian at a
    fixed size; `problems` are translated codes such as `page_blurred`, `page_blank`, empty when the page is good.
    """

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    dpi: int = 200
    sharpness: float = 0.0
    problems: tuple[str, ...] = ()


@runtime_checkable
class Device(Protocol):
    """What every driver can do. None of these raises for a missing device; `status()` says it."""

    def open(self) -> None:
        """Find and open the device. Raises `DeviceError`."""

    def close(self) -> None:
        """Let go of the device; harmless when it is not open."""

    def status(self) -> DeviceStatus:
        """Ask the device how it is; opens it first when it is not open."""


@runtime_checkable
class TicketPrinter(Device, Protocol):
    """Prints pictures on a paper roll."""

    @property
    def width_dots(self) -> int:
        """Printable width in dots; pictures for `print_page` have this width."""

    def print_page(self, image: Image.Image) -> PrintOutcome:
        """Print one picture (mode "1" or "L", `width_dots` wide) and cut. Never raises for printer faults."""


@runtime_checkable
class CutTeller(Protocol):
    """What some ticket printers can do besides."""

    def came_out(self) -> bool | None:
        """Whether the last job came out whole; None when it cannot tell. Raises `DeviceError` while nobody answers."""


@runtime_checkable
class Identified(Protocol):
    """What some devices can do besides."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What it has told of itself: `maker`, `model`, `firmware`, `serial`; empty while nothing is known."""


@runtime_checkable
class CodeScanner(Device, Protocol):
    """Reads bar codes and QR codes."""

    def read_code(self, timeout: float) -> str | None:
        """Wait up to `timeout` seconds for one code, as NFC text. Raises `DeviceError` when it was unplugged."""


@runtime_checkable
class DocumentScanner(Device, Protocol):
    """Turns paper into pages."""

    def scan_pages(self) -> Iterator[ScannedPage]:
        """Scan what lies there: one page on glass, all pages of a feeder. Raises `DeviceError`."""


Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Preview:
    """What a camera sees now: `rgb` has `width` × `height` × 3 bytes, from the top.

    `corners` are those of the sheet, clockwise from its top left, each (x, y) in shares of width and height; None when
    no sheet is seen. `steady`: a sheet lies still that was not taken yet, now is the moment for `scan_pages`.
    `problems` are translated codes of what would spoil the page: `view_dark`, `view_glare`, `page_cut`.
    """

    rgb: bytes = field(repr=False)
    width: int
    height: int
    corners: Corners | None = None
    steady: bool = False
    problems: tuple[str, ...] = ()


@runtime_checkable
class DocumentCamera(DocumentScanner, Protocol):
    """A document scanner that shows what it sees before it takes it."""

    def preview(self, timeout: float) -> Preview | None:
        """What is seen now; None when no new picture comes within `timeout` seconds. Raises `DeviceError`."""

    def set_corners(self, corners: Corners | None) -> bool:
        """Corners that a person has set, for the next scan only; False when they cannot be those of a sheet."""


@runtime_checkable
class PaperSensor(Protocol):
    """What some document scanners can do besides."""

    def paper_left(self) -> bool:
        """Whether a paper lies in it or under it now. Raises `DeviceError`."""


class CardConnection(Protocol):
    """An open line to one card, for the time of a `with` block."""

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8.2), for contactless cards as PC/SC part 3 builds it."""

    def reset(self) -> None:
        """Power the chip off and on: access control starts afresh. Raises `DeviceError`."""

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command APDU; return response data and status word (ISO/IEC 7816-4, 5.1). Raises `DeviceError`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class CardReader(Device, Protocol):
    """Tells whether a card is there, and talks to it."""

    def card_present(self) -> bool:
        """Whether a card lies on the reader now. Raises `DeviceError` when the reader was unplugged."""

    def connect(self) -> CardConnection:
        """Open a line to the card. Raises `NeedsAttention("no_card")` when there is none."""
