"""The site's own files, in the folder `catalogue` of the data folder, and these as they last were right.

Beside what `kiosk/catalogue`, `kiosk/search/words.py` and `kiosk/errands/exemptions.py` read, e-forms lie in `forms`
and texts in `locales`.
"""

from __future__ import annotations

import difflib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from kiosk import i18n
from kiosk.data_files import Unreadable, content_of, reason
from offline_queue.files import make_folder, sync_folder, write_temporary

log = logging.getLogger(__name__)
OWN_CATALOGUE = "catalogue"
OWN_FILES = ("procedures.yaml", "site.yaml", "synonyms.yaml", "exemptions.yaml")
OWN_REFUSED = "catalogue_own_refused"  # the notice while one of the site's files is wrong
LAST_GOOD = "last-good"  # its files as they were when a kiosk last started with right ones
NEW, OLD = ".new", ".old"  # while one set takes the place of another
FORMS, LOCALES = "forms", "locales"
SENT = "province.json"  # the document of the province, and its ETag


def files_in(own: Path) -> Iterator[str]:
    """The site's files in a folder, by their paths in it."""
    yield from (name for name in OWN_FILES if (own / name).exists())
    yield from (f"{FORMS}/{path.name}" for path in sorted((own / FORMS).glob("*.yaml")))
    for paths in text_files(own).values():
        yield from (str(path.relative_to(own)) for path in paths)


def text_files(own: Path) -> dict[str, list[Path]]:
    """The site's files of texts in a folder, by language."""
    return {language: sorted((own / LOCALES / language).glob("*.po")) for language in i18n.languages()}


def keep(own: Path) -> Path:
    """Keep the site's files, which are right, in the place of those that were kept before, all in one step.

    Returns where they lie from now on, whatever is done to the first ones: `own` itself where the disk is full (told in
    the log). That a site had no files of its own was right too.
    """
    kept, new = own / LAST_GOOD, own / f"{LAST_GOOD}{NEW}"
    try:
        content = {name: content_of(own / name) for name in files_in(own)}
        if kept.is_dir() and content == {name: content_of(kept / name) for name in files_in(kept)}:
            return kept
        shutil.rmtree(new, ignore_errors=True)
        make_folder(new)
        for name, data in content.items():
            make_folder((new / name).parent)
            write_temporary((new / name).parent, [data]).replace(new / name)
            sync_folder((new / name).parent)
        _exchange(own)
    except (OSError, Unreadable) as error:
        log.warning("catalogue: the site's own files are not kept: %s", reason(error))
        return own
    return kept


def _exchange(own: Path) -> None:
    """The old set steps aside, the new one takes its place; `restore` undoes a half of it."""
    kept, new, old = (own / f"{LAST_GOOD}{end}" for end in ("", NEW, OLD))
    shutil.rmtree(old, ignore_errors=True)
    if kept.exists():
        kept.replace(old)
    new.replace(kept)
    sync_folder(own)
    shutil.rmtree(old, ignore_errors=True)


def restore(own: Path) -> None:
    """After a power cut between two renames: the old set is back in its place."""
    if (own / f"{LAST_GOOD}{OLD}").is_dir() and not (own / LAST_GOOD).exists():
        (own / f"{LAST_GOOD}{OLD}").replace(own / LAST_GOOD)


def shown(text: str) -> str:
    """A sentence that can be written: a file's name may have bytes that are no UTF-8."""
    return text.encode(errors="replace").decode()


def mistakes_of_texts(own: Path) -> Iterator[str]:
    """One sentence for each mistake in the site's files of texts."""
    for language, paths in text_files(own).items():
        for path in paths:
            yield from (f"{path.relative_to(own)}: {mistake}" for mistake in i18n.mistakes(path, language))


def misnamed(own: Path) -> Iterator[str]:
    """Files that nobody reads, though they look like those that are read."""
    for path in sorted(own.glob("*.y*ml")):
        if path.name not in OWN_FILES:
            near = difflib.get_close_matches(path.name, OWN_FILES, n=1)
            yield f"{path.name}: is read by nobody" + (f"; did you mean «{near[0]}»?" if near else "")
    for path in sorted((own / FORMS).glob("*.yml")):
        yield f"{FORMS}/{path.name}: is read by nobody; did you mean «{path.stem}.yaml»?"
    for path in sorted((own / LOCALES).glob("*.po")):
        yield f"{LOCALES}/{path.name}: is read by nobody; the texts of a language lie in {LOCALES}/en"
