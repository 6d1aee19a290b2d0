"""What is forgotten is called after: a real window with a loudspeaker that writes into a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kiosk.voice.tones import RATE, tones
from screens.sound import REMINDER
from tests.screens.probing import answer_of, run_with

SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def heard(folder: Path, driver: str) -> Mapping[str, int]:
    """The probe's answer with this driver of SDL's."""
    file = str(folder / "heard.raw")
    sound = {"SDL_AUDIODRIVER": driver, "SDL_DISKAUDIOFILE": file}
    return answer_of(run_with(sound, "sound_probe", file, seconds=SECONDS))


def test_a_bell_and_a_forgotten_card_are_heard(tmp_path: Path) -> None:
    answer = heard(tmp_path, "disk")
    assert answer["silent"] == answer["desk"] == answer["taken"] == 0
    assert answer["bell"] > 10_000
    assert answer["loud"] > 10_000
    assert answer["left"] > 10_000


def test_a_machine_without_a_loudspeaker_works_on(tmp_path: Path) -> None:
    assert heard(tmp_path, "alsa")["loud"] == 0


def test_the_reminder_is_as_long_as_written() -> None:
    samples = memoryview(tones(REMINDER)).cast("h")
    assert len(samples) == round(sum(seconds for _, seconds in REMINDER) * RATE)
    assert samples[0] == 0  # a tone that begins at once clicks
