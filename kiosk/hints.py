"""What may be meant so in a site's own files, but seldom is: nothing is refused because of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import date
from string import digits

from kiosk.catalogue import Catalogue, Procedure, Reading
from kiosk.forms import Form
from kiosk.forms.files import FormFile


def hints_of(reading: Reading, ours: Iterable[FormFile], own: Iterable[FormFile]) -> Iterator[str]:
    """One sentence each; `own`: the site's files of forms, beside `ours`."""
    today = date.today()  # noqa: DTZ011  as `FormShelf`
    for code, procedure in reading.catalogue.procedures.items():
        if code in reading.own:
            found = _of_procedure(reading.catalogue, code, procedure, today)
            yield from (f"procedures.yaml: {code}: {what}" for what in found)
    yield from _out_of_use(_in_force(ours, today), _in_force(own, today))


def _of_procedure(catalogue: Catalogue, code: str, procedure: Procedure, today: date) -> Iterator[str]:
    if code not in catalogue.entries and code not in catalogue.index:
        yield from _one_digit_off(catalogue, code, procedure.name)
    ways = dict.fromkeys(channel.way for channel in procedure.channels)
    if procedure.online and ways and "online" not in ways:  # what the province has decided may be newer than that
        yield f"online: of its ways only {', '.join(ways)} is known; is it taken on line here?"
    rules = [procedure.fee] if procedure.fee else [fee for channel in procedure.channels for fee in channel.fees]
    if rules and not any(rule.in_force(today) for rule in rules):
        yield "fee: is not in force today: nobody is told or asked one"


def _one_digit_off(catalogue: Catalogue, code: str, name: str) -> Iterator[str]:
    """A code that the country has not; of those that it may be the one with the likest name is meant."""
    others = (code[:place] + digit + code[place + 1 :] for place in range(len(code)) for digit in digits)
    near = [one for other in others if (one := catalogue.entries.get(other) or catalogue.index.get(other))]
    if near:
        meant = max(near, key=lambda one: difflib.SequenceMatcher(None, name, one.name).ratio())
        yield f"code: the country has no such procedure; did you mean «{meant.code}» ({meant.name})?"


def _in_force(files: Iterable[FormFile], today: date) -> dict[str, tuple[str, Form]]:
    """The newest of each form that is in force, with the name of its file."""
    right = [(file.name, file.form) for file in files if file.form and not file.problems and file.form.version <= today]
    return {form.id: (name, form) for name, form in sorted(right, key=lambda one: one[1].version)}


def _out_of_use(ours: dict[str, tuple[str, Form]], own: dict[str, tuple[str, Form]]) -> Iterator[str]:
    """Forms that the site has changed, of which ours has a newer version since."""
    for name, form in own.values():
        if form.id in ours and (newer := ours[form.id][1].version) > form.version:
            yield f"forms/{name}: of {form.version} is not in use: ours of {newer} is newer"
