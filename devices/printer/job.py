"""One print job over a line: status, picture, status; what every printer driver has in common.

Only the answer after the job proves that the printer took it (DEVICES 1). No job is sent twice: what is uncertain is
told as `unconfirmed`, and asked for again later with `came_out`.
"""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Literal

from PIL import Image, ImageDraw
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devices.errors import DeviceError, ProtocolError, Timeout, Unavailable
from devices.interfaces import NO_STATUS, Condition, DeviceStatus, PrintOutcome, PrintResult, TicketPrinter
from devices.printer.cut import DOTS_PER_MM, Cut
from devices.transport import check_url, open_transport
from devices.trial import option

DRAIN_BYTES, DRAINS = 256, 16
# DLE DC4 8: what is left of a failed job must not come out once there is paper again
CLEAR_BUFFERS = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))
SILENT = DeviceStatus(Condition.OFFLINE, "printer_silent")


class RollSettings(BaseModel):
    """What every printer's table may say of its paper: length of a new roll, and when staff are warned."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    roll_metres: float = Field(80.0, gt=0, le=1000)  # 80 mm wide, 80 mm across, 12 mm core: the usual kiosk roll
    warn_metres: float = Field(6.0, ge=0, le=1000)  # tickets of 9 cm: more than 60, an hour of a busy hall


class LineSettings(RollSettings):
    """What a table says of a printer on a line."""

    url: Annotated[str, AfterValidator(check_url)]
    width_dots: Literal[384, 512, 576] = 576
    status_seconds: float = Field(0.5, gt=0, le=5)
    job_seconds: float = Field(15.0, gt=0, le=120)
    ask_identity: bool = True  # false for one that prints the question


class JobPrinter(ABC):
    """A printer on a line, which stays open between jobs because a citizen waits."""

    cut: Cut
    asks = True  # whether it tells its state

    def __init__(self, settings: LineSettings) -> None:
        self._limits = settings
        self._line = open_transport(settings.url)
        self._opened = False
        self._has_answered = False
        self._unfinished = False  # the printer may still hold a part of a failed job
        self._identity: Mapping[str, str] = {}
        self._may_ask_identity = settings.ask_identity
        self._identified = False

    @property
    def width_dots(self) -> int:
        """Printable width."""
        return self._limits.width_dots

    @property
    def identity(self) -> Mapping[str, str]:
        """What it has told of itself when it was ready for the first time since it was opened."""
        return self._identity

    def open(self) -> None:
        """Load what the first job needs, and connect."""
        from devices.printer import raster

        raster.frame(self.cut)
        self._line.open()
        self._opened, self._identified = True, False

    def close(self) -> None:
        """Disconnect."""
        self._line.close()
        self._opened = False

    def status(self) -> DeviceStatus:
        """Ask for the state; silence is a state of its own (some printers fall silent while the cover is open)."""
        state = self._status()
        if state.condition is Condition.READY and self.asks and self._may_ask_identity and not self._identified:
            self._identify()
        return state

    def _status(self) -> DeviceStatus:
        try:
            return self._ask_on_live_line()
        except Timeout:
            return SILENT  # the line stands, nobody answers
        except DeviceError as error:
            self.close()
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)

    def print_page(self, image: Image.Image) -> PrintOutcome:
        """Status, job, status. What a printer took with it when its line died is `unconfirmed`."""
        from devices.printer.raster import encode

        job = encode(image, self.cut)
        before = self._status()
        # a printer that could answer and no longer does may print much later, when nobody waits for it any more
        never_answered = before == SILENT and not self._has_answered
        if before.condition is not Condition.READY and not never_answered:
            return PrintOutcome(PrintResult.FAILED, before.code)
        self._unfinished = True
        result, code = self._print(job, silent=never_answered)
        if result is PrintResult.CONFIRMED or never_answered or not self.asks:
            self._unfinished = False
        else:
            with suppress(DeviceError):
                self._forget_rest()
        used = image.height / DOTS_PER_MM if result is not PrintResult.FAILED else 0.0
        return PrintOutcome(result, code, used)

    @abstractmethod
    def came_out(self) -> bool | None:
        """As `CutTeller` says."""

    # -- each printer's own --------------------------------------------------------------------------------------
    @abstractmethod
    def _read_state(self, patience: float) -> DeviceStatus:
        """The state over the open line. Raises `Timeout("printer_silent")`, `ProtocolError`, `Unavailable`."""

    @abstractmethod
    def _prepare(self) -> None:
        """What must be known or done just before a job. Raises `DeviceError`."""

    @abstractmethod
    def _read_identity(self) -> Iterator[tuple[str, str]]:
        """Name by name, as `identity` has them. Raises `DeviceError`."""

    # -- who it is -----------------------------------------------------------------------------------------------
    def _identify(self) -> None:
        """Ask once; silence and garbage are no fault, and what comes late is thrown away before the next question."""
        self._identified = True
        self._identity = told = dict[str, str]()
        try:
            for name, text in self._read_identity():
                told |= {name: text}  # what came before silence stays
        except Unavailable:
            self._may_ask_identity = False  # it hangs up on such a question: never again
        except DeviceError:
            pass

    def _answer_to(self, question: bytes, most: int, end: bytes = b"") -> bytes:
        """Up to `most` bytes, or until `end`. Raises `Timeout`, `ProtocolError`, `Unavailable`."""
        self._drain()
        self._line.write(question)
        answer = b""
        while len(answer) < most and not (end and answer.endswith(end)):
            data = self._line.read(most - len(answer), self._limits.status_seconds)
            if not data:
                raise Timeout("printer_silent")
            answer += data
        return answer

    # -- a job ---------------------------------------------------------------------------------------------------
    def _print(self, job: bytes, silent: bool) -> tuple[PrintResult, str]:
        try:
            if not silent and self.asks:
                self._prepare()
            self._line.write(job)
        except DeviceError as error:
            self.close()
            return PrintResult.FAILED, error.code  # it did not take the whole of it
        if not self.asks:
            return PrintResult.UNCONFIRMED, NO_STATUS
        try:
            after = self._ask(self._limits.status_seconds if silent else self._limits.job_seconds)
        except DeviceError as error:
            if not silent:
                self.close()
            return PrintResult.UNCONFIRMED, error.code
        if after.condition is Condition.READY:
            return PrintResult.CONFIRMED, after.code
        return (PrintResult.CONFIRMED if self._settled() else PrintResult.FAILED), after.code

    def _settled(self) -> bool:
        """A fault right behind the cut: whether the printer itself knows that the job came out whole."""
        try:
            return self.came_out() is True
        except DeviceError:
            return False

    def _ask_on_live_line(self) -> DeviceStatus:
        """State over the open line; one that the printer has closed meanwhile is opened again, once."""
        if self._opened:
            try:
                return self._state()
            except Unavailable:
                self.close()
        self.open()
        return self._state()

    def _state(self) -> DeviceStatus:
        if self._unfinished:
            self._forget_rest()
        if self.asks:
            return self._ask(self._limits.status_seconds)
        self._drain()  # nothing is asked, but a line that was closed is noticed
        return DeviceStatus(Condition.READY)

    def _forget_rest(self) -> None:
        if self._opened:
            self._line.write(CLEAR_BUFFERS)
            self._line.read(DRAIN_BYTES, self._limits.status_seconds)  # some printers acknowledge it
            self._unfinished = False

    def _ask(self, patience: float) -> DeviceStatus:
        self._drain()
        state = self._read_state(patience)
        self._has_answered = True
        return state

    def _drain(self) -> None:
        """Throw away what came unasked or too late: it answers no question of ours. Raises `ProtocolError`."""
        for _ in range(DRAINS):
            if not self._line.read(DRAIN_BYTES, 0.0):
                return
        raise ProtocolError("printer_garbage", "does not stop talking")


def plain_text(answer: bytes) -> str:
    """`answer` as text. Raises `ProtocolError` for what no person could read."""
    text = answer.decode("ascii", "replace").strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ProtocolError("printer_garbage", answer.hex())
    return text


def trial_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """The options that every driver has when it is tried alone."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    places = "socket://HOST:PORT, serial:///dev/…?baud=…, usblp:///dev/usb/lp0"
    parser.add_argument("--url", required=True, type=option(check_url), help=places)
    parser.add_argument("--width", type=int, choices=[384, 512, 576], default=576, help="dots across the paper")
    parser.add_argument("act", choices=["status", "test"])
    return parser


def run_trial(printer: TicketPrinter, act: str) -> int:
    """Ask for the state, or print a frame with a cross; 0 when it is ready, or the print confirmed."""
    try:
        if act == "status":
            status = printer.status()
            print(status.condition, status.code)
            return 0 if status.condition is Condition.READY else 1
        picture = Image.new("1", (printer.width_dots, 200), 1)
        pen = ImageDraw.Draw(picture)
        pen.rectangle((8, 8, picture.width - 9, 191), outline=0, width=4)
        pen.line((8, 8, picture.width - 9, 191), fill=0, width=2)
        pen.line((8, 191, picture.width - 9, 8), fill=0, width=2)
        outcome = printer.print_page(picture)
        print(outcome.result, outcome.code)
        return 0 if outcome.result is PrintResult.CONFIRMED else 1
    finally:
        printer.close()
