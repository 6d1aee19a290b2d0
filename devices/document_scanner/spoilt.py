"""What people, lamps and lenses do to a sheet before it is seen: for the simulators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

LAMP = (0.3, 0.35, 0.6, 0.5)  # of the sheet: where it is mirrored, in the middle of the print
DIM, DARK = 0.85, 0.3
SOFT = 1 / 300  # of the long side: σ of a lens out of focus


def blurred(picture: Image.Image) -> Image.Image:
    """The lens is out of focus."""
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) * SOFT))


def with_glare(picture: Image.Image) -> Image.Image:
    """A lamp is mirrored on the print."""
    dim = ImageEnhance.Brightness(picture).enhance(DIM)
    box = [share * side for share, side in zip(LAMP, 2 * picture.size, strict=True)]
    ImageDraw.Draw(dim).ellipse(box, fill="white")
    return dim


def dark(picture: Image.Image) -> Image.Image:
    """The light is out."""
    return ImageEnhance.Brightness(picture).enhance(DARK)


def upside_down(picture: Image.Image) -> Image.Image:
    """It lies the wrong way round."""
    return picture.rotate(180)


def blank(picture: Image.Image) -> Image.Image:
    """Its other side: nothing stands on it."""
    return Image.new("RGB", picture.size, "white")


WAYS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "blurred": blurred,
    "glare": with_glare,
    "dark": dark,
    "upside_down": upside_down,
    "blank": blank,
}
