"""`main.py check`: everything that is data is read and every mistake is told."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator

from kiosk import staff
from kiosk.builders import OWN_CATALOGUE
from kiosk.catalogue import Catalogue, CatalogueError, Procedure, load_catalogue
from kiosk.catalogue import texts as catalogue_texts
from kiosk.catalogue.update import SENT
from kiosk.config import ASSETS, Config
from kiosk.errands.exemptions import load_exemptions
from kiosk.forms import Form, texts
from kiosk.forms.files import load_forms
from kiosk.forms.mistakes import conditions
from kiosk.i18n import LOCALES, SOURCE_LANGUAGE, catalogue
from kiosk.search.words import load_words

ICONS = ASSETS / "icons" / "codepoints.json"
VIETNAMESE = re.compile("[À-ỹĐđ]")


def problems(config: Config) -> list[str]:
    """One sentence for each mistake in catalogue, forms, accounts and translations; the configuration is right here."""
    found: list[str] = []
    offered = Catalogue()
    folder, own = ASSETS / "catalogue", config.storage.data_dir / OWN_CATALOGUE
    try:
        offered = load_catalogue(folder, own, own / SENT)
        load_words(folder, offered, own)
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
    found += _unknown_icons(offered)
    try:
        forms = load_forms(ASSETS / "forms")
    except CatalogueError as error:
        found += [str(problem) for problem in error.problems]
        found += _without_form(offered, {path.name.split(".")[0] for path in (ASSETS / "forms").glob("*.yaml")})
    else:
        found += _without_form(offered, forms)
        found += [
            f"procedure {p.code}: form «{p.form_id}» of {form.version}: {sentence}"
            for p in offered.procedures.values()
            for form in forms.versions()
            if form.id == p.form_id
            for sentence in _unknown_cases(p, form)
        ]
        read = [(f"procedure {p.code}", tuple(catalogue_texts(p))) for p in offered.procedures.values()]
        read += [(f"form «{form.id}» of {form.version}", tuple(texts(form))) for form in forms.versions()]
        for language in config.site.languages:
            found += _untranslated(read, language)
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


def _without_form(offered: Catalogue, forms: Container[str]) -> Iterator[str]:
    """Procedures whose form is in no file."""
    for procedure in offered.procedures.values():
        if procedure.form_id and procedure.form_id not in forms:
            yield f"procedure {procedure.code}: form «{procedure.form_id}» does not exist"


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
