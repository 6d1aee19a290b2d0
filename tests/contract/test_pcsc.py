"""The PC/SC driver: what needs no reader, and its scenarios, run in namespaces of their own.

The virtual reader listens on every interface, and the service has one place for its socket: neither may meet the
machine on which the tests run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devices import registry
from devices.card_reader import pcsc
from devices.card_reader.emrtd import errors
from devices.errors import DeviceError
from kiosk.i18n import advice, error_text

ROOT = Path(__file__).parent.parent.parent
SCENARIOS = "tests/contract/pcsc_scenarios.py"
NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]  # nothing outlives the last one
if os.geteuid():
    NAMESPACES += ["--user", "--map-root-user"]
PATIENCE = 100.0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)


def test_scenarios(tmp_path: Path) -> None:
    if run(*NAMESPACES, "true").returncode:
        pytest.skip("this machine allows no namespaces")
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"]
    done = run(*NAMESPACES, sys.executable, "-m", "pytest", *options, SCENARIOS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_table_is_checked_without_the_library() -> None:
    check = 'registry.check("card_reader", {"driver": "pcsc", "reader": "ACS"}) == []'
    lazy = "not any(name.startswith('smartcard') for name in sys.modules)"
    done = run(sys.executable, "-c", f"import sys; from devices import registry; assert {check} and {lazy}")
    assert done.returncode == 0, done.stderr


def test_an_unknown_key_is_told() -> None:
    assert registry.check("card_reader", {"driver": "pcsc", "port": 1})


def test_every_code_is_one_of_the_service() -> None:
    scard = pytest.importorskip("smartcard.scard")
    assert all(isinstance(getattr(scard, name), int) for name in pcsc.FAULTS)


def codes() -> set[str]:
    """All codes that a reader or a chip can give."""
    made: list[DeviceError] = [
        kind("") for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__
    ]
    told = {"no_card", "card_unreadable", "card_removed", "reader_busy", "reader_failed", "reader_not_found"}
    return told | {code for _, code in pcsc.FAULTS.values()} | {error.code for error in made}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_has_a_sentence_and_advice(code: str, language: str) -> None:
    assert error_text(code, language) != code
    assert advice(code, language)
