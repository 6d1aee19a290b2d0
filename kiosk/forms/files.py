"""Reading the forms of `assets/forms`: every mistake is told with its file and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from devices.registry import explain
from kiosk.catalogue import CatalogueError, read_yaml, told
from kiosk.forms import Form
from kiosk.forms.mistakes import mistakes


class FormShelf(Mapping[str, Form]):
    """The forms by id, each in the newest version that is in force on the day; what comes later lies ready."""

    def __init__(self, forms: Iterable[Form], today: Callable[[], date]) -> None:
        self._today = today
        self._versions: dict[str, list[Form]] = {}
        for form in sorted(forms, key=lambda one: one.version, reverse=True):
            self._versions.setdefault(form.id, []).append(form)

    def __getitem__(self, form_id: str) -> Form:
        """The form in force; KeyError where none is (yet)."""
        today = self._today()
        for form in self._versions[form_id]:
            if form.version <= today:
                return form
        raise KeyError(form_id)

    def __iter__(self) -> Iterator[str]:
        """The ids of all forms that are in force."""
        today = self._today()
        return (form_id for form_id, versions in self._versions.items() if versions[-1].version <= today)

    def __len__(self) -> int:
        """How many are in force."""
        return sum(1 for _ in self)

    def versions(self) -> Iterator[Form]:
        """Every version of every form."""
        for versions in self._versions.values():
            yield from versions


def load_forms(folder: Path, today: Callable[[], date] = date.today) -> FormShelf:
    """All forms; a file bears the id of its form, or `<id>.<version>` where there are several versions.

    `today` is asked each time a form is taken. Raises `CatalogueError` with every mistake.
    """
    forms, problems = read_forms(folder, today)
    if problems:
        raise CatalogueError(problems)
    return forms


def read_forms(folder: Path, today: Callable[[], date] = date.today) -> tuple[FormShelf, list[str]]:
    """The forms that are right, and every mistake of the others: in their place their last good version stays."""
    problems: list[str] = []
    forms: dict[tuple[str, date], Form] = {}
    for path in sorted(folder.glob("*.yaml")):
        form = _read(path, problems)
        if form and (form.id, form.version) in forms:
            problems.append(f"{path.name}: version {form.version} of «{form.id}» stands in another file too")
        elif form:
            forms[form.id, form.version] = form
    return FormShelf(forms.values(), today), problems


def _read(path: Path, problems: list[str]) -> Form | None:
    before = len(problems)
    row = read_yaml(path, problems)
    if len(problems) > before:
        return None
    try:
        form = Form.model_validate(row)
    except ValidationError as error:
        problems += [told(path.name, where, what) for where, what in explain(Form, error)]
        return None
    problems += [f"{path.name}: {sentence}" for sentence in mistakes(form, path.stem)]
    return form if len(problems) == before else None
