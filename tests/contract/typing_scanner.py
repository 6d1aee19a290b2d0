"""A code scanner that types like a keyboard, at the far end of a pipe."""

from __future__ import annotations

import os
from pathlib import Path

from devices.code_scanner.wedge import ENTERS, EVENT, KEYS, SHIFTS


class TypingScanner:
    """A scanner that types: the writing end of a pipe, found under a name that stays."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "event-kbd"
        self._pipe = -1
        self.plug()

    @property
    def table(self) -> dict[str, object]:
        """The configuration of its driver; a pipe cannot be grabbed."""
        return {"driver": "wedge", "path": str(self.path), "grab": False}

    def plug(self) -> None:
        """A new pipe under the old name."""
        os.mkfifo(self.path)
        self._pipe = os.open(self.path, os.O_RDWR)

    def unplug(self) -> None:
        """Its name is gone, and what is open ends."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
            self.path.unlink()

    def keys(self, *events: tuple[int, int]) -> bytes:
        """(key, value) as the kernel writes them, each followed by the end of its report."""
        return b"".join(EVENT.pack(0, 0, 1, key, value) + EVENT.pack(0, 0, 0, 0, 0) for key, value in events)

    def type(self, text: str) -> None:
        """A code and Enter."""
        find = {letter: (key, n) for key, pair in KEYS.items() for n, letter in reversed(list(enumerate(pair)))}
        for letter in text:
            key, shifted = find[letter]
            if shifted:
                self.send(self.keys((SHIFTS[0], 1)))
            self.send(self.keys((key, 1), (key, 0)))
            if shifted:
                self.send(self.keys((SHIFTS[0], 0)))
        self.send(self.keys((ENTERS[0], 1), (ENTERS[0], 0)))

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        os.write(self._pipe, data)
