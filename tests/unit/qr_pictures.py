"""125 damaged camera pictures of ID-card QR codes, the same in every run: DEVICES 3 done again.

Five cards with 25 damages each. People are synthetic. A generator and no folder of pictures: what is hard about each
picture can be read here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import qrcode
from PIL import Image

Picture = npt.NDArray[np.uint8]
Damage = Callable[[Picture, np.random.Generator], Picture]

CARDS = (
    "027190012345|123456789|Nguyễn Thị Đào|14021990|Nữ|Tổ 1, Võ Cường, Bắc Ninh|10052021",
    "066301000017||Y Moan Êban|01012001|Nữ|Buôn Ako Dhông, Buôn Ma Thuột, Đắk Lắk|05032022",
    "002200123456|987654321|Lò Văn Páo|30112000|Nam|Thôn Nậm Đăm, Quản Bạ, Tuyên Quang|18072022",
    "001085004321||Đặng Hoàng Phước Uyên|07091985|Nữ|Số 12 ngõ 34 Đường Láng, Đống Đa, Hà Nội|22042021",
    "079203009876|024681357|Trương Nguyễn Bảo Quỳnh|29022004|Nam|Ấp Mỹ Khánh B, Xã Nhơn Mỹ, An Giang|11012023",
)


class Sample(NamedTuple):
    """A picture, what was done to it, and what its code says."""

    name: str
    text: str
    picture: Picture


def code(text: str, module: int = 4) -> Picture:
    """A QR code, `module` dots a module, on a card of light green as the real one is."""
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=module, border=3)
    made.add_data(text.encode())
    made.make()
    plain = np.asarray(made.make_image().get_image().convert("L"))
    side = plain.shape[0]
    card = np.full((side + 120, side + 160), 205, np.uint8)
    card[60 : 60 + side, 80 : 80 + side] = np.where(plain > 0, 225, 35)
    return card


def blur(picture: Picture, _: np.random.Generator, sigma: float) -> Picture:
    """Out of focus."""
    return _u8(cv2.GaussianBlur(picture, (0, 0), sigma))


def motion(picture: Picture, rng: np.random.Generator, length: int) -> Picture:
    """A hand that moves."""
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1)
    turned = cv2.warpAffine(kernel, turn, (length, length))
    return _u8(cv2.filter2D(picture, -1, turned / turned.sum()))


def noise(picture: Picture, rng: np.random.Generator, sigma: float) -> Picture:
    """Little light."""
    return _u8(picture + rng.normal(0, sigma, picture.shape))


def contrast(picture: Picture, rng: np.random.Generator, share: float) -> Picture:
    """A worn card in a dim hall, with the noise of the sensor."""
    return noise(_u8(90 + (picture.astype(np.float32) - 128) * share), rng, 3)


def glare(picture: Picture, rng: np.random.Generator, size: float) -> Picture:
    """A lamp on the laminate."""
    height, width = picture.shape
    y, x = np.mgrid[:height, :width]
    across, down = rng.uniform(0.4, 0.6, 2)
    spot = np.exp(-(((x - width * across) / (width * size)) ** 2 + ((y - height * down) / (height * size)) ** 2))
    return _u8(picture + 260 * spot)


def stain(picture: Picture, rng: np.random.Generator, size: float) -> Picture:
    """A thumb or ink over a part of it."""
    out = picture.copy()
    height, width = picture.shape
    at = (int(width * rng.uniform(0.4, 0.65)), int(height * rng.uniform(0.45, 0.65)))
    cv2.ellipse(out, at, (int(width * size), int(width * size * 0.7)), float(rng.uniform(0, 90)), 0, 360, 60, -1)
    return out


def shade(picture: Picture, rng: np.random.Generator, share: float) -> Picture:
    """Light from one side."""
    height, width = picture.shape
    fall = np.linspace(1, share, width)[None] * np.linspace(1, float(rng.uniform(0.7, 1)), height)[:, None]
    return noise(_u8(picture * fall), rng, 2)


def turn(picture: Picture, rng: np.random.Generator, degrees: float) -> Picture:
    """Held at an angle."""
    height, width = picture.shape
    side = int(np.hypot(height, width))
    move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees + float(rng.uniform(-3, 3)), 1)
    move[:, 2] += (side - width) / 2, (side - height) / 2
    return _u8(cv2.warpAffine(picture, move, (side, side), borderValue=110.0))


def tilt(picture: Picture, rng: np.random.Generator, share: float) -> Picture:
    """Held aslant: the far side is shorter by `share`, and nearer to the other."""
    height, width = picture.shape
    inset = width * share / 2
    wobble = rng.uniform(0, 0.03) * width
    corners = np.array([[inset, inset], [width - inset, inset + wobble], [width, height], [0, height]], np.float32)
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return _u8(cv2.warpPerspective(picture, cv2.getPerspectiveTransform(whole, corners), (width, height)))


def small(picture: Picture, _: np.random.Generator, dots: float) -> Picture:
    """Far away: `dots` a module."""
    return _u8(cv2.resize(picture, None, fx=dots / 4, fy=dots / 4, interpolation=cv2.INTER_AREA))


def jpeg(picture: Picture, _: np.random.Generator, quality: int) -> Picture:
    """A cheap camera."""
    output = io.BytesIO()
    Image.fromarray(picture).save(output, "JPEG", quality=quality)
    return np.asarray(Image.open(output))


def both(picture: Picture, rng: np.random.Generator, steps: tuple[Damage, ...]) -> Picture:
    """One after the other."""
    for step in steps:
        picture = step(picture, rng)
    return picture


DAMAGES: dict[str, Damage] = {
    "blur 1.5": partial(blur, sigma=1.5),
    "blur 2.2": partial(blur, sigma=2.2),
    "blur 2.8": partial(blur, sigma=2.8),
    "motion 6": partial(motion, length=6),
    "motion 9": partial(motion, length=9),
    "noise 30": partial(noise, sigma=30),
    "noise 55": partial(noise, sigma=55),
    "contrast 0.2": partial(contrast, share=0.2),
    "contrast 0.1": partial(contrast, share=0.1),
    "glare 0.05": partial(glare, size=0.05),
    "glare 0.09": partial(glare, size=0.09),
    "stain 0.04": partial(stain, size=0.04),
    "stain 0.07": partial(stain, size=0.07),
    "shade 0.3": partial(shade, share=0.3),
    "shade 0.12": partial(shade, share=0.12),
    "turn 17": partial(turn, degrees=17),
    "turn 45": partial(turn, degrees=45),
    "tilt 0.2": partial(tilt, share=0.2),
    "tilt 0.35": partial(tilt, share=0.35),
    "small 2": partial(small, dots=2),
    "small 1.5": partial(small, dots=1.5),
    "jpeg 10": partial(jpeg, quality=10),
    "small, jpeg": partial(both, steps=(partial(small, dots=2), partial(jpeg, quality=25))),
    "turn, blur, noise": partial(
        both, steps=(partial(turn, degrees=30), partial(blur, sigma=1.4), partial(noise, sigma=15))
    ),
    "tilt, shade, small": partial(
        both, steps=(partial(tilt, share=0.15), partial(shade, share=0.4), partial(small, dots=2.2))
    ),
}


def samples() -> Iterator[Sample]:
    """The 125 pictures."""
    for number, text in enumerate(CARDS):
        whole = code(text)
        for place, (name, damage) in enumerate(DAMAGES.items()):
            yield Sample(name, text, damage(whole, np.random.default_rng(1000 * number + place)))


def _u8(picture: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    return np.clip(picture, 0, 255).astype(np.uint8)
