"""`main.py check`: everything that is data is read and every mistake is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import make_url

from devices.registry import unknown
from kiosk import i18n, staff
from kiosk.between import forms_in, no_series
from kiosk.builders import accounts_of
from kiosk.catalogue import Catalogue, Procedure, result_of
from kiosk.catalogue import texts as catalogue_texts
from kiosk.catalogue.own_files import OWN_CATALOGUE, misnamed, sent_to, shown, text_files, texts_are_closed
from kiosk.config import ASSETS, DEFAULT_FILE, Config
from kiosk.errands.exemptions import FILE as EXEMPTIONS
from kiosk.forms import texts
from kiosk.i18n import SOURCE_LANGUAGE, catalogue
from kiosk.own_data import DataSet, read_all

VIETNAMESE = re.compile("[À-ỹĐđ]")


def read(config: Config) -> DataSet:
    """Ours, the site's and the province's, for `problems` and `hints`."""
    own = config.storage.data_dir / OWN_CATALOGUE
    return read_all(ASSETS, config, own, sent_to(own))


def problems(config: Config, file: Path = DEFAULT_FILE, data: DataSet | None = None) -> list[str]:
    """One sentence for each mistake in catalogue, forms, accounts and translations, and between them and `config`,
    which was read from `file` and is right in itself.

    What cannot be read hides no mistake of anything else, and makes none that is not there.
    """
    own, data = config.storage.data_dir / OWN_CATALOGUE, data or read(config)
    reading = data.reading
    found = [*map(shown, misnamed(own)), *data.problems, *reading.harmless]
    if reading.whole:
        found += (f"{file.name}: {where}: {what}" for where, what in _unknown_fields(config, reading.catalogue))
    found += (f"{file.name}: {where}: {what}" for where, what in _unknown_series(config))
    with i18n.also(text_files(own)):
        for language in config.site.languages:
            if not texts_are_closed(own, language):  # else nobody knows what has its text there
                found += _untranslated(_read(data), language)
        found += _codes_without_text()
    if config.staff is not None:
        try:
            staff.load_accounts(config.staff.accounts_file)
        except (OSError, ValueError) as error:
            found.append(f"accounts: {error}")
    found += (f"{file.name}: hall.database: {what}" for what in _unusable_database(config.hall.database))
    return found


def hints(config: Config, file: Path = DEFAULT_FILE, data: DataSet | None = None) -> list[str]:
    """What may be meant so, but seldom is."""
    found = [*(data or read(config)).hints]
    try:
        accounts = accounts_of(config)
    except (OSError, ValueError):
        return found  # a mistake
    if config.hall.listen and not any(account.role == "staff" for account in accounts):
        missing = "" if config.staff else "give [staff] accounts_file, then "
        add = f"{missing}main.py account add NAME --role staff"
        found.append(
            f"{file.name}: hall.listen: the board alone is of use: no officer has an account for the others; {add}"
        )
    return found


def _unusable_database(location: str) -> Iterator[str]:
    """What can be known of it without asking a server (`main.py diagnose` does)."""
    if not location:
        return
    url = make_url(location)
    if not url.database:
        yield "names no database; such as postgresql+psycopg://kiosk@192.168.10.2/hall"
    elif url.get_backend_name() == "sqlite" and not Path(url.database).parent.is_dir():
        yield f"there is no folder {Path(url.database).parent}"
    passwords = url.query.get("passfile")
    if isinstance(passwords, str):
        try:
            if Path(passwords).stat().st_mode & 0o077:
                yield f"{passwords}: is open to other users, so it is not used; chmod 600"
        except OSError as error:
            yield f"{passwords}: {error.strerror}"


# -- texts -------------------------------------------------------------------------------------------------------------
def _read(data: DataSet) -> list[tuple[str, tuple[str, ...]]]:
    """What a person reads, and where it stands; of what has mistakes as far as it can be read."""
    offered = data.reading.catalogue
    read = [(f"procedure {code}", _own_texts(offered, one)) for code, one in offered.procedures.items()]
    read += [(f"form «{form.id}» of {form.version}", tuple(texts(form))) for _name, form in forms_in(data.forms)]
    read += [(EXEMPTIONS, (one.title, one.proof)) for one in data.exemptions if one.holds]
    rules = offered.rules
    return [*read, ("site.yaml", (*(job.title for job in rules.jobs), *(plain.say for plain in rules.plain)))]


def _own_texts(offered: Catalogue, procedure: Procedure) -> tuple[str, ...]:
    """What the site says; what it takes over from the portal stays in Vietnamese."""
    entry = offered.entries.get(procedure.code)
    portals = result_of(entry) if entry else ""
    return tuple(text for text in catalogue_texts(procedure) if text != portals)


# -- names that are nowhere --------------------------------------------------------------------------------------------
def _unknown_fields(config: Config, offered: Catalogue) -> Iterator[tuple[str, str]]:
    """Fields of procedures that no procedure has: such a line of the hall or account would wait for ever."""
    others = config.payment.others if config.payment else ()
    groups = {
        "hall.series": [one.fields for one in config.hall.series],
        "payment.others": [other.fields for other in others],
    }
    here = dict.fromkeys(procedure.field for procedure in offered.procedures.values())
    known = {one.field for part in (offered.entries, offered.index) for one in part.values()} | set(here)
    for table, rows in groups.items():
        taken: set[str] = set()
        for row, fields in enumerate(rows):
            for number, field in enumerate(fields):
                if field not in known:
                    yield f"{table}.{row}.fields.{number}", f"no procedure has this field: {unknown(field, here)}"
                elif field in taken:
                    yield f"{table}.{row}.fields.{number}", f"«{field}» stands here twice; only the first one counts"
                taken.add(field)


def _unknown_series(config: Config) -> Iterator[tuple[str, str]]:
    """Letters in the configuration that its hall has not."""
    letters = [one.letter for one in config.hall.series]
    told = {
        "follow.result_series": config.follow.result_series,
        "vneid.level_2_series": config.vneid.level_2_series if config.vneid else "",
    }
    for where, letter in told.items():
        if letter and letter not in letters:
            yield where, no_series(letter, letters)


def _untranslated(read: Iterable[tuple[str, tuple[str, ...]]], language: str) -> Iterator[str]:
    """Texts with Vietnamese letters that stand in no file of `language`."""
    known = catalogue(language)
    for where, words in read:
        for text in dict.fromkeys(words):
            if language != SOURCE_LANGUAGE and VIETNAMESE.search(text) and ("", text) not in known:
                yield f"locales/{language}: {where}: no text for «{text}»"


def _codes_without_text() -> list[str]:
    """Codes that are explained in one language only."""
    keys = {language: {key for key in catalogue(language) if key[0]} for language in i18n.languages()}
    every = set().union(*keys.values())
    return [
        f"locales/{language}: no {context} for «{code}»"
        for language in keys
        for context, code in sorted(every - keys[language])
    ]
