"""Trying a document scanner alone: pages are told by their size and quality, and kept only where it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

from devices.errors import DeviceError
from devices.interfaces import DocumentScanner


def add_trial_options(parser: argparse.ArgumentParser) -> None:
    """The options that every driver has."""
    parser.add_argument("test", nargs="?", choices=["test"], help="scan and tell; exit 0 when a good page came")
    parser.add_argument("--out", type=Path, help="a folder for the pages: they may hold personal data")


def run_trial(scanner: DocumentScanner, options: argparse.Namespace) -> None:
    """Scan what lies there; a test fails when no page came, or one with a problem."""
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    said: list[tuple[str, ...]] = []
    try:
        for number, page in enumerate(scanner.scan_pages(), start=1):
            name = f"page-{number:03d}.jpg"
            if options.out:
                (options.out / name).write_bytes(page.jpeg)
            quality = ", ".join(page.problems) or "good"
            print(
                f"{name}: {page.width} × {page.height} at {page.dpi} dpi, sharpness {page.sharpness:.1f}, {quality}",
                flush=True,
            )
            said.append(page.problems)
    except DeviceError as error:
        raise SystemExit(str(error)) from None
    finally:
        scanner.close()
    if options.test and (not said or any(said)):
        raise SystemExit("no page came" if not said else "not every page is good")
