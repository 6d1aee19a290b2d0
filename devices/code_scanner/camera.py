"""A code scanner made of a camera: its newest frame is read with zxing-cpp (DEVICES 3).

    python -m devices.code_scanner.camera --source /dev/video0 test     # one code within 20 s, exit 0

The same code is told once while it stays in view. What is no UTF-8 is refused with a code, never mangled.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devices.code_scanner.trial import run_trial, trial_parser
from devices.errors import DeviceError
from devices.frames import SOURCES, Camera, check_source, is_dark
from devices.interfaces import CodeScanner, Condition, DeviceStatus
from devices.trial import option

if TYPE_CHECKING:
    from devices.frames import Picture

SHARPEN_SIGMA = 3.0  # dots of the frame; the best of 32 pairs of radius and strength on the 125 pictures
QR_ONLY = ("QRCode",)
SECOND_TRY_SIDE = 640  # dots: the middle of a frame, where people hold a code; of larger codes 2× tells no more
FRAMES_PER_SECOND = 12  # more would only heat the machine: a hand holds a code for half a second at least
DARK_SECONDS = 1.0


class Settings(BaseModel):
    """Table `[devices.code_scanner]` with `driver = "camera"`.

    `source` as in `devices/frames.py`; cards and slips carry QR codes only, and looking for more takes five times as
    long; `again_seconds`: a code must be out of view for so long to be told again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["camera"]
    source: Annotated[str, AfterValidator(check_source)]
    width: int = Field(1280, ge=0, le=4096)
    height: int = Field(720, ge=0, le=4096)
    formats: tuple[Literal["QRCode", "DataMatrix", "Code128"], ...] = Field(("QRCode",), min_length=1)
    again_seconds: float = Field(1.5, ge=0, le=60)


class CameraCodeScanner:
    """Reads frame after frame in the caller's thread; only the newest frame waits for it."""

    def __init__(self, settings: Settings) -> None:
        self._camera = Camera(settings.source, settings.width, settings.height)
        self._formats = settings.formats
        self._again_seconds = settings.again_seconds
        self._last = 0
        self._next_at = 0.0
        self._seen: dict[bytes, float] = {}
        self._found: deque[str] = deque()
        self._unreadable = False
        self._dark_since: float | None = None

    def open(self) -> None:
        """Open the camera and wait for its first frame. Raises `Unavailable` or `Timeout`."""
        self.close()
        self._camera.open()

    def close(self) -> None:
        """Close the camera and forget what it saw."""
        self._camera.close()
        self._last = 0
        self._seen.clear()
        self._found.clear()
        self._unreadable = False
        self._dark_since = None

    def status(self) -> DeviceStatus:
        """`camera_dark` when only black frames come, `scan_unreadable` after a code that is no text."""
        try:
            if not self._camera.is_open:
                self.open()
            self._look(0.0)
        except DeviceError as error:
            self.close()
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        if self._dark_since is not None and monotonic() - self._dark_since >= DARK_SECONDS:
            return DeviceStatus(Condition.ATTENTION, "camera_dark")
        return DeviceStatus(Condition.READY, "scan_unreadable" if self._unreadable else "")

    def read_code(self, timeout: float) -> str | None:
        """The next code that comes into view, as NFC text. Raises `Unavailable`, or `Timeout` when the camera hangs."""
        if not self._camera.is_open:
            self.open()
        end = monotonic() + timeout
        while not self._found and (left := end - monotonic()) > 0:
            sleep(max(0.0, min(left, self._next_at - monotonic())))
            try:
                self._look(max(0.0, end - monotonic()))
            except DeviceError:
                self.close()
                raise
        return self._found.popleft() if self._found else None

    def _look(self, timeout: float) -> None:
        """Read the next frame, when one comes in time."""
        frame = self._camera.frame(self._last, timeout)
        if frame is None:
            return
        self._last, now = frame.number, monotonic()
        self._next_at = now + 1 / FRAMES_PER_SECOND
        if is_dark(frame.picture):
            self._dark_since = self._dark_since or now
            return
        self._dark_since = None
        for code in read_codes(frame.picture, self._formats):
            if now - self._seen.get(code, -self._again_seconds) >= self._again_seconds:
                self._tell(code)
            self._seen[code] = now
        self._seen = {code: at for code, at in self._seen.items() if now - at < self._again_seconds}

    def _tell(self, code: bytes) -> None:
        text = decode(code)
        self._unreadable = not text
        if text:
            self._found.append(text)


def read_codes(picture: Picture, formats: tuple[str, ...] = QR_ONLY) -> list[bytes]:
    """The bytes of all codes in a picture (BGR or grey); when there are none, of its middle at 2×, sharpened."""
    import cv2

    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    if found := _codes(grey, formats):
        return found
    height, width = grey.shape
    top, left = max(0, height - SECOND_TRY_SIDE) // 2, max(0, width - SECOND_TRY_SIDE) // 2
    middle = grey[top : top + SECOND_TRY_SIDE, left : left + SECOND_TRY_SIDE]
    double = cv2.resize(middle, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    soft = cv2.resize(cv2.GaussianBlur(middle, (0, 0), SHARPEN_SIGMA), None, fx=2, fy=2)
    return _codes(cv2.addWeighted(double, 2, soft, -1, 0), formats)


def decode(code: bytes) -> str:
    """NFC text of the bytes of a code; "" when they are no UTF-8."""
    try:
        return unicodedata.normalize("NFC", code.decode("utf-8"))
    except UnicodeDecodeError:
        return ""


def _codes(grey: Any, formats: tuple[str, ...]) -> list[bytes]:
    import zxingcpp

    wanted = zxingcpp.barcode_formats_from_str("|".join(formats))
    return [bytes(result.bytes) for result in zxingcpp.read_barcodes(grey, formats=wanted)]


def create(settings: Settings) -> CodeScanner:
    """The scanner of a table."""
    return CameraCodeScanner(settings)


def main() -> None:
    """Try a camera as a code scanner."""
    parser = trial_parser("devices.code_scanner.camera", main.__doc__)
    parser.add_argument("--source", required=True, type=option(check_source), help=SOURCES)
    options = parser.parse_args()
    run_trial(create(Settings(driver="camera", source=options.source)), options)


if __name__ == "__main__":
    main()
