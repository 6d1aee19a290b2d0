"""Sounds of the machine: made here, played by the window; a machine without a loudspeaker stays silent and works."""

from __future__ import annotations

import array
import logging
import math
import tempfile
import wave
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
RATE = 44_100  # Hz
FADE_SECONDS = 0.02  # a tone that begins or ends at once clicks
REMINDER = ((1174, 0.18), (880, 0.18), (1174, 0.18), (880, 0.32))  # (Hz, seconds): falls and returns, «come back»
BELL = ((880, 0.25), (1174, 0.25), (1568, 0.5))  # rises, as the bell of a hall
LOUDNESS = 0.6  # of full scale


def tones(melody: tuple[tuple[int, float], ...]) -> bytes:
    """16-bit mono samples of one tone after the other, each (Hz, seconds), faded in and out."""
    samples = array.array("h")
    for hertz, seconds in melody:
        count, fade = round(seconds * RATE), round(FADE_SECONDS * RATE)
        for n in range(count):
            level = LOUDNESS * min(1.0, n / fade, (count - n) / fade)
            samples.append(round(32767 * level * math.sin(2 * math.pi * hertz * n / RATE)))
    return samples.tobytes()


def write_wave(path: Path, melody: tuple[tuple[int, float], ...]) -> None:
    """A WAV file of a melody."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tones(melody))


@cache
def _loaded(melody: tuple[tuple[int, float], ...]) -> Any:
    from kivy.core.audio import SoundLoader

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        write_wave(path, melody)
        sound = SoundLoader.load(str(path))  # the whole sound is in memory after this
    if sound is None or not sound.length:
        log.warning("no loudspeaker: the machine stays silent")
        return None
    return sound


def play(melody: tuple[tuple[int, float], ...]) -> bool:
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

    def __init__(self, melody: tuple[tuple[int, float], ...], seconds: float, times: int) -> None:
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
