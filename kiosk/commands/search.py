"""`main.py search`: the search of the screen, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from kiosk import builders
from kiosk.catalogue.update import short
from kiosk.config import Config
from kiosk.search import why_text


def search(options: argparse.Namespace, config: Config) -> int:
    """Look procedures up as the screen does; with `-` one query a line, one JSON line for each (DESIGN 6)."""
    answer = _searcher(config)
    if options.words == ["-"]:
        for line in sys.stdin:
            print(json.dumps(answer(line.rstrip("\r\n")), ensure_ascii=False), flush=True)
        return 0
    found = answer(" ".join(options.words))
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for result in found["results"]:
            print("{code}  {name}  ({why})".format(**result))
    return 0


def _searcher(config: Config) -> Callable[[str], dict[str, Any]]:
    data = builders.data_of(config)
    if data.mistakes:  # the screen is no better off
        sys.stderr.write(
            f"the site's own files have mistakes ({short(data.mistakes)}); searched in what the screen has\n"
        )
    lookup = data.lookup.search
    chosen = builders.choices_of(config).on(builders.site_clock(config)().date())
    lookup.ready()  # the first query is as fast as the others

    def answer(query: str) -> dict[str, Any]:
        started = time.perf_counter()
        hits = lookup.find(query, chosen)
        seconds = time.perf_counter() - started
        results = [{"code": hit.code, "name": hit.name, "why": why_text(hit)} for hit in hits]
        return {"query": query, "results": results, "ms": round(seconds * 1000, 3)}

    return answer
