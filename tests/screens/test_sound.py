"""What is forgotten is called after: a real window with a loudspeaker that writes into a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.voice.tones import RATE, tones
from screens.sound import REMINDER

ROOT = Path(__file__).parents[2]
SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def heard(folder: Path, driver: str) -> dict[str, int]:
    """The probe's answer with this driver of SDL's."""
    sound = {"SDL_AUDIODRIVER": driver, "SDL_DISKAUDIOFILE": str(folder / "heard.raw")}
    environment = {**{key: value for key, value in os.environ.items() if key != "DISPLAY"}, **sound}
    command = [sys.executable, "-m", "tests.screens.sound_probe", str(folder / "heard.raw")]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "surprise" not in done.stderr, done.stderr[-2000:]
    answer: dict[str, int] = json.loads(done.stdout)
    return answer


def test_a_bell_and_a_forgotten_card_are_heard(tmp_path: Path) -> None:
    answer = heard(tmp_path, "disk")
    assert answer["silent"] == answer["desk"] == 0
    assert answer["bell"] > 10_000
    assert answer["loud"] > 10_000


def test_a_machine_without_a_loudspeaker_works_on(tmp_path: Path) -> None:
    assert heard(tmp_path, "alsa")["loud"] == 0


def test_the_reminder_is_as_long_as_written() -> None:
    samples = memoryview(tones(REMINDER)).cast("h")
    assert len(samples) == round(sum(seconds for _, seconds in REMINDER) * RATE)
    assert samples[0] == 0  # a tone that begins at once clicks
