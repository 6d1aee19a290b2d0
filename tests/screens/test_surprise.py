"""A surprise on the main thread ends the session; the machine hears and counts on."""

from __future__ import annotations

import json

from tests.screens.probing import run


def test_after_a_surprise_the_machine_hears_and_its_clock_goes_on() -> None:
    done = run("surprise_probe", seconds=60)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"begun": "procedures", "heard": ["next"], "goes_on": "home"}
    assert done.stderr.count("surprise on the main thread: ValueError") == 2
    assert "of somebody" not in done.stderr
