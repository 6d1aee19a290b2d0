"""Reading the forms of `assets/forms` and of the site: every mistake is told with its file and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from devices.registry import explain
from kiosk.catalogue import CatalogueError, read_yaml, told
from kiosk.data_files import listed
from kiosk.forms import Form
from kiosk.forms.mistakes import mistakes
from kiosk.forms.remains import remains_of


class FormShelf(Mapping[str, Form]):
    """The forms by id, each in the newest version that is in force on the day; what comes later lies ready."""

    def __init__(self, forms: Iterable[Form], today: Callable[[], date]) -> None:
        """Of two that are the same version of one form the later one holds."""
        self._today = today
        self._versions: dict[str, list[Form]] = {}
        several = {(form.id, form.version): form for form in forms}
        for form in sorted(several.values(), key=lambda one: one.version, reverse=True):
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
    files = read_files(folder)
    if problems := [problem for file in files for problem in file.problems]:
        raise CatalogueError(problems)
    return FormShelf((file.form for file in files if file.form), today)


@dataclass(frozen=True)
class FormFile:
    """One file: its `form`, where it has `problems` as far as it could be read, None where it could not."""

    name: str
    form: Form | None
    problems: tuple[str, ...] = ()


def read_files(folder: Path) -> tuple[FormFile, ...]:
    """Every file of a folder with all its mistakes."""
    read: list[FormFile] = []
    versions: set[tuple[str, date]] = set()
    for path in listed(folder, ".yaml"):
        file = _read(path)
        if (form := file.form) and not file.problems:
            twice = f"{path.name}: version {form.version} of «{form.id}» stands in another file too"
            file = FormFile(path.name, form, (twice,) if (form.id, form.version) in versions else ())
            versions.add((form.id, form.version))
        read.append(file)
    return tuple(read)


def _read(path: Path) -> FormFile:
    problems: list[str] = []
    row = read_yaml(path, problems)
    if row is None and problems:
        return FormFile(path.name, None, tuple(problems))
    try:
        form = Form.model_validate(row)
    except ValidationError as error:
        problems += [told(path.name, where, what) for where, what in explain(Form, error)]
        left = remains_of(row, path.stem)
        sentences = left.sure(mistakes(left.form, path.stem)) if left else ()
        problems += [f"{path.name}: {sentence}" for sentence in sentences]
        return FormFile(path.name, left.form if left else None, tuple(problems))
    problems += [f"{path.name}: {sentence}" for sentence in mistakes(form, path.stem)]
    return FormFile(path.name, form, tuple(problems))
