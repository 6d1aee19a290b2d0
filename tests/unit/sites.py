"""A site with files of its own, for the tests of what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk import config
from kiosk.config import Config


@pytest.fixture
def site(tmp_path: Path) -> Config:
    """The embedded default with an empty data folder."""
    default = config.load(None)
    return default.model_copy(update={"storage": default.storage.model_copy(update={"data_dir": tmp_path / "data"})})


def write(site: Config, **files: str) -> None:
    """Files of the site; `__` stands for a dot."""
    own = site.storage.data_dir / "catalogue"
    own.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (own / name.replace("__", ".")).write_text(text, encoding="utf-8")


def on_line(form_id: str) -> dict[str, Any]:
    """A procedure of the site that is handed in on line."""
    names = dict.fromkeys(("name", "short_name", "field"), "N")
    return {"code": "1.000894", **names, "icon": "ring", "series": "C", "online": True, "form_id": form_id}
