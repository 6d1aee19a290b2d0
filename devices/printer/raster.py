"""A picture as ESC/POS bytes: bands of `GS v 0` cropped to their ink, blank rows as feeds.

python-escpos encodes the rest of the job. It has no bands cropped to their ink, so the header of `GS v 0` is put
together here. A ticket of 576 × 1050 dots shrinks from 75 kB to 25 kB: more than four seconds on a serial line.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devices.printer.cut import Cut

Rows = NDArray[np.uint8]
MAX_BAND_ROWS = 256  # a printer prints while it receives only from whole bands
MERGE_ROWS = 6  # so many blank rows stay inside a band: every band more makes the paper stop
MAX_FEED = 255
DLE, EXECUTED = 0x10, (0x04, 0x05, 0x14)  # DLE EOT, DLE ENQ, DLE DC4: executed even inside a picture by some printers
SPARE_DOT = 0x02
PLAIN, DOUBLED = 0, 3  # modes of `GS v 0`
TOTAL_CUT, PRESENT = b"\x1bi", b"\x1de\x03\x0c"  # ESC i; GS e 3: 12 steps of 7.3 mm out of the slot


def encode(image: Image.Image, cut: Cut = Cut.PARTIAL) -> bytes:
    """The whole job for one picture (mode "1" or "L", dark is ink, width a multiple of 8): set-up, bands, cut."""
    head, tail = frame(cut)
    return b"".join((head, *_bands(_packed(image)), tail))


@lru_cache(maxsize=3)
def frame(cut: Cut) -> tuple[bytes, bytes]:
    """What stands before and after every picture. The first call takes a fifth of a second: the library is loaded."""
    from escpos.printer import Dummy

    before, after = Dummy(), Dummy()
    before.hw("INIT")
    before.set(align="center")  # bands are cropped by the same at both sides
    if cut is Cut.PRESENT:
        return bytes(before.output), TOTAL_CUT + PRESENT
    if cut is Cut.PARTIAL:
        after.cut(mode="PART")
    else:
        after.ln(4)
    return bytes(before.output), bytes(after.output)


def _packed(image: Image.Image) -> Rows:
    """Rows of bytes, most significant bit left, 1 is ink."""
    if image.width % 8:
        raise ValueError("the width must be a multiple of 8 dots")
    ink = np.asarray(image.convert("1"), dtype=bool)
    return np.packbits(~ink, axis=1)


def _bands(rows: Rows) -> Iterator[bytes]:
    position = 0
    for start, end in _inked(np.any(rows, axis=1)):
        yield from _feed(start - position)
        yield _band(rows[start:end])
        position = end
    yield from _feed(len(rows) - position)


def _inked(has_ink: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Spans of rows with ink; small gaps are taken along, long spans are divided."""
    inked = np.flatnonzero(has_ink)
    if not inked.size:
        return
    breaks = np.flatnonzero(np.diff(inked) > MERGE_ROWS + 1)
    starts = inked[np.concatenate(([0], breaks + 1))]
    ends = inked[np.concatenate((breaks, [inked.size - 1]))] + 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        for top in range(start, end, MAX_BAND_ROWS):
            yield top, min(top + MAX_BAND_ROWS, end)


def _band(rows: Rows) -> bytes:
    """`GS v 0` for rows with ink, cropped by the same number of bytes at both sides."""
    columns = np.flatnonzero(rows.any(axis=0))
    width = rows.shape[1]
    margin = int(min(columns[0], width - 1 - columns[-1]))
    data, mode = _halved(np.ascontiguousarray(rows[:, margin : width - margin]))
    flat = data.reshape(-1)
    executed = np.flatnonzero((flat[:-1] == DLE) & np.isin(flat[1:], EXECUTED)) + 1
    flat[executed] |= SPARE_DOT  # one white dot turns black, and the pair is no command any more
    height, bytes_wide = data.shape
    return struct.pack("<3sBHH", b"\x1dv0", mode, bytes_wide, height) + flat.tobytes()


def _halved(data: Rows) -> tuple[Rows, int]:
    """A quarter of the bytes where every dot is two by two, as in large numbers and QR codes: the printer doubles."""
    height, bytes_wide = data.shape
    if height % 2 or bytes_wide % 2 or not np.array_equal(data[::2], data[1::2]):
        return data, PLAIN
    dots = np.unpackbits(data[::2], axis=1)
    if not np.array_equal(dots[:, ::2], dots[:, 1::2]):
        return data, PLAIN
    return np.packbits(dots[:, ::2], axis=1), DOUBLED


def _feed(rows: int) -> Iterator[bytes]:
    """`ESC J` for blank rows."""
    while rows > 0:
        yield bytes((0x1B, 0x4A, min(rows, MAX_FEED)))
        rows -= MAX_FEED
