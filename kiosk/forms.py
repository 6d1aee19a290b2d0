"""E-forms: definitions as data, validation, prefill. No question is a Python line.

A form is a file `assets/forms/<id>.yaml`; its texts are Vietnamese and are translated like every other text.
Answers are a flat mapping of question id to text: names as typed (NFC), dates ISO 8601, choices by their value,
communes by their 5-digit code, numbers as digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum

from pydantic import Field

from kiosk import places
from kiosk.catalogue import Component, Data
from kiosk.identity import Citizen, IdentityError, born_year, check_id_number, sex_of
from kiosk.text import nfc

EARLIEST_YEAR = 1900
YOUNGEST_PARENT_YEARS = 12
REQUESTER = "requester"  # who stands there: the first part of the identifiers of questions about them
LONGEST_NAME = 100  # of a Person in the province's API
NAME_SIGNS = "'‘’-. "
SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u3000]+")
# control, format (zero width, direction), private, surrogate and unassigned characters, emoji, keycaps, line separators
NEVER = ("Cc", "Cf", "Co", "Cs", "Cn", "So", "Me", "Zl", "Zp")
VARIATION_SELECTORS = "\ufe0e\ufe0f"


class QuestionType(StrEnum):
    """How a question is asked and checked."""

    TEXT = "text"
    NAME = "name"
    DATE = "date"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    NUMBER = "number"
    CHOICE = "choice"
    ETHNIC = "ethnic"
    COMMUNE = "commune"


class Choice(Data):
    """One answer of a choice."""

    value: str
    label: str


class Condition(Data):
    """Shown only while question `question` (or `case`) has one of `values`."""

    question: str
    values: tuple[str, ...]


class Question(Data):
    """One question. `fills` names the attribute of `Citizen` that answers it from a card."""

    id: str
    type: QuestionType
    label: str
    help: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    when: Condition | None = None
    fills: str = ""
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 200
    past: bool = True  # a date that cannot lie in the future
    year: bool = False  # a number that is a calendar year, not after this one
    not_before: str = ""  # id of the date question of this section that comes first in time


class Section(Data):
    """One group of questions: one screen. `person` names whose card can fill it ("" = nobody's).

    While `requester_when` holds, that person is the one who stands there, and their card has told it already.
    """

    id: str
    title: str
    questions: tuple[Question, ...]
    person: str = ""
    when: Condition | None = None
    requester_when: Condition | None = None
    help: str = ""


class Form(Data):
    """One version of one form. `children` names sections whose person must be younger than the `parents`."""

    id: str
    version: date
    title: str
    sections: tuple[Section, ...] = Field(min_length=1)
    child: str = ""
    parents: tuple[str, ...] = ()


def texts(form: Form) -> Iterator[str]:
    """Everything in a form that a person reads."""
    yield form.title
    for section in form.sections:
        yield from (section.title, section.help)
        for question in section.questions:
            yield from (question.label, question.help, *(choice.label for choice in question.choices))


def _holds(condition: Condition | None, case: str, answers: Mapping[str, str]) -> bool:
    if condition is None:
        return True
    value = case if condition.question == "case" else answers.get(condition.question, "")
    return value in condition.values


def visible_sections(form: Form, case: str, answers: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections that this case and these answers need, in order."""
    return tuple(
        section
        for section in form.sections
        if _holds(section.when, case, answers) and visible_questions(section, case, answers)
    )


def visible_questions(section: Section, case: str, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of a section that these answers need, in order."""
    return tuple(question for question in section.questions if _holds(question.when, case, answers))


def visible_answers(form: Form, case: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that are asked for, as they are sent: what a condition has hidden again is not."""
    return {
        question.id: value
        for section in visible_sections(form, case, answers)
        for question in visible_questions(section, case, answers)
        if (value := clean(question, answers.get(question.id, "")))
    }


def clean(question: Question, value: str) -> str:
    """An answer in its kept form: NFC, single spaces, numbers without the gaps in which people write them."""
    value = SPACES.sub(" ", nfc(value)).strip(" ")
    if question.type in (QuestionType.ID_NUMBER, QuestionType.PHONE):
        return re.sub(r"[ .\-]", "", value)
    return value


def check_answer(question: Question, value: str, today: date) -> str:
    """The error code of an answer, "" when it is good."""
    value = clean(question, value)
    if not value:
        return "required" if question.required else ""
    longest = LONGEST_NAME if question.type is QuestionType.NAME else question.max_length
    if len(value) > min(longest, question.max_length):
        return "too_long"
    if any(c in VARIATION_SELECTORS or unicodedata.category(c) in NEVER for c in value):
        return "text_invalid"
    check = _CHECKS.get(question.type)
    return check(question, value, today) if check else ""


def _check_name(_question: Question, value: str, _today: date) -> str:
    letters = [c for c in value if c not in NAME_SIGNS]
    good = bool(letters) and letters[0].isalpha() and all(c.isalpha() or unicodedata.combining(c) for c in letters)
    return "" if good else "name_invalid"


def _check_date(question: Question, value: str, today: date) -> str:
    day = _day(value)
    if day is None:
        return "date_invalid"
    if day.year < EARLIEST_YEAR:
        return "date_too_old"
    return "date_future" if question.past and day > today else ""


def _day(value: str) -> date | None:
    """A day as it is kept, YYYY-MM-DD; `fromisoformat` alone takes weeks and days without signs as well."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _check_id_number(_question: Question, value: str, _today: date) -> str:
    try:
        check_id_number(value)
    except IdentityError as error:
        return error.code
    return ""


def _check_phone(_question: Question, value: str, _today: date) -> str:
    return "" if len(value) == 10 and value.isascii() and value.isdigit() and value[0] == "0" else "phone_invalid"


def _check_number(question: Question, value: str, today: date) -> str:
    if not (value.isascii() and value.isdigit()):
        return "number_invalid"
    if question.year and int(value) > today.year:
        return "year_future"
    low, high = question.minimum, question.maximum
    outside = (low is not None and int(value) < low) or (high is not None and int(value) > high)
    return "number_range" if outside else ""


def _check_choice(question: Question, value: str, _today: date) -> str:
    return "" if value in {choice.value for choice in question.choices} else "choice_invalid"


def _check_ethnic(_question: Question, value: str, _today: date) -> str:
    return "" if value in {group.code for group in places.ethnic_groups()} else "ethnic_unknown"


def _check_commune(_question: Question, value: str, _today: date) -> str:
    return "" if places.commune(value) else "commune_unknown"


_CHECKS: Mapping[QuestionType, Callable[[Question, str, date], str]] = {
    QuestionType.NAME: _check_name,
    QuestionType.DATE: _check_date,
    QuestionType.ID_NUMBER: _check_id_number,
    QuestionType.PHONE: _check_phone,
    QuestionType.NUMBER: _check_number,
    QuestionType.CHOICE: _check_choice,
    QuestionType.ETHNIC: _check_ethnic,
    QuestionType.COMMUNE: _check_commune,
}


def check_section(form: Form, section: Section, case: str, answers: Mapping[str, str], today: date) -> dict[str, str]:
    """Error codes by question id for all visible questions, cross-field rules included."""
    errors: dict[str, str] = {}
    for question in visible_questions(section, case, answers):
        if code := check_answer(question, answers.get(question.id, ""), today):
            errors[question.id] = code
    crossed = (
        *_number_against_person(section, answers),
        *_ages(form, section, case, answers),
        *_order(section, case, answers),
    )
    for question_id, code in crossed:
        errors.setdefault(question_id, code)
    return errors


def _number_against_person(section: Section, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The number tells year of birth and sex: what contradicts it was mistyped somewhere."""
    by_attribute = {question.fills: question.id for question in section.questions if question.fills}
    number = answers.get(by_attribute.get("id_number", ""), "")
    try:
        number = check_id_number(number)
    except IdentityError:
        return
    born = _day(answers.get(by_attribute.get("date_of_birth", ""), ""))
    if born and born.year != born_year(number):
        yield by_attribute["date_of_birth"], "id_number_birth_year"
    sex = answers.get(by_attribute.get("sex", ""), "")
    if sex and sex != sex_of(number):
        yield by_attribute["sex"], "id_number_sex"


def _ages(form: Form, section: Section, case: str, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A child is younger than its parents; those whose section is hidden do not count."""
    if not form.child or section.id not in (form.child, *form.parents):
        return
    shown = {one.id for one in visible_sections(form, case, answers)}
    child = _day(answers.get(f"{form.child}.date_of_birth", ""))
    for parent in form.parents if section.id == form.child else (section.id,):
        born = _day(answers.get(f"{parent}.date_of_birth", "")) if parent in shown else None
        if child and born and child.year - born.year < YOUNGEST_PARENT_YEARS:
            yield f"{section.id}.date_of_birth", "child_older_than_parent"


def _order(section: Section, case: str, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A stay ends after it began; only what is asked counts."""
    days = {q.id: _day(answers.get(q.id, "")) for q in visible_questions(section, case, answers)}
    for question in section.questions:
        first, last = days.get(question.not_before), days.get(question.id)
        if first and last and last < first:
            yield question.id, "date_order"


def prefill(section: Section, citizen: Citizen, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with what the card knows put into this section's questions; what belonged to another person goes."""
    filled = dict(answers)
    if _number(section, answers) not in ("", citizen.id_number):
        filled |= _emptied(section)
    return filled | {q.id: text for q in section.questions if (text := _told(q, citizen))}


def fill_own_blocks(form: Form, case: str, citizen: Citizen, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with what the card knows wherever the citizen is asked for."""
    filled = dict(answers)
    for section in form.sections:
        if about_requester(section, case, filled):
            filled = prefill(section, citizen, filled)
    return filled


def repeat_own_block(
    form: Form, left: Section, case: str, citizen: Citizen, answers: Mapping[str, str]
) -> dict[str, str]:
    """`answers` once section `left` has told who else the citizen is, the mother for one.

    What they have answered about themselves is not asked again; where they are no longer that person, it is taken out.
    """
    filled = dict(answers)
    asked = {question.id for question in left.questions}
    for section in form.sections:
        if section.requester_when is None or section.requester_when.question not in asked:
            continue
        own = _number(section, filled) == citizen.id_number
        if not about_requester(section, case, filled):
            filled |= _emptied(section) if own else {}
        elif not own:
            filled = prefill(section, citizen, filled)
            said = {q.id: filled.get(f"{REQUESTER}.{q.id.rpartition('.')[2]}", "") for q in section.questions}
            filled |= {question: value for question, value in said.items() if value}
    return filled


def about_requester(section: Section, case: str, answers: Mapping[str, str]) -> bool:
    """Whether a section asks for the one who stands there."""
    if section.requester_when:
        return _holds(section.requester_when, case, answers)
    return any(question.id.startswith(f"{REQUESTER}.") for question in section.questions)


def told_by_card(form: Form, case: str, answers: Mapping[str, str], citizen: Citizen, today: date) -> frozenset[str]:
    """The questions about the requester that `citizen` answers well."""
    return frozenset(
        question.id
        for section in form.sections
        if about_requester(section, case, answers)
        for question in section.questions
        if (text := _told(question, citizen)) and not check_answer(question, text, today)
    )


def _told(question: Question, citizen: Citizen) -> str:
    known = getattr(citizen, question.fills, "") if question.fills else ""
    return known.isoformat() if isinstance(known, date) else str(known or "")


def _number(section: Section, answers: Mapping[str, str]) -> str:
    """The ID number that a section has been answered with."""
    return next((answers.get(q.id, "") for q in section.questions if q.fills == "id_number"), "")


def _emptied(section: Section) -> dict[str, str]:
    return {question.id: "" for question in section.questions if question.fills}


def with_defaults(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with the defaults of questions that have none yet."""
    given = {q.id: q.default for section in form.sections for q in section.questions if q.default}
    return given | dict(answers)


def display_value(question: Question, value: str) -> str:
    """The answer as a person reads it (`14/02/1990`, the name of the commune, the label of the choice)."""
    match question.type:
        case QuestionType.DATE:
            day = _day(value)
            return day.strftime("%d/%m/%Y") if day else value
        case QuestionType.CHOICE:
            return next((choice.label for choice in question.choices if choice.value == value), value)
        case QuestionType.ETHNIC:
            return next((group.name for group in places.ethnic_groups() if group.code == value), value)
        case QuestionType.COMMUNE:
            return places.commune_text(value) if value else ""
        case _:
            return value


def needed_papers(components: tuple[Component, ...]) -> tuple[Component, ...]:
    """The papers to scan at the kiosk."""
    return tuple(c for c in components if c.scan)
