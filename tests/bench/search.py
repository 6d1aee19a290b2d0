"""Loading the catalogue, ours and the largest that a site can have; looking up at every keystroke of queries of real
life, and what is found."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from kiosk.catalogue.update import load_lookup
from kiosk.config import ASSETS
from kiosk.search import Search

CATALOGUE = ASSETS / "catalogue"
SITE = ASSETS / "config" / "own-example"
DATA = Path(__file__).parent.parent / "data"
QUERIES = "queries.yaml"
EVERY = 4  # each so many queries is typed letter by letter
ROUNDS = 5


def measure() -> dict[str, float]:
    """Milliseconds to read and check the whole catalogue (ours alone; at worst, with files of a site and a catalogue of
    the province that replaces every entry) and to build the search; the recall; for one keystroke median and 99th
    percentile, by the wall and by the processor's clock (on a busy machine only the second says something); and beside
    them the same queries looked for by a plain scan of the names, without marks."""
    search = load_lookup(CATALOGUE, None, None).search
    begin = time.process_time()
    search.ready()
    built = time.process_time() - begin
    queries = list(wanted(QUERIES))[::EVERY]
    keys = [query[:end] for query in queries for end in range(1, len(query) + 1)]
    plain = [" ".join(search.names(code)).casefold() for code in search.codes]
    return {
        "procedures": float(len(search.codes)),
        "load_ms": _load_ms(None, None),
        "load_worst_ms": _load_worst_ms(),
        "index_ms": built * 1000,
        "recall_at_5": recall_at_5(search, QUERIES)[0],
        "keystrokes": float(len(keys)),
        **_times("", keys, lambda key: search.find(key)),
        **_times("plain_scan_", keys, lambda key: [name for name in plain if key in name]),
    }


def wanted(name: str) -> dict[str, set[str]]:
    """The queries of a file of `tests/data`, and the codes that each must find."""
    groups = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    pairs = [pair for group in groups.values() for pair in group.items()]
    return {query: {codes} if isinstance(codes, str) else set(codes) for query, codes in pairs}


def recall_at_5(search: Search, name: str) -> tuple[float, list[str]]:
    """The mean share of the wanted codes among the first five, and the queries that miss one."""
    shares = {
        query: len(codes & {hit.code for hit in search.find(query)[:5]}) / len(codes)
        for query, codes in wanted(name).items()
    }
    return statistics.fmean(shares.values()), [query for query, share in shares.items() if share < 1]


def _load_ms(own: Path | None, sent: Path | None) -> float:
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        load_lookup(CATALOGUE, own, sent)
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds) * 1000


def _load_worst_ms() -> float:
    with tempfile.TemporaryDirectory() as folder:
        national = json.loads((CATALOGUE / "national.json").read_bytes())
        sent = Path(folder) / "sent.json"
        sent.write_text(json.dumps({"etag": "", "procedures": national["procedures"]}), encoding="utf-8")
        return _load_ms(SITE, sent)


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
