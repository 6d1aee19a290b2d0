"""Spoken guidance: a recorded clip where there is one, else espeak-ng; made on a thread, played by the window (SDL).

Nothing personal is ever spoken: the texts are those of `kiosk/comfort/spoken.py`. A machine without a voice or a
loudspeaker stays silent and works.
"""

from __future__ import annotations

import logging
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from kiosk.comfort.spoken import guidance
from kiosk.config import ASSETS
from kiosk.state import AppState, screen_for
from screens import jack

log = logging.getLogger(__name__)
CLIPS = ASSETS / "voice"  # <language>/<screen>.wav
VOICES = {"vi": "vi", "en": "en"}
WORDS_A_MINUTE = 140
SAY_SECONDS = 10.0  # espeak-ng needs some 20 ms for a sentence
VOLUMES = {1: 0.35, 2: 0.65, 3: 1.0}
MEMORY = Path("/dev/shm")  # noqa: S108  SDL wants a file: this one never touches a disk


@dataclass(frozen=True)
class Saying:
    """What is to be said: where, in which language, for the how-manieth time."""

    screen: str
    language: str
    text: str
    time: int = 0


@lru_cache(64)
def wave_of(screen: str, language: str, text: str) -> bytes:
    """The recorded clip of a screen, else the text as WAV by espeak-ng; b"" where there is neither."""
    clip = CLIPS / language / f"{screen}.wav"
    if clip.exists():
        return clip.read_bytes()
    program = shutil.which("espeak-ng")
    if program is None or language not in VOICES:
        return b""
    command = [program, "-v", VOICES[language], "-s", str(WORDS_A_MINUTE), "--stdout"]
    done = subprocess.run(  # noqa: S603  a program of the machine, with words of ours on its standard input
        command, input=text.encode(), capture_output=True, timeout=SAY_SECONDS, check=False
    )
    return done.stdout if done.returncode == 0 else b""


def saying(state: AppState) -> Saying | None:
    """What this state wants to be said, None for nothing."""
    comfort = state.comfort
    if not comfort.spoken or (comfort.headphones and not jack.plugged()):
        return None
    text = guidance(state)
    return Saying(str(screen_for(state)), state.language, text, state.said_again) if text else None


class Speaker:
    """Says the guidance of each screen once; stops at once when the screen changes or the session ends.

    `play` gets (WAV, volume 0 to 1) and returns what stops it; it is called on the main thread, by `on_main`.
    """

    def __init__(
        self,
        on_main: Callable[[Callable[[], None]], None],
        play: Callable[[bytes, float], Callable[[], None] | None] | None = None,
    ) -> None:
        self._on_main, self._play = on_main, play or play_wave
        self._wanted: Saying | None = None
        self._volume = 1.0
        self._stop: Callable[[], None] | None = None
        self._jobs: queue.SimpleQueue[Saying] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def show(self, state: AppState) -> None:
        """A new state is on the glass."""
        wanted = saying(state)
        self._volume = VOLUMES[state.comfort.volume]
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._silence()
        if wanted is not None:
            if self._thread is None:
                self._thread = threading.Thread(target=self._make, name="voice", daemon=True)
                self._thread.start()
            self._jobs.put(wanted)

    def _silence(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _make(self) -> None:
        while True:
            job = self._jobs.get()
            if job != self._wanted:
                continue  # its screen has gone
            try:
                sound = wave_of(job.screen, job.language, job.text)
            except (OSError, subprocess.SubprocessError) as error:
                log.warning("voice: %s", type(error).__name__)
                continue
            if sound:
                self._on_main(lambda job=job, sound=sound: self._start(job, sound))  # type: ignore[misc]

    def _start(self, job: Saying, sound: bytes) -> None:
        if job == self._wanted:
            self._silence()
            self._stop = self._play(sound, self._volume)


@cache
def _loaded(wave: bytes) -> Any:
    from kivy.core.audio import SoundLoader

    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.exists() else None) as folder:
        path = Path(folder) / "voice.wav"
        path.write_bytes(wave)
        sound = SoundLoader.load(str(path))  # the whole sound is in memory after this
    if sound is None or not sound.length:
        log.warning("no loudspeaker: the machine stays silent")
        return None
    return sound


def play_wave(wave: bytes, volume: float) -> Callable[[], None] | None:
    """Play it through the window; what stops it, None without a loudspeaker."""
    sound = _loaded(wave)
    if sound is None:
        return None
    sound.volume = volume
    sound.play()

    def stop() -> None:
        sound.stop()

    return stop
