"""A camera above the papers: shows what it sees, and takes the sheet when it lies still (DEVICES 5).

    python -m devices.document_scanner.camera --source /dev/video2 test     # take one page, exit 0

The mat under it should be dark: on a light desk the sheet is not always found, and a person sets its corners.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devices import interfaces
from devices.document_scanner.jpeg_stream import JpegCamera, decode
from devices.document_scanner.page import page_of_photograph
from devices.document_scanner.quality import view_problems
from devices.document_scanner.sheet import WHOLE, Corners, Grey, Picture, can_be_sheet, find_sheet, flatten
from devices.document_scanner.trial import add_trial_options, run_trial
from devices.errors import DeviceError, NeedsAttention, Timeout
from devices.frames import LOST_FRAMES, SOURCES, Camera, check_source, is_dark
from devices.interfaces import Condition, DeviceStatus, DocumentCamera, Preview, ScannedPage
from devices.trial import option

PREVIEW_LONG = 960  # dots
DARK_SECONDS = 1.0
STILL_SIZE = (32, 24)  # fields of the picture that are compared
STILL_LEVELS = 7.0  # a finger over one field changes it by 20 and more, the noise of the sensor by less than 1
GAP_SECONDS = 1.5  # without a look for so long nobody knows whether it lay still
PAPER_SECONDS = 1.5  # a spared camera gives its next frame within one
EDGE = 0.008  # of the picture: a sheet that reaches so near to its edge may go on beyond it
VIEW_SHEET = (566, 800)  # dots: A4 as `has_glare` looks at it
NOTHING_THERE = ("page_blank", "page_dark")


class Settings(BaseModel):
    """Table `[devices.document_scanner]` with `driver = "camera"`.

    `source` as in `devices/frames.py`; `view_width_mm`: how much of the mat is seen from left to right, from which the
    sizes of papers are known; `steady_seconds`: how long a sheet must lie still, `wait_seconds` how long a scan waits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["camera"]
    source: Annotated[str, AfterValidator(check_source)]
    width: int = Field(3264, ge=0, le=8192)
    height: int = Field(2448, ge=0, le=8192)
    view_width_mm: float = Field(420, ge=50, le=2000)
    steady_seconds: float = Field(0.8, ge=0, le=10)
    wait_seconds: float = Field(10, gt=0, le=60)


class Seen(NamedTuple):
    """One frame: `small` is at most twice as large as what is shown, or else the frame itself; blue first."""

    small: Picture
    frame: Picture

    def whole(self) -> Picture | None:
        """With all its dots; None when it cannot be decoded."""
        return self.frame if self.frame.ndim > 1 else decode(self.frame)


