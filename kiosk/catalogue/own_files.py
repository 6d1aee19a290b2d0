"""The site's own files, in the folder `catalogue` of the data folder, and these as they last were right.

Beside what `kiosk/catalogue`, `kiosk/search/words.py` and `kiosk/errands/exemptions.py` read, e-forms lie in `forms`
and texts in `locales`.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Iterator
from pathlib import Path

from kiosk import i18n
from offline_queue.files import make_folder, sync_folder, write_temporary

log = logging.getLogger(__name__)
OWN_CATALOGUE = "catalogue"
OWN_FILES = ("procedures.yaml", "site.yaml", "synonyms.yaml", "exemptions.yaml")
OWN_REFUSED = "catalogue_own_refused"  # the notice while one of the site's files is wrong
LAST_GOOD = "last-good"  # its files as they were when a kiosk last started with right ones
FORMS, LOCALES = "forms", "locales"
SENT = "province.json"  # the document of the province, and its ETag


def keep(own: Path, part: str, right: Collection[str], wrong: Collection[str] = ()) -> None:
    """Keep the files that are `right` of a folder of `own` ("": its own), and of those that are `wrong` the last good
    ones; forget the others. A full disk is told in the log.

    A folder without any is kept as well: that a site had no files of its own was right too.
    """
    folder, kept = own / part, own / LAST_GOOD / part
    if part and not right and not kept.is_dir():
        return
    try:
        make_folder(kept)
        for path in kept.iterdir():
            if path.is_file() and path.name not in {*right, *wrong}:
                path.unlink()
        for name in right:
            new = (folder / name).read_bytes()
            if not (kept / name).exists() or (kept / name).read_bytes() != new:
                write_temporary(kept, [new]).replace(kept / name)
        sync_folder(kept)
    except OSError as error:
        log.warning("catalogue: the site's own files are not kept: %s", error.strerror)


def texts_in(own: Path) -> dict[Path, str]:
    """The site's files of texts, and why one cannot be read; "" when it can."""
    return {
        path: i18n.mistake(path, language)
        for language in i18n.languages()
        for path in sorted((own / LOCALES / language).glob("*.po"))
    }


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
