"""`main.py report`: reads the stores, beside a running kiosk as well."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from zoneinfo import ZoneInfo

from kiosk import builders, figures_paper
from kiosk.config import Config
from kiosk.figures import Figures, Period, figures
from kiosk.figures_paper import as_json
from kiosk.stores import open_stores

__all__ = ["as_json", "figures_of", "lines", "write_files"]
ALL = 1_000_000


def figures_of(options: argparse.Namespace, config: Config) -> Figures:
    """The figures of `--day` or `--month`.

    Raises ValueError for what is none, `Refused`, `OutboxError`, `HallError`.
    """
    period = Period.day(options.day) if options.day else Period.month(options.month)
    with ExitStack() as exits:
        stores = open_stores(config)
        exits.callback(stores.close)
        metrics = builders.metrics_of(config)
        days = (period.first, period.last)
        return figures(
            period,
            metrics.visits(*days),
            metrics.ratings(*days),
            stores.tickets.times(*days),
            stores.outbox.list(ALL),
            metrics.offline(*days),
            ZoneInfo(config.site.timezone),
        )


def write_files(options: argparse.Namespace, config: Config, told: Figures) -> None:
    """`--csv` and `--pdf`. Raises OSError."""
    if options.csv:
        options.csv.write_text(figures_paper.as_csv(told), encoding="utf-8", newline="")
    if options.pdf:
        options.pdf.write_bytes(figures_paper.pdf(told, config.site, builders.site_clock(config)()))


def lines(options: argparse.Namespace, told: Figures) -> Iterator[str]:
    """The table, and what people wrote where that is wanted."""
    yield from figures_paper.table(told)
    if options.words:
        yield from (f"«{words}»" for words in told.words)
