"""The simulated devices play what a file says; a mistake in it is told before the kiosk starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices import registry
from devices.interfaces import DEVICE_KINDS, Condition
from kiosk import scenario
from kiosk.config import ASSETS, Config, ConfigError
from kiosk.wiring import Machine
from tests.flows.conftest import Player

PLAY = """
[[act]]
device = "printer"
do = "paper_out"
[[act]]
after = 0.1
device = "province"
do = "fault"
with = "refuse"
[[act]]
after = 0.1
device = "card_reader"
do = "lay"
with = "genuine"
"""


def written(folder: Path, text: str) -> Path:
    """A file with this play."""
    file = folder / "play.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_play_is_played(config: Config, tmp_path: Path) -> None:
    acts = scenario.load(written(tmp_path, PLAY), config)
    with Machine(config) as machine, scenario.Scenario(acts, machine):
        player = Player(machine)
        player.until(lambda s: "printer" in s.devices and s.devices["printer"].code == "paper_out", "no paper")
        player.until(lambda s: s.card_present, "the card")
        assert machine.province
        assert machine.province.fault == "refuse"


def test_the_play_that_is_shipped_can_be_played(config: Config) -> None:
    assert len(scenario.load(ASSETS / "scenarios" / "bad-morning.toml", config)) > 10


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_every_verb_is_one_of_the_device(kind: str) -> None:
    device = registry.create(kind, {"driver": "simulated"})
    for verb, words in registry.simulator_verbs(kind).items():
        for word in [()] if words is None else [(w,) for w in words or ("text",)]:
            getattr(device, verb)(*word)
    device.restore()
    assert device.status().condition is Condition.READY


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ('[[act]]\ndevice = "printr"\ndo = "jam"', "act.1", "did you mean «printer»"),
        ('[[act]]\ndevice = "printer"\ndo = "paper_oot"', "act.1", "did you mean «paper_out»"),
        ('[[act]]\ndevice = "code_scanner"\ndo = "present"', "act.1", "needs `with`"),
        ('[[act]]\ndevice = "printer"\ndo = "jam"\nwith = "x"', "act.1", "takes no `with`"),
        ('[[act]]\ndevice = "card_reader"\ndo = "lay"\nwith = "forget"', "act.1", "did you mean «forged»"),
        ('[[act]]\ndevice = "province"\ndo = "fault"\nwith = "fire"', "act.1", "fire"),
        ('[[act]]\ndevice = "printer"\ndo = "jam"\nafter = -1', "act.0.after", "greater than or equal to 0"),
        ("", "act", "is missing"),
        ("[[act", "play.toml", ""),
    ],
)
def test_a_mistake_is_told_with_its_place(config: Config, tmp_path: Path, text: str, path: str, words: str) -> None:
    with pytest.raises(ConfigError) as told:
        scenario.load(written(tmp_path, text), config)
    place, sentence = told.value.problems[0]
    assert place.endswith(path)
    assert words in sentence


def test_a_real_device_plays_no_part(config: Config, tmp_path: Path) -> None:
    table = {"driver": "escpos", "url": "socket://127.0.0.1:9100"}
    real = config.model_copy(update={"devices": {**config.devices, "printer": table}})
    with pytest.raises(ConfigError, match="printer"):
        scenario.load(written(tmp_path, PLAY), real)
