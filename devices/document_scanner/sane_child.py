"""One scan in a process of its own, the only file that knows SANE: it may hang or crash without harm to the kiosk.

In: one JSON request on stdin. Out, on stdout: for every page one JSON line `{"page": …}` followed by its raw samples,
at last `{"end": true}` or `{"error": text, "at": "open" | "option" | "scan"}`. Nothing is written to a disk.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

import _sane
import sane

OUT_OF_DOCUMENTS = "Document feeder out of documents"  # SANE_STATUS_NO_DOCS as sane_strstatus() says it


class _Failed(Exception):
    """What SANE said, and in which step."""

    def __init__(self, at: str, text: str) -> None:
        super().__init__(text)
        self.at = at


def _open(name: str) -> Any:
    sane.init()
    if not name:
        found = sane.get_devices()
        if not found:
            raise _Failed("open", "no device")
        name = found[0][0]
    try:
        return sane.open(name)
    except _sane.error as error:
        raise _Failed("open", str(error)) from None


def _set(device: Any, name: str, value: object) -> None:
    key = name.replace("-", "_")
    # python-sane takes an unknown name for an attribute of its own and says nothing
    if key not in device.opt:
        raise _Failed("option", f"{name}: no such option")
    try:
        setattr(device, key, value)
    except (_sane.error, AttributeError, TypeError) as error:
        raise _Failed("option", f"{name}: {error}") from None


def _usable(device: Any, key: str) -> bool:
    option = device.opt.get(key)
    return option is not None and option.is_active() and option.is_settable()


def _nearest(wanted: int, constraint: Any) -> int:
    """The resolution that the scanner has: not below the wanted one, if it can."""
    if isinstance(constraint, list) and constraint:
        return int(min(constraint, key=lambda dpi: (dpi < wanted, abs(dpi - wanted))))
    if isinstance(constraint, tuple):
        return int(min(max(wanted, constraint[0]), constraint[1]))
    return wanted


def _prepare(device: Any, request: dict[str, Any]) -> None:
    """Source first: scanners change their other options with it."""
    if request["source"]:
        _set(device, "source", request["source"])
    if _usable(device, "mode"):
        colours = [mode for mode in device.opt["mode"].constraint or () if "color" in str(mode).lower()]
        if colours:
            _set(device, "mode", colours[0])
    if _usable(device, "depth") and 8 in (device.opt["depth"].constraint or ()):
        _set(device, "depth", 8)
    if _usable(device, "resolution"):
        _set(device, "resolution", _nearest(request["resolution"], device.opt["resolution"].constraint))
    for name, value in request["options"].items():
        _set(device, name, value)


def _has_feeder(device: Any, source: str) -> bool:
    if not source and _usable(device, "source"):
        source = str(device.source)
    return "feeder" in source.lower() or "adf" in source.lower()


def _scan_one(device: Any, keep_feeding: bool, max_pixels: int) -> tuple[dict[str, int], bytes]:
    """Size and samples of one page, 8 bits each."""
    try:
        device.start()
        _, _, (width, lines), depth, _ = device.get_parameters()
        if width * lines > max_pixels:
            raise _Failed("scan", "too large")
        if depth > 8:
            raise _Failed("option", f"depth: {depth} bits")
        samples, width, height, channels, _ = device.dev.snap(keep_feeding, False, None)
    except _sane.error as error:
        raise _Failed("scan", str(error)) from None
    # `lines` is −1 when the scanner cannot know it before
    if not samples or height < lines:
        raise _Failed("scan", "cut off")
    return {"width": width, "height": height, "channels": channels}, bytes(samples)


def _run(request: dict[str, Any], out: BinaryIO) -> None:
    device = _open(request["device"])
    try:
        _prepare(device, request)
        if request["probe"]:
            return
        dpi = int(device.resolution) if "resolution" in device.opt else request["resolution"]
        feeder = _has_feeder(device, request["source"])
        pages = 0
        while pages == 0 or feeder:
            try:
                page, samples = _scan_one(device, feeder, request["max_pixels"])
            except _Failed as error:
                if pages and str(error) == OUT_OF_DOCUMENTS:
                    break
                raise
            _say(out, {"page": {**page, "dpi": dpi}})
            out.write(samples)
            out.flush()
            pages += 1
    finally:
        device.close()


def _say(out: BinaryIO, message: dict[str, object]) -> None:
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()


def main() -> None:
    """Do the one request."""
    request = json.load(sys.stdin)
    # some backends print: what they say must not mix with the pages
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        try:
            _run(request, out)
        except _Failed as error:
            _say(out, {"error": str(error), "at": error.at})
        else:
            _say(out, {"end": True})


if __name__ == "__main__":
    main()
