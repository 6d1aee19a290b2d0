"""What is said aloud: for every screen of a citizen, in both languages, by a real voice, and never about anybody."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk import i18n
from kiosk.comfort import Comfort
from kiosk.comfort.spoken import TEXTS, guidance
from kiosk.identity import Citizen
from kiosk.state import DESK_STEPS, AppState, Session, Step
from screens import jack, speech

SPOKEN = Comfort(spoken=True)
PATIENCE = 20.0


@pytest.mark.parametrize("step", [step for step in Step if step not in DESK_STEPS])
def test_every_screen_of_a_citizen_speaks_both_languages(step: Step) -> None:
    assert step in TEXTS
    assert i18n.translate(TEXTS[step], "en") != TEXTS[step]


def test_nothing_of_a_person_is_said() -> None:
    citizen = Citizen("027190012345", "Nguyễn Thị Đào")
    session = Session("s", datetime(2026, 11, 24, tzinfo=UTC), citizen=citizen, answers={"name": "Nguyễn Thị Đào"})
    for step in Step:
        assert guidance(AppState(step=step, session=session)) == guidance(AppState(step=step))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_real_voice_says_it(language: str) -> None:
    speech.wave_of.cache_clear()
    data = speech.wave_of("home", language, guidance(AppState(language=language)))
    with wave.open(io.BytesIO(data)) as sound:
        # espeak-ng writes to a pipe and cannot fill in the length: count what is there
        seconds = len(data) / sound.getframerate() / sound.getsampwidth()
    assert 3 < seconds < 20


def test_a_recorded_clip_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "home.wav").write_bytes(b"RIFF recorded")
    monkeypatch.setattr(speech, "CLIPS", tmp_path)
    speech.wave_of.cache_clear()
    assert speech.wave_of("home", "vi", "Chào bạn") == b"RIFF recorded"
    speech.wave_of.cache_clear()


class Room:
    """Where the voice is heard: what was played, and what was stopped."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, float]] = []
        self.stopped: list[int] = []
        self.news = threading.Semaphore(0)
        self.speaker = speech.Speaker(lambda call: call(), self.play)

    def play(self, sound: bytes, volume: float) -> Callable[[], None]:
        number = len(self.heard)
        self.heard.append((len(sound), volume))
        self.news.release()
        return lambda: self.stopped.append(number)


def test_it_speaks_once_and_falls_silent_with_its_screen() -> None:
    room = Room()
    state = AppState(comfort=SPOKEN)
    room.speaker.show(AppState())
    room.speaker.show(state)
    assert room.news.acquire(timeout=PATIENCE)
    room.speaker.show(replace(state, toast="help_is_coming"))  # the same screen: not again
    assert (len(room.heard), room.stopped) == (1, [])
    room.speaker.show(replace(state, step=Step.PROCEDURES))
    assert room.stopped == [0]
    assert room.news.acquire(timeout=PATIENCE)
    room.speaker.show(AppState())  # the session has ended
    assert room.stopped == [0, 1]


def test_it_says_it_again_when_asked_and_as_loud_as_asked() -> None:
    room = Room()
    for time, volume in ((0, 1), (1, 3)):
        room.speaker.show(AppState(comfort=replace(SPOKEN, volume=volume), said_again=time))
        assert room.news.acquire(timeout=PATIENCE)
    assert room.heard[0][1] < room.heard[1][1] == 1.0


def test_without_headphones_a_voice_for_headphones_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state = AppState(comfort=replace(SPOKEN, headphones=True))
    for plugged in (False, True):
        monkeypatch.setattr(jack, "plugged", lambda plugged=plugged: plugged)
        assert (speech.saying(state) is not None) is plugged


def test_the_headphone_socket_is_found_among_the_input_devices() -> None:
    listed = (
        'I: Bus=0000\nN: Name="Power Button"\nH: Handlers=kbd event0 \nB: KEY=1\n\n'
        'I: Bus=0000\nN: Name="HDA Intel Mic"\nH: Handlers=event4 \nB: EV=21\nB: SW=10\n\n'
        'I: Bus=0000\nN: Name="HDA Intel Headphone"\nH: Handlers=event5 \nB: EV=21\nB: SW=4\n'
    )
    assert jack.sockets(listed) == ["event5"]
    assert jack.plugged() in (True, False)
