"""The announcement of a call: chime, recorded clips, espeak-ng itself."""

from __future__ import annotations

import io
import logging
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kiosk.voice import AFTER_CHIME_SECONDS, CHIME, GAP_SECONDS, KEPT, RATE, Voice
from kiosk.voice.tones import silence, tones, wave_file

CHIME_SAMPLES = tones(CHIME, RATE)
PAUSE, GAP = silence(AFTER_CHIME_SECONDS, RATE), silence(GAP_SECONDS, RATE)
WORDS = ("xin-mời-số-thứ-tự", "a", "bê", "không", "hai", "mươi", "lăm", "đến-quầy-số", "ba")


def samples(data: bytes) -> bytes:
    """What is in a WAV file, whose head must tell the truth."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        found: bytes = file.readframes(file.getnframes())
        assert len(found) == 2 * file.getnframes()
        return found


def clip(number: int) -> bytes:
    """A recording that can be told from the others."""
    return tones(((200 + 50 * number, 0.05),), RATE)


def record(folder: Path, *names: str) -> dict[str, bytes]:
    """Clips of these words."""
    made = {name: clip(number) for number, name in enumerate(names)}
    for name, sound in made.items():
        (folder / f"{name}.wav").write_bytes(wave_file(sound, RATE))
    return made


def test_the_chime_rises_as_it_is_written() -> None:
    sound, start = np.frombuffer(CHIME_SAMPLES, "<i2"), 0
    for hertz, seconds in ((880, 0.18), (1174, 0.18), (1568, 0.34)):
        part = sound[start : start + round(seconds * RATE)]
        start += len(part)
        strongest = np.argmax(np.abs(np.fft.rfft(part))) * RATE / len(part)
        assert abs(strongest - hertz) < 8
    assert start == len(sound)


def test_espeak_says_it_twice_with_a_pause_after_the_chime(tmp_path: Path) -> None:
    found = samples(Voice(clips=tmp_path).call("A-025", 3))
    assert found.startswith(CHIME_SAMPLES + PAUSE)
    said = found[len(CHIME_SAMPLES + PAUSE) :]
    once = said[: (len(said) - len(GAP)) // 2]
    assert said == once + GAP + once
    assert 2.0 < len(once) / 2 / RATE < 8.0
    assert np.abs(np.frombuffer(once, "<i2")).max() > 3000
    assert samples(Voice(clips=tmp_path).call("A-026", 3)) != found
    assert len(samples(Voice(clips=tmp_path, words_a_minute=220).call("A-025", 3))) < len(found)


def test_recorded_clips_are_preferred_and_longer_ones_first(tmp_path: Path) -> None:
    made = record(tmp_path, *WORDS)
    said = b"".join(made[word] for word in (*WORDS[:2], *WORDS[3:]))
    voice = Voice(clips=tmp_path, program="no-such-program")
    assert samples(voice.call("A-025", 3)) == CHIME_SAMPLES + PAUSE + said + GAP + said
    made |= record(tmp_path, "hai-mươi-lăm")
    said = b"".join(made[word] for word in ("xin-mời-số-thứ-tự", "bê", "không", "hai-mươi-lăm", "đến-quầy-số", "ba"))
    voice = Voice(clips=tmp_path, program="no-such-program")
    assert samples(voice.call("B-025", 3)) == CHIME_SAMPLES + PAUSE + said + GAP + said


def test_one_missing_clip_and_espeak_says_the_whole(tmp_path: Path) -> None:
    spoken = Voice(clips=tmp_path).call("A-025", 3)
    record(tmp_path, *WORDS[:-1])
    assert Voice(clips=tmp_path).call("A-025", 3) == spoken
    (tmp_path / "ba.wav").write_bytes(b"no sound")
    assert Voice(clips=tmp_path).call("A-025", 3) == spoken


def test_where_nothing_speaks_the_chime_still_rings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    voice = Voice(clips=tmp_path, program="no-such-program")
    with caplog.at_level(logging.ERROR):
        assert samples(voice.call("A-025", 3)) == CHIME_SAMPLES
        voice.call("A-026", 3)
    assert [record.getMessage() for record in caplog.records] == ["voice: no-such-program: FileNotFoundError"]


def test_an_announcement_is_made_once_and_few_are_kept(tmp_path: Path) -> None:
    made = record(tmp_path, *WORDS, "một", "tư", "sáu", "bảy", "tám", "chín", "mười", "bốn", "năm", "mốt")
    voice = Voice(clips=tmp_path, program="no-such-program")
    first = voice.call("A-025", 3)
    for path in tmp_path.glob("*.wav"):
        path.write_bytes(wave_file(made["ba"], RATE))
    with ThreadPoolExecutor(8) as pool:
        assert all(one is first for one in pool.map(lambda _: voice.call("A-025", 3), range(40)))
    for number in range(1, KEPT + 1):
        voice.call(f"A-{number:03d}", 4)
    assert voice.call("A-025", 3) != first