class OverheadCamera:
    """Looks in the caller's thread, at the newest frame only; keeps no picture of a paper."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._camera = (
            JpegCamera(settings.source)
            if urlsplit(settings.source).scheme == "http"
            else Camera(settings.source, settings.width, settings.height, spare=True)
        )
        self._last = 0
        self._lost = 0  # frames in a row of which none could be decoded; also over a new line to the camera
        self._looked_at = 0.0
        self._still: Grey | None = None  # what the fields looked like when it began to lie still
        self._still_since = 0.0
        self._taken = False
        self._dark_since: float | None = None
        self._corners: Corners | None = None

    def open(self) -> None:
        """Open the camera and wait for its first frame. Raises `Unavailable`, or `Timeout` with `camera_silent`."""
        self.close()
        try:
            self._camera.open()
        except Timeout as error:
            self._camera.close()
            raise Timeout("camera_silent", error.detail) from None

    def close(self) -> None:
        """Close the camera; nothing of what it saw is kept."""
        self._camera.close()
        self._last, self._still, self._dark_since, self._corners = 0, None, None, None
        self._taken = False

    def status(self) -> DeviceStatus:
        """`camera_black` when only black frames come; off line with `camera_silent` when none do."""
        try:
            self._look(0.0)
        except DeviceError as error:
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        return DeviceStatus(Condition.ATTENTION, "camera_black") if self._is_black() else DeviceStatus(Condition.READY)

    def preview(self, timeout: float) -> Preview | None:
        """What is seen now, at most `PREVIEW_LONG` dots wide; None when no new frame comes in time."""
        import cv2

        seen = self._look(timeout)
        if seen is None:
            return None
        picture = seen.small
        while max(picture.shape) >= 2 * PREVIEW_LONG:  # halving is cheap, any other share of a large picture is not
            picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        height, width = picture.shape[:2]
        scale = min(1.0, PREVIEW_LONG / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # by less than a half, four neighbours are enough: averaging areas takes five times as long
        look = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2RGB)
        corners = self._corners or find_sheet(np.asarray(look, np.uint8))
        steady = corners is not None and not self._taken and self._lies_still() and not self._is_black()
        return Preview(look.tobytes(), *size, corners, steady, self._spoils(np.asarray(look, np.uint8), corners))

    def _spoils(self, look: Picture, corners: Corners | None) -> tuple[str, ...]:
        """At most one code: what a person had better mend before the page is taken."""
        if corners is None:
            return ()
        if self._corners is None and reaches_edge(corners):
            return ("page_cut",)
        return view_problems(flatten(look, corners.points(*look.shape[1::-1]), VIEW_SHEET))

    def set_corners(self, corners: interfaces.Corners | None) -> bool:
        """Corners for the next scan, as shares of what `preview` shows; None to find them again."""
        if corners is not None and not can_be_sheet(Corners(*corners), 4, 3):
            return False
        self._corners = None if corners is None else Corners(*corners)
        return True

    def scan_pages(self) -> Iterator[ScannedPage]:
        """The sheet that lies there, as soon as it lies still.

        Raises `NeedsAttention`: `page_moving`, `scanner_no_paper`, `camera_black`; `Unavailable`; `Timeout`.
        """
        import cv2

        picture = np.asarray(cv2.cvtColor(self._still_picture(), cv2.COLOR_BGR2RGB), np.uint8)
        set_by_hand, self._corners = self._corners, None
        corners = set_by_hand or find_sheet(picture)
        page = page_of_photograph(picture, corners or WHOLE, picture.shape[1] / self._settings.view_width_mm * 25.4)
        if corners is None and set(page.problems) & set(NOTHING_THERE):
            raise NeedsAttention("scanner_no_paper")
        if corners is not None and set_by_hand is None and reaches_edge(corners):
            page = replace(page, problems=("page_cut",))
        self._taken = True
        yield page

    def paper_left(self) -> bool:
        """Whether a sheet lies below it now. Raises `Unavailable` or `Timeout`."""
        now = self.preview(PAPER_SECONDS)
        return now is not None and now.corners is not None

    def _still_picture(self) -> Picture:
        end = monotonic() + self._settings.wait_seconds
        while (left := end - monotonic()) > 0:
            seen = self._look(left)
            if self._is_black():
                raise NeedsAttention("camera_black")
            if seen is not None and self._lies_still() and (picture := seen.whole()) is not None:
                return picture
        raise NeedsAttention("page_moving")

    def _look(self, timeout: float) -> Seen | None:
        """The next frame, and what it tells about light and movement; closes the camera when it fails.

        Pictures of which nothing can be seen are none: it fails until one comes that can be decoded.
        """
        if not self._camera.is_open:
            self.open()
        try:
            frame = self._camera.frame(self._last, timeout)
        except Timeout as error:
            self.close()
            raise Timeout("camera_silent", error.detail) from None
        except DeviceError:
            self.close()
            raise
        if frame is None:
            return None
        self._last = frame.number
        small = frame.picture if frame.picture.ndim > 1 else decode(frame.picture, PREVIEW_LONG)
        self._lost = self._lost + 1 if small is None else 0
        if self._lost >= LOST_FRAMES:
            self.close()
            raise Timeout("camera_silent", "its pictures cannot be decoded, or have too many dots")
        if small is None:
            return None
        self._note(small, monotonic())
        return Seen(small, frame.picture)

    def _note(self, picture: Picture, now: float) -> None:
        import cv2

        self._dark_since = (self._dark_since or now) if is_dark(picture) else None
        every = max(1, picture.shape[1] // (16 * STILL_SIZE[0]))
        fields = cv2.resize(picture[::every, ::every].copy(), STILL_SIZE, interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(fields, cv2.COLOR_BGR2GRAY), np.uint8)
        if self._still is None or now - self._looked_at > GAP_SECONDS or _moved(self._still, grey):
            self._taken = self._taken and self._still is not None and not _moved(self._still, grey)
            self._still, self._still_since = grey, now
        self._looked_at = now

    def _lies_still(self) -> bool:
        return self._still is not None and self._looked_at - self._still_since >= self._settings.steady_seconds

    def _is_black(self) -> bool:
        return self._dark_since is not None and self._looked_at - self._dark_since >= DARK_SECONDS


def _moved(before: Grey, after: Grey) -> bool:
    """Whether one field changed; a lamp that flickers changes all of them by the same share."""
    light = np.median((after + 1.0) / (before + 1.0))
    return bool(np.abs(after - before * light).max() > STILL_LEVELS)


def reaches_edge(corners: Corners) -> bool:
    """Whether the sheet may go on beyond what is seen."""
    return any(share < EDGE or share > 1 - EDGE for corner in corners for share in corner)


def create(settings: Settings) -> DocumentCamera:
    """The camera of a table."""
    return OverheadCamera(settings)


def main() -> None:
    """Try a camera as a document scanner."""
    parser = argparse.ArgumentParser(prog="python -m devices.document_scanner.camera", description=main.__doc__)
    add_trial_options(parser)
    parser.add_argument("--source", required=True, type=option(check_source), help=SOURCES)
    parser.add_argument("--view-width", type=float, default=420.0, metavar="MM", help="how much of the mat is seen")
    options = parser.parse_args()
    settings = Settings(driver="camera", source=options.source, view_width_mm=options.view_width)
    run_trial(create(settings), options)


if __name__ == "__main__":
    main()
