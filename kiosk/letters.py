"""Which letters can be printed: those of the fonts in `assets/fonts`, the same in all of them.

The fonts hold the letters of all of Vietnam's peoples. What a card may hold beside them (another script) becomes a
square, on paper as on the glass: a name is never silently shorter than it is.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from kiosk.config import ASSETS
from kiosk.text import nfc

REGULAR = ASSETS / "fonts" / "BeVietnamPro_400Regular.ttf"
BOLD = ASSETS / "fonts" / "BeVietnamPro_700Bold.ttf"
SQUARE = "□"


@cache
def _known() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # brought by fpdf2; needed by the first print, or the first name

    with TTFont(REGULAR, lazy=True) as font:
        return frozenset(font.getBestCmap())


def ready() -> None:
    """Read the fonts now, so that the first name does not wait for them."""
    _known()


def printable(text: str) -> str:
    """The text in NFC, a square in the place of each letter that no font of ours has."""
    text = nfc(text)
    return text if text.isascii() else "".join(c if _drawn(c) else SQUARE for c in text)


def all_printable(text: str) -> bool:
    """Whether a font of ours has each letter of the text."""
    return text.isascii() or all(map(_drawn, nfc(text)))


def stacked(text: str) -> bool:
    """Whether a mark stands on a letter that has no form of its own with it (ơ̆): then it must be put in its place."""
    return any(unicodedata.combining(c) for c in nfc(text))


def _drawn(letter: str) -> bool:
    return ord(letter) in _known() or not letter.isprintable()  # spaces and line ends are no letters
