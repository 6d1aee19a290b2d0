"""Where a device is: from the configuration, and who it is from what the kernel knows of its USB plug."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devices import usb

PLACES = ("url", "device", "reader", "folder", "path")  # keys of the drivers' tables that say where the device is
PLACES_OF = {"camera": "source"}  # what another driver calls so is none: SANE's `source` is the feeder
ANYWHERE = {"pcsc": "pcscd", "sane": "SANE"}  # drivers that take the first one they find
SCHEMES = ("", "serial", "usblp")


def connection_of(table: Mapping[str, Any], sys: Path | None = None) -> dict[str, str]:
    """`where` it is, and if it has a file in /dev and is on USB, what `usb.behind_node` tells."""
    place = place_of(table)
    if not place:
        return {}
    parts = urlsplit(place)
    named = parts.scheme in SCHEMES and parts.path.startswith("/")
    return {"where": place} | (usb.behind_node(Path(parts.path), sys) if named else {})


def place_of(table: Mapping[str, Any]) -> str:
    """Where the configuration says that the device is, or who knows it; empty when nobody does."""
    driver = str(table.get("driver", ""))
    keys = (*PLACES, PLACES_OF.get(driver, ""))
    return next((str(table[key]) for key in keys if table.get(key)), ANYWHERE.get(driver, ""))
