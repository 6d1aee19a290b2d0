"""The announcement of a call as a WAV file, made on this machine: a chime, then the sentence twice.

Recorded clips in `assets/voice/vi/` are preferred, else espeak-ng speaks. A clip is a WAV file (16 bit, mono,
22,050 Hz) named by its words, in small letters, with `-` between them: `xin-mời-số-thứ-tự.wav`, `đến-quầy-số.wav`,
letters by their names (`bê.wav`), numbers word by word (`không.wav`, `mươi.wav`, `lăm.wav`), or better whole
(`hai-mươi-lăm.wav`): the longest clip that fits is taken. A call that clips do not cover to the last word is spoken by
espeak-ng as a whole.
"""

from __future__ import annotations

import io
import logging
import re
import subprocess
import threading
import wave
from collections import OrderedDict
from functools import cache
from pathlib import Path

from kiosk.config import ASSETS
from kiosk.text import nfc
from kiosk.voice.announce import USUAL_WORDS, Words, call_sentence, spoken
from kiosk.voice.tones import SAMPLE_BYTES, silence, tones, wave_file

log = logging.getLogger(__name__)
CLIPS = ASSETS / "voice" / "vi"
RATE = 22_050  # Hz; what espeak-ng makes
CHIME = ((880, 0.18), (1174, 0.18), (1568, 0.34))  # (Hz, seconds)
TIMES, GAP_SECONDS = 2, 0.7
AFTER_CHIME_SECONDS = 0.25
ESPEAK = "espeak-ng"
ESPEAK_SECONDS = 10
USUAL_WORDS_A_MINUTE = 140
KEPT = 64  # announcements, about 400 kB each


class Voice:
    """Makes announcements; any thread may call, one is made at a time and the last `KEPT` are remembered."""

    def __init__(
        self,
        words: Words = USUAL_WORDS,
        words_a_minute: int = USUAL_WORDS_A_MINUTE,
        clips: Path = CLIPS,
        program: str = ESPEAK,
    ) -> None:
        self._words = words
        self._speed = words_a_minute
        self._program = program
        self._clips = {nfc(path.stem).lower().replace("-", " "): path for path in sorted(clips.glob("*.wav"))}
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._silent = False

    def call(self, label: str, counter: int) -> bytes:
        """The WAV file of a call; the chime alone where nothing can speak. Raises ValueError for what is no ticket."""
        with self._lock:
            found = self._made.get((label, counter))
            if found is None:
                found = self._announcement(call_sentence(label, counter, self._words))
                self._made[label, counter] = found
                if len(self._made) > KEPT:
                    self._made.popitem(last=False)
            else:
                self._made.move_to_end((label, counter))
            return found

    def chime(self) -> bytes:
        """The WAV file of the chime alone, to try the loudspeaker with."""
        return wave_file(_chime(), RATE)

    def _announcement(self, sentence: str) -> bytes:
        text = spoken(sentence)
        said = self._from_clips(text) or self._from_espeak(text)
        samples = _chime()
        if said:
            again = silence(GAP_SECONDS, RATE) + said
            samples += silence(AFTER_CHIME_SECONDS, RATE) + said + (TIMES - 1) * again
        return wave_file(samples, RATE)

    def _from_clips(self, text: str) -> bytes:
        """The sentence put together from recorded clips; nothing when one is missing or is no such file."""
        words = re.findall(r"\w+", text.lower())
        said = b""
        while words:
            count = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in self._clips), 0)
            clip = _samples(self._clips[" ".join(words[:count])].read_bytes()) if count else b""
            if not clip:
                return b""
            said, words = said + clip, words[count:]
        return said

    def _from_espeak(self, text: str) -> bytes:
        command = [self._program, "-v", "vi", "-s", str(self._speed), "--stdout", "--stdin"]
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=ESPEAK_SECONDS, check=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            if not self._silent:
                log.error("voice: %s: %s", self._program, type(error).__name__)
            self._silent = True
            return b""
        self._silent = False
        return _samples(done.stdout)


@cache
def _chime() -> bytes:
    return tones(CHIME, RATE)


def _samples(data: bytes) -> bytes:
    """The samples of a WAV file of our kind; nothing of another kind. espeak-ng writes a length that is none."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, SAMPLE_BYTES, RATE):
                return b""
            samples: bytes = file.readframes(len(data))
            return samples
    except (wave.Error, EOFError):
        return b""
