"""`main.py check`: everything that is data is read and every mistake is told."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk import staff
from kiosk.catalogue import Catalogue, CatalogueError, Procedure, load_catalogue
from kiosk.config import ASSETS, Config
from kiosk.exemptions import load_exemptions
from kiosk.form_files import load_forms
from kiosk.forms import Form
from kiosk.i18n import LOCALES, SOURCE_LANGUAGE, catalogue


def problems(config: Config) -> list[str]:
    """One sentence for each mistake in catalogue, forms, accounts and translations; the configuration is right here."""
    found: list[str] = []
    offered = Catalogue()
    try:
        offered = load_catalogue(ASSETS / "catalogue")
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
    try:
        forms = load_forms(ASSETS / "forms")
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
    else:
        found += [
            f"procedure {p.code}: form «{p.form_id}» does not exist"
            for p in offered.procedures.values()
            if p.form_id and p.form_id not in forms
        ]
        found += [
            f"procedure {p.code}: form «{p.form_id}»: {sentence}"
            for p in offered.procedures.values()
            if p.form_id in forms
            for sentence in _unknown_cases(p, forms[p.form_id])
        ]
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


def _unknown_cases(procedure: Procedure, form: Form) -> Iterator[str]:
    known = {case.id for case in procedure.cases}
    for section in form.sections:
        for owner, condition in ((section.id, section.when), *((q.id, q.when) for q in section.questions)):
            if condition and condition.question == "case":
                yield from (f"«{owner}» waits for the unknown case «{c}»" for c in condition.values if c not in known)


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
