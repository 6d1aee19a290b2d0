"""Sounds that are computed, not recorded: no file, no licence (16-bit mono samples, WAV)."""

from __future__ import annotations

import array
import io
import math
import wave

RATE = 44_100  # Hz
FADE_SECONDS = 0.02  # a tone that begins or ends at once clicks
LOUDNESS = 0.6  # of full scale
SAMPLE_BYTES = 2

Melody = tuple[tuple[int, float], ...]


def tones(melody: Melody, rate: int = RATE) -> bytes:
    """16-bit mono samples of one tone after the other, each (Hz, seconds), faded in and out."""
    samples = array.array("h")
    for hertz, seconds in melody:
        count, fade = round(seconds * rate), round(FADE_SECONDS * rate)
        for n in range(count):
            level = LOUDNESS * min(1.0, n / fade, (count - n) / fade)
            samples.append(round(32767 * level * math.sin(2 * math.pi * hertz * n / rate)))
    return samples.tobytes()


def silence(seconds: float, rate: int = RATE) -> bytes:
    """Samples of nothing."""
    return bytes(SAMPLE_BYTES * round(seconds * rate))


def wave_file(samples: bytes, rate: int = RATE) -> bytes:
    """The WAV file of 16-bit mono samples."""
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(samples)
    return output.getvalue()
