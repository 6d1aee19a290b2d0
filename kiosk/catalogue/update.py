"""News of the catalogue from the province: fetched, checked, put in the place of the old in one step.

What the province sends replaces entries of the national catalogue by code (its fees, times, papers, how far each goes
on line here). What the site itself says in `procedures.yaml` still comes first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk.catalogue import Catalogue, CatalogueError, load_catalogue
from kiosk.catalogue.own_files import LAST_GOOD, OWN_FILES, SENT, keep
from kiosk.data_files import json_of
from kiosk.search import Search
from kiosk.search.words import load_words
from offline_queue.files import make_folder, sync_folder, write_temporary
from offline_queue.gateway import Gateway

log = logging.getLogger(__name__)
REFUSED = "catalogue_refused"  # the notice while what the province has sent is wrong


LINE = 300  # letters of a mistake for staff and log; a name in it may be as long as somebody likes


def short(mistakes: Sequence[str]) -> str:
    """How many there are, and the first: what a notice has room for."""
    return f"{len(mistakes)}: {mistakes[0][:LINE]}"


@dataclass(frozen=True)
class Lookup:
    """A catalogue and the search in it: they change together."""

    catalogue: Catalogue = field(repr=False)
    search: Search = field(repr=False)
    mistakes: tuple[str, ...] = ()  # of the site's own files, in whose place the last good ones hold


@dataclass(frozen=True)
class CatalogueChanged:
    """Event: another catalogue holds from the next session on."""

    lookup: Lookup


def load_lookup(folder: Path, own: Path) -> Lookup:
    """The catalogue of `folder` with the site's own files and the last good news. Raises `CatalogueError`.

    News that are damaged are left out and fetched again; a mistake of the site is told.
    """
    sent = own / SENT
    try:
        return _load(folder, own, sent)
    except CatalogueError as error:
        if not sent.exists():
            raise
        shipped = _load(folder, own, None)
        log.warning("catalogue: what the province sent is left out: %s", "; ".join(error.problems[:5]))
        sent.unlink(missing_ok=True)
        return shipped


def load_last_good(folder: Path, own: Path) -> Lookup:
    """As `load_lookup`, for a kiosk that must start: with the last good files of the site while these have mistakes.

    Raises `CatalogueError` where there never were any.
    """
    kept = own / LAST_GOOD
    try:
        lookup = load_lookup(folder, own)
    except CatalogueError as error:
        if not kept.is_dir():
            raise
        log.error("catalogue: the site's own files are left as they were: %s", "; ".join(error.problems[:20]))
        sent = own / SENT
        return replace(_load(folder, kept, sent if sent.exists() else None), mistakes=tuple(error.problems))
    keep(own, "", [name for name in OWN_FILES if (own / name).exists()])
    return lookup


def _load(folder: Path, own: Path, sent: Path | None) -> Lookup:
    catalogue = load_catalogue(folder, own, sent)
    return Lookup(catalogue, Search(catalogue, load_words(folder, catalogue, own)))


class CatalogueNews:
    """Asks the province whether there is another catalogue; runs on the sender's thread, between two dossiers."""

    def __init__(
        self,
        folder: Path,
        own: Path,
        publish: Callable[[CatalogueChanged], None],
        notice: Callable[[str, str], None],
        end_notice: Callable[[str], None],
    ) -> None:
        self._folder, self._own = folder, own
        self._publish, self._notice, self._end_notice = publish, notice, end_notice
        self._etag = self._held = _etag(own / SENT)

    def fetch(self, gateway: Gateway) -> None:
        """Ask; check; exchange. Raises `SubmitError`; a full disk is told in the log, and the old one stays."""
        document, etag = gateway.procedures(self._etag)
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

    def _exchange(self, document: Mapping[str, Any], etag: str) -> None:
        make_folder(self._own)
        content = json.dumps({"etag": etag, "procedures": document.get("procedures")}, ensure_ascii=False)
        new = write_temporary(self._own, [content.encode()])
        try:
            lookup = self._load(new)
            lookup.search.ready()
            new.replace(self._own / SENT)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._own)
        self._publish(CatalogueChanged(lookup))

    def _load(self, new: Path) -> Lookup:
        try:
            return _load(self._folder, self._own, new)
        except CatalogueError:
            if not (self._own / LAST_GOOD).is_dir():
                raise
            return _load(self._folder, self._own / LAST_GOOD, new)  # a mistake of the site is none of the province


def _etag(sent: Path) -> str:
    try:
        return str(json_of(sent).get("etag", ""))
    except (OSError, ValueError, AttributeError):
        return ""
