"""E-forms: definitions as data, and what is asked of whom. No question is a Python line.

A form is a file `assets/forms/<id>.yaml`; its texts are Vietnamese and are translated like every other text.
Answers are a flat mapping of question id to text: names as typed (NFC), dates ISO 8601, choices by their value,
communes by their 5-digit code, numbers and money as digits, addresses as they are written on an envelope, the official
names of commune and province last. The rows of a table are `<section>.<row>.<question>`.
Checks are in `checks.py` and `rules.py`, filling in from cards and registers in `filling.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator

from kiosk import places, telephone
from kiosk.catalogue import Case, Component, Condition, Data
from kiosk.text import nfc

REQUESTER = "requester"  # who stands there: the first part of the identifiers of questions about them
COMMUNE = "{commune}"  # stands in `paper.to` for the centre's commune
FOLLOWS = "="  # the answer to a question that follows another one
MOST_ROWS = 10
MOST_PARTS = 100  # sections of a form, questions of a section, answers to choose from
MONEY = re.compile(r"([0-9]+|[0-9]{1,3}(?:[ .,][0-9]{3})+) ?(?:đồng|đ|vnđ|vnd)?", re.IGNORECASE)  # thousands in threes
SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u3000]+")


class QuestionType(StrEnum):
    """How a question is asked and checked."""

    TEXT = "text"
    NAME = "name"
    DATE = "date"
    TIME = "time"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    EMAIL = "email"
    NUMBER = "number"
    MONEY = "money"
    TAX_CODE = "tax_code"
    CHOICE = "choice"
    ETHNIC = "ethnic"
    COMMUNE = "commune"
    ADDRESS = "address"


class Choice(Data):
    """One answer of a choice. `relations`: the words of the registers for whoever it is true of («Vợ», «Chồng»)."""

    value: str
    label: str
    relations: tuple[str, ...] = ()


class SameAs(Data):
    """An answer that can follow that of another question, and goes on to follow it: a child lives with its mother."""

    question: str
    label: str
    when: Condition | None = None


class Question(Data):
    """One question. `fills` names the attribute of `Citizen` that answers it from a card."""

    id: str
    type: QuestionType
    label: str
    help: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = Field((), max_length=MOST_PARTS)
    when: Condition | None = None
    fills: str = ""
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = Field(200, ge=1)
    past: bool = True  # a date that cannot lie in the future
    year: bool = False  # a number that is a calendar year, not after this one
    not_before: str = ""  # id of the date question of this section that comes first in time
    same_as: SameAs | None = None
    in_words: bool = False  # a date that the paper also gives in words


class Rows(Data):
    """A table: the section is asked once a row, `label` is on the button that adds one."""

    label: str
    minimum: int = Field(1, ge=1, le=MOST_ROWS)
    maximum: int = Field(MOST_ROWS, ge=1, le=MOST_ROWS)


class Section(Data):
    """One group of questions: one screen. `person` names whose card can fill it ("" = nobody's).

    While `requester_when` holds, that person is the one who stands there, and their card has told it already.
    `sex`: of a woman's or a man's section, where nobody else's number belongs. `related_by`: the question whose chosen
    answer has among its `relations` what the registers call whoever can stand here; "" = any of the family.
    """

    id: str
    title: str
    questions: tuple[Question, ...] = Field(max_length=MOST_PARTS)
    person: str = ""
    sex: Literal["", "male", "female"] = ""
    related_by: str = ""
    when: Condition | None = None
    requester_when: Condition | None = None
    help: str = ""
    rows: Rows | None = None
    row: int = 0  # of a table: which one this is, from 1 on; never in a file

    @field_validator("row")
    @classmethod
    def _no_row_yet(cls, _row: int) -> int:
        raise ValueError("is counted by the kiosk, a file tells none")


class RuleKind(StrEnum):
    """What two answers must be to each other; where a rule names one date only, the other one is today."""

    IN_ORDER = "in_order"  # the second date is not before the first
    WITHIN_DAYS = "within_days"  # not more than `days` after it
    YEARS_APART = "years_apart"  # born at least `years` calendar years after the other
    AGE = "age"  # who is born on the first date is `years` old on the second
    DIFFERENT = "different"  # not the same answer
    NOT_BOTH = "not_both"  # not both of `values` together, the first answer and the second


class Rule(Data):
    """A rule between answers. What breaks it stands beside the last of its questions that is on the glass.

    One that names questions of a table holds for each of its rows; `different` with one such question: no two rows
    have the same answer. `error` is a translated code; one that only `warns` lets the person go on.
    """

    kind: RuleKind
    questions: tuple[str, ...] = Field(min_length=1, max_length=2)
    error: str
    values: tuple[str, ...] = ()
    years: int = Field(0, ge=0, le=120)
    days: int = Field(0, ge=0, le=36525)
    warns: bool = False
    when: Condition | None = None


class Paper(Data):
    """How the filled form looks on paper. `to`: whom it is addressed to, `{commune}` in it is the centre's."""

    number: str = ""  # of the official form, CT01 for one
    to: str = ""
    pledge: str = "Tôi cam đoan những nội dung khai trên đây là đúng sự thật và chịu trách nhiệm trước pháp luật."
    signer: str = "Người khai"


class Owner(Data):
    """Whose matter it is where that is not who stands there: the questions that name them.

    A `person` answers as a section does (full name, number …), an `organisation` with its name and tax code.
    """

    kind: Literal["person", "organisation"]
    section: str
    when: Condition | None = None


class Form(Data):
    """One version of one form. `children` names sections whose person must be younger than the `parents`."""

    id: str
    version: date
    title: str
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = Field((), max_length=MOST_PARTS)
    paper: Paper = Paper()
    owners: tuple[Owner, ...] = Field((), max_length=MOST_PARTS)

    @field_validator("sections")
    @classmethod
    def _some(cls, sections: tuple[Section, ...]) -> tuple[Section, ...]:
        if not sections:  # min_length would be told beside the mistakes of the sections as well
            raise ValueError("needs at least 1 section")
        if len(sections) > MOST_PARTS:
            raise ValueError(f"has more than {MOST_PARTS} sections")
        return sections


def texts(form: Form) -> Iterator[str]:
    """Everything in a form that a person reads on the glass; its paper stays Vietnamese."""
    yield form.title
    for section in form.sections:
        yield from (section.title, section.help)
        if section.rows:
            yield section.rows.label
        for question in section.questions:
            yield from (question.label, question.help, *(choice.label for choice in question.choices))
            if question.same_as:
                yield question.same_as.label


def holds(condition: Condition | None, case: str, answers: Mapping[str, str]) -> bool:
    """Whether a condition is met; none is always met."""
    if condition is None:
        return True
    value = case if condition.question == "case" else answers.get(condition.question, "")
    return value in condition.values


def all_sections(form: Form, answers: Mapping[str, str]) -> tuple[Section, ...]:
    """All sections, with the rows of tables that have been begun, whatever their conditions."""
    return tuple(one for section in form.sections for one in _in_rows(section, answers))


def visible_sections(form: Form, case: str, answers: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections that this case and these answers need, in order; one for each row of a table."""
    return tuple(
        section
        for section in all_sections(form, answers)
        if holds(section.when, case, answers) and visible_questions(section, case, answers)
    )


def visible_questions(section: Section, case: str, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of a section that these answers need, in order."""
    return tuple(question for question in section.questions if holds(question.when, case, answers))


def visible_answers(form: Form, case: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that are asked for, as they are sent: what a condition has hidden again is not."""
    followed = resolved(form, case, answers)
    return {
        question.id: value
        for section in visible_sections(form, case, answers)
        for question in visible_questions(section, case, answers)
        if (value := clean(question, followed.get(question.id, "")))
    }


def resolved(form: Form, case: str, answers: Mapping[str, str]) -> Mapping[str, str]:
    """`answers` with what follows another answer replaced by it; "" where that one is not given (any more)."""
    followers = [
        question
        for section in all_sections(form, answers)
        for question in section.questions
        if question.same_as and answers.get(question.id) == FOLLOWS
    ]
    said = dict(answers)
    for question in followers:  # in the order of the form, so that what is followed is resolved before
        assert question.same_as is not None
        can = holds(question.same_as.when, case, said)
        said[question.id] = said.get(question.same_as.question, "") if can else ""
    return said


# -- tables ----------------------------------------------------------------------------------------------------------
def row_count(section: Section, answers: Mapping[str, str]) -> int:
    """How many rows of a table have been begun, at least as many as it must have."""
    if section.rows is None:
        return 0
    numbers = (key.removeprefix(f"{section.id}.").partition(".")[0] for key in answers if key.startswith(section.id))
    begun = max((int(number) for number in numbers if number.isdecimal() and number.isascii()), default=0)
    return min(max(begun, section.rows.minimum), section.rows.maximum)


def table_of(form: Form, row: Section) -> Section:
    """The table that a row belongs to, as the file has it."""
    return next(section for section in form.sections if section.id == row.id.rpartition(".")[0])


def _in_rows(section: Section, answers: Mapping[str, str]) -> tuple[Section, ...]:
    if section.rows is None:
        return (section,)
    return tuple(_row(section, number) for number in range(1, row_count(section, answers) + 1))


def in_row(table: Section, number: int, question_id: str) -> str:
    """The id of a question in this row of a table; that of another section's question stays."""
    if all(question.id != question_id for question in table.questions):
        return question_id
    return f"{table.id}.{number}.{question_id.removeprefix(f'{table.id}.')}"


@lru_cache(maxsize=256)
def _row(section: Section, number: int) -> Section:
    """One row as a section of its own."""

    def moved(one: str) -> str:
        return in_row(section, number, one)

    def condition(when: Condition | None) -> Condition | None:
        return when and when.model_copy(update={"question": moved(when.question)})

    questions = tuple(
        question.model_copy(
            update={
                "id": moved(question.id),
                "when": condition(question.when),
                "not_before": moved(question.not_before),
            }
        )
        for question in section.questions
    )
    return section.model_copy(update={"id": f"{section.id}.{number}", "questions": questions, "row": number})


def with_row(form: Form, row: Section, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with one more row below those that are there, still empty; the same where there is no room."""
    table = table_of(form, row)
    count = row_count(table, answers)
    if table.rows is None or count >= table.rows.maximum:
        return dict(answers)
    return dict(answers) | {question.id: "" for question in _row(table, count + 1).questions}


def without_row(form: Form, row: Section, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` without a row; those below move up."""
    table = table_of(form, row)
    kept = dict(answers)
    last = row_count(table, answers)
    for number in range(row.row, last):
        for upper, lower in zip(_row(table, number).questions, _row(table, number + 1).questions, strict=True):
            kept[upper.id] = answers.get(lower.id, "")
    for question in _row(table, last).questions:
        kept.pop(question.id, None)
    return kept


# -- answers ---------------------------------------------------------------------------------------------------------
def clean(question: Question, value: str) -> str:
    """An answer in its kept form: NFC, single spaces, numbers without the gaps in which people write them."""
    value = SPACES.sub(" ", nfc(value)).strip(" ")
    match question.type:
        case QuestionType.ID_NUMBER:
            return re.sub(r"[ .\-]", "", value)
        case QuestionType.PHONE:
            return telephone.national(value)
        case QuestionType.MONEY:
            amount = MONEY.fullmatch(value)
            return re.sub(r"[ .,]", "", amount[1]) if amount else value
        case QuestionType.TAX_CODE:
            return re.sub(r"([0-9]{10})-?([0-9]{3})", r"\1-\2", value.replace(" ", ""))
        case QuestionType.TIME:
            at = re.fullmatch(r"([0-9]{1,2})[:.h ]?([0-9]{2})", value)
            return f"{at[1]:0>2}:{at[2]}" if at else value
        case QuestionType.ADDRESS:
            address = places.Address.read(value)
            return places.Address(address.line.strip(", "), address.commune).text
        case _:
            return value


def day_of(value: str) -> date | None:
    """A day as it is kept, YYYY-MM-DD; `fromisoformat` alone takes weeks and days without signs as well."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def display_value(question: Question, value: str) -> str:
    """The answer as a person reads it (`14/02/1990`, the name of the commune, the label of the choice)."""
    match question.type:
        case QuestionType.DATE:
            day = day_of(value)
            return day.strftime("%d/%m/%Y") if day else value
        case QuestionType.CHOICE:
            return next((choice.label for choice in question.choices if choice.value == value), value)
        case QuestionType.ETHNIC:
            return next((group.name for group in places.ethnic_groups() if group.code == value), value)
        case QuestionType.COMMUNE:
            return places.commune_text(value) if value else ""
        case QuestionType.TIME | QuestionType.PHONE:
            return clean(question, value)
        case QuestionType.MONEY if value.isdecimal():
            return f"{int(value):,} đồng".replace(",", ".")
        case _:
            return value


def answer_text(form: Form, question_id: str, answers: Mapping[str, str]) -> str:
    """The answer to a question, as a person reads it; "" where none has been given."""
    questions = (question for section in form.sections for question in section.questions)
    return next((display_value(one, answers.get(one.id, "")) for one in questions if one.id == question_id), "")


def papers_of(case: Case | None, answers: Mapping[str, str]) -> tuple[Component, ...]:
    """The papers that a case asks for with these answers."""
    return tuple(paper for paper in case.components if holds(paper.when, case.id, answers)) if case else ()


def needed_papers(case: Case | None, answers: Mapping[str, str]) -> tuple[Component, ...]:
    """Those of them that are scanned at the kiosk."""
    return tuple(paper for paper in papers_of(case, answers) if paper.scan)
