"""Draws a slip as a black-and-white picture, dot for dot as the printer burns it.

203 dots per inch: 576 dots are 72 mm, the printable width of 80 mm paper; 384 dots are 48 mm of 58 mm paper. Letters
are drawn grey and cut at one threshold, never dithered; modules of a QR code are whole dots.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from kiosk.slips import Banner, Block, Code, Item, Number, Pair, Qr, Rule, Slip, Style, Text

FONTS = Path(__file__).parent.parent / "assets" / "fonts"
REGULAR, SEMIBOLD, BOLD = "BeVietnamPro_400Regular", "BeVietnamPro_600SemiBold", "BeVietnamPro_700Bold"
BLACK, WHITE = 0, 255
INK_BELOW = 150  # greys darker than this are burnt: thin strokes of tone marks survive
WIDE_DOTS = 512  # narrower paper gets smaller letters
TOP, BOTTOM = 16, 24
NUMBER_HEIGHT = 152
NARROWEST_NUMBER = 0.8  # how far a number may be condensed before it gets smaller instead
QUIET_MODULES = 4  # ISO/IEC 18004, 9.1
LONGEST_SLIP = 12_000  # 1.5 m of paper: a list that is longer is a mistake

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
    Style.NOTE: _Face(REGULAR, 24, above=2),
}
LABEL, VALUE, CODE = _Face(REGULAR, 28, above=8), _Face(BOLD, 30, above=8), _Face(BOLD, 66, 1.1, 6)


def draw(slip: Slip, width_dots: int) -> Image.Image:
    """The slip as a picture of mode "1", `width_dots` wide (at least 256) and as high as it needs."""
    sheet = _Sheet(width_dots)
    for block in slip.blocks:
        sheet.add(block)
    return sheet.picture()


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> FreeTypeFont:
    path = str(FONTS / f"{name}.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)  # NFC needs no shaping


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
        image = Image.new("L", (self.width, min(self.y + BOTTOM, LONGEST_SLIP)), WHITE)
        pen = ImageDraw.Draw(image)
        for stroke in self.strokes:
            stroke(image, pen)
        return image.point([BLACK if grey < INK_BELOW else WHITE for grey in range(256)], "1")

    def add(self, block: Block) -> None:
        """Put one block below the others."""
        match block:
            case Text(text, style, centred):
                self.paragraph(text, FACES[style], centred=centred)
            case Number(text):
                self.number(text)
            case Code(text):
                self.code(text)
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
    def font(self, face: _Face) -> FreeTypeFont:
        """The font of a face at this paper's size."""
        return _font(face.font, round(face.size * self.scale))

    def line(self, text: str, face: _Face, x: float, y: float, ink: int = BLACK) -> None:
        """One line with its left end at `x` and the middle of its line at `y`."""
        font = self.font(face)
        self.strokes.append(lambda _, pen: pen.text((round(x), round(y)), text, ink, font, anchor="lm"))

    def paragraph(
        self,
        text: str,
        face: _Face,
        *,
        centred: bool = True,
        indent: int = 0,
        width: int | None = None,
        ink: int = BLACK,
    ) -> None:
        """Wrapped lines, centred or from the left, `left` and `right` dots inside the margins."""
        font = self.font(face)
        room = self.inner - left - right
        step = round(font.size * face.leading)
        self.y += round(face.above * self.scale)
        for line in _wrap(text, font, room):
            start = self.margin + left + ((room - font.getlength(line)) / 2 if centred else 0)
            self.line(line, face, start, self.y + step / 2, ink)
            self.y += step

    def number(self, text: str) -> None:
        """A ticket number over the whole width: a little condensed, so that it stays high."""
        text = unicodedata.normalize("NFC", text)
        size = NUMBER_HEIGHT * 4 // 3  # cap height of the font is 0.745 of its size
        natural = _font(BOLD, size).getlength(text)
        if natural * NARROWEST_NUMBER > self.inner:
            size = int(size * self.inner / (natural * NARROWEST_NUMBER))
        font = _font(BOLD, size)
        left, top, right, bottom = font.getbbox(text)
        mask = Image.new("L", (int(right - left), int(bottom - top)), WHITE)
        ImageDraw.Draw(mask).text((-left, -top), text, BLACK, font)
        if mask.width > self.inner:
            mask = mask.resize((self.inner, mask.height), Image.Resampling.BICUBIC)
        x, y = (self.width - mask.width) // 2, self.y + round(20 * self.scale)
        self.strokes.append(lambda image, _: image.paste(mask, (x, y)))
        self.y = y + mask.height + round(18 * self.scale)

    def code(self, text: str) -> None:
        """One line, as large as it fits."""
        size = CODE.size
        while size > FACES[Style.NOTE].size and _font(CODE.font, size).getlength(text) > self.inner:
            size -= 2
        self.paragraph(text, CODE._replace(size=round(size / self.scale)))

    # -- rows ----------------------------------------------------------------------------------------------------
    def pair(self, pair: Pair) -> None:
        """Label left, value right on one line; the value moves below when both do not fit."""
        label, value = self.font(LABEL), self.font(VALUE)
        gap = round(20 * self.scale)
        wide = value.getlength(pair.value)
        lines = _wrap(pair.label, label, self.inner)
        if len(lines) == 1 and label.getlength(pair.label) + gap + wide <= self.inner:
            step = round(value.size * VALUE.leading)
            self.y += round(LABEL.above * self.scale)
            self.line(pair.label, LABEL, self.margin, self.y + step / 2)
            self.line(pair.value, VALUE, self.width - self.margin - wide, self.y + step / 2)
            self.y += step
        else:
            self.paragraph(pair.label, LABEL, centred=False)
            self.paragraph(pair.value, VALUE._replace(above=0), centred=False)
        if pair.note:
            self.paragraph(pair.note, FACES[Style.NOTE]._replace(above=0), centred=False)

    def item(self, item: Item) -> None:
        """A box to tick, and the text beside it."""
        body = FACES[Style.BODY]
        side, indent = round(24 * self.scale), round(40 * self.scale)
        step = round(self.font(body).size * body.leading)
        top = self.y + round(body.above * self.scale) + (step - side) // 2
        box = (self.margin, top, self.margin + side, top + side)
        self.strokes.append(lambda _, pen: pen.rectangle(box, outline=BLACK, width=3))
        self.paragraph(item.text, body, centred=False, left=indent)
        if item.note:
            self.paragraph(item.note, FACES[Style.NOTE]._replace(above=0), centred=False, left=indent)

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
        """A QR code of error correction M with its quiet zone, modules of whole dots, about 28 mm wide."""
        modules = _modules(text)
        across = len(modules) + 2 * QUIET_MODULES
        dots = max(3, min(self.inner, round(260 * self.scale)) // across)
        small = Image.new("L", (across, across), WHITE)
        small.putdata([BLACK if dark else WHITE for dark in _with_quiet_zone(modules)])
        code = small.resize((across * dots, across * dots), Image.Resampling.NEAREST)
        x, y = (self.width - code.width) // 2, self.y
        self.strokes.append(lambda image, _: image.paste(code, (x, y)))
        self.y += code.height


def _modules(text: str) -> list[list[bool]]:
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


def _wrap(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """Lines no wider than `width` dots; a word that is wider alone is broken."""
    lines: list[str] = []
    current = ""
    for word in unicodedata.normalize("NFC", text).split():
        longer = f"{current} {word}" if current else word
        if font.getlength(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        while font.getlength(word) > width and len(word) > 1:
            fitting = max(1, sum(font.getlength(word[: end + 1]) <= width for end in range(len(word))))
            lines.append(word[:fitting])
            word = word[fitting:]
        current = word
    return [*lines, current] if current else lines
