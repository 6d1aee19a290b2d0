"""Whether something is plugged into the headphone socket, as the kernel's input devices tell it."""

from __future__ import annotations

import fcntl
import re
from functools import cache
from pathlib import Path

DEVICES = Path("/proc/bus/input/devices")
INPUT = Path("/dev/input")
HEADPHONES = 1 << 2  # SW_HEADPHONE_INSERT
SWITCH_BYTES = 8
EVIOCGSW = (2 << 30) | (SWITCH_BYTES << 16) | (ord("E") << 8) | 0x1B  # _IOC(_IOC_READ, 'E', 0x1b, 8)


def sockets(text: str) -> list[str]:
    """Names (`event5`) of the input devices that report headphones, from `/proc/bus/input/devices`."""
    found = []
    for block in text.split("\n\n"):
        switches = re.search(r"^B: SW=([0-9a-f ]+)$", block, re.MULTILINE)
        event = re.search(r"^H: Handlers=.*?(event\d+)", block, re.MULTILINE)
        if switches and event and int(switches[1].split()[-1], 16) & HEADPHONES:
            found.append(event[1])
    return found


@cache
def _sockets() -> tuple[str, ...]:
    try:
        return tuple(sockets(DEVICES.read_text()))
    except OSError:
        return ()


def plugged() -> bool:
    """Whether any socket has headphones in it; False on a machine that cannot tell."""
    return any(_has_plug(INPUT / name) for name in _sockets())


def _has_plug(device: Path) -> bool:
    state = bytearray(SWITCH_BYTES)
    try:
        with device.open("rb", buffering=0) as file:
            fcntl.ioctl(file, EVIOCGSW, state)
    except OSError:
        return False
    return bool(int.from_bytes(state, "little") & HEADPHONES)
