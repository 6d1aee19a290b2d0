"""What is wrong between the files of the data: names in one that another has not. Each is right in itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date

from devices.registry import unknown
from kiosk.catalogue import MOST_NEAREST, Procedure, Reading
from kiosk.config import ASSETS, Config, HallTable
from kiosk.fees import COPIES
from kiosk.forms import Form, QuestionType
from kiosk.forms.files import FormFile
from kiosk.forms.mistakes import always_answered, conditions, of_values

ICONS = ASSETS / "icons" / "codepoints.json"


def mistakes_between(reading: Reading, files: Iterable[FormFile], config: Config, whole: bool = True) -> Iterator[str]:
    """One sentence each; what cannot be read makes none that is not there, nor what is not among the `files` while
    they are not the `whole`.
    """
    files = tuple(files)
    yield from _unknown_letters(reading, config)
    yield from _unknown_icons(reading)
    yield from _without_form(reading, files) if whole else ()
    broken = {file.name for file in files if file.problems}
    for code, procedure in reading.catalogue.procedures.items():
        for name, form in forms_in(files):
            if form.id == procedure.form_id:
                if "cases" not in _lost(reading, code):
                    yield from (f"{name}: {what}" for what in _unknown_cases(form, code, procedure))
                if name not in broken:
                    yield from (f"{name}: {what}" for what in _uncounted(form, code, procedure))
                    yield from (f"procedures.yaml: {code}: {what}" for what in _unasked(form, procedure))
                    yield from (f"procedures.yaml: {code}: {what}" for what in _unwarned(form, procedure))


def forms_in(files: Iterable[FormFile]) -> Iterable[tuple[str, Form]]:
    """The forms with the names of their files: of two that are the same version of one form the later one holds, which
    is the site's.
    """
    return {(file.form.id, file.form.version): (file.name, file.form) for file in files if file.form}.values()


def no_series(letter: str, letters: Iterable[str]) -> str:
    """A sentence about a series that the hall has not."""
    return f"the hall has no series «{letter}»; one of {', '.join(letters)}"


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
    """A fee for each copy, of which not everybody is asked for how many: then nobody would be asked to pay it."""
    if not (procedure.fee and procedure.fee.per == "copy"):
        return
    why = f"the fee of procedure {code} is one a copy"
    copies = always_answered(form).get(COPIES)
    if copies is None and COPIES in (question.id for section in form.sections for question in section.questions):
        yield f"question «{COPIES}» must always be answered: {why}"
    elif copies is None:
        yield f"needs the question «{COPIES}»: {why}"
    elif copies.type is not QuestionType.NUMBER or (copies.minimum or 0) < 1:
        yield f"question «{COPIES}» must be a number, at least 1: {why}"


def _unasked(form: Form, procedure: Procedure) -> Iterator[str]:
    """Papers that wait for an answer which this form does not ask for in every case."""
    asked = always_answered(form)
    for case in procedure.cases:
        for paper, when in ((one, one.when) for one in case.components if one.when):
            if when.question in asked and not asked[when.question].choices:
                yield f"case «{case.id}»: paper «{paper.id}» waits for «{when.question}», which is no choice"
            elif when.question in asked:
                yield from (f"case «{case.id}»: {what}" for what in of_values(paper.id, when, asked[when.question]))
            else:
                yield (
                    f"case «{case.id}»: paper «{paper.id}» waits for a question that form «{form.id}» "
                    f"does not always ask: {unknown(when.question, asked)}"
                )


def _unwarned(form: Form, procedure: Procedure) -> Iterator[str]:
    """A fee that ends with a warning which this form never gives."""
    given = {rule.error for rule in form.rules if rule.warns}
    for code in procedure.fee.unless if procedure.fee else ():
        if code not in given:
            yield f"fee.unless: form «{form.id}» has no warning {unknown(code, given)}"


def _lost(reading: Reading, code: str) -> frozenset[str]:
    """What is not known of a procedure of the site."""
    return frozenset(reading.lost.get(f"procedures.yaml: {code}", ()))


def _unknown_letters(reading: Reading, config: Config) -> Iterator[str]:
    """Letters in the catalogue that the hall has not: its number would be one of the first series. Ours is made for
    the usual series: a hall of its own has its own `fields`, and only what the site itself has said must fit it.
    """
    here = [one.letter for one in config.hall.series]
    usual = sorted({*here, *(one.letter for one in HallTable().series)})
    for code, procedure in reading.catalogue.procedures.items():
        letters = here if code in reading.own else usual
        if procedure.series not in letters and "series" not in _lost(reading, code):
            yield f"procedures.yaml: {code}: series: {no_series(procedure.series, letters)}"
    letters, letter = here if "series" in reading.own else usual, reading.catalogue.rules.series
    if letter and letter not in letters:
        yield f"site.yaml: series: {no_series(letter, letters)}"


def _unknown_icons(reading: Reading) -> Iterator[str]:
    """Names that the icon font does not have: the glass would show a question mark."""
    known = json.loads(ICONS.read_text(encoding="utf-8"))
    offered = reading.catalogue
    named = {f"procedures.yaml: {code}: icon": one.icon for code, one in offered.procedures.items()}
    named |= {f"site.yaml: job «{job.title}»": job.icon for job in offered.rules.jobs}
    named |= {f"site.yaml: icons.{field}": icon for field, icon in offered.rules.icons.items()}
    wrong = ((where, icon) for where, icon in named.items() if icon not in known)
    for told, (where, icon) in enumerate(wrong):
        yield f"{where}: no such icon: {unknown(icon, known if told < MOST_NEAREST else ())}"
