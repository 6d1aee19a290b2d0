"""One theme: colours, sizes and fonts of the glass (DESIGN 8). Sizes are dp: 1 dp = 1 pixel on a 1080 × 1920 panel."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from kivy.core.text import LabelBase
from kivy.utils import get_color_from_hex as rgba

ASSETS = Path(__file__).parent.parent / "assets"

PAPER = rgba("#FAF8F4")  # background
CARD = rgba("#FFFFFF")
LINE = rgba("#D9D3C7")  # borders
SHADE = rgba("#F0EBE1")  # bars, pressed cards
INK = rgba("#1A1A1A")
MUTED = rgba("#4A4641")  # secondary text, still 7 : 1 on paper and shade
RED = rgba("#9B1C1F")  # the main action only
RED_DARK = rgba("#7C1518")
GOLD = rgba("#B8862B")  # accent, never text
GREEN = rgba("#1B7F4B")
AMBER = rgba("#8A5200")
BLUE = rgba("#145DA0")
WHITE = rgba("#FFFFFF")
GREEN_TEXT = rgba("#0C5A32")  # the same three for words: 7 : 1 also on their tints
AMBER_TEXT = rgba("#6B3F00")
BLUE_TEXT = rgba("#0F4A82")
GREEN_TINT = rgba("#E6F4EC")
AMBER_TINT = rgba("#FCF1DF")
RED_TINT = rgba("#FBEBEB")
BLUE_TINT = rgba("#E8F1FA")
DISABLED = rgba("#8D877C")

TONES = {
    "ok": (GREEN, GREEN_TINT, "check-circle"),
    "warn": (AMBER, AMBER_TINT, "alert"),
    "error": (RED, RED_TINT, "alert-circle"),
    "info": (BLUE, BLUE_TINT, "information"),
}

# sizes in dp
TITLE = 60
HEADING = 52
LEAD = 40
BODY = 34
SMALL = 32
GAP = 24  # between neighbours
MARGIN = 56  # from the edge of the glass
TARGET = 112  # height of a plain target
LIVE_ADVICE = 236  # height of what is said beside a live picture
MAIN_TARGET = 136  # height of the main action
RADIUS = 18

FONT = "BeVietnamPro"
ICONS = "MaterialDesignIcons"


def register_fonts() -> None:
    """Make the text font and the icon font known to Kivy by the names `FONT` and `ICONS`."""
    fonts = ASSETS / "fonts"
    LabelBase.register(
        FONT, fn_regular=str(fonts / "BeVietnamPro_400Regular.ttf"), fn_bold=str(fonts / "BeVietnamPro_700Bold.ttf")
    )
    LabelBase.register(ICONS, fn_regular=str(ASSETS / "icons" / "materialdesignicons-webfont.ttf"))


@cache
def _codepoints() -> dict[str, str]:
    return {
        name: chr(int(code, 16))
        for name, code in json.loads((ASSETS / "icons" / "codepoints.json").read_text()).items()
    }


def glyph(name: str) -> str:
    """The character of a Material Design icon; a question mark for a name that the font does not have."""
    points = _codepoints()
    return points.get(name) or points["help-circle-outline"] if name else ""
