"""The process that talks to libsane for one scan or one look: it may hang or crash without harm to the kiosk.

Run by file name with `-P`, so that `import sane` finds the library and not its neighbour. In, on stdin: one line of
JSON, `{"device", "wanted", "source", "resolution", "options", "max_pixels", "max_pages", "feeder", "scan": bool}`,
`wanted` as it is configured, `device` as it was found last, both may be empty; stdin stays open as long as somebody
waits. Out, on stdout: for every page one line of JSON `{"mode", "width", "height", "dpi"}`
followed by its raw samples, at last `{"end": true, "device": name}` or `{"error": text, "at": "open" | "option" |
"scan"}`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import threading
from typing import Any, BinaryIO

import _sane
import sane

FEEDER_WORDS = ("feeder", "adf", "duplex")
A4_MILLIMETRES = {"br_x": 210.0, "br_y": 297.0}
BUS_ADDRESS = re.compile(r"(?<=libusb:)\d{3}:\d{3}$")  # another one each time when it is plugged in (sane-usb)
OUT_OF_DOCUMENTS = "Document feeder out of documents"  # SANE_STATUS_NO_DOCS as sane_strstatus() says it
TRUE_WORDS = ("true", "yes", "on", "1")
CANCEL_SECONDS = 2.0
MEMORY = 3 << 30  # bytes of addresses: a scanner that never ends its page must not take the memory of the kiosk


class _Failed(Exception):
    """What SANE said, and in which step."""

    def __init__(self, at: str, text: str) -> None:
        super().__init__(text)
        self.at = at


class Scan:
    """One order and the pipe for its answers."""

    def __init__(self, order: dict[str, Any], output: BinaryIO) -> None:
        self._order = order
        self._output = output
        self._device: Any = None
        self._cancelled = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Carry it out; whatever libsane says goes to the parent as its text, with the step in which it was said."""
        try:
            name = self._open()
            self._set_up()
            if self._order["scan"]:
                self._pages()
        except _Failed as error:
            self._say({"error": str(error), "at": error.at})
        else:
            self._say({"end": True, "device": name})
        with self._lock:  # libsane must not be told to cancel what is just being closed
            device, self._device = self._device, None
        if device is not None:
            device.cancel()  # the carriage goes back only now: it must stay between the pages of a feeder
            device.close()

    def cancel(self) -> None:
        """Let the carriage go back: killed in the middle of a page, many scanners stay stuck until they are replugged.

        SANE allows this from another thread; the picture that is cut off by it is not sent.
        """
        self._cancelled = True
        with self._lock:
            if self._device is not None:
                self._device.cancel()

    def _open(self) -> str:
        """The scanner by the name that is known, else by the one that it has got when it was plugged in again."""
        known, wanted, told = self._order["device"], self._order["wanted"], "no device"
        try:
            sane.init()
            if known:
                try:
                    self._device = sane.open(known)
                    return str(known)
                except _sane.error as error:
                    if wanted and not BUS_ADDRESS.search(wanted):
                        raise
                    told = str(error)
            like = BUS_ADDRESS.sub("", wanted or known)
            names = [str(device[0]) for device in sane.get_devices()]
            name = next((name for name in names if like in ("", BUS_ADDRESS.sub("", name))), "")
            if not name:
                raise _Failed("open", told)
            self._device = sane.open(name)
        except _sane.error as error:
            raise _Failed("open", str(error)) from None
        return name

    def _set_up(self) -> None:
        """Source first: scanners change their other options with it. The configured options have the last word."""
        options, order = self._device.opt, self._order
        if order["source"]:
            self._set("source", order["source"])
        if self._usable("mode"):
            colours = [mode for mode in options["mode"].constraint or () if "color" in str(mode).lower()]
            if colours:
                self._set("mode", colours[0])
        if self._usable("depth") and 8 in (options["depth"].constraint or ()):
            self._set("depth", 8)
        if self._usable("resolution"):
            self._set("resolution", _nearest(order["resolution"], options["resolution"].constraint))
        for name, millimetres in A4_MILLIMETRES.items():
            if self._usable(name) and options[name].unit == _sane.UNIT_MM:
                limits = options[name].constraint
                self._set(name, min(millimetres, limits[1]) if isinstance(limits, tuple) else millimetres)
        for name, value in order["options"].items():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        """Set an option to a value of its own type: TOML and the command line know fewer types than SANE."""
        key = name.replace("-", "_")
        # python-sane takes an unknown name for an attribute of its own and says nothing
        if key not in self._device.opt:
            raise _Failed("option", f"{name}: no such option")
        kind = self._device.opt[key].type
        try:
            if kind == _sane.TYPE_BOOL:
                value = str(value).lower() in TRUE_WORDS
            elif kind == _sane.TYPE_INT:
                value = round(float(value))
            elif kind == _sane.TYPE_FIXED:
                value = float(value)
            setattr(self._device, key, value)
        except (_sane.error, AttributeError, TypeError, ValueError) as error:
            raise _Failed("option", f"{name}: {error}") from None

    def _usable(self, key: str) -> bool:
        option = self._device.opt.get(key)
        return option is not None and option.is_active() and option.is_settable()

    def _pages(self) -> None:
        source = str(self._device.source) if self._usable("source") else ""
        feeder = self._order["feeder"] or any(word in source.lower() for word in FEEDER_WORDS)
        for number in range(self._order["max_pages"] + 1 if feeder else 1):
            if self._cancelled:
                return
            try:
                self._start()
                if number == self._order["max_pages"]:
                    raise _Failed("scan", "too many pages")
                self._page()
            except _Failed as error:
                if number and str(error) == OUT_OF_DOCUMENTS:
                    return
                raise

    def _start(self) -> None:
        """Take in the next paper. Only this tells whether there is one."""
        try:
            self._device.start()
        except _sane.error as error:
            raise _Failed("scan", str(error)) from None

    def _page(self) -> None:
        """One page of 8-bit samples. Its size is told before and checked after: a scan that was broken off is shorter,
        and no error."""
        device = self._device
        try:
            _, _, (width, lines), depth, _ = device.get_parameters()
            if width * lines > self._order["max_pixels"]:
                raise _Failed("scan", "too large")
            if depth > 8:
                raise _Failed("option", f"depth: {depth} bits")
            picture = device.snap(True)
        # RuntimeError: no data at all
        except (_sane.error, RuntimeError) as error:
            raise _Failed("scan", str(error)) from None
        except MemoryError:
            raise _Failed("scan", "too large") from None
        if picture.height < lines:  # −1 when the scanner cannot know it before
            raise _Failed("scan", "cut off")
        if not self._cancelled:
            dpi = float(device.resolution) if "resolution" in device.opt else self._order["resolution"]
            self._say({"mode": picture.mode, "width": picture.width, "height": picture.height, "dpi": dpi})
            self._output.write(picture.tobytes())
            self._output.flush()

    def _say(self, message: dict[str, Any]) -> None:
        self._output.write(json.dumps(message).encode() + b"\n")
        self._output.flush()


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
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(2, 1)
    scan = Scan(json.loads(sys.stdin.buffer.readline()), answers)

    def work() -> None:
        code = 1
        try:
            scan.run()
            code = 0
        finally:
            os._exit(code)  # the main thread still reads; libsane's own clean-up can hang on a device that is gone

    threading.Thread(target=work, daemon=True).start()
    sys.stdin.buffer.read()
    scan.cancel()
    threading.Event().wait(CANCEL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
