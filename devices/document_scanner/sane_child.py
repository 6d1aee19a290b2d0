"""The process that talks to libsane for one scan: a backend that hangs or crashes takes only this process with it.

Run by file name with `-P`, so that `import sane` finds the library and not its neighbour. Standard input: one line of
JSON with the order, `{"find": true}` or `{"device", "source", "resolution", "options", "max_pixels", "scan": bool}`;
it stays open as long as the answer is wanted. Standard output: one line of JSON per message, a page followed by its raw
dots, until `{"end": true}` or `{"error", "stage"}`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, BinaryIO

import sane

COLOUR_MODES = ("Color", "24bit Color", "24bit Color[Fast]", "Colour", "color")
FEEDER_WORDS = ("feeder", "adf", "duplex")
A4_MILLIMETRES = {"br_x": 210.0, "br_y": 297.0}
UNIT_MILLIMETRE = 3  # SANE_UNIT_MM, SANE standard 1.06, 4.2.9.3
OUT_OF_DOCUMENTS = "Document feeder out of documents"
TRUE_WORDS = ("true", "yes", "on", "1")
CANCEL_SECONDS = 3.0


class Order:
    """One order and the pipe for its answers."""

    def __init__(self, order: dict[str, Any], output: BinaryIO) -> None:
        self._order = order
        self._output = output
        self._device: Any = None
        self._stage = "open"
        self._cancelled = False

    def run(self) -> None:
        """Carry it out; whatever libsane says goes to the parent as its text, with the stage at which it was said."""
        try:
            sane.init()
            if self._order.get("find"):
                self._say({"devices": [device[0] for device in sane.get_devices()]})
            else:
                self._scan()
        # python-sane has one class for all faults, RuntimeError for an empty picture, AttributeError and TypeError
        # for an option that is not there or takes another kind of value
        except (sane._sane.error, RuntimeError, AttributeError, TypeError, ValueError) as error:
            self._say({"error": str(error), "stage": self._stage})
        else:
            self._say({"end": True})
        if self._device is not None:
            self._device.cancel()  # the carriage goes back only now: it must stay between the pages of a feeder
            self._device.close()

    def cancel(self) -> None:
        """Let the carriage go back: killed in the middle of a page, many scanners stay stuck until they are replugged.

        SANE allows this from another thread; the picture that is cut off by it is not sent.
        """
        self._cancelled = True
        if self._device is not None:
            self._device.cancel()

    def _scan(self) -> None:
        self._device = sane.open(self._order["device"])
        self._stage = "settings"
        self._set_up()
        if self._order["scan"]:
            self._stage = "scan"
            self._pages()

    def _set_up(self) -> None:
        device, options = self._device, self._order["options"]
        if self._order["source"]:
            device.source = self._order["source"]
        if self._settable("mode") and (mode := _first(COLOUR_MODES, device.opt["mode"].constraint)):
            device.mode = mode
        if self._settable("resolution"):
            self._set("resolution", _nearest(self._order["resolution"], device.opt["resolution"].constraint))
        for name, millimetres in A4_MILLIMETRES.items():
            option = device.opt.get(name)
            if self._settable(name) and option.unit == UNIT_MILLIMETRE and isinstance(option.constraint, tuple):
                setattr(device, name, min(millimetres, option.constraint[1]))
        for name, value in options.items():
            self._set(name.replace("-", "_"), value)

    def _set(self, name: str, value: Any) -> None:
        """Set an option to a value of its own type: TOML and the command line know fewer types than SANE."""
        if name not in self._device.opt:
            raise AttributeError(f"no option {name}")
        kind = self._device.opt[name].type
        if kind == sane._sane.TYPE_BOOL:
            value = str(value).lower() in TRUE_WORDS
        elif kind == sane._sane.TYPE_INT:
            value = round(float(value))
        elif kind == sane._sane.TYPE_FIXED:
            value = float(value)
        setattr(self._device, name, value)

    def _settable(self, name: str) -> bool:
        option = self._device.opt.get(name)
        return option is not None and option.is_active() and option.is_settable()

    def _pages(self) -> None:
        device = self._device
        source = str(device.source) if self._settable("source") else ""
        feeder = any(word in source.lower() for word in FEEDER_WORDS)
        number = 0
        while (number == 0 or feeder) and not self._cancelled:
            try:
                device.start()
                self._page()
            except sane._sane.error as error:
                if number and str(error) == OUT_OF_DOCUMENTS:
                    return
                raise
            number += 1

    def _page(self) -> None:
        device = self._device
        _, _, (width, lines), _, _ = device.get_parameters()
        if width * lines > self._order["max_pixels"]:
            raise ValueError("page_too_large")
        picture = device.snap(True)
        if self._cancelled:
            return
        # a scan that was broken off gives a shorter picture and no error; lines is -1 for hand scanners
        if lines > 0 and picture.height < lines:
            raise ValueError(f"cut off after {picture.height} of {lines} lines")
        dots = picture.tobytes()
        dpi = float(device.resolution) if "resolution" in device.opt else self._order["resolution"]
        head = {"mode": picture.mode, "width": picture.width, "height": picture.height, "dpi": dpi, "bytes": len(dots)}
        self._say(head, dots)

    def _say(self, message: dict[str, Any], dots: bytes = b"") -> None:
        self._output.write(json.dumps(message).encode() + b"\n" + dots)
        self._output.flush()


def _first(wanted: tuple[str, ...], offered: Any) -> str:
    return next((word for word in wanted if isinstance(offered, list) and word in offered), "")


def _nearest(wanted: int, offered: Any) -> float:
    """The lowest resolution that is not below the wanted one, else the highest: 200 dpi is what the law asks for."""
    if isinstance(offered, list):
        return float(min((value for value in offered if value >= wanted), default=max(offered)))
    if isinstance(offered, tuple):
        return float(min(max(wanted, offered[0]), offered[1]))
    return float(wanted)


def main() -> None:
    """Do the order in a thread of its own, and end when it is done or when nobody waits for it any more."""
    # some backends write to standard output: the answers go through a descriptor of their own
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    order = Order(json.loads(sys.stdin.buffer.readline()), answers)

    def work() -> None:
        code = 1
        try:
            order.run()
            code = 0
        finally:
            os._exit(code)  # the main thread still reads; libsane's own clean-up can hang on a device that is gone

    threading.Thread(target=work, daemon=True).start()
    sys.stdin.buffer.read()
    order.cancel()
    threading.Event().wait(CANCEL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
