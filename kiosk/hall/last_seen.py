"""The hall as it was last read from its server, in a file: a kiosk that starts while the server is away knows it.

Nothing of any citizen stands in it: numbers, lines, times, counters. It is no more than a memory, so it is replaced
whole and never synced.
"""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kiosk.hall.rows import HallRows

log = logging.getLogger(__name__)
ROWS: TypeAdapter[HallRows] = TypeAdapter(HallRows)


def save(path: Path, rows: HallRows) -> None:
    """Remember the hall; a disk that does not take it is told in the log."""
    part = path.with_suffix(".part")
    try:
        part.write_bytes(ROWS.dump_json(rows))
        part.replace(path)
    except OSError as error:
        log.warning("hall: what was seen is not remembered: %s", error.strerror)


def load(path: Path) -> HallRows | None:
    """What was seen last; None where nothing is remembered, or nothing that can be read."""
    try:
        return ROWS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("hall: what was seen last cannot be read: %s", type(error).__name__)
        return None
