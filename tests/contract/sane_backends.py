"""SANE's own pnm and test backends, with a configuration of their own and a picture on the glass."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PIL import Image, ImageDraw

from devices import registry
from devices.interfaces import DocumentScanner

FEEDER = "Automatic Document Feeder"
# a small page: each test should take no second
TEST_CONF = """number_of_devices 1
mode Gray
depth 8
resolution_min 1.0
resolution_max 1200.0
resolution_quant 1.0
resolution 50.0
test-picture "Color pattern"
geometry_min 0.0
geometry_max 300.0
geometry_quant 1.0
tl_x 0.0
tl_y 0.0
br_x 210.0
br_y 297.0
"""
SLOW = {"read-delay": True, "read-delay-duration": 200_000, "read-limit": True, "read-limit-size": 1}


class Sane:
    """A folder with SANE's configuration and a picture that lies on the glass."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "dll.conf").write_text("pnm\ntest\n")
        (folder / "test.conf").write_text(TEST_CONF)
        self.paper = folder / "paper.ppm"
        self.picture = Image.new("RGB", (414, 585), "white")  # A4 at 50 dpi
        draw = ImageDraw.Draw(self.picture)
        for line in range(20, 560, 14):
            draw.text((20, line), "Tờ khai đăng ký khai sinh", fill=(line % 256, 0, 40))
        self.picture.save(self.paper)
        self.plug()

    def plug(self, test: str = "kiosk-test") -> None:
        """The devices of the backends cannot go away, but the names for them can. `test`: of the test backend's."""
        (self.folder / "dll.aliases").write_text(f'alias kiosk-pnm pnm:0\nalias "{test}" test:0\n')

    def unplug(self) -> None:
        """SANE knows no such device any more."""
        (self.folder / "dll.aliases").write_text("")

    def scanner(self, backend: str = "pnm", **table: object) -> DocumentScanner:
        """A scanner of that backend, with more keys of its table."""
        options = cast(dict[str, object], table.pop("options", {}))
        if backend == "pnm":
            options = {"filename": str(self.paper), **options}
        made = {"driver": "sane", "device": f"kiosk-{backend}", "resolution": 100, "options": options, **table}
        assert registry.check("document_scanner", made) == []
        return cast(DocumentScanner, registry.create("document_scanner", made))


@pytest.fixture
def libsane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sane:
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    return Sane(tmp_path)
