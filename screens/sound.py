"""Sounds of the machine: made here, played by the window; a machine without a loudspeaker stays silent and works."""

from __future__ import annotations

import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.tones import Melody, tones, wave_file

log = logging.getLogger(__name__)
REMINDER = ((1174, 0.18), (880, 0.18), (1174, 0.18), (880, 0.32))  # (Hz, seconds): falls and returns, «come back»


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
