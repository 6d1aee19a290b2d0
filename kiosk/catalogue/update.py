"""News of the catalogue from the province: fetched, checked, put in the place of the old in one step.

What the province sends replaces entries of the national catalogue by code (its fees, times, papers, how far each goes
on line here). What the site itself says in `procedures.yaml` still comes first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.catalogue import Catalogue, CatalogueError, load_catalogue
from kiosk.catalogue.own_files import SENT
from kiosk.data_files import json_of
from kiosk.errands.exemptions import Exemption, read_exemptions
from kiosk.search import Search
from kiosk.search.words import read_words
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
            lookup = load_lookup(self._folder, self._site, new)
            lookup.search.ready()
            new.replace(self._own / SENT)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._own)
        self._publish(CatalogueChanged(lookup))


def _etag(sent: Path) -> str:
    try:
        return str(json_of(sent).get("etag", ""))
    except (OSError, ValueError, AttributeError):
        return ""
