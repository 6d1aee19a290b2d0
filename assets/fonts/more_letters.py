"""Adds to Be Vietnam Pro the letters of Vietnam's other peoples that it lacks, out of its own letters and marks.

    .venv/bin/python assets/fonts/more_letters.py assets/fonts/BeVietnamPro_*.ttf

Ê Đê, Gia Rai, Ba Na, Xơ Đăng, Cơ Ho, Mnông and Bru write ĭ ŏ ŭ ĕ ƀ; transliterations of Chăm have a dot below. The
square stands for what still has no letter. The licence (OFL, no reserved name) allows it; a second run changes nothing.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

MARKED = "ĭĬŏŎŭŬĕĔǎǍǐǏǒǑǔǓŝŜẑẐḍḌṭṬṇṆṣṢṛṚḥḤḷḶṃṂḳḲẓẒ"
BELOW = "\u0323"
SAME = {"ʼ": "’", "ʻ": "‘", "ˈ": "'"}
STROKED = {"ƀ": ("b", "đ", "d"), "Ƀ": ("B", "Đ", "D")}  # letter: drawn on, with the stroke of, which is drawn on
SQUARE = "□"  # also what is drawn for a letter that the font lacks: theirs was empty, so the letter vanished
INVISIBLE = "\t\r\n\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # signs that are no letters stay unseen


def extend(path: str) -> None:
    """Write the font with all letters in the place of itself."""
    font = TTFont(path, recalcTimestamp=False)
    names, glyphs = font.getBestCmap(), font["glyf"]
    pieces = [*((letter, _marked(font, letter)) for letter in MARKED), *((c, _same(font, SAME[c])) for c in SAME)]
    pieces += [*((letter, _stroked(font, *STROKED[letter])) for letter in STROKED), (SQUARE, _square(font))]
    pieces += [(sign, (TTGlyphPen(None).glyph(), 0)) for sign in INVISIBLE]
    for letter, (glyph, advance) in pieces:
        if ord(letter) not in names:
            name = f"uni{ord(letter):04X}"
            glyphs[name] = glyph
            glyph.recalcBounds(glyphs)
            font["hmtx"][name] = (advance, getattr(glyph, "xMin", 0))
            for table in font["cmap"].tables:
                if table.isUnicode():
                    table.cmap[ord(letter)] = name
    glyphs[".notdef"], advance = _square(font)
    glyphs[".notdef"].recalcBounds(glyphs)
    font["hmtx"][".notdef"] = (advance, glyphs[".notdef"].xMin)
    font["post"].extraNames, font["post"].mapping = [], {}
    font.save(path)


def _marked(font: Any, letter: str) -> tuple[Any, int]:
    base, mark = unicodedata.normalize("NFD", letter)
    names, glyphs = font.getBestCmap(), font["glyf"]
    body, sign = names[ord("ı" if base == "i" else base)], names[ord(mark)]
    under, over = glyphs[body], glyphs[sign]
    up = glyphs[names[ord("Ă")]].yMax - glyphs[names[ord("ă")]].yMax if base.isupper() else 0
    pen = TTGlyphPen(font.getGlyphSet())
    pen.addComponent(body, (1, 0, 0, 1, 0, 0))
    middle = round((under.xMin + under.xMax - over.xMin - over.xMax) / 2)
    pen.addComponent(sign, (1, 0, 0, 1, middle, 0 if mark == BELOW else up))
    return pen.glyph(), font["hmtx"][body][0]


def _same(font: Any, other: str) -> tuple[Any, int]:
    name = font.getBestCmap()[ord(other)]
    pen = TTGlyphPen(font.getGlyphSet())
    pen.addComponent(name, (1, 0, 0, 1, 0, 0))
    return pen.glyph(), font["hmtx"][name][0]


def _stroked(font: Any, base: str, stroked: str, bare: str) -> tuple[Any, int]:
    names, glyphs = font.getBestCmap(), font["glyf"]
    body, model, plain = names[ord(base)], glyphs[names[ord(stroked)]], glyphs[names[ord(bare)]]
    outside = model.xMax if bare == "d" else model.xMin
    high = [y for x, y in model.coordinates if x == outside]
    length = round(0.62 * (plain.xMax - plain.xMin))
    start = glyphs[body].xMin - (abs(outside - (plain.xMax if bare == "d" else plain.xMin)))
    pen = TTGlyphPen(font.getGlyphSet())
    glyphs[body].draw(pen, glyphs)
    _box(pen, start, min(high), start + length, max(high))
    return pen.glyph(), font["hmtx"][body][0]


def _square(font: Any) -> tuple[Any, int]:
    pen = TTGlyphPen(font.getGlyphSet())
    _box(pen, 60, 0, 640, 700)
    _box(pen, 580, 60, 120, 640)
    return pen.glyph(), 700


def _box(pen: Any, left: int, bottom: int, right: int, top: int) -> None:
    """Clockwise; counter-clockwise where `left` is the greater: a hole."""
    pen.moveTo((left, bottom))
    for point in ((left, top), (right, top), (right, bottom)):
        pen.lineTo(point)
    pen.closePath()


for file in sys.argv[1:]:
    extend(file)
