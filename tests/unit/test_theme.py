"""The look can change under every screen: kv reads it through the object that it can bind to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCREENS = Path(__file__).parents[2] / "screens"
KV = sorted(SCREENS.glob("*.kv"))


@pytest.mark.parametrize("path", KV, ids=[path.stem for path in KV])
def test_kv_binds_to_the_theme(path: Path) -> None:
    """One file that imports the module takes the binding from all: Kivy has one namespace."""
    text = path.read_text(encoding="utf-8")
    if re.search(r"\bT\.", text):
        assert re.search(r"^#:import T screens\.theme\.T$", text, re.MULTILINE)
    assert re.findall(r"^\s+\w+: .*#[0-9A-Fa-f]{6}.*$", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", sorted(SCREENS.glob("*.py")), ids=lambda path: path.stem)
def test_no_colour_is_fixed_when_a_module_is_loaded(path: Path) -> None:
    """A default of a property would stay what it was at the start."""
    if not path.stem.startswith("diagnostics"):  # technicians have the usual look
        assert "Property(theme." not in path.read_text(encoding="utf-8")
