"""Trying a code scanner alone, without showing what it reads unless it is asked to."""

from __future__ import annotations

import argparse
from time import monotonic

from devices.errors import DeviceError
from devices.interfaces import CodeScanner


def trial_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """The options that every driver has: `test` waits for one code, without it every code is told until Ctrl-C."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("test", nargs="?", choices=["test"], help="wait for one code; exit 0 when it was read")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the test waits")
    parser.add_argument("--show", action="store_true", help="print the code itself: it may hold personal data")
    return parser


def run_trial(scanner: CodeScanner, options: argparse.Namespace) -> None:
    """Print length and kind of codes; ends with the first one in a test, else when the scanner is unplugged."""
    end = monotonic() + options.seconds
    said = ""
    try:
        scanner.open()
        print("ready", flush=True)
        while not options.test or monotonic() < end:
            text = scanner.read_code(0.5)
            if text is not None:
                print(f"{len(text)} characters, {kind(text)}" + (f": {text}" if options.show else ""), flush=True)
                if options.test:
                    return
            elif (code := scanner.status().code) != said:
                said = code
                print(code or "well again", flush=True)
        raise SystemExit(f"no code within {options.seconds:g} s")
    except DeviceError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        pass
    finally:
        scanner.close()


def kind(text: str) -> str:
    """What a code seems to be, without telling what is in it."""
    if text.isdecimal():
        return "digits"
    if text.startswith(("http://", "https://")):
        return "web address"
    if "|" in text:
        return f"{text.count('|') + 1} fields"
    return "plain letters" if text.isascii() else "text"
