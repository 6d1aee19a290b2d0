"""The process's memory over weeks: glibc's heaps kept few, and given back after each citizen."""

from __future__ import annotations

import ctypes
from contextlib import suppress

ARENAS, M_ARENA_MAX = 2, -8  # mallopt(3)


def share_heaps() -> None:
    """Let all threads share two heaps: with one each, a kiosk grows by what lies between their blocks."""
    with suppress(OSError, AttributeError):  # another C library has its own ways
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def give_back(_seconds: float = 0) -> None:
    """Return freed pages to the system, about 2 ms; what a citizen has left in them is gone with them."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
