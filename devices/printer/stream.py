"""Reads a stream of ESC/POS commands and draws what a printer would burn: the other half of `raster.py`.

It shares no code with the encoder, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

DLE, ESC, GS, LF = 0x10, 0x1B, 0x1D, 0x0A
LINE_DOTS = 30  # one `LF` or one line of `ESC d`
# bytes after the two of the command (ESC/POS command reference); `GS v` and `GS V` are longer and read apart
ARGUMENTS = {
    **{(ESC, ord(letter)): count for letter, count in {"@": 0, "a": 1, "J": 1, "d": 1, "t": 1, "2": 0, "3": 1}.items()},
    (ESC, ord("i")): 0,
    (GS, ord("g")): 4,
    (GS, ord("I")): 1,
    (DLE, 0x04): 1,
    (DLE, 0x05): 1,
}
PRESENTER = {2: 3, 3: 4, 5: 3}  # whole lengths of `GS e n`
REAL_TIME = {0x04: 3, 0x05: 3, 0x14: 10}  # whole lengths; DLE DC4 8 has seven parameters behind its function


class Command(NamedTuple):
    """One command of the stream: its two letters, its parameters, its data."""

    name: bytes
    parameters: bytes = b""
    data: bytes = b""


class Paper:
    """The paper that hangs out of the printer: bands of dots, one below the other."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.height = 0
        self._align = 0
        self._bands: list[tuple[int, int, Image.Image]] = []

    def do(self, command: Command) -> bool:
        """Carry out one command; whether it cut the paper."""
        match command.name:
            case b"\x1b@":
                self._align = 0
            case b"\x1ba":
                self._align = command.parameters[0] % 48
            case b"\x1bJ":
                self.height += command.parameters[0]
            case b"\x1bd":
                self.height += command.parameters[0] * LINE_DOTS
            case b"\n":
                self.height += LINE_DOTS
            case b"\x1dv":
                self._print(command)
        return command.name in (b"\x1dV", b"\x1bi")

    def picture(self) -> Image.Image:
        """Everything on it, mode "1", ink black."""
        image = Image.new("1", (self.width, self.height), 1)
        for x, y, band in self._bands:
            image.paste(band, (x, y))
        return image

    def _print(self, command: Command) -> None:
        wide, high = _raster_size(command.parameters)
        band = Image.frombytes("1", (wide * 8, high), command.data, "raw", "1;I")
        mode = command.parameters[1]
        if mode & 3:
            band = band.resize((band.width * (1 + (mode & 1)), band.height * (1 + (mode >> 1 & 1))))
        spare = self.width - band.width
        self._bands.append(((0, spare // 2, spare)[self._align], self.height, band))
        self.height += band.height


class Stream:
    """Cuts a stream of bytes into commands; what is no command known here is kept in `strays`."""

    def __init__(self, executes_inside_rasters: bool) -> None:
        self._inside = executes_inside_rasters
        self._buffer = bytearray()
        self.strays = bytearray()

    def feed(self, data: bytes) -> Iterator[Command]:
        """The commands that are complete with `data`, in order."""
        self._buffer += data
        if self._inside:
            yield from self._take_real_time()
        while self._buffer:
            length = self._length()
            if length is None or length > len(self._buffer):
                return
            whole = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield from self._command(whole)

    def _command(self, whole: bytes) -> Iterator[Command]:
        if whole[0] not in (DLE, ESC, GS, LF) or (len(whole) == 1 and whole[0] != LF):
            self.strays += whole
        elif whole[:2] == b"\x1dv":
            yield Command(whole[:2], whole[2:8], whole[8:])
        else:
            yield Command(whole[:2], whole[2:])

    def _length(self) -> int | None:
        """Bytes of the command at the front; None while that cannot be told."""
        first = self._buffer[0]
        if first not in (DLE, ESC, GS):
            return 1
        if len(self._buffer) < 2:
            return None
        second = self._buffer[1]
        if (first, second) == (DLE, 0x14):
            return REAL_TIME[second]
        if (first, second) == (GS, ord("v")):
            return self._raster_length()
        if (first, second) == (GS, ord("e")):
            return None if len(self._buffer) < 3 else PRESENTER.get(self._buffer[2], 1)
        if (first, second) == (GS, ord("V")):
            return None if len(self._buffer) < 3 else 3 if self._buffer[2] in (0, 1, 48, 49) else 4
        count = ARGUMENTS.get((first, second))
        return 1 if count is None else 2 + count

    def _raster_length(self) -> int | None:
        if len(self._buffer) < 8:
            return None
        wide, high = _raster_size(bytes(self._buffer[2:8]))
        return 8 + wide * high

    def _take_real_time(self) -> Iterator[Command]:
        """As some printers do: whatever looks like a real-time command is one, and is gone from the data."""
        position = 0
        while (position := self._buffer.find(DLE, position)) >= 0 and position + 1 < len(self._buffer):
            length = REAL_TIME.get(self._buffer[position + 1])
            if length is None:
                position += 1
                continue
            whole = bytes(self._buffer[position : position + length])
            del self._buffer[position : position + length]
            yield Command(whole[:2], whole[2:])


def _raster_size(parameters: bytes) -> tuple[int, int]:
    """Bytes across and rows of a `GS v 0` from its six parameters `0 m xL xH yL yH`."""
    return int.from_bytes(parameters[2:4], "little"), int.from_bytes(parameters[4:6], "little")
