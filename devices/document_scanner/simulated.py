"""A scanner without glass: gives the pictures of a folder one after the other, through the checks of a real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from devices.document_scanner.page import check_page, open_picture
from devices.document_scanner.spoilt import WAYS
from devices.errors import DeviceError, NeedsAttention, ProtocolError, Timeout, Unavailable
from devices.interfaces import Condition, DeviceStatus, DocumentScanner, ScannedPage
from devices.trial import no_driver

SAMPLES = Path(__file__).parent.parent.parent / "assets" / "samples"
MAX_FILE_BYTES = 64 * 1024 * 1024
VERBS: dict[str, tuple[str, ...] | None] = {
    **dict.fromkeys(("leave_paper", "take_paper", "jam", "empty", "cover", "cover_open", "busy", "hang", "broken")),
    **dict.fromkeys(("no_memory", "no_access", "cut_off", "many_pages", "move", "unplug", "restore")),
    "lay": tuple(WAYS),
}
STANDING_STILL = (NeedsAttention, Timeout)  # it works again as soon as a person or a moment has helped


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "simulated"`; without a folder, papers that we ship.

    `camera`: it plays a camera above the papers instead of a flatbed. `time_limit` and `max_pages` as of the driver
    `sane`: seconds for each page, pages of one go.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]
    folder: Path | None = None
    seconds_per_page: float = Field(1.0, ge=0, le=60)
    feeder: bool = False
    camera: bool = False
    time_limit: float = Field(60, gt=0, le=600)
    max_pages: int = Field(60, ge=1, le=500)


class SimulatedDocumentScanner:
    """A flatbed gives the next picture at each scan, a feeder all of them; after the last comes the first again."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.folder or SAMPLES
        self._seconds = settings.seconds_per_page
        self._feeder = settings.feeder
        self._next = 0
        self._left = False
        self._limits = settings.time_limit, settings.max_pages
        self._fault: DeviceError | None = None
        self._faulty = threading.Event()  # wakes the scan that is under way
        self._hangs, self._freed = False, threading.Event()
        self._cut_off = self._many = False
        self._spoilt = ""  # one of `WAYS`

    def open(self) -> None:
        """Find it. Raises `Unavailable` while it is unplugged or its folder is not there."""
        if isinstance(fault := self._fault, Unavailable):
            raise Unavailable(fault.code)
        if not self._folder.is_dir():
            raise Unavailable("device_unplugged", "no such folder")

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """As the last fault left it."""
        try:
            self._check()
        except Unavailable as error:
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        except DeviceError as error:
            condition = Condition.ATTENTION if isinstance(error, STANDING_STILL) else Condition.FAULT
            return DeviceStatus(condition, error.code, error.detail)
        return DeviceStatus(Condition.READY)

    def scan_pages(self) -> Iterator[ScannedPage]:
        """The next page, or all of them with a feeder. A page that cannot be read raises `NeedsAttention`."""
        self._check()
        files = self._files()
        if not files:
            raise NeedsAttention("scanner_no_paper")
        seconds, most = self._limits
        given = 0
        while given < (len(files) if self._feeder else 1) or self._many:
            if given == most:
                raise NeedsAttention("scanner_too_many")
            self._faulty.wait(self._seconds)
            if self._hangs and not self._freed.wait(seconds):
                raise Timeout("scanner_timeout", f"no page within {seconds:g} s")
            self._check()
            file = files[self._next % len(files)]
            self._next += 1  # a bad page must not come again and again
            yield self._page_of(self._sheet(file))
            given += 1

    def _sheet(self, file: Path) -> Image.Image:
        """What lies there, as somebody has laid it. Raises `NeedsAttention`."""
        picture = open_picture(read_file(file))
        return WAYS[self._spoilt](picture.convert("RGB")) if self._spoilt else picture

    def _page_of(self, picture: Image.Image) -> ScannedPage:
        if self._cut_off:
            raise ProtocolError("scanner_io", "the picture is too short")
        return check_page(picture)

    def paper_left(self) -> bool:
        """Whether somebody has left a paper there. Raises `Unavailable` while it is unplugged."""
        self.open()
        return self._left

    # -- what a person would do ----------------------------------------------------------------------------------
    def jam(self) -> None:
        """Paper is stuck."""
        self._set(NeedsAttention("scanner_jam"))

    def empty(self) -> None:
        """No paper lies there."""
        self._set(NeedsAttention("scanner_no_paper"))

    def cover(self) -> None:
        """Cover the lens of a camera."""
        self._set(NeedsAttention("camera_black"))

    def cover_open(self) -> None:
        """Somebody opened the cover of the feeder."""
        self._set(NeedsAttention("scanner_cover_open"))

    def busy(self) -> None:
        """Another program scans."""
        self._set(Timeout("scanner_busy"))

    def broken(self) -> None:
        """It answers with errors only."""
        self._set(ProtocolError("scanner_io"))

    def no_memory(self) -> None:
        """It cannot hold a page."""
        self._set(ProtocolError("scanner_no_memory"))

    def no_access(self) -> None:
        """The kiosk's user may not use it."""
        self._set(Unavailable("scanner_access"))

    def hang(self) -> None:
        """The next page does not come; nobody knows it before the time is over."""
        self._freed.clear()
        self._hangs = True

    def cut_off(self) -> None:
        """Pictures end too early; the sheet below a camera lies half beside its view."""
        self._cut_off = True

    def many_pages(self) -> None:
        """A stack without an end lies in the feeder."""
        self._many = True

    def move(self) -> None:
        """A hand does not let go of the sheet below a camera."""
        self._set(NeedsAttention("page_moving"))

    def lay(self, how: str) -> None:
        """Lay papers one of `WAYS`, until all is well again."""
        self._spoilt = how

    def leave_paper(self) -> None:
        """Forget a paper on the glass."""
        self._left = True

    def take_paper(self) -> None:
        """Take it."""
        self._left = False

    def unplug(self) -> None:
        """Pull the cable."""
        self._set(Unavailable("device_unplugged"))

    def restore(self) -> None:
        """All is well again."""
        self._faulty.clear()
        self._fault, self._spoilt = None, ""
        self._hangs = self._cut_off = self._many = False
        self._freed.set()

    def _set(self, fault: DeviceError) -> None:
        self._fault = fault
        self._faulty.set()
        self._freed.set()

    def _check(self) -> None:
        if (fault := self._fault) is not None:
            raise type(fault)(fault.code)
        self.open()

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.is_file() and path.name[0] != ".")
        except OSError as error:
            raise Unavailable("device_unplugged", error.strerror or "") from None


def read_file(path: Path) -> bytes:
    """The bytes of a picture file. Raises `NeedsAttention`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NeedsAttention("page_unreadable", error.strerror or "") from None
    if len(data) > MAX_FILE_BYTES:
        raise NeedsAttention("page_too_large", f"more than {MAX_FILE_BYTES} bytes")
    return data


def create(settings: Settings) -> DocumentScanner:
    """The scanner of a table."""
    if settings.camera:
        from devices.document_scanner.simulated_camera import SimulatedCamera

        return SimulatedCamera(settings)
    return SimulatedDocumentScanner(settings)


if __name__ == "__main__":
    no_driver("devices.document_scanner.simulated")
