"""`main.py check`: everything that is data is read and every mistake is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import make_url

from devices.registry import unknown
from kiosk import i18n, staff
from kiosk.builders import accounts_of
from kiosk.catalogue import Catalogue, Procedure, Reading, read_catalogue, result_of
from kiosk.catalogue import texts as catalogue_texts
from kiosk.catalogue.own_files import FORMS, OWN_CATALOGUE, SENT, misnamed, texts_in
from kiosk.config import ASSETS, DEFAULT_FILE, Config, HallTable
from kiosk.errands.exemptions import FILE as EXEMPTIONS
from kiosk.errands.exemptions import Exemption, read_exemptions, unknown_names
from kiosk.fees import COPIES
from kiosk.forms import Form, texts
from kiosk.forms.files import FormFile, read_files
from kiosk.forms.mistakes import conditions
from kiosk.i18n import SOURCE_LANGUAGE, catalogue
from kiosk.search.words import read_words

ICONS = ASSETS / "icons" / "codepoints.json"
VIETNAMESE = re.compile("[À-ỹĐđ]")


def problems(config: Config, file: Path = DEFAULT_FILE) -> list[str]:
    """One sentence for each mistake in catalogue, forms, accounts and translations, and between them and `config`,
    which was read from `file` and is right in itself.

    What cannot be read hides no mistake of anything else, and makes none that is not there.
    """
    own = config.storage.data_dir / OWN_CATALOGUE
    site_texts = texts_in(own)
    found = [f"{path.relative_to(own)}: {mistake}" for path, mistake in site_texts.items() if mistake]
    by_language = {name: [path for path in site_texts if path.parent.name == name] for name in i18n.languages()}
    with i18n.also(by_language):
        return found + _problems(config, file, own)


def _problems(config: Config, file: Path, own: Path) -> list[str]:
    reading = read_catalogue(ASSETS / "catalogue", own, own / SENT)
    found = [*misnamed(own), *reading.problems, *reading.harmless]
    found += read_words(ASSETS / "catalogue", reading.catalogue, own, reading.whole)[1]
    if reading.whole:
        found += (f"{file.name}: {where}: {what}" for where, what in _unknown_fields(config, reading.catalogue))
    found += (f"{file.name}: {where}: {what}" for where, what in _unknown_series(config))
    found += _unknown_letters(reading, config)
    found += _unknown_icons(reading)
    found += _forms(reading, own, config.site.languages)
    exemptions, mistakes = read_exemptions(ASSETS / "catalogue", own)
    found += [*mistakes, *(unknown_names(read_exemptions(own)[0], reading.catalogue) if reading.whole else ())]
    found += _without_words(exemptions, config.site.languages)
    if config.staff is not None:
        try:
            staff.load_accounts(config.staff.accounts_file)
        except (OSError, ValueError) as error:
            found.append(f"accounts: {error}")
    found += (f"{file.name}: hall.database: {what}" for what in _unusable_database(config.hall.database))
    return found + _codes_without_text()


def hints(config: Config, file: Path = DEFAULT_FILE) -> list[str]:
    """What may be meant so, but seldom is."""
    try:
        accounts = accounts_of(config)
    except (OSError, ValueError):
        return []  # a mistake
    if config.hall.listen and not any(account.role == "staff" for account in accounts):
        missing = "" if config.staff else "give [staff] accounts_file, then "
        add = f"{missing}main.py account add NAME --role staff"
        return [f"{file.name}: hall.listen: the board alone is of use: no officer has an account for the others; {add}"]
    return []


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


# -- forms -------------------------------------------------------------------------------------------------------------
def _forms(reading: Reading, own: Path, languages: Iterable[str]) -> Iterator[str]:
    """The forms, and what procedures and translations say of them; those with mistakes as far as they can be read."""
    files = (*read_files(ASSETS / "forms"), *read_files(own / FORMS))
    yield from (problem for file in files for problem in file.problems)
    broken = {file.name for file in files if file.problems}
    procedures = reading.catalogue.procedures
    yield from _without_form(reading, files)
    # of two that are the same version of one form the site's, which comes later, holds
    forms = {(file.form.id, file.form.version): (file.name, file.form) for file in files if file.form}
    for code, procedure in procedures.items():
        for name, form in forms.values():
            if form.id == procedure.form_id:
                if "cases" not in _lost(reading, code):
                    yield from (f"{name}: {what}" for what in _unknown_cases(form, code, procedure))
                if name not in broken:
                    yield from (f"{name}: {what}" for what in _uncounted(form, code, procedure))
    rules = reading.catalogue.rules
    read = [(f"procedure {code}", _own_texts(reading.catalogue, one)) for code, one in procedures.items()]
    read += [(f"form «{form.id}» of {form.version}", tuple(texts(form))) for _name, form in forms.values()]
    read += [("site.yaml", (*(job.title for job in rules.jobs), *(plain.say for plain in rules.plain)))]
    for language in languages:
        yield from _untranslated(read, language)


def _own_texts(offered: Catalogue, procedure: Procedure) -> tuple[str, ...]:
    """What the site says; what it takes over from the portal stays in Vietnamese."""
    entry = offered.entries.get(procedure.code)
    portals = result_of(entry) if entry else ""
    return tuple(text for text in catalogue_texts(procedure) if text != portals)


def _without_form(reading: Reading, files: Iterable[FormFile]) -> Iterator[str]:
    """Procedures whose form is in no file, or not yet in force."""
    versions: dict[str, list[date]] = {}
    for file in files:
        if file.problems:  # it is there, whatever it is
            versions.setdefault(file.name.partition(".")[0], []).append(date.min)
        if file.form:
            versions.setdefault(file.form.id, []).append(file.form.version)
    for code, procedure in reading.catalogue.procedures.items():
        if procedure.form_id and procedure.form_id not in versions:
            yield f"procedures.yaml: {code}: form_id: no such form: {unknown(procedure.form_id, versions)}"
        elif procedure.form_id and (first := min(versions[procedure.form_id])) > date.today():  # noqa: DTZ011  as `FormShelf`
            yield f"procedures.yaml: {code}: form_id: «{procedure.form_id}» is not in force before {first}"


def _unknown_cases(form: Form, code: str, procedure: Procedure) -> Iterator[str]:
    known = dict.fromkeys(case.id for case in procedure.cases)
    for owner, condition in conditions(form):
        for case in condition.values if condition.question == "case" else ():
            if case not in known:
                yield f"«{owner}» waits for a case that procedure {code} has not: {unknown(case, known)}"


def _uncounted(form: Form, code: str, procedure: Procedure) -> Iterator[str]:
    """A fee for each copy, of which nobody asks how many."""
    asked = {question.id for section in form.sections for question in section.questions}
    if procedure.fee and procedure.fee.per and COPIES not in asked:
        yield f"needs the question «{COPIES}»: the fee of procedure {code} is one a {procedure.fee.per}"


# -- names that are nowhere --------------------------------------------------------------------------------------------
def _lost(reading: Reading, code: str) -> frozenset[str]:
    """What is not known of a procedure of the site."""
    return frozenset(reading.lost.get(f"procedures.yaml: {code}", ()))


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
            yield where, _no_series(letter, letters)


def _unknown_letters(reading: Reading, config: Config) -> Iterator[str]:
    """Letters in the catalogue that the hall has not: its number would be one of the first series. Ours is made for
    the usual series: a hall of its own has its own `fields`, and only what the site itself has said must fit it.
    """
    here = [one.letter for one in config.hall.series]
    usual = sorted({*here, *(one.letter for one in HallTable().series)})
    for code, procedure in reading.catalogue.procedures.items():
        letters = here if code in reading.own else usual
        if procedure.series not in letters and "series" not in _lost(reading, code):
            yield f"procedures.yaml: {code}: series: {_no_series(procedure.series, letters)}"
    letters, letter = here if "series" in reading.own else usual, reading.catalogue.rules.series
    if letter and letter not in letters:
        yield f"site.yaml: series: {_no_series(letter, letters)}"


def _no_series(letter: str, letters: Iterable[str]) -> str:
    return f"the hall has no series «{letter}»; one of {', '.join(letters)}"


def _unknown_icons(reading: Reading) -> Iterator[str]:
    """Names that the icon font does not have: the glass would show a question mark."""
    known = json.loads(ICONS.read_text(encoding="utf-8"))
    offered = reading.catalogue
    named = {f"procedures.yaml: {code}: icon": one.icon for code, one in offered.procedures.items()}
    named |= {f"site.yaml: job «{job.title}»": job.icon for job in offered.rules.jobs}
    named |= {f"site.yaml: icons.{field}": icon for field, icon in offered.rules.icons.items()}
    return (f"{where}: no such icon: {unknown(icon, known)}" for where, icon in named.items() if icon not in known)


def _untranslated(read: Iterable[tuple[str, tuple[str, ...]]], language: str) -> Iterator[str]:
    """Texts with Vietnamese letters that stand in no file of `language`."""
    known = catalogue(language)
    for where, words in read:
        for text in dict.fromkeys(words):
            if language != SOURCE_LANGUAGE and VIETNAMESE.search(text) and ("", text) not in known:
                yield f"locales/{language}: {where}: no text for «{text}»"


def _without_words(exemptions: Iterable[Exemption], languages: Iterable[str]) -> Iterator[str]:
    read = [(EXEMPTIONS, (one.title, one.proof)) for one in exemptions if one.holds]
    return (problem for language in languages for problem in _untranslated(read, language))


def _codes_without_text() -> list[str]:
    """Codes that are explained in one language only."""
    keys = {language: {key for key in catalogue(language) if key[0]} for language in i18n.languages()}
    every = set().union(*keys.values())
    return [
        f"locales/{language}: no {context} for «{code}»"
        for language in keys
        for context, code in sorted(every - keys[language])
    ]
