"""Scenes of looking up: the search as it is typed, and procedures of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kiosk.state import AppState, Job, Step
from tests.screens.scene import Scene, Site

CASES = "1.004222"  # permanent residence: six cases, two fees
LONG_NAME = "1.013962"  # the longest name of all
NAMED, MINISTRY = "1.014061", "3.000346"  # of the index: only their names are known


def catalogue_scenes(site: Site) -> Iterator[Scene]:
    """The search, then the page of a procedure."""
    yield Scene("procedures", _searched(site, ""))
    yield Scene("procedures-typed", _searched(site, "giay khai"), lambda screen: screen.type())
    yield Scene("procedures-found", _searched(site, "đất"), lambda screen: screen.stop_typing())
    yield Scene("procedures-nothing", _searched(site, "xyzzy"), lambda screen: screen.type())
    for code in site.procedures:
        if site.procedures[code].online:
            yield Scene(f"bring-{code}", _page(site, code))
    for code in (CASES, LONG_NAME, NAMED, MINISTRY):
        yield Scene(f"bring-{code}", _page(site, code), _unfold)
    yield Scene("bring-choosing", _page(site, CASES, chosen=False))
    for name, job, problem in (
        ("printed", Job.CONFIRMED, ""),
        ("unconfirmed", Job.UNCONFIRMED, ""),
        ("failed", Job.FAILED, "paper_out"),
    ):
        yield Scene(f"bring-{name}", _page(site, "1.000894", slip_print=job, slip_code=problem))


def _searched(site: Site, query: str) -> AppState:
    return replace(site.base, step=Step.PROCEDURES, query=query, results=site.lookup.search.find(query))


def _page(site: Site, code: str, chosen: bool = True, **values: Any) -> AppState:
    session = site.session(code, **values)
    return replace(site.base, step=Step.BRING, session=session if chosen else replace(session, case=None))


def _unfold(screen: Any) -> None:
    screen.ids.law.open = True
