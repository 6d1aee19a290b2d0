"""Runs the scenarios of the PC/SC driver in a network and a mount namespace of their own.

The virtual reader listens on every interface, and the service has one place for its socket: neither may meet the
machine on which the tests run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]  # nothing outlives the last one
if os.geteuid():
    NAMESPACES += ["--user", "--map-root-user"]
PATIENCE = 90.0


def test_scenarios() -> None:
    if subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode:
        pytest.skip("this machine allows no namespaces")
    pytest_again = [sys.executable, "-m", "pytest", "-q", "--durations=5", "-p", "no:cacheprovider", "tests/contract/pcsc_scenarios.py"]
    done = subprocess.run([*NAMESPACES, *pytest_again], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
