"""The data with which a kiosk works: ours, what the site adds in `catalogue/` of its data folder, the province's news.

The site's files are one set. They name each other (a procedure its form, a form the cases, all of them texts), so half
of a change is a procedure that nobody can begin. They are read at the start, together, and hold together when nothing
is wrong with them or between them: `problems` is what `main.py check` tells too. Then they are kept in `last-good/`.
Else that set holds as it is, since it was right once: of what a newer program or another hall finds wrong in it, only
forms with mistakes are left out. Where there is none, or it can no longer be read, ours alone hold: a kiosk starts in
any case.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kiosk import i18n
from kiosk.between import mistakes_between
from kiosk.catalogue import CatalogueError, Reading, read_catalogue, read_entries
from kiosk.catalogue.own_files import (
    FORMS,
    LAST_GOOD,
    OWN_CATALOGUE,
    SENT,
    keep,
    mistakes_of_texts,
    restore,
    sent_to,
    shown,
    text_files,
    unreachable,
)
from kiosk.catalogue.update import LINE, Lookup
from kiosk.config import Config
from kiosk.data_files import is_folder, unlistable
from kiosk.errands.exemptions import Exemption, read_exemptions, unknown_names
from kiosk.forms.files import FormFile, FormShelf, read_files
from kiosk.hints import hints_of
from kiosk.search import Search
from kiosk.search.words import Words, read_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DataSet:
    """All that could be read, and one sentence for each mistake.

    With those of catalogue, words and exemptions (`unusable`) it cannot be worked with. `hints`: what may be meant so.
    """

    reading: Reading
    words: Words
    exemptions: tuple[Exemption, ...]
    forms: tuple[FormFile, ...]
    unusable: list[str]
    problems: list[str]
    hints: list[str]


@dataclass(frozen=True)
class OwnData:
    """What is in force: of the site's files those in `folder`, None for none of them."""

    lookup: Lookup
    forms: FormShelf
    texts: Mapping[str, Sequence[Path]]  # by language
    folder: Path | None
    mistakes: tuple[str, ...]  # because of which the site's files as they are now do not hold


def read_all(assets: Path, config: Config, own: Path | None, sent: Path | None) -> DataSet:
    """Everything with every mistake in it and between it; `own`: the site's folder, `sent`: the province's news."""
    closed = list(unreachable(own)) if own else []
    if own and unlistable(own):
        own = None  # what is in it is not there for us
    with i18n.also(text_files(own) if own else {}):
        reading = read_catalogue(assets / "catalogue", own, sent)
        words, wrong = read_words(assets / "catalogue", reading.catalogue, own, reading.whole)
        exemptions, more = read_exemptions(assets / "catalogue", own)
        ours, its = read_files(assets / "forms"), read_files(own / FORMS) if own else ()
    forms = (*ours, *its)
    unusable = [*closed, *reading.problems, *wrong, *more]
    problems = [*unusable, *mistakes_between(reading, forms, config, not closed)]
    if own and reading.whole:  # ours may name what a site hides
        gone = frozenset(reading.catalogue.withdrawn)
        mine = (one for one in read_exemptions(own)[0] if not (one.procedures and gone.issuperset(one.procedures)))
        left = (
            one.model_copy(update={"procedures": tuple(c for c in one.procedures if c not in gone)}) for one in mine
        )
        problems += unknown_names(left, reading.catalogue)
    problems += [problem for file in forms for problem in file.problems]
    problems += mistakes_of_texts(own) if own else ()
    hints = [shown(hint) for hint in hints_of(reading, ours, its)]
    return DataSet(reading, words, exemptions, forms, unusable, [shown(problem) for problem in problems], hints)


def load_data(assets: Path, config: Config, today: Callable[[], date], starting: bool) -> OwnData:
    """What holds, as the module says. Raises `CatalogueError` for mistakes in ours alone.

    News of the province that are damaged are left out. Only a kiosk that is `starting` writes: it keeps the files that
    are right, and has such news fetched again.
    """
    own = config.storage.data_dir / OWN_CATALOGUE
    if starting:
        restore(own)
    data, sent = _with_news(assets, config, own, starting)
    ours = read_all(assets, config, None, sent) if data.problems else data
    mistakes = tuple(problem for problem in data.problems if problem not in ours.problems) if data.problems else ()
    folder: Path | None = own
    if mistakes:
        log.error("catalogue: the site's files are left as they were: %s", "; ".join(m[:LINE] for m in mistakes[:20]))
        folder, data = own / LAST_GOOD, read_all(assets, config, own / LAST_GOOD, sent)
        if data.unusable or not is_folder(folder):
            folder, data = None, ours
    elif starting:
        folder = keep(own)
    if data.unusable:
        raise CatalogueError(data.unusable)
    for problem in data.problems:
        log.error("data in use: %s", problem[:LINE])
    for hint in data.hints if starting else ():
        log.warning("catalogue: %s", hint[:LINE])
    catalogue = data.reading.catalogue
    lookup = Lookup(catalogue, Search(catalogue, data.words), data.exemptions)
    forms = FormShelf((file.form for file in data.forms if file.form and not file.problems), today)
    return OwnData(lookup, forms, text_files(folder) if folder else {}, folder, mistakes)


def _with_news(assets: Path, config: Config, own: Path, starting: bool) -> tuple[DataSet, Path | None]:
    sent = sent_to(own)
    data = read_all(assets, config, own, sent)
    damaged: list[str] = []
    if data.problems and sent:
        read_entries(sent, damaged, {})
    if not damaged:
        return data, sent
    log.warning("catalogue: what the province sent is left out: %s", "; ".join(one[:LINE] for one in damaged[:5]))
    if starting:
        with suppress(OSError):
            (own / SENT).unlink()
    return read_all(assets, config, own, None), None
