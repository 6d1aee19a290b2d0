"""Reading the forms of `assets/forms`: every mistake is told with its file and path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from devices.registry import explain
from kiosk.catalogue import CatalogueError, read_yaml, told
from kiosk.forms import Form, Question, QuestionType, Section, check_answer
from kiosk.identity import SEXES

# attribute of `Citizen` that fills a question → the type of question that understands it
FILLS = {
    "id_number": QuestionType.ID_NUMBER,
    "full_name": QuestionType.NAME,
    "date_of_birth": QuestionType.DATE,
    "issued_on": QuestionType.DATE,
    "sex": QuestionType.CHOICE,
    "address": QuestionType.TEXT,
    "old_number": QuestionType.TEXT,
    "ethnic": QuestionType.ETHNIC,
}


def load_forms(folder: Path) -> Mapping[str, Form]:
    """All forms by id; a file bears the id of its form. Raises `CatalogueError` with every mistake."""
    problems: list[str] = []
    forms: dict[str, Form] = {}
    for path in sorted(folder.glob("*.yaml")):
        before = len(problems)
        row = read_yaml(path, problems)
        if len(problems) > before:
            continue
        try:
            form = Form.model_validate(row)
        except ValidationError as error:
            problems += [told(path.name, where, what) for where, what in explain(Form, error)]
            continue
        problems += [f"{path.name}: {sentence}" for sentence in _mistakes(form, path.stem)]
        forms[form.id] = form
    if problems:
        raise CatalogueError(problems)
    return forms


def _mistakes(form: Form, stem: str) -> Iterator[str]:
    if form.id != stem:
        yield f"id «{form.id}» is not the name of the file"
    sections = [section.id for section in form.sections]
    for twice in sorted({section_id for section_id in sections if sections.count(section_id) > 1}):
        yield f"section «{twice}» stands here twice"
    for role in (*form.parents, *([form.child] if form.child else [])):
        if role not in sections:
            yield f"child or parent «{role}» is no section"
    ids = [question.id for section in form.sections for question in section.questions]
    for twice in sorted({question_id for question_id in ids if ids.count(question_id) > 1}):
        yield f"question «{twice}» stands here twice"
    for section in form.sections:
        for question in section.questions:
            yield from (f"question «{question.id}» {sentence}" for sentence in _of_question(question, section))
    yield from _conditions(form)


def _of_question(question: Question, section: Section) -> Iterator[str]:
    days = {other.id for other in section.questions if other.type is QuestionType.DATE}
    if question.not_before and not {question.id, question.not_before} <= days:
        yield f"is not before «{question.not_before}», so both must be dates of this section"
    if question.year and question.type is not QuestionType.NUMBER:
        yield "is a year, so its type must be number"
    values = [choice.value for choice in question.choices]
    if (question.type is QuestionType.CHOICE) != bool(values):
        yield "has no choices" if not values else "has choices, but is no choice"
    if len(set(values)) < len(values):
        yield "has a choice that stands here twice"
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        yield "has a minimum above its maximum"
    if question.default and check_answer(question, question.default, date.max):
        yield f"has the default «{question.default}», which is no answer to it"
    if question.fills and question.fills not in FILLS:
        yield f"fills «{question.fills}», which a card has not; one of {', '.join(sorted(FILLS))}"
    elif question.fills and question.type is not FILLS[question.fills]:
        yield f"fills «{question.fills}», so its type must be {FILLS[question.fills].value}"
    elif question.fills == "sex" and set(values) != set(SEXES.values()):
        yield f"fills «sex», so its choices must be {', '.join(SEXES.values())}"


def _conditions(form: Form) -> Iterator[str]:
    """A condition looks back, at a question that is always asked: so what it hides is never decided by a hidden one."""
    every = {question.id for section in form.sections for question in section.questions}
    asked: dict[str, Question] = {}
    for section in form.sections:
        owners: tuple[Section | Question, ...] = (section, *section.questions)
        conditions = [(owner, owner.when) for owner in owners]
        for owner, condition in [(section, section.requester_when), *conditions]:
            if condition and condition.question != "case":
                question = asked.get(condition.question)
                if condition.question not in every:
                    yield f"«{owner.id}» depends on the unknown question «{condition.question}»"
                elif question is None:
                    yield f"«{owner.id}» depends on «{condition.question}», which is asked later or not always"
                elif wrong := set(condition.values) - {c.value for c in question.choices} if question.choices else ():
                    yield f"«{owner.id}» waits for «{', '.join(sorted(wrong))}», no choice of «{condition.question}»"
            if isinstance(owner, Question) and owner.when is None and section.when is None:
                asked[owner.id] = owner
