"""What the kernel knows of a USB device: who made it, its serial number, its version."""

from __future__ import annotations

import re
from pathlib import Path

SYS = Path("/sys")
CLASSES = {
    "tty": "tty",
    "lp": "usbmisc",
    "video": "video4linux",
    "event": "input",
}  # by what a name in /dev begins with
LIBUSB = re.compile(r"libusb:(\d+):(\d+)$")


def behind_node(path: Path, sys: Path | None = None) -> dict[str, str]:
    """Of the device behind a file of /dev, as `_told_by`; empty when it is not on USB, or not plugged in."""
    sys, name = sys or SYS, path.resolve().name  # udev's names such as /dev/kiosk-printer are links
    kind = next((kind for begin, kind in CLASSES.items() if name.startswith(begin)), None)
    if kind is None:
        return {}
    folder = (sys / "class" / kind / name / "device").resolve()
    node = next((up for up in (folder, *folder.parents) if (up / "idVendor").is_file()), None)
    return _told_by(node) if node else {}


def at_address(name: str, sys: Path | None = None) -> dict[str, str]:
    """Of the device at the address in «…:libusb:001:005», as `_told_by`; empty without one.

    An address is true only for who has opened the device by it just now: plugged in again it is at another one, and
    something else may have got this one.
    """
    if not (found := LIBUSB.search(name)):
        return {}
    for node in ((sys or SYS) / "bus/usb/devices").glob("*"):
        if (_read(node, "busnum"), _read(node, "devnum")) == (str(int(found[1])), str(int(found[2]))):
            return _told_by(node)
    return {}


def _told_by(node: Path) -> dict[str, str]:
    """`bus`, `maker`, `model`, `usb_id`, `serial`, `firmware` (bcdDevice), as far as they are known."""
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
