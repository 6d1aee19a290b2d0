"""The whole machine against devices in other processes, in namespaces of their own as the card reader's tests are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.contract.test_pcsc import NAMESPACES, PATIENCE, run

SCENARIOS = "tests/flows/hardware_scenarios.py"

pytestmark = pytest.mark.timeout(PATIENCE + 10)


def test_every_device_comes_and_goes(tmp_path: Path) -> None:
    if run(*NAMESPACES, "true").returncode:
        pytest.skip("this machine allows no namespaces")
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"]
    done = run(*NAMESPACES, sys.executable, "-m", "pytest", *options, SCENARIOS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
