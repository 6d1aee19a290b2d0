"""Papers to scan, drawn in memory: Vietnamese print in several faces, forms, tables; the same in every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent.parent.parent / "assets" / "fonts"
A4 = (1654, 2339)
SENTENCES = (
    "Kính gửi: Ủy ban nhân dân phường Võ Cường, tỉnh Bắc Ninh",
    "Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:",
    "Nơi cư trú: Tổ dân phố số 1, phường Võ Cường, tỉnh Bắc Ninh",
    "Giấy tờ tùy thân: Căn cước do Bộ Công an cấp ngày 10/05/2021",
    "Tôi cam đoan nội dung đề nghị trên đây là đúng sự thật,",
    "được sự thỏa thuận nhất trí của các bên liên quan theo quy định",
    "và chịu hoàn toàn trách nhiệm trước pháp luật về cam đoan của mình.",
    "Quan hệ với người được khai sinh: mẹ đẻ. Dân tộc: Kinh. Quốc tịch: Việt Nam.",
    "Quê quán: xã Hòa Tiến, huyện Yên Phong; nơi sinh: Bệnh viện Sản Nhi.",
)
CAPITALS = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "TỜ KHAI ĐĂNG KÝ KHAI SINH", "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN")


def printed(kind: str, seed: int = 0, size: tuple[int, int] = A4, face: str = "BeVietnamPro_400Regular") -> Image.Image:
    """A page: `text`, `form` (lines with dots), `table`, `capitals`, `sparse` (six lines), `numbers`."""
    rng = np.random.default_rng(seed)
    page = Image.new("RGB", size, (250, 249, 246))
    draw = ImageDraw.Draw(page)
    em = int(size[0] / 52 * float(rng.uniform(0.85, 1.2)))
    font = ImageFont.truetype(FONTS / f"{face}.ttf", em) if "/" not in face else ImageFont.truetype(face, em)
    left, right = int(size[0] * 0.09), int(size[0] * 0.93)
    y, number = int(size[1] * 0.07), 0
    last = size[1] * (0.3 if kind == "sparse" else 0.92)
    while y < last:
        draw.text((left, y), _line(kind, number, rng), fill=(25, 25, 40), font=font)
        if kind == "table":
            draw.line((left, y + em * 1.5, right, y + em * 1.5), fill="black", width=2)
            for column in range(4):
                draw.line((left + column * 350, y, left + column * 350, y + em * 1.8), fill="black", width=2)
        y, number = y + int(em * (1.8 if kind in ("table", "form") else 1.55)), number + 1
    # nothing may run over the edge: a scan would show it cut
    draw.rectangle((right, 0, size[0], size[1]), fill=(250, 249, 246))
    return page


def _line(kind: str, number: int, rng: np.random.Generator) -> str:
    if kind == "capitals":
        return " " * int(rng.integers(12)) + CAPITALS[int(rng.integers(len(CAPITALS)))]
    if kind == "numbers":
        return "   ".join(str(value) for value in rng.integers(1000, 999999, 7))
    sentence = SENTENCES[int(rng.integers(len(SENTENCES)))]
    if kind == "form":
        return f"{number + 1}. {sentence[:22]}: " + "." * 50
    if kind == "table":
        return f" {number + 1:02d}     {sentence[:16]}         {sentence[-18:]}"
    return sentence
