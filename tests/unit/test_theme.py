"""The look can change under every screen: kv reads it through the object that it can bind to."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest

from kiosk.comfort import Comfort
from screens.theme import Theme

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


def test_the_collector_may_drop_widgets_while_the_look_changes() -> None:
    theme = Theme()

    class Dropped:
        """A widget that only the garbage collector frees."""

        def __init__(self) -> None:
            self.myself = self
            self.uid = theme.fbind("INK", lambda *_: None, [])

        def __del__(self) -> None:
            theme.unbind_uid("INK", self.uid)

    told: list[object] = []
    theme.wear(Comfort())
    thresholds = gc.get_threshold()
    gc.disable()
    try:
        for _ in range(6000):
            Dropped()
        theme.fbind("INK", lambda *_: told.append(None), [])
        gc.set_threshold(gc.get_count()[0] + 1000)  # in the midst of what the change itself makes
        gc.enable()
        assert theme.wear(Comfort(contrast=True))
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    assert told == [None]
