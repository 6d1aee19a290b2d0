"""`main.py check`: everything that is data is read and every mistake is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from devices.registry import unknown
from kiosk import staff
from kiosk.builders import OWN_CATALOGUE
from kiosk.catalogue import Catalogue, CatalogueError, Procedure, load_catalogue
from kiosk.catalogue import texts as catalogue_texts
from kiosk.catalogue.update import SENT
from kiosk.config import ASSETS, DEFAULT_FILE, Config
from kiosk.errands.exemptions import load_exemptions
from kiosk.forms import Form, texts
from kiosk.forms.files import FormFile, FormShelf, read_files
from kiosk.forms.mistakes import conditions
from kiosk.i18n import LOCALES, SOURCE_LANGUAGE, catalogue
from kiosk.search.words import load_words

ICONS = ASSETS / "icons" / "codepoints.json"
VIETNAMESE = re.compile("[À-ỹĐđ]")


def problems(config: Config, file: Path = DEFAULT_FILE) -> list[str]:
    """One sentence for each mistake in catalogue, forms, accounts and translations, and between them and `config`,
    which was read from `file` and is right in itself.
    """
    found: list[str] = []
    offered = Catalogue()
    folder, own = ASSETS / "catalogue", config.storage.data_dir / OWN_CATALOGUE
    try:
        offered = load_catalogue(folder, own, own / SENT)
        load_words(folder, offered, own)
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
    if offered.procedures:
        found += (f"{file.name}: {where}: {what}" for where, what in _unknown_fields(config, offered))
    found += _unknown_icons(offered)
    found += _forms(offered, config.site.languages)
    try:
        load_exemptions()
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
    if config.staff is not None:
        try:
            staff.load_accounts(config.staff.accounts_file)
        except (OSError, ValueError) as error:
            found.append(f"accounts: {error}")
    return found + _codes_without_text()


def _forms(offered: Catalogue, languages: Iterable[str]) -> Iterator[str]:
    """The forms, and what procedures and translations say of them; those with mistakes as far as they can be read."""
    files = read_files(ASSETS / "forms")
    yield from (problem for file in files for problem in file.problems)
    yield from _without_form(offered, files)
    forms = [file.form for file in files if file.form]
    for procedure in offered.procedures.values():
        for form in forms:
            if form.id == procedure.form_id:
                for sentence in _unknown_cases(procedure, form):
                    yield f"procedure {procedure.code}: form «{form.id}» of {form.version}: {sentence}"
    read = [(f"procedure {p.code}", tuple(catalogue_texts(p))) for p in offered.procedures.values()]
    read += [(f"form «{form.id}» of {form.version}", tuple(texts(form))) for form in forms]
    for language in languages:
        yield from _untranslated(read, language)


def _without_form(offered: Catalogue, files: Sequence[FormFile]) -> Iterator[str]:
    """Procedures whose form is in no file; one with mistakes is there, one that is not yet in force is not."""
    forms = {file.name.partition(".")[0] for file in files if file.problems}
    forms |= set(FormShelf((file.form for file in files if file.form and not file.problems), date.today))
    for procedure in offered.procedures.values():
        if procedure.form_id and procedure.form_id not in forms:
            yield f"procedure {procedure.code}: form «{procedure.form_id}» does not exist"


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


def _unknown_icons(offered: Catalogue) -> Iterator[str]:
    """Names that the icon font does not have: the glass would show a question mark."""
    known = json.loads(ICONS.read_text(encoding="utf-8"))
    named = {f"procedure {p.code}": p.icon for p in offered.procedures.values()}
    named |= {f"site.yaml: job «{job.title}»": job.icon for job in offered.rules.jobs}
    named |= {f"site.yaml: field «{field}»": icon for field, icon in offered.rules.icons.items()}
    return (f"{where}: no icon «{icon}»" for where, icon in named.items() if icon not in known)


def _unknown_cases(procedure: Procedure, form: Form) -> Iterator[str]:
    known = {case.id for case in procedure.cases}
    for owner, condition in conditions(form):
        if condition.question == "case":
            yield from (f"«{owner}» waits for the unknown case «{c}»" for c in condition.values if c not in known)


def _untranslated(read: Iterable[tuple[str, tuple[str, ...]]], language: str) -> Iterator[str]:
    """Texts with Vietnamese letters that stand in no file of `language`."""
    known = catalogue(language)
    for where, words in read:
        for text in dict.fromkeys(words):
            if language != SOURCE_LANGUAGE and VIETNAMESE.search(text) and ("", text) not in known:
                yield f"locales/{language}: {where}: no text for «{text}»"


def _codes_without_text() -> list[str]:
    """Codes that are explained in one language only."""
    languages = [
        SOURCE_LANGUAGE,
        *sorted(p.name for p in LOCALES.iterdir() if p.is_dir() and p.name != SOURCE_LANGUAGE),
    ]
    keys = {language: {key for key in catalogue(language) if key[0]} for language in languages}
    every = set().union(*keys.values())
    return [
        f"locales/{language}: no {context} for «{code}»"
        for language in languages
        for context, code in sorted(every - keys[language])
    ]
