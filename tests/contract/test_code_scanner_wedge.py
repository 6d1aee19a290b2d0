"""A scanner that types: what it can type, and what is none of its codes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices import registry
from devices.code_scanner.wedge import MAX_CODE
from devices.interfaces import CodeScanner, Condition
from tests.contract.typing_scanner import TypingScanner

PATIENCE = 5.0  # for what must come
SHORT = 0.05  # for what must not
NOBODY = 65534


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[TypingScanner]:
    made = TypingScanner(tmp_path)
    yield made
    made.unplug()


@pytest.fixture
def wedge(keyboard: TypingScanner) -> Iterator[CodeScanner]:
    device = registry.create("code_scanner", keyboard.table)
    assert device.status().condition is Condition.READY
    yield device
    device.close()


def test_types_every_ascii_letter(keyboard: TypingScanner, wedge: CodeScanner) -> None:
    text = "".join(chr(n) for n in range(32, 127))
    keyboard.type(text)
    assert wedge.read_code(PATIENCE) == text


def test_chopped_events_are_put_together(keyboard: TypingScanner, wedge: CodeScanner) -> None:
    data = keyboard.keys((30, 1), (30, 0), (48, 1), (48, 0), (28, 1))
    for start in range(0, len(data), 7):
        keyboard.send(data[start : start + 7])
        assert wedge.read_code(0.0) in (None, "ab")
    keyboard.type("c")
    assert wedge.read_code(PATIENCE) in ("ab", "c")


def test_an_alt_code_is_dropped_and_told(keyboard: TypingScanner, wedge: CodeScanner) -> None:
    keyboard.send(keyboard.keys((30, 1), (56, 1), (79, 1), (79, 0), (56, 0), (28, 1)))  # Alt and a keypad digit
    assert wedge.read_code(SHORT) is None
    assert wedge.status().code == "scan_unreadable"
    keyboard.type("A001")
    assert wedge.read_code(PATIENCE) == "A001"
    assert wedge.status().code == ""


def test_keys_without_an_end_are_no_code(keyboard: TypingScanner, wedge: CodeScanner) -> None:
    keyboard.type("7" * (MAX_CODE + 1))
    keyboard.type("")
    assert wedge.read_code(SHORT) is None
    keyboard.type("A001")
    assert wedge.read_code(PATIENCE) == "A001"


def test_a_file_that_is_no_keyboard_cannot_be_taken(keyboard: TypingScanner) -> None:
    device = registry.create("code_scanner", {"driver": "wedge", "path": str(keyboard.path)})
    status = device.status()
    assert (status.condition, status.code) == (Condition.OFFLINE, "device_unplugged")


def test_a_keyboard_that_nobody_may_read_is_told_apart_from_one_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    path.touch(mode=0)
    device = registry.create("code_scanner", {"driver": "wedge", "path": str(path)})
    with as_nobody():
        status = device.status()
    assert (status.condition, status.code) == (Condition.OFFLINE, "device_access")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, where the tests have them."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
