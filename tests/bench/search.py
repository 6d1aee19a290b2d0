"""Loading the catalogue, and looking up at every keystroke of queries of real life."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from kiosk.catalogue.update import load_lookup
from kiosk.config import ASSETS

QUERIES = Path(__file__).parent.parent / "data" / "queries.yaml"
EVERY = 4  # each so many queries is typed letter by letter
ROUNDS = 5


def measure() -> dict[str, float]:
    """Milliseconds to read and check the whole catalogue and to build the search; for one keystroke median and 99th
    percentile, by the wall and by the processor's clock (on a busy machine only the second says something); and beside
    them the same queries looked for by a plain scan of the names, without marks."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        lookup = load_lookup(ASSETS / "catalogue", None, None)
        seconds.append(time.process_time() - begin)
    begin = time.process_time()
    lookup.search.ready()
    built = time.process_time() - begin
    groups = yaml.safe_load(QUERIES.read_text(encoding="utf-8"))
    queries = [query for group in groups.values() for query in group][::EVERY]
    keys = [query[:end] for query in queries for end in range(1, len(query) + 1)]
    search = lookup.search
    plain = [" ".join(search.names(code)).casefold() for code in search.codes]
    return {
        "procedures": float(len(search.codes)),
        "load_ms": statistics.median(seconds) * 1000,
        "index_ms": built * 1000,
        "keystrokes": float(len(keys)),
        **_times("", keys, lambda key: search.find(key)),
        **_times("plain_scan_", keys, lambda key: [name for name in plain if key in name]),
    }


def _times(prefix: str, keys: list[str], find: Callable[[str], object]) -> dict[str, float]:
    wall, processor = [], []
    for key in keys:
        begin, busy = time.perf_counter(), time.process_time()
        find(key)
        wall.append((time.perf_counter() - begin) * 1000)
        processor.append((time.process_time() - busy) * 1000)
    return {
        f"{prefix}{name}_ms_{label}": value
        for name, values in (("wall", sorted(wall)), ("processor", sorted(processor)))
        for label, value in (("p50", values[len(values) // 2]), ("p99", values[len(values) * 99 // 100]))
    }
