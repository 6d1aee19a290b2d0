"""Frozen events: the only thing that leaves a device's thread.

Each carries the session it was asked for (`""` when nobody asked); what comes for an ended session is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.card_reader.emrtd.results import ChipEvent
from devices.interfaces import DeviceStatus, Preview, PrintOutcome, ScannedPage


@dataclass(frozen=True)
class DeviceChanged:
    """A device is in another state than before."""

    device: str
    status: DeviceStatus


@dataclass(frozen=True)
class DeviceNamed:
    """What a device has told of itself (`Identified`)."""

    device: str
    identity: Mapping[str, str]


@dataclass(frozen=True)
class CodeScanned:
    """A code was read. `text` may hold personal data: it is never part of the representation."""

    device: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class PaperLeft:
    """Whether a paper still lies in the scanner."""

    device: str
    session_id: str
    left: bool


@dataclass(frozen=True)
class CardPresence:
    """A card was laid on the reader or taken from it."""

    device: str
    present: bool


@dataclass(frozen=True)
class ChipRead:
    """Something of the chip has come while `job` reads it; the last one is its `ChipData`."""

    device: str
    job: str
    session_id: str
    event: ChipEvent = field(repr=False)


@dataclass(frozen=True)
class PageScanned:
    """A page of the job `job` for session `session_id`."""

    device: str
    job: str
    session_id: str
    page: ScannedPage = field(repr=False)


@dataclass(frozen=True)
class CameraSeen:
    """What a document camera sees now: the answer to the look `job`; without one it only tells that it is a camera.

    `code` says why there is no picture; `refused`: the corners that a person has set cannot be those of a sheet.
    """

    device: str
    job: str = ""
    session_id: str = ""
    preview: Preview | None = field(default=None, repr=False)
    refused: bool = False
    code: str = ""


@dataclass(frozen=True)
class ScanFinished:
    """The scan job has given all its pages."""

    device: str
    job: str
    session_id: str


@dataclass(frozen=True)
class TicketPrinted:
    """A print job has ended, well or not; `job` is what was printed (`ticket:17`, `slip:…`)."""

    device: str
    job: str
    session_id: str
    outcome: PrintOutcome


@dataclass(frozen=True)
class JobFailed:
    """A job ended with an exception, told by its code; `detail` goes to the log only."""

    device: str
    job: str
    session_id: str
    code: str
    detail: str = ""


DeviceEvent = (
    DeviceChanged
    | DeviceNamed
    | CodeScanned
    | CardPresence
    | ChipRead
    | PageScanned
    | CameraSeen
    | ScanFinished
    | TicketPrinted
    | JobFailed
)
