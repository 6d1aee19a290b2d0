"""`main.py report`: reads the stores, beside a running kiosk as well."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kiosk import builders
from kiosk.config import Config, Feedback
from kiosk.figures import Figures, Period, dossiers, figures
from kiosk.figures import paper as figures_paper
from kiosk.hall.waiting import forecast_error
from kiosk.stores import open_stores

ALL = 1_000_000


def tell_figures(
    options: argparse.Namespace, config: Config, say: Callable[[argparse.Namespace, Mapping[str, Any]], None]
) -> int:
    """The figures of `--day` or `--month`: a table, and files where they are wanted. Returns the exit code."""
    told = figures_of(Period.day(options.day) if options.day else Period.month(options.month), config)
    if options.csv:
        options.csv.write_text(figures_paper.as_csv(told), encoding="utf-8", newline="")
    if options.pdf:
        options.pdf.write_bytes(figures_paper.pdf(told, config.site, builders.site_clock(config)()))
    if options.json:
        say(options, figures_paper.as_json(told))
    else:
        words = [f"«{words}»" for words in told.words] if options.words else []
        print("\n".join([*figures_paper.table(told), *words]))
    return 0


def figures_of(period: Period, config: Config) -> Figures:
    """What the stores of this kiosk know. Raises `Refused`, `OutboxError`, `HallError`."""
    with ExitStack() as exits:
        stores = open_stores(config)
        exits.callback(stores.close)
        metrics = builders.metrics_of(config)
        days = (period.first, period.last)
        told = figures(
            period,
            metrics.visits(*days),
            metrics.ratings(*days),
            stores.tickets.times(*days),
            dossiers(stores.outbox.list(ALL), (config.feedback or Feedback()).procedure_code),
            metrics.offline(*days),
            ZoneInfo(config.site.timezone),
        )
        forgotten = builders.site_clock(config)().date() - timedelta(days=config.storage.keep_days)
        return replace(
            told,
            forecast=forecast_error(stores.tickets.told_and_waited(*days)),
            online_from=forgotten + timedelta(days=1) if period.first <= forgotten else None,
        )
