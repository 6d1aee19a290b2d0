"""What people here choose: a count for each procedure, without identity or hour, halved every month."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from kiosk.data_files import MB, json_of
from offline_queue.files import make_folder, sync_folder, write_temporary

log = logging.getLogger(__name__)
HALF_LIFE_DAYS = 30.0
LEAST = 0.05  # a count that has faded so far is forgotten


class Choices:
    """The counts, kept in one file. A broken file is begun anew: only the order of results depends on it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._day = date.min
        self._counts: Mapping[str, float] = MappingProxyType({})
        try:
            document = json_of(path, MB)
            counts = {str(code): float(count) for code, count in document["counts"].items()}
            self._day, self._counts = date.fromisoformat(document["day"]), MappingProxyType(counts)
        except FileNotFoundError:
            return
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            log.warning("choices: %s cannot be read and is begun anew", path.name)

    def on(self, day: date) -> Mapping[str, float]:
        """How often each procedure was chosen, older choices counting less."""
        days = (day - self._day).days
        if days <= 0 or not self._counts:
            return self._counts
        faded = 0.5 ** (days / HALF_LIFE_DAYS)
        return MappingProxyType({c: count * faded for c, count in self._counts.items() if count * faded >= LEAST})

    def add(self, code: str, day: date) -> None:
        """Somebody has chosen a procedure."""
        counts = self.on(day)
        self._day, self._counts = max(self._day, day), MappingProxyType({**counts, code: counts.get(code, 0.0) + 1})

    def save(self) -> None:
        """Write the file anew, whole or not at all; a full disk is told in the log and stops nobody."""
        document = {"day": self._day.isoformat(), "counts": {c: round(n, 3) for c, n in self._counts.items()}}
        try:
            make_folder(self._path.parent)
            write_temporary(self._path.parent, [json.dumps(document).encode()]).replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            log.warning("choices: not written: %s", error.strerror)
