"""What all drivers share when they are tried alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn


def option(check: Callable[[str], str]) -> Callable[[str], str]:
    """`check` as a type for argparse, which would not pass on the sentence of a ValueError."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def no_driver(module: str) -> NoReturn:
    """Say that there is nothing to try, and exit 2."""
    print(f"{module} plays a device inside the kiosk: it is no driver to try alone", file=sys.stderr)
    raise SystemExit(2)
