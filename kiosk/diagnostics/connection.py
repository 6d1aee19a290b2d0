"""What a device is and how it is connected: from the configuration, and from what the kernel knows of its USB plug."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SYS = Path("/sys")
PLACES = ("url", "device", "reader", "folder")  # keys of the drivers' tables that say where the device is
CLASSES = {"serial": "tty", "usblp": "usbmisc"}
LIBUSB = re.compile(r"libusb:(\d+):(\d+)")


def connection_of(table: Mapping[str, Any], sys: Path = SYS) -> dict[str, str]:
    """`where` it is, and if it is on USB `bus`, `maker`, `model`, `usb_id`, `serial`, `firmware` (bcdDevice)."""
    place = place_of(table)
    if not place:
        return {}
    node = _usb_node(place, sys)
    return {"where": place} | (_told_by(node) if node else {})


def place_of(table: Mapping[str, Any]) -> str:
    """Where the configuration says that the device is; empty when it does not."""
    return next((str(table[key]) for key in PLACES if table.get(key)), "")


def _usb_node(place: str, sys: Path) -> Path | None:
    """The kernel's folder of the USB device behind a place; None when it is not on USB, or not plugged in."""
    if found := LIBUSB.search(place):
        return _by_address(int(found[1]), int(found[2]), sys)
    parts = urlsplit(place)
    kind = CLASSES.get(parts.scheme)
    if kind is None:
        return None
    name = Path(parts.path).resolve().name  # udev's names such as /dev/kiosk-printer are links
    folder = (sys / "class" / kind / name / "device").resolve()
    return next((up for up in (folder, *folder.parents) if (up / "idVendor").is_file()), None)


def _by_address(bus: int, number: int, sys: Path) -> Path | None:
    for node in (sys / "bus/usb/devices").glob("*"):
        if (_read(node, "busnum"), _read(node, "devnum")) == (str(bus), str(number)):
            return node
    return None


def _told_by(node: Path) -> dict[str, str]:
    names = {"maker": "manufacturer", "model": "product", "serial": "serial"}
    told = {key: _read(node, name) for key, name in names.items()}
    told["usb_id"] = f"{_read(node, 'idVendor')}:{_read(node, 'idProduct')}"
    told["bus"] = f"usb {node.name}"
    version = _read(node, "bcdDevice")
    told["firmware"] = f"{version[:2].lstrip('0') or '0'}.{version[2:]}" if len(version) == 4 else ""
    return {key: value for key, value in told.items() if value}


def _read(node: Path, name: str) -> str:
    try:
        return (node / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
