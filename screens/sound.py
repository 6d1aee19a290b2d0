"""Sounds of the machine: made here, played by the window; a machine without a loudspeaker stays silent and works."""

from __future__ import annotations

import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.voice.tones import Melody, tones, wave_file

log = logging.getLogger(__name__)
REMINDER = ((1174, 0.18), (880, 0.18), (1174, 0.18), (880, 0.32))  # (Hz, seconds): falls and returns, «come back»
BELL = ((880, 0.25), (1174, 0.25), (1568, 0.5))  # rises, as the bell of a hall


@cache
def _loaded(melody: Melody) -> Any:
    from kivy.core.audio import SoundLoader

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        path.write_bytes(wave_file(tones(melody)))
        sound = SoundLoader.load(str(path))  # the whole sound is in memory after this
    if sound is None or not sound.length:
        log.warning("no loudspeaker: the machine stays silent")
        return None
    return sound


def play(melody: Melody) -> bool:
    """Play it from its beginning; whether there is a loudspeaker."""
    sound = _loaded(melody)
    if sound is None:
        return False
    sound.stop()
    sound.play()
    return True


class Ringing:
    """A melody at once, then every so many `seconds` until it is ended, at most so many `times`.

    Who has not heard it by then is no longer in the room, and others are.
    """

    def __init__(self, melody: Melody, seconds: float, times: int) -> None:
        self._melody, self._seconds, self._times = melody, seconds, times
        self._on = False
        self._played = 0

    def ring(self, on: bool) -> None:
        """Begin, go on, or end."""
        from kivy.clock import Clock

        if on is self._on:
            return
        self._on, self._played = on, 0
        Clock.unschedule(self._play)
        if on:
            self._play()
            Clock.schedule_interval(self._play, self._seconds)

    def _play(self, _dt: float = 0) -> bool:
        self._played += 1
        play(self._melody)
        return self._played < self._times
