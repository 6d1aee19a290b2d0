"""News of the catalogue from the province: fetched, checked, put in the place of the old in one step.

What the province sends replaces entries of the national catalogue by code (its fees, times, papers, how far each goes
on line here). What the site itself says in `procedures.yaml` still comes first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.catalogue import Catalogue, CatalogueError, codes_of, load_catalogue
from kiosk.catalogue.own_files import LEFT_OUT, SENT, SHRUNK, codes_named, lines_about
from kiosk.data_files import json_of
from kiosk.errands.exemptions import Exemption, read_exemptions
from kiosk.search import Search
from kiosk.search.words import read_words
from offline_queue.files import make_folder, sync_folder, write_temporary
from offline_queue.gateway import Gateway, Unreachable

log = logging.getLogger(__name__)
REFUSED = "catalogue_refused"  # the notice while what the province has sent is wrong


LINE = 300  # letters of a mistake for staff and log; a name in it may be as long as somebody likes


def short(mistakes: Sequence[str]) -> str:
    """How many there are, and the first: what a notice has room for."""
    return f"{len(mistakes)}: {mistakes[0][:LINE]}"


@dataclass(frozen=True)
class Lookup:
    """A catalogue, the search in it, and who pays nothing in it: they change together."""

    catalogue: Catalogue = field(repr=False)
    search: Search = field(repr=False)
    exemptions: tuple[Exemption, ...] = ()  # who pays nothing or less


@dataclass(frozen=True)
class CatalogueChanged:
    """Event: another catalogue holds from the next session on."""

    lookup: Lookup


def load_lookup(folder: Path, own: Path | None, sent: Path | None) -> Lookup:
    """The catalogue of `folder` with the site's files in `own` and what the province has `sent`.

    Raises `CatalogueError` with every mistake.
    """
    catalogue = load_catalogue(folder, own, sent)
    words, mistakes = read_words(folder, catalogue, own)
    exemptions, more = read_exemptions(folder, own)
    if mistakes or more:
        raise CatalogueError([*mistakes, *more])
    return Lookup(catalogue, Search(catalogue, words), exemptions)


class CatalogueNews:
    """Asks the province whether there is another catalogue; runs on the sender's thread, between two dossiers.

    It lies in `own`. The files of the site in `site` (None: there are none) stay those that the kiosk has started with.
    """

    def __init__(
        self,
        folder: Path,
        own: Path,
        publish: Callable[[CatalogueChanged], None],
        notice: Callable[[str, str], None],
        end_notice: Callable[[str], None],
        site: Path | None = None,
    ) -> None:
        self._folder, self._own, self._site = folder, own, site
        self._publish, self._notice, self._end_notice = publish, notice, end_notice
        held = _document(own / SENT)
        self._etag = self._held = str(held.get("etag", ""))
        self._unanswered = 0  # questions in a row whose answer was no catalogue
        if not self._left_out(codes_of(held.get("withdrawn"))):  # the site has taken out what it named
            end_notice(LEFT_OUT)

    def fetch(self, gateway: Gateway) -> None:
        """Ask; check; exchange. Raises `SubmitError`; a full disk is told in the log, and the old one stays."""
        try:
            document, etag = gateway.procedures(self._etag)
        except Unreachable as error:
            self._count(error)
            raise
        self._unanswered = 0
        if document is None:
            if self._etag == self._held:  # what was refused has been withdrawn
                self._end_notice(REFUSED)
            return
        try:
            self._exchange(document, etag)
        except CatalogueError as error:
            log.error("catalogue: the province's is refused: %s", "; ".join(one[:LINE] for one in error.problems[:20]))
            self._notice(REFUSED, short(error.problems))
        except OSError as error:
            log.warning("catalogue: news not written: %s", error.strerror)
            return
        else:
            self._end_notice(REFUSED)
            self._held = etag
        self._etag = etag  # also of a refused one: it is not fetched again and again

    def _count(self, error: Unreachable) -> None:
        """Once is the line's fault; twice in a row, after the province has said that it is there, the catalogue's."""
        self._unanswered += error.connected
        if error.connected and self._unanswered > 1:
            log.error("catalogue: the province's cannot be read: %s", error.detail)
            self._notice(REFUSED, short([f"{SENT}: cannot be read: {error.detail}"]))

    def _left_out(self, withdrawn: Set[str]) -> list[str]:
        return list(lines_about(self._site, withdrawn)) if self._site else []

    def _withdrawn(self, rows: object) -> list[str]:
        """Codes that were in the province's catalogue and are not in `rows`, as far as the site's files name them."""
        held = _document(self._own / SENT)
        before = codes_of(held.get("withdrawn")) | _codes_in(held.get("procedures"))
        named = [codes for folder in (self._own, self._site) if folder for codes in codes_named(folder).values()]
        return sorted((before - _codes_in(rows)).intersection(set().union(*named)))

    def _exchange(self, document: Mapping[str, Any], etag: str) -> None:
        make_folder(self._own)
        rows = document.get("procedures")
        before, now = _codes_in(_document(self._own / SENT).get("procedures")), _codes_in(rows)
        content = {"etag": etag, "procedures": rows, "withdrawn": self._withdrawn(rows)}
        new = write_temporary(self._own, [json.dumps(content, ensure_ascii=False).encode()])
        try:
            lookup = load_lookup(self._folder, self._site, new)
            lookup.search.ready()
            new.replace(self._own / SENT)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._own)
        self._publish(CatalogueChanged(lookup))
        if 2 * len(now) < len(before):  # the province decides, and may have slipped
            log.warning("catalogue: the province's has shrunk from %d procedures to %d", len(before), len(now))
            self._notice(SHRUNK, f"{len(before)} → {len(now)}")
        if lines := self._left_out(lookup.catalogue.withdrawn):
            log.warning("catalogue: lines of the site are left out: %s", "; ".join(lines[:20]))
            self._notice(LEFT_OUT, short(lines))
        else:
            self._end_notice(LEFT_OUT)


def _document(sent: Path) -> Mapping[str, Any]:
    """What the province has sent; nothing where that cannot be read."""
    try:
        document = json_of(sent)
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _codes_in(rows: object) -> set[str]:
    return codes_of([row.get("code") for row in rows if isinstance(row, dict)]) if isinstance(rows, list) else set()
