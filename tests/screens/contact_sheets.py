"""Pictures of the layout probe side by side, to be looked at by eye.

`python -m tests.screens.layout_probe --look 3c --out build/3c`, then `python -m tests.screens.contact_sheets build/3c`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

COLUMNS, ROWS, GAP, CAPTION = 6, 2, 12, 18
UPRIGHT, WIDE = 300, 600  # pixels of a picture's width


def sheet(paths: Sequence[Path]) -> Image.Image:
    """One sheet with up to 12 pictures of one size, each with its name below."""
    with Image.open(paths[0]) as first:
        width = UPRIGHT if first.height > first.width else WIDE
        height = round(first.height * width / first.width)
    columns = COLUMNS if width == UPRIGHT else COLUMNS // 2
    page = Image.new("RGB", (columns * (width + GAP), ROWS * (height + GAP + CAPTION)), "grey")
    pen = ImageDraw.Draw(page)
    for place, path in enumerate(paths):
        left, top = place % columns * (width + GAP), place // columns * (height + GAP + CAPTION)
        with Image.open(path) as picture:
            page.paste(picture.resize((width, height)), (left, top))
        pen.text((left + 4, top + height + 2), path.stem, "white")
    return page


def write(folder: Path) -> list[Path]:
    """`sheet-01.png` and so on beside the pictures of a folder; returns their paths."""
    pictures = sorted(path for path in folder.glob("*.png") if not path.name.startswith("contact-"))
    with Image.open(pictures[0]) as first:
        many = ROWS * (COLUMNS if first.height > first.width else COLUMNS // 2)
    written = []
    for number, start in enumerate(range(0, len(pictures), many), start=1):
        written.append(folder / f"contact-{number:02d}.png")
        sheet(pictures[start : start + many]).save(written[-1])
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print("\n".join(str(path) for path in write(parser.parse_args().folder)))
