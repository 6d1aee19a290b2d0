"""Reading the forms of `assets/forms`: every mistake is told with its file and path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from pydantic import ValidationError

from devices.registry import explain
from kiosk.catalogue import CatalogueError, read_yaml
from kiosk.forms import Condition, Form, QuestionType
from kiosk.identity import Citizen

ATTRIBUTES = {field.name for field in fields(Citizen)}


def load_forms(folder: Path) -> Mapping[str, Form]:
    """All forms by id; a file bears the id of its form. Raises `CatalogueError` with every mistake."""
    problems: list[str] = []
    forms: dict[str, Form] = {}
    for path in sorted(folder.glob("*.yaml")):
        row = read_yaml(path, problems)
        if row is None:
            continue
        try:
            form = Form.model_validate(row)
        except ValidationError as error:
            problems += [f"{path.name}: {where}: {what}" for where, what in explain(Form, error)]
            continue
        problems += [f"{path.name}: {sentence}" for sentence in _mistakes(form, path.stem)]
        forms[form.id] = form
    if problems:
        raise CatalogueError(problems)
    return forms


def _mistakes(form: Form, stem: str) -> Iterator[str]:
    if form.id != stem:
        yield f"id «{form.id}» is not the name of the file"
    questions = [question for section in form.sections for question in section.questions]
    ids = [question.id for question in questions]
    for twice in sorted({question_id for question_id in ids if ids.count(question_id) > 1}):
        yield f"question «{twice}» stands here twice"
    for section in form.sections:
        yield from _unknown(section.when, ids, section.id)
    for question in questions:
        yield from _unknown(question.when, ids, question.id)
        if question.type is QuestionType.CHOICE and not question.choices:
            yield f"question «{question.id}» has no choices"
        if question.fills and question.fills not in ATTRIBUTES:
            yield f"question «{question.id}»: a card has no «{question.fills}»; one of {', '.join(sorted(ATTRIBUTES))}"


def _unknown(condition: Condition | None, ids: list[str], owner: str) -> Iterator[str]:
    if condition and condition.question not in ("case", *ids):
        yield f"«{owner}» depends on the unknown question «{condition.question}»"
