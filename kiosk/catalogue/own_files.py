"""The site's own files, in the folder `catalogue` of the data folder, and these as they last were right.

Beside what `kiosk/catalogue`, `kiosk/search/words.py` and `kiosk/errands/exemptions.py` read, e-forms lie in `forms`
and texts in `locales`.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import shutil
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

from kiosk import i18n
from kiosk.data_files import Unreadable, content_of, is_folder, is_there, listed, reason, text_of, unlistable
from offline_queue.files import make_folder, sync_folder, write_temporary

log = logging.getLogger(__name__)
OWN_CATALOGUE = "catalogue"
OWN_FILES = ("procedures.yaml", "site.yaml", "synonyms.yaml", "exemptions.yaml")
OWN_REFUSED = "catalogue_own_refused"  # the notice while one of the site's files is wrong
LAST_GOOD = "last-good"  # its files as they were when a kiosk last started with right ones
NEW, OLD = ".new", ".old"  # while one set takes the place of another
FORMS, LOCALES = "forms", "locales"
LEFT_OUT = "catalogue_line_left_out"  # the notice while they name a procedure that the province has withdrawn
SHRUNK = "catalogue_shrunk"  # the notice after the province's lost more than half of its procedures at once
CODE = re.compile(r"(?<![0-9.])[0-9]\.[0-9]{6}(?![0-9])")
DATA = re.compile(r"\.(?:ya?ml|po)(?=\.|$)", re.IGNORECASE)  # somewhere in the name of what is meant to be read
BACKUPS = ("~", ".bak", ".old", ".orig", ".swp")  # of an editor or a careful person
SENT = "province.json"  # the document of the province, and its ETag


def sent_to(own: Path) -> Path | None:
    """What the province has sent; None where nothing is."""
    return own / SENT if is_there(own / SENT) else None


def files_in(own: Path) -> Iterator[str]:
    """The site's files in a folder, by their paths in it."""
    yield from (name for name in OWN_FILES if (own / name).exists())
    yield from (f"{FORMS}/{path.name}" for path in listed(own / FORMS, ".yaml"))
    for paths in text_files(own).values():
        yield from (str(path.relative_to(own)) for path in paths)


def text_files(own: Path) -> dict[str, list[Path]]:
    """The site's files of texts in a folder, by language."""
    return {language: listed(own / LOCALES / language, ".po") for language in i18n.languages()}


def keep(own: Path) -> Path:
    """Keep the site's files, which are right, in the place of those that were kept before, all in one step.

    Returns where they lie from now on, whatever is done to the first ones: `own` itself where the disk is full (told in
    the log). That a site had no files of its own was right too.
    """
    kept, new = own / LAST_GOOD, own / f"{LAST_GOOD}{NEW}"
    try:
        content = {name: content_of(own / name) for name in files_in(own)}
        if is_folder(kept) and content == {name: content_of(kept / name) for name in files_in(kept)}:
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
    kept, old = own / LAST_GOOD, own / f"{LAST_GOOD}{OLD}"
    if is_folder(old) and not is_there(kept):
        try:
            old.replace(kept)
        except OSError as error:
            log.warning("catalogue: %s is not put back: %s", old.name, error.strerror)


def shown(text: str) -> str:
    """A sentence that can be written: a file's name may have bytes that are no UTF-8."""
    return text.encode(errors="replace").decode()


def mistakes_of_texts(own: Path) -> Iterator[str]:
    """One sentence for each mistake in the site's files of texts."""
    for language, paths in text_files(own).items():
        for path in paths:
            yield from (f"{path.relative_to(own)}: {mistake}" for mistake in i18n.mistakes(path, language))


def codes_named(own: Path) -> dict[str, set[str]]:
    """Codes of procedures that stand in the site's own files, by the file's name; not in one that cannot be read."""
    named: dict[str, set[str]] = {}
    for name in OWN_FILES:
        with suppress(OSError, Unreadable):
            named[name] = set(CODE.findall(text_of(own / name)))
    return named


def lines_about(own: Path, withdrawn: Set[str]) -> Iterator[str]:
    """One sentence for each file and procedure that the province has withdrawn: what it says of it is left out."""
    for name, codes in codes_named(own).items() if withdrawn else ():
        for code in sorted(codes & withdrawn):
            yield f"{name}: names procedure {code}, which the province has withdrawn; this is left out"


def unreachable(own: Path) -> Iterator[str]:
    """One sentence for each folder of the site that cannot be looked into, and each file that leads nowhere: whatever
    they may hold, nobody has read it.
    """
    folders = [own, own / FORMS, own / LOCALES, *(own / LOCALES / language for language in i18n.languages())]
    for path in folders:
        if os.path.lexists(path) and (why := unlistable(path)):
            yield f"{own.name if path == own else path.relative_to(own)}: cannot be read: {why}"
    for name in OWN_FILES:
        if os.path.lexists(own / name) and not is_there(own / name):
            yield f"{name}: cannot be read: is a link that leads nowhere"


def texts_are_closed(own: Path, language: str) -> bool:
    """Whether the site may have texts of a language where nobody can look."""
    folders = (own / LOCALES, own / LOCALES / language)
    return any(os.path.lexists(path) and unlistable(path) for path in folders)


def misnamed(own: Path) -> Iterator[str]:
    """Files that nobody reads, though they look like those that are read."""
    for path in listed(own):
        if path.name not in (*OWN_FILES, FORMS, LOCALES) and not path.name.endswith(BACKUPS):
            near = difflib.get_close_matches(path.name.lower(), (*OWN_FILES, FORMS, LOCALES), n=1)
            if near or DATA.search(path.name):
                yield _nobody(path.name, near[0] if near else "")
    yield from _misnamed_in(own, FORMS, ".yaml")
    for path in listed(own / LOCALES):
        if path.suffix == ".po":
            yield f"{LOCALES}/{path.name}: is read by nobody; the texts of a language lie in {LOCALES}/en"
        elif path.name not in i18n.languages() and is_folder(path):
            near = [name for name in i18n.languages() if name == path.name.lower()]
            yield _nobody(f"{LOCALES}/{path.name}", *(near or [f"{LOCALES}/en"]))
    for language in i18n.languages():
        yield from _misnamed_in(own, f"{LOCALES}/{language}", ".po")


def _misnamed_in(own: Path, folder: str, ending: str) -> Iterator[str]:
    """Of the files of one kind; folders within are not looked into."""
    for path in listed(own / folder):
        if is_folder(path) and path.suffix != ending:
            yield f"{folder}/{path.name}: is read by nobody; files lie in {folder} itself"
        elif (found := DATA.search(path.name)) and not path.name.endswith((ending, *BACKUPS)):
            yield _nobody(f"{folder}/{path.name}", path.name[: found.start()].lower() + ending)


def _nobody(name: str, near: str) -> str:
    return f"{name}: is read by nobody" + (f"; did you mean «{near}»?" if near else "")
