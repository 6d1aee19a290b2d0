"""Draws a slip as a black-and-white picture, dot for dot as the printer burns it.

203 dots per inch: 576 dots are 72 mm, the printable width of 80 mm paper; 384 dots are 48 mm of 58 mm paper. Letters
are drawn grey and cut at one threshold, never dithered; modules of a QR code are whole dots.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from kiosk.letters import printable, stacked
from kiosk.slips import UNBROKEN_SPACE, Banner, Block, Code, Item, Number, Pair, Qr, Rule, Slip, Style, Text

FONTS = Path(__file__).parent.parent / "assets" / "fonts"
REGULAR, SEMIBOLD, BOLD = "BeVietnamPro_400Regular", "BeVietnamPro_600SemiBold", "BeVietnamPro_700Bold"
BLACK, WHITE = 0, 255
INK_BELOW = 150  # greys darker than this are burnt: thin strokes of tone marks survive
WIDE_DOTS = 512  # narrower paper gets smaller letters
TOP, BOTTOM = 16, 24
NUMBER_HEIGHT, CODE_HEIGHT = 152, 52
GRAIN = (
    2  # dots: what is drawn in squares of two costs a quarter of the bytes on the line (`devices/printer/raster.py`)
)
QR_WIDTH = 260  # with its quiet zone
CAP_HEIGHT = 0.745  # of the font, in sizes
CONDENSED = 0.78  # how far a number may be condensed before it gets smaller instead
QUIET_MODULES = 4  # ISO/IEC 18004, 9.1

Stroke = Callable[[Image.Image, ImageDraw.ImageDraw], None]


class _Face(NamedTuple):
    """A font, its size in dots on wide paper, the distance of its lines in sizes, the space above it in dots."""

    font: str
    size: int
    leading: float = 1.25
    above: int = 6


FACES = {
    Style.CENTRE: _Face(SEMIBOLD, 30, above=0),
    Style.TITLE: _Face(BOLD, 36, above=8),
    Style.HEADING: _Face(BOLD, 30, above=4),
    Style.SERIES: _Face(BOLD, 38, above=10),
    Style.BODY: _Face(SEMIBOLD, 28, above=8),
    Style.NOTE: _Face(REGULAR, 24, above=8),
    Style.ALSO: _Face(REGULAR, 24, above=0),
}
NAMES = (Style.CENTRE, Style.SERIES)
BETWEEN_PHRASES = re.compile(r"(?<=,) | (?=(?:phường|xã|đặc khu|tỉnh|thành phố) )")
LABEL, VALUE = _Face(REGULAR, 28, above=8), _Face(BOLD, 30, above=8)


def draw(slip: Slip, width_dots: int) -> Image.Image:
    """The slip as a picture of mode "1", `width_dots` wide (at least 256) and as high as it needs."""
    sheet = _Sheet(width_dots)
    for block in slip.blocks:
        sheet.add(block)
    return sheet.picture()


@lru_cache(maxsize=64)
def _font(name: str, size: int, shaped: bool = False) -> FreeTypeFont:
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC  # only a mark of its own needs shaping
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size, layout_engine=engine)


class _Sheet:
    """Collects strokes from top to bottom; the picture is made once its height is known."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.margin = max(8, width // 36)
        self.inner = width - 2 * self.margin
        self.scale = 1.0 if width >= WIDE_DOTS else max(0.6, 0.86 * width / 384)
        self.y = TOP
        self.strokes: list[Stroke] = []

    def picture(self) -> Image.Image:
        """Everything on white, cut to black and white."""
        image = Image.new("L", (self.width, self.y + BOTTOM), WHITE)
        pen = ImageDraw.Draw(image)
        for stroke in self.strokes:
            stroke(image, pen)
        return image.point([BLACK if grey < INK_BELOW else WHITE for grey in range(256)], "1")

    def add(self, block: Block) -> None:
        """Put one block below the others."""
        match block:
            case Text(text, style, centred):
                self.paragraph(text, FACES[style], centred=centred, phrases=style in NAMES)
            case Number(text):
                self.large(text, NUMBER_HEIGHT, grain=GRAIN)
            case Code(text):
                self.large(text, CODE_HEIGHT)
            case Pair():
                self.pair(block)
            case Item():
                self.item(block)
            case Banner():
                self.banner(block)
            case Qr(text):
                self.qr(text)
            case Rule():
                self.rule()

    # -- letters -------------------------------------------------------------------------------------------------
    def size(self, face: _Face) -> int:
        """Size of a face on this paper, in dots."""
        return round(face.size * self.scale)

    def line(self, text: str, face: _Face, x: float, y: float, ink: int = BLACK) -> None:
        """One line with its left end at `x` and the middle of its line at `y`."""
        mask, rise = _letters(text, face.font, self.size(face))
        left, top = round(x), round(y) - rise
        self.strokes.append(lambda image, _: image.paste(ink, (left, top, left + mask.width, top + mask.height), mask))

    def paragraph(
        self,
        text: str,
        face: _Face,
        *,
        centred: bool = True,
        phrases: bool = False,
        left: int = 0,
        right: int = 0,
        ink: int = BLACK,
    ) -> None:
        """Wrapped lines `left` and `right` dots inside the margins; `phrases` breaks between these if they fit."""
        size = self.size(face)
        room = self.inner - left - right
        step = round(size * face.leading)
        self.y += round(face.above * self.scale)
        for line, length in (_wrap_phrases if phrases else _wrap)(text, face.font, size, room):
            start = self.margin + left + ((room - length) / 2 if centred else 0)
            self.line(line, face, start, self.y + step / 2, ink)
            self.y += step

    def large(self, text: str, height: int, grain: int = 1) -> None:
        """One line of capitals and digits, `height` dots high, a little condensed so that it stays high.

        Drawn in squares of `grain` dots.
        """
        text = unicodedata.normalize("NFC", text)
        size, room = round(height / grain / CAP_HEIGHT), self.inner // grain
        if (narrowest := _font(BOLD, size).getlength(text) * CONDENSED) > room:
            size = int(size * room / narrowest)
        font = _font(BOLD, size)
        left, top, right, bottom = font.getbbox(text)
        mask = Image.new("L", (int(right - left), int(bottom - top)), WHITE)
        ImageDraw.Draw(mask).text((-left, -top), text, BLACK, font)
        if mask.width > room:
            mask = mask.resize((room, mask.height), Image.Resampling.BICUBIC)
        mask = mask.resize((mask.width * grain, mask.height * grain), Image.Resampling.NEAREST)
        x, y = (self.width - mask.width) // 2 // grain * grain, self.y + height // 6
        self.strokes.append(lambda image, _: image.paste(mask, (x, y)))
        self.y = y + mask.height + height // 8

    # -- rows ----------------------------------------------------------------------------------------------------
    def pair(self, pair: Pair) -> None:
        """Label left, value right on one line; the value moves below when both do not fit."""
        gap = round(20 * self.scale)
        label = _length(pair.label, LABEL.font, self.size(LABEL))
        wide = _length(pair.value, VALUE.font, self.size(VALUE))
        if label + gap + wide <= self.inner:
            step = round(self.size(VALUE) * VALUE.leading)
            self.y += round(LABEL.above * self.scale)
            self.line(pair.label, LABEL, self.margin, self.y + step / 2)
            self.line(pair.value, VALUE, self.width - self.margin - wide, self.y + step / 2)
            self.y += step
        else:
            self.paragraph(pair.label, LABEL, centred=False)
            self.paragraph(pair.value, VALUE._replace(above=0), centred=False)
        if pair.note:
            self.paragraph(pair.note, FACES[Style.ALSO], centred=False)

    def item(self, item: Item) -> None:
        """A box to tick, and the text beside it."""
        body = FACES[Style.BODY]
        side, indent = round(24 * self.scale), round(40 * self.scale)
        step = round(self.size(body) * body.leading)
        top = self.y + round(body.above * self.scale) + (step - side) // 2
        box = (self.margin, top, self.margin + side, top + side)
        self.strokes.append(lambda _, pen: pen.rectangle(box, outline=BLACK, width=3))
        self.paragraph(item.text, body, centred=False, left=indent)
        if item.note:
            self.paragraph(item.note, FACES[Style.ALSO], centred=False, left=indent)

    def banner(self, banner: Banner) -> None:
        """White letters on a black bar."""
        self.y += round(12 * self.scale)
        top, place = self.y, len(self.strokes)
        self.y += round(6 * self.scale)
        padding = round(16 * self.scale)
        self.paragraph(banner.text, FACES[Style.HEADING], left=padding, right=padding, ink=WHITE)
        if banner.note:
            note = FACES[Style.BODY]._replace(above=0)
            self.paragraph(banner.note, note, left=padding, right=padding, ink=WHITE)
        self.y += round(10 * self.scale)
        bar = (self.margin, top, self.width - self.margin - 1, self.y - 1)
        self.strokes.insert(place, lambda _, pen: pen.rectangle(bar, fill=BLACK))
        self.y += round(6 * self.scale)

    def rule(self) -> None:
        """A line from edge to edge of the text."""
        self.y += round(14 * self.scale)
        ends = (self.margin, self.y, self.width - self.margin - 1, self.y + 1)
        self.strokes.append(lambda _, pen: pen.rectangle(ends, fill=BLACK))
        self.y += round(10 * self.scale)

    def qr(self, text: str) -> None:
        """A QR code of error correction M with its quiet zone, modules of whole grains, about 32 mm wide."""
        modules = qr_modules(text)
        across = len(modules) + 2 * QUIET_MODULES
        grains = min(round(QR_WIDTH * self.scale / across / GRAIN), self.inner // across // GRAIN)
        dots = max(2, grains) * GRAIN
        small = Image.new("L", (across, across), WHITE)
        small.putdata([BLACK if dark else WHITE for dark in _with_quiet_zone(modules)])
        code = small.resize((across * dots, across * dots), Image.Resampling.NEAREST)
        x, y = (self.width - code.width) // 2 // GRAIN * GRAIN, self.y
        self.strokes.append(lambda image, _: image.paste(code, (x, y)))
        self.y += code.height


def qr_modules(text: str) -> list[list[bool]]:
    """The modules of a QR code of error correction M, row by row, True is dark, without a quiet zone."""
    import qrcode  # brings its own picture classes: needed by the first slip only
    from qrcode.constants import ERROR_CORRECT_M

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make()
    return [[bool(dark) for dark in row] for row in code.modules]


def _with_quiet_zone(modules: list[list[bool]]) -> list[bool]:
    across = len(modules) + 2 * QUIET_MODULES
    side, blank = [False] * QUIET_MODULES, [False] * (across * QUIET_MODULES)
    return [*blank, *(dark for row in modules for dark in (*side, *row, *side)), *blank]


@lru_cache(maxsize=32)  # the lines that all slips share; each number is new
def _letters(text: str, font: str, size: int) -> tuple[Image.Image, int]:
    """A rendered line and how far its top lies above the middle; most lines are the same on every slip."""
    text = _plain(text)
    face = _font(font, size, stacked(text))
    _, top, right, bottom = face.getbbox(text, anchor="lm")
    mask = Image.new("L", (int(right), int(bottom - top)), BLACK)
    ImageDraw.Draw(mask).text((0, -top), text, WHITE, face, anchor="lm")
    return mask, -int(top)


@lru_cache(maxsize=1024)
def _length(text: str, font: str, size: int) -> float:
    return _font(font, size, stacked(text)).getlength(_plain(text))


def _plain(text: str) -> str:
    return printable(text).replace(UNBROKEN_SPACE, " ")


def _wrap_phrases(text: str, font: str, size: int, width: float) -> list[tuple[str, float]]:
    """As `_wrap`, but a name is broken after a comma or before the ward wherever that is possible."""
    phrases = BETWEEN_PHRASES.split(unicodedata.normalize("NFC", text))
    lines = _fill(phrases, font, size, width)
    return lines if all(length <= width for _, length in lines) else _wrap(text, font, size, width)


def _wrap(text: str, font: str, size: int, width: float) -> list[tuple[str, float]]:
    """As few lines as `width` dots allow, about equally long, with their lengths; a word that is wider is broken."""
    text = unicodedata.normalize("NFC", text)
    words = [part for word in text.split(" ") if word for part in _broken(word, font, size, width)]
    lines = _fill(words, font, size, width)
    narrow, wide = 0.0, float(width)
    while len(lines) > 1 and wide - narrow > 4:
        middle = (narrow + wide) / 2
        filled = _fill(words, font, size, middle)
        if len(filled) == len(lines) and all(length <= width for _, length in filled):
            wide, lines = middle, filled
        else:
            narrow = middle
    return lines


def _fill(words: list[str], font: str, size: int, width: float) -> list[tuple[str, float]]:
    space = _length(" ", font, size)
    lines: list[tuple[str, float]] = []
    for word in words:
        length = _length(word, font, size)
        if lines and lines[-1][1] + space + length <= width:
            lines[-1] = (f"{lines[-1][0]} {word}", lines[-1][1] + space + length)
        else:
            lines.append((word, length))
    return lines


def _broken(word: str, font: str, size: int, width: float) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and _length(word, font, size) > width and _length(parts[-1] + letter, font, size) > width:
            parts.append("")
        parts[-1] += letter
    return parts
